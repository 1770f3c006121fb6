"""What an operator does with the accounts of many agents, from threads: points, settings, health."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from igamingace._common.secret import Secret
from igamingace.operators import _balances, _settings, _transfer
from igamingace.operators._addresses import AllowedAddresses
from igamingace.operators._agents import ManagedAgent
from igamingace.operators._base import OperatorBase
from igamingace.operators._create import create, wish_of
from igamingace.operators._discover import discover
from igamingace.operators._health import Wanted, check
from igamingace.operators._plan import given, plan_top_up
from igamingace.operators._probe import PROBE_TIMEOUT
from igamingace.operators._record import Record
from igamingace.operators._steps import RunOptions
from igamingace.operators._top_up import rehearse, top_up, wishes_of
from igamingace.operators._transfer import SETTLE

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from decimal import Decimal

    from igamingace_bindings.rest.models.balance_transfer import BalanceTransfer

    from igamingace.operators._accounts import Account, Level
    from igamingace.operators._addresses import AddressChange
    from igamingace.operators._balances import Balances
    from igamingace.operators._create import NewAccount
    from igamingace.operators._discover import Discovery
    from igamingace.operators._health import HealthReport
    from igamingace.operators._money import Amounts
    from igamingace.operators._plan import Plan
    from igamingace.operators._steps import Flow
    from igamingace.operators._top_up import TopUp

__all__ = ["Office"]

T = TypeVar("T")


class Office(OperatorBase[ManagedAgent]):
    """The operations over several calls; `Operator` is this and more."""

    def balances(
        self, agents: Iterable[Account | str] | None = None, *, deadline: float | None = None
    ) -> Balances:
        """Read the points of many accounts, each with its own token.

        Args:
            agents: of which accounts, or names of such; all of the tree without it.
            deadline: seconds for all of them.
        """
        flow = _balances.balances(self._chosen(agents), RunOptions(deadline=deadline))
        return self._seen(self._drive(flow))

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

        Both wallets are read first. When the answer is lost (a timeout, an error of the server's), nothing is
        sent again: both wallets are read once more, and the error says what they show. So that they show this
        transfer and no other one, transfers of this process that use the same account wait for each other.

        Args:
            to: the name of the account that receives.
            amount: how much, in major units.
            currency: of both accounts.
            source: the name of the account that gives; it must be the parent of `to`, and is without this.
            remark: a note for people.
            settle: seconds over which the wallets must stay as they were before a transfer whose answer was
                lost counts as not done: the server may still be at it.

        Raises:
            TransferRefused: nothing was sent: too many decimals, another currency, not a child, too few
                points, not more than 0.
            TransferDone: the answer was lost, and it is done; an equal transfer that another program made
                between the two at that time looks the same.
            TransferNotDone: the answer was lost, and it is not done.
            TransferUnknown: the answer was lost, and the wallets do not tell, since others used them too; or
                they cannot be read, and `after` is None.
            IGamingAceError: a wallet could not be read, or the API refused; nothing was moved.
        """
        order = _transfer.order_of(self._tree, to, amount, currency, source=source, remark=remark)
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
        """Create an account below another one; it joins the tree with its token.

        The vendor has to approve it before anybody can log in to its back office.

        Args:
            name: how it is named here.
            currency: its one currency, an ISO 4217 code.
            rate: its rate of the gross gaming revenue (GGR), in percent.
            parent: the name of the operator above it; without it, the only one at the top.
            level: agent, which is one casino website, or operator, which may have accounts below it.
            operator_id: the vendor's id for it, with which it logs in; without it, `name`.
            title: its name for people, in the back office; without it, `name`.
            site: a name that accounts of one casino website in several currencies share.
            password: for the back office; made when it is not given: `NewAccount.password` is the only copy.
            allowed_ips: from where its requests are accepted, as for `set_allowed_ips`.
            everybody: say that requests are to be accepted from everywhere; needed without `allowed_ips`.
            callback_url: where its seamless wallet callbacks go; an agent in transfer mode needs none.

        Raises:
            InvalidAddresses: one is no address, or there is none without `everybody`; nothing was sent.
            ConfigurationError: another argument cannot be what it should be; nothing was sent.
            CreationUnknown: the answer was lost; the account may exist, and the error has its password.
            CreatedOutside: the account is there, and cannot join the tree; the error has its token.
            IGamingAceError: the API refused, or could not be asked; there is no new account.
        """
        sealed = Secret(password)
        del password  # a traceback shows local variables
        wish = wish_of(
            self._tree,
            name,
            parent=parent,
            currency=currency,
            rate=rate,
            level=level,
            operator_id=operator_id,
            title=title,
            site=site,
            password=sealed,
            allowed_ips=allowed_ips,
            everybody=everybody,
            callback_url=callback_url,
        )
        return self._drive(create(self._tree, wish))

    def plan_top_up(
        self,
        *,
        minimum: Amounts,
        target: Amounts,
        agents: Iterable[Account | str] | None = None,
        deadline: float | None = None,
    ) -> Plan:
        """Plan the transfers that bring each agent with fewer points than `minimum` up to `target`.

        Points come from the account right above. Only reads.

        Args:
            minimum: below so many points an agent is topped up, in major units; one amount for all, or one
                for each currency by its code.
            target: up to so many.
            agents: which accounts, or names of such; without it, all of the level agent. Operators among them
                are topped up first, so that they can hand points on.
            deadline: seconds for reading the points of all of them.

        Raises:
            ConfigurationError: an amount is none, or the target is below the minimum.
        """
        options = RunOptions(deadline=deadline)
        return self._drive(plan_top_up(self._tree, self._dry(agents), minimum, target, options))

    def top_up(
        self,
        *,
        minimum: Amounts,
        target: Amounts,
        record: str | os.PathLike[str],
        agents: Iterable[Account | str] | None = None,
        plan: Plan | None = None,
        dry_run: bool = False,
        deadline: float | None = None,
        settle: float = SETTLE,
    ) -> TopUp:
        """Bring each agent with fewer points than `minimum` up to `target`, with a record.

        The record is a file of JSON lines, which is on the disk before and after each transfer. When the
        program is cut off at whatever moment, call this again with the same record: it goes on with the same
        plan. A transfer that was under way is not sent again unless the wallets show that it was not done;
        when they do not tell, it is reported as unknown. Several top-ups may follow each other in one record.
        Who got points from elsewhere since the plan was made gets only what is lacking, or nothing.

        Args:
            minimum: as for `plan_top_up`, like `target`, `agents` and `deadline`.
            target: up to so many points.
            record: path of the record; made when there is none.
            agents: which accounts.
            plan: what `plan_top_up` planned with the same amounts; without it, the plan is made now. A top-up
                that was cut off goes on with its own plan.
            dry_run: plan only; with a record of a top-up that was cut off, its plan.
            deadline: seconds for reading the points of all; the transfers have no end but theirs.
            settle: as for `transfer`.

        Raises:
            ConfigurationError: an amount is none, or the target is below the minimum.
            TransferUnknown: the answer to a transfer was lost, and the wallets cannot be read; the others
                were gone on with. The record leaves it open: call this again with it when they can be read.
            RecordInUse: another top-up is working with the record.
            RecordUnusable: the file is no record, or one of a top-up with other amounts that was cut off.
        """
        options = RunOptions(deadline=deadline)
        reading = (
            plan_top_up(self._tree, self._dry(agents), minimum, target, options)
            if plan is None
            else given(plan)
        )
        wishes = wishes_of(minimum, target)
        if dry_run:
            return self._drive(rehearse(reading, wishes, record))
        with Record(record) as opened:
            return self._drive(top_up(self._tree, reading, wishes, opened, settle=settle))

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
        """Look for what is wrong with agents: token, address, callback URL, points, providers.

        No callback URL is a warning: an agent in transfer mode has none, and the API does not tell the mode.
        To see whether a callback URL answers, one signed `balance` callback is sent there, for a player that
        nobody has: the vendor sends such at each launch, and it changes nothing. It is sent from this host:
        a wallet that only lets the vendor in seems not to answer, and the URL, which whoever may change the
        account has chosen, may lead into your own network. `callbacks=False` leaves that out.

        Args:
            agents: which accounts, or names of such; all of the tree without it.
            floor: fewer points than this are a failure, in major units; one amount for all, or one for each
                currency by its code.
            callbacks: whether to call the callback URLs from this host; else it is only seen that one is set.
            callback_timeout: seconds within which a callback URL must answer.
            deadline: seconds for all of them; what was not seen by then is unknown.
            progress: show a bar on standard error; needs rich, of the extra `cli`.

        Raises:
            ConfigurationError: the floor is no amount, or has none for a currency.
        """
        wanted = Wanted(floor=floor, callbacks=callbacks, callback_timeout=callback_timeout)
        options = RunOptions(deadline=deadline, progress=progress)
        return self._drive(check(self._chosen(agents), wanted, options))

    def discover(self, *, deadline: float | None = None) -> Discovery:
        """Ask the API about all accounts, each with its own token, and fill in what was not said of them.

        The tree then has each account's id and level as the vendor has them, and below which account it is
        where that was not said.

        Args:
            deadline: seconds for all of them.

        Raises:
            TreeError: what the API told makes no tree together with what was said.
        """
        return self._drive(discover(self._tree, RunOptions(deadline=deadline)))

    def allowed_ips(self, name: str) -> AllowedAddresses:
        """Read from which addresses requests of an account are accepted; none: from everywhere."""
        return self._drive(_settings.allowed_ips(name))

    def set_allowed_ips(
        self, name: str, addresses: str | Iterable[str], *, everybody: bool = False
    ) -> AddressChange:
        """Have requests of an account accepted from these addresses only; returns what that changed.

        Args:
            name: the account's name.
            addresses: IPv4 and IPv6 addresses, in place of those there were; such as are hardly meant
                (private, unspecified, ...) are warned about in the log.
            everybody: say that requests are to be accepted from everywhere; `addresses` must be empty then.

        Raises:
            InvalidAddresses: one is no address, or there is none without `everybody`; nothing was sent.
        """
        wanted = AllowedAddresses(addresses)
        return self._drive(_settings.set_allowed_ips(name, wanted, everybody=everybody))

    def _drive(self, flow: Flow[T]) -> T:
        """Take the steps of an operation."""
        raise NotImplementedError
