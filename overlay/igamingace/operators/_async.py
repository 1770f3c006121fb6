"""AsyncOperator: many accounts in one program, from event loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from igamingace._client.config import first_options
from igamingace._common.secret import Secret
from igamingace.operators._base import OperatorBase
from igamingace.operators._execution.driver import AsyncDriver
from igamingace.operators._execution.flow import RunOptions
from igamingace.operators._execution.schedule import MAX_TASKS_IN_FLIGHT
from igamingace.operators._management.allowed_ips import AllowedAddresses, allowed_ips, set_allowed_ips
from igamingace.operators._management.balances import read_balances
from igamingace.operators._management.callback_ping import PING_TIMEOUT
from igamingace.operators._management.callback_url import set_callback_url
from igamingace.operators._management.create import check_spec, create
from igamingace.operators._management.discover import discover
from igamingace.operators._management.doctor import doctor
from igamingace.operators._management.health import HealthExpectations, check
from igamingace.operators._management.report import report_on
from igamingace.operators._transfers.top_up import top_up
from igamingace.operators._transfers.transfer import SETTLE, make_order, transfer
from igamingace.reports._agent import make_settings

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
    from datetime import tzinfo
    from decimal import Decimal
    from types import TracebackType

    import httpx2
    from igamingace_bindings.rest.models.balance_transfer import BalanceTransfer

    from igamingace._client._async import AsyncAgent
    from igamingace._transport.base import Timeouts
    from igamingace.drift import Difference
    from igamingace.limits import Limiter
    from igamingace.operators._accounts.account import Account, Level
    from igamingace.operators._accounts.tree import Tree
    from igamingace.operators._execution.agent_pool import AsyncManagedAgent
    from igamingace.operators._execution.results import Result, Results
    from igamingace.operators._management.allowed_ips import AddressChange
    from igamingace.operators._management.balances import Balances
    from igamingace.operators._management.callback_url import CallbackUrlChange
    from igamingace.operators._management.create import NewAccount
    from igamingace.operators._management.discover import Discovery
    from igamingace.operators._management.health import HealthReport
    from igamingace.operators._transfers.amounts import Amounts
    from igamingace.operators._transfers.plan import Plan
    from igamingace.operators._transfers.top_up_state import TopUp, TransferOutcome
    from igamingace.reports._days import DaysInput
    from igamingace.reports._report import RevenueReport

__all__ = ["AsyncOperator"]

T = TypeVar("T")


class AsyncOperator(OperatorBase):
    """Many accounts in one program, from any number of event loops.

        async with AsyncOperator.from_file("agents.toml") as operator:
            results = await operator.map(lambda agent: agent.providers.list(), operator.agents(level="agent"))
            results.raise_for_errors()

    All accounts share one connection pool per server; each has its own budget of requests in flight.
    Close it, or use it in `async with`.
    """

    def __init__(
        self,
        accounts: Iterable[Account] | Tree,
        *,
        base_url: str | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        timeout: float | Timeouts | None = None,
        limiter: Limiter | None = None,
        acquire_timeout: float | None = None,
        max_retries: int | None = None,
        busy_retries: int | None = None,
        busy_timeout: float | None = None,
        backoff: float | None = None,
        strict: bool = False,
        time_zone: tzinfo | str | None = None,
        on_drift: Callable[[Difference], object] | None = None,
        max_in_flight: int = MAX_TASKS_IN_FLIGHT,
    ) -> None:
        """Set up, inside or outside of an event loop; nothing is sent.

        Args:
            accounts: the accounts, or a tree of them.
            base_url: URL of the API, for accounts without their own.
            transport: any httpx2 transport to send through; closing the operator does not close it.
            timeout: as for `AsyncAgent`, like all up to `time_zone`.
            limiter: limits each account's requests in flight; default: the limiter of the process.
            acquire_timeout: maximum wait for a slot of an account's budget, in seconds.
            max_retries: maximum retries of a read after a transient failure.
            busy_retries: maximum retries of a call after SERVER_IS_BUSY.
            busy_timeout: seconds from a call's first SERVER_IS_BUSY after which another ends it.
            backoff: seconds before the first retry.
            strict: refuse answers that differ from the contract as a whole.
            time_zone: the zone of times whose zone is not documented.
            on_drift: called once with each difference from the contract that any of the agents sees.
            max_in_flight: maximum number of concurrent calls of one `map` or `stream`. When so many hang, the
                others wait until one of these ends, by `timeout` and the retries.

        Raises:
            TreeError: the accounts do not form a tree.
            ConfigurationError: an option is invalid.
        """
        super().__init__(accounts)
        self._driver = AsyncDriver(
            self._tree,
            base_url=base_url,
            transport=transport,
            limiter=limiter,
            on_drift=on_drift,
            max_in_flight=max_in_flight,
            options=first_options(
                timeout=timeout,
                acquire_timeout=acquire_timeout,
                max_retries=max_retries,
                busy_retries=busy_retries,
                busy_timeout=busy_timeout,
                backoff=backoff,
                strict=strict,
                time_zone=time_zone,
            ),
        )

    def agent(self, name: str) -> AsyncManagedAgent:
        """Return the agent of an account, of level operator or agent, by the account's name.

        It is created on demand and cached as long as it is referenced. It uses the shared connections and the
        account's own budget, and is closed with the operator. A function that returns the token is called in
        this thread, which may block it; `map` and `stream` call it in another one.

        Raises:
            UnknownAccount: there is no account of that name; the message suggests similar names.
            TokenUnavailable: its token cannot be read.
            AgentClosed: the operator is closed.
        """
        return self._driver.agents.get(self._tree[name])

    def drift(self) -> list[Difference]:
        """Return the differences from the contract that any of the agents has seen."""
        return self._driver.agents.drift.differences()

    async def map(
        self,
        fn: Callable[[AsyncAgent], Awaitable[T]],
        agents: Iterable[Account | str] | None = None,
        *,
        max_in_flight: int | None = None,
        deadline: float | None = None,
        progress: bool = False,
    ) -> Results[T]:
        """Call `fn` with the agent of each account, and wait for all; see `stream`.

        Args:
            fn: an asynchronous function, called once per agent, in a task; its return value or exception is
                that agent's result.
            agents: accounts, or names of accounts; default: the whole tree.
            max_in_flight: maximum number of concurrent calls.
            deadline: seconds for all of them; the result of those not done by then is DeadlineExceeded.
            progress: show a bar on standard error; needs rich, of the extra `cli`.

        Raises:
            ConfigurationError: an argument is invalid.
            UnknownAccount: there is no account of a name in `agents`.
            ImportError: `progress` needs rich, which is not installed.
        """
        options = RunOptions(max_in_flight=max_in_flight, deadline=deadline, progress=progress)
        return await self._driver.map(fn, self._selected(agents), options)

    def stream(
        self,
        fn: Callable[[AsyncAgent], Awaitable[T]],
        agents: Iterable[Account | str] | None = None,
        *,
        max_in_flight: int | None = None,
        deadline: float | None = None,
        progress: bool = False,
    ) -> AsyncGenerator[Result[T], None]:
        """Call `fn` with the agent of each account, and yield each result as it arrives.

        The calls start in the given order, one per agent. While fewer than `max_in_flight` calls run, slow
        ones do not hold up the next: agents that hang, are refused with 1018 or are in maintenance do not
        slow those that answer, until `max_in_flight` of them hang at once. Its default is 800.

        At the deadline, when the iterator is closed or dropped (as by a `break`) and when the task is
        cancelled, calls with its agent that wait for the server end at once, and any other `fn` at its next
        `await`. To wait for that after a `break`, use `contextlib.aclosing`.

        The arguments and errors are those of `map`.
        """
        options = RunOptions(max_in_flight=max_in_flight, deadline=deadline, progress=progress)
        return self._driver.stream(fn, self._selected(agents), options)

    async def balances(
        self, agents: Iterable[Account | str] | None = None, *, deadline: float | None = None
    ) -> Balances:
        """Read the points of many accounts, each with its own token.

        Args:
            agents: accounts, or names of accounts; default: the whole tree.
            deadline: seconds for all of them.
        """
        return await self._driver.run(
            read_balances(self._tree, self._selected(agents), RunOptions(deadline=deadline))
        )

    async def transfer(
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
        order = make_order(self._tree, to, amount, currency, source=source, remark=remark)
        return await self._driver.run(transfer(order, settle=settle))

    async def create_agent(
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
            parent: the name of the operator above it, in the same currency; default: the only one at the top.
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
        return await self._driver.run(create(self._tree, spec))

    async def plan_top_up(
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
        return await self._driver.run(self._planning(None, minimum, target, agents, deadline).plan())

    async def top_up(
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
        on_outcome: Callable[[TransferOutcome], object] | None = None,
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
                interrupted top-up continues its own plan, and returns a follow-up for the others.
            dry_run: return the plan only; with the journal of an interrupted top-up, its plan.
            deadline: seconds for reading the points of all; the transfers have no deadline.
            settle: as for `transfer`.
            on_outcome: called with the outcome of each transfer once it stands in the journal, for progress;
                what it raises ends the top-up, which the same journal continues.

        Raises:
            ConfigurationError: an amount is invalid, or the target is below the minimum.
            TransferUnknown: the answer to a transfer was lost, and its wallets cannot be read; the other
                transfers continued. The journal leaves it open: call this again when they can be read.
            JournalInUse: another top-up is using the journal.
            JournalUnusable: the file is not a journal, or holds an unfinished top-up with other amounts or of
                accounts that `agents` leaves out.
        """
        planning = self._planning(plan, minimum, target, agents, deadline)
        return await self._driver.run(
            top_up(
                self._tree,
                planning,
                minimum,
                target,
                journal,
                dry_run=dry_run,
                settle=settle,
                on_outcome=on_outcome,
            )
        )

    async def check(
        self,
        agents: Iterable[Account | str] | None = None,
        *,
        floor: Amounts | None = None,
        callbacks: bool = True,
        callback_timeout: float = PING_TIMEOUT,
        deadline: float | None = None,
        progress: bool = False,
    ) -> HealthReport:
        """Check the health of accounts: token, allowed addresses, callback URL, points, providers.

        A missing callback URL is a warning: an agent in transfer mode has none, and the API does not return
        the mode. A callback URL is pinged with one signed `balance` callback for a player that does not
        exist: the vendor sends such callbacks at each launch, and they change nothing. It is sent from this
        host: a wallet that accepts only the vendor seems not to answer. And whoever can change the account
        chooses the URL, which may lead into your own network. `callbacks=False` disables the pings.

        Args:
            agents: accounts, or names of accounts; default: the whole tree.
            floor: minimum points, in major units; one amount for all, or one per currency by its code.
            callbacks: whether to ping callback URLs from this host; if not, only their presence is checked.
            callback_timeout: seconds within which a callback URL must answer.
            deadline: seconds for all of them; checks not finished by then are "unknown".
            progress: show a bar on standard error; needs rich, of the extra `cli`.

        Raises:
            ConfigurationError: the floor is not a valid amount, or has none for a currency.
        """
        expected = HealthExpectations(floor=floor, callbacks=callbacks, callback_timeout=callback_timeout)
        options = RunOptions(deadline=deadline, progress=progress)
        return await self._driver.run(check(self._selected(agents), expected, options))

    async def doctor(
        self,
        agents: Iterable[Account | str] | None = None,
        *,
        floor: Amounts | None = None,
        callbacks: bool = True,
        callback_timeout: float = PING_TIMEOUT,
        deadline: float | None = None,
        progress: bool = False,
    ) -> HealthReport:
        """Check whether accounts are ready to go live: what `check` checks, and what surrounds them.

        Besides token, address, callback URL, points and providers: this host's clock against the server's,
        TLS and proxy, the shared budget (is Redis reachable, does it not evict, has its user all rights),
        other programs with the same token, and the differences from the contract seen so far. Each result
        says what to do. Nothing is changed. The checks are `DOCTOR_CHECKS`.

        Args:
            agents: as for `check`, like all others.
            floor: minimum points.
            callbacks: whether to ping callback URLs from this host.
            callback_timeout: seconds within which a callback URL must answer.
            deadline: seconds for all of them.
            progress: show a bar on standard error.

        Raises:
            ConfigurationError: the floor is not a valid amount, or has none for a currency.
        """
        expected = HealthExpectations(floor=floor, callbacks=callbacks, callback_timeout=callback_timeout)
        options = RunOptions(deadline=deadline, progress=progress)
        limiter = self._driver.agents.limiter
        return await self._driver.run(doctor(self._selected(agents), expected, options, limiter, self.drift))

    async def report(
        self,
        days: DaysInput,
        agents: Iterable[Account | str] | None = None,
        *,
        bonus_cost: bool = False,
        time_zone: tzinfo | str | None = None,
        pause: float | None = None,
        journal: str | os.PathLike[str] | None = None,
        max_in_flight: int | None = None,
        deadline: float | None = None,
        on_progress: Callable[[str, int, int], object] | None = None,
    ) -> RevenueReport:
        """Add up the transactions of many agents of some days: bets, wins, cancels, GGR, rounds, players.

        Each agent is read hour by hour, within its own budget and with its own pause, in which others are
        read: about 12 minutes for a day, also of thousands of agents. An hour that cannot be read is left
        open, and nothing else with it: see `RevenueReport.open`. With a journal, call this again with the
        same one: it reads only what is open. The journal holds your ids of players, and has the mode 0600:
        delete it when the report is complete.

        Args:
            days: a date, a text such as "2026-11-28" or "yesterday", or a pair: the first and last day.
            agents: accounts, or names of accounts; default: all of level agent.
            bonus_cost: whether bonus wins are deducted from GGR.
            time_zone: the zone of the days, a tzinfo, "+09:00" or a name such as "Asia/Seoul"; default: the
                one in which agents read transactions' times.
            pause: seconds between two hours of one agent; default: what the contract says.
            journal: path of the journal; created when there is none.
            max_in_flight: maximum number of hours that are read at once, each of another agent; an agent in
                its pause does not count.
            deadline: seconds for all of them; hours not read by then are left open.
            on_progress: called with an agent's name, how many of its hours are done, and how many there are:
                for each agent at the start, then after each hour.

        Raises:
            ConfigurationError: an argument is invalid; nothing was sent.
            JournalInUse: another report is using the journal.
            JournalUnusable: the file is not the journal of a report.
        """
        accounts = self._tree.select(level="agent") if agents is None else self._selected(agents)
        pool = self._driver.agents
        settings = make_settings(
            days, pool.options.time_zone, time_zone=time_zone, bonus_cost=bonus_cost, pause=pause
        )
        options = RunOptions(max_in_flight=max_in_flight, deadline=deadline)
        return await self._driver.run(
            report_on(
                accounts,
                settings,
                options,
                base_url=pool.base_url,
                journal=journal,
                on_progress=on_progress,
            )
        )

    async def discover(self, *, deadline: float | None = None) -> Discovery:
        """Read all accounts from the API, each with its own token, and fill in their missing fields.

        The tree then has each account's id and level from the vendor, and its parent where none was given.

        Args:
            deadline: seconds for all of them.

        Raises:
            TreeError: together with the given fields, the accounts do not form a tree.
        """
        return await self._driver.run(discover(self._tree, RunOptions(deadline=deadline)))

    async def allowed_ips(self, name: str) -> AllowedAddresses:
        """Read the addresses whose requests are accepted for an account; an empty list accepts all."""
        return await self._driver.run(allowed_ips(name))

    async def set_allowed_ips(
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
        return await self._driver.run(set_allowed_ips(name, AllowedAddresses(addresses), everybody=everybody))

    async def set_callback_url(
        self,
        name: str,
        url: str,
        *,
        player: str | None = None,
        timeout: float = PING_TIMEOUT,  # noqa: ASYNC109 -- as in threads
        dry_run: bool = False,
    ) -> CallbackUrlChange:
        """Set the URL to which the platform sends an agent's wallet callbacks; returns the change.

        The wallet there is tried first, from this host: it must answer a signed `balance` right, and refuse
        one that is signed with a token of nobody, or with that of another agent of the tree, as where staging
        and production are mixed up. At most 50 other agents are tried: first those of the same site, then
        those of another server; the result has how many. The log has a warning that the change takes up to
        ten minutes to apply.

        Args:
            name: the agent's name.
            url: the new URL, which begins with https:// or http://.
            player: your id of a player to ask for; default: one that does not exist.
            timeout: seconds within which the wallet must answer.
            dry_run: try the wallet, and set nothing.

        Raises:
            CallbackUrlRefused: the wallet failed one of these; nothing was changed. It says what to do.
            ConfigurationError: the URL is invalid, or the account is an operator.
            IGamingAceError: the account could not be read or changed.
        """
        return await self._driver.run(
            set_callback_url(self._tree, name, url, player=player, timeout=timeout, dry_run=dry_run)
        )

    async def aclose(self) -> None:
        """Close the connections; calls raise AgentClosed from now on."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
