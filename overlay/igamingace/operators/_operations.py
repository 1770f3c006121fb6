"""Operations on many accounts from threads: balances, transfers, creation, settings, health."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from igamingace._common.secret import Secret
from igamingace.operators._base import OperatorBase
from igamingace.operators._management import allowed_ips as _allowed_ips
from igamingace.operators._management import balances as _balances
from igamingace.operators._management.allowed_ips import AllowedAddresses
from igamingace.operators._management.create import check_spec, create
from igamingace.operators._management.discover import discover
from igamingace.operators._management.health import HealthExpectations, check
from igamingace.operators._management.probe import PROBE_TIMEOUT
from igamingace.operators._runs.agents import ManagedAgent
from igamingace.operators._runs.flow import RunOptions
from igamingace.operators._transfers import transfer as _transfer
from igamingace.operators._transfers.journal import Journal
from igamingace.operators._transfers.plan import existing_plan, plan_top_up
from igamingace.operators._transfers.top_up import rehearse, top_up
from igamingace.operators._transfers.top_up_state import journal_limits
from igamingace.operators._transfers.transfer import SETTLE

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from decimal import Decimal

    from igamingace_bindings.rest.models.balance_transfer import BalanceTransfer

    from igamingace.operators._accounts.account import Account, Level
    from igamingace.operators._management.allowed_ips import AddressChange
    from igamingace.operators._management.balances import Balances
    from igamingace.operators._management.create import NewAccount
    from igamingace.operators._management.discover import Discovery
    from igamingace.operators._management.health import HealthReport
    from igamingace.operators._runs.flow import Flow
    from igamingace.operators._transfers.amounts import Amounts
    from igamingace.operators._transfers.plan import Plan
    from igamingace.operators._transfers.top_up_state import TopUp

__all__ = ["Operations"]

T = TypeVar("T")


class Operations(OperatorBase[ManagedAgent]):
    """The operations of `Operator`, each a flow of several calls."""

    def balances(
        self, agents: Iterable[Account | str] | None = None, *, deadline: float | None = None
    ) -> Balances:
        """Read the points of many accounts, each with its own token.

        Args:
            agents: accounts, or names of accounts; default: the whole tree.
            deadline: seconds for all of them.
        """
        flow = _balances.read_balances(self._selected(agents), RunOptions(deadline=deadline))
        return self._shown(self._drive(flow))

    def transfer(
        self,
        to: str,
        amount: Decimal,
        currency: str,
        *,
        source: str | None = None,
        remark: str | None = None,
        settle: float = SETTLE,
    ) -> BalanceTransfer:
        """Move points from an account to its child, never twice.

        Both wallets are read first. When the answer is lost (a timeout, a server error), nothing is sent
        again: both wallets are read once more, and the error says what they show. So that they show this
        transfer and no other one, transfers of this process that use the same account wait for each other.

        Args:
            to: the name of the account that receives.
            amount: in major units.
            currency: of both accounts.
            source: the name of the account that gives; must be the parent of `to`, which is the default.
            remark: a note for people.
            settle: seconds over which the wallets must stay as they were before a transfer whose answer was
                lost counts as not done: the server may still be carrying it out.

        Raises:
            TransferRefused: nothing was sent: too many decimals, another currency, not a child, too few
                points, not more than 0.
            TransferDone: the answer was lost, and the transfer is done; an equal one that another program
                made between the two accounts at that time looks the same.
            TransferNotDone: the answer was lost, and the transfer is not done.
            TransferUnknown: the answer was lost, and the wallets do not show what happened, since others use
                them too; or they cannot be read, and `after` is None.
            IGamingAceError: a wallet could not be read, or the API refused; nothing was moved.
        """
        order = _transfer.make_order(self._tree, to, amount, currency, source=source, remark=remark)
        return self._drive(_transfer.transfer(order, settle=settle))

    def create_agent(
        self,
        name: str,
        *,
        currency: str,
        rate: Decimal,
        parent: str | None = None,
        level: Level = "agent",
        operator_id: str | None = None,
        title: str | None = None,
        site: str | None = None,
        password: str | None = None,
        allowed_ips: str | Iterable[str] | None = None,
        everybody: bool = False,
        callback_url: str | None = None,
    ) -> NewAccount:
        """Create an account below another one, and add it to the tree.

        The vendor has to approve it before anyone can log in to its back office.

        Args:
            name: its name in this program.
            currency: its one currency, an ISO 4217 code.
            rate: its share of the gross gaming revenue (GGR), in percent.
            parent: the name of the operator above it; default: the only one at the top.
            level: agent, which is one casino website, or operator, which may have accounts below it.
            operator_id: the vendor's id for it, with which it logs in; default: `name`.
            title: its display name in the back office; default: `name`.
            site: a name that accounts of one casino website in several currencies share.
            password: for the back office; default: generated, and `NewAccount.password` is the only copy.
            allowed_ips: addresses whose requests are accepted, as for `set_allowed_ips`.
            everybody: accept requests from everywhere; required without `allowed_ips`.
            callback_url: URL of its seamless wallet callbacks; an agent in transfer mode needs none.

        Raises:
            InvalidAddresses: an address is invalid, or there is none, without `everybody`; nothing was sent.
            ConfigurationError: another argument is invalid; nothing was sent.
            CreationUnknown: the answer was lost; the account may exist, and the error has its password.
            CreatedOutside: the account was created, but cannot join the tree; the error has its token.
            IGamingAceError: the API refused, or could not be reached; there is no new account.
        """
        secret = Secret(password)
        del password  # a traceback shows local variables
        spec = check_spec(
            self._tree,
            name,
            parent=parent,
            currency=currency,
            rate=rate,
            level=level,
            operator_id=operator_id,
            title=title,
            site=site,
            password=secret,
            allowed_ips=allowed_ips,
            everybody=everybody,
            callback_url=callback_url,
        )
        return self._drive(create(self._tree, spec))

    def plan_top_up(
        self,
        *,
        minimum: Amounts,
        target: Amounts,
        agents: Iterable[Account | str] | None = None,
        deadline: float | None = None,
    ) -> Plan:
        """Plan the transfers that bring each agent with fewer points than `minimum` up to `target`.

        The points come from the account directly above. Nothing is sent.

        Args:
            minimum: agents with fewer points are topped up, in major units; one amount for all, or one per
                currency by its code.
            target: the points that they are to have, in the same form.
            agents: accounts, or names of accounts; default: all of level agent. Operators among them are
                topped up first, so that they can hand points on.
            deadline: seconds for reading the points of all of them.

        Raises:
            ConfigurationError: an amount is invalid, or the target is below the minimum.
        """
        options = RunOptions(deadline=deadline)
        return self._drive(plan_top_up(self._tree, self._top_up_accounts(agents), minimum, target, options))

    def top_up(
        self,
        *,
        minimum: Amounts,
        target: Amounts,
        journal: str | os.PathLike[str],
        agents: Iterable[Account | str] | None = None,
        plan: Plan | None = None,
        dry_run: bool = False,
        deadline: float | None = None,
        settle: float = SETTLE,
    ) -> TopUp:
        """Bring each agent with fewer points than `minimum` up to `target`, with a journal.

        The journal is a file of JSON lines, written to the disk before and after each transfer. When the
        program is interrupted at any moment, call this again with the same journal: it continues the same
        plan. A transfer that was in progress is not sent again unless the wallets show that it was not done;
        when they do not show it, its state is "unknown". One journal may hold several top-ups in sequence.
        An agent that received points elsewhere since the plan was made gets only what it lacks, or nothing.

        Args:
            minimum: as for `plan_top_up`, like `target`, `agents` and `deadline`.
            target: the points that they are to have.
            journal: path of the journal; created when there is none.
            agents: accounts, or names of accounts.
            plan: a plan that `plan_top_up` made with the same amounts; default: the plan is made now. An
                interrupted top-up continues its own plan.
            dry_run: return the plan only; with the journal of an interrupted top-up, its plan.
            deadline: seconds for reading the points of all; the transfers have no deadline.
            settle: as for `transfer`.

        Raises:
            ConfigurationError: an amount is invalid, or the target is below the minimum.
            TransferUnknown: the answer to a transfer was lost, and its wallets cannot be read; the other
                transfers continued. The journal leaves it open: call this again when they can be read.
            JournalInUse: another top-up is using the journal.
            JournalUnusable: the file is not a journal, or holds an unfinished top-up with other amounts.
        """
        options = RunOptions(deadline=deadline)
        planning = (
            plan_top_up(self._tree, self._top_up_accounts(agents), minimum, target, options)
            if plan is None
            else existing_plan(plan)
        )
        limits = journal_limits(minimum, target)
        if dry_run:
            return self._drive(rehearse(planning, limits, journal))
        with Journal(journal) as opened:
            return self._drive(top_up(self._tree, planning, limits, opened, settle=settle))

    def check(
        self,
        agents: Iterable[Account | str] | None = None,
        *,
        floor: Amounts | None = None,
        callbacks: bool = True,
        callback_timeout: float = PROBE_TIMEOUT,
        deadline: float | None = None,
        progress: bool = False,
    ) -> HealthReport:
        """Check the health of accounts: token, allowed addresses, callback URL, points, providers.

        A missing callback URL is a warning: an agent in transfer mode has none, and the API does not return
        the mode. A callback URL is probed with one signed `balance` callback for a player that does not
        exist: the vendor sends such callbacks at each launch, and they change nothing. It is sent from this
        host: a wallet that accepts only the vendor seems not to answer. And whoever can change the account
        chooses the URL, which may lead into your own network. `callbacks=False` disables the probes.

        Args:
            agents: accounts, or names of accounts; default: the whole tree.
            floor: minimum points, in major units; one amount for all, or one per currency by its code.
            callbacks: whether to probe callback URLs from this host; if not, only their presence is checked.
            callback_timeout: seconds within which a callback URL must answer.
            deadline: seconds for all of them; checks not finished by then are "unknown".
            progress: show a bar on standard error; needs rich, of the extra `cli`.

        Raises:
            ConfigurationError: the floor is not a valid amount, or has none for a currency.
        """
        expected = HealthExpectations(floor=floor, callbacks=callbacks, callback_timeout=callback_timeout)
        options = RunOptions(deadline=deadline, progress=progress)
        return self._drive(check(self._selected(agents), expected, options))

    def discover(self, *, deadline: float | None = None) -> Discovery:
        """Read all accounts from the API, each with its own token, and fill in their missing fields.

        The tree then has each account's id and level from the vendor, and its parent where none was given.

        Args:
            deadline: seconds for all of them.

        Raises:
            TreeError: together with the given fields, the accounts do not form a tree.
        """
        return self._drive(discover(self._tree, RunOptions(deadline=deadline)))

    def allowed_ips(self, name: str) -> AllowedAddresses:
        """Read the addresses whose requests are accepted for an account; an empty list accepts all."""
        return self._drive(_allowed_ips.allowed_ips(name))

    def set_allowed_ips(
        self, name: str, addresses: str | Iterable[str], *, everybody: bool = False
    ) -> AddressChange:
        """Replace the addresses whose requests are accepted for an account; returns the change.

        Args:
            name: the account's name.
            addresses: IPv4 and IPv6 addresses; the log has a warning for each suspicious one, such as private
                or unspecified addresses.
            everybody: accept requests from everywhere; `addresses` must then be empty.

        Raises:
            InvalidAddresses: an address is invalid, or there is none, without `everybody`; nothing was sent.
        """
        parsed = AllowedAddresses(addresses)
        return self._drive(_allowed_ips.set_allowed_ips(name, parsed, everybody=everybody))

    def _drive(self, flow: Flow[T]) -> T:
        """Run a flow."""
        raise NotImplementedError
