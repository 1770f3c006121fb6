"""Operator: many accounts in one program, from threads."""

from __future__ import annotations

import inspect
from contextlib import closing
from typing import TYPE_CHECKING, Self, TypeVar

from igamingace._client.agent import Agent, make_transport
from igamingace._client.config import Options
from igamingace._transport import cancellation
from igamingace.errors import ConfigurationError
from igamingace.operators._accounts.account import secret_token
from igamingace.operators._operations import Operations
from igamingace.operators._runs.agents import AgentPool, ManagedAgent
from igamingace.operators._runs.flow import CallEach, CallOne, ResolveToken, RunOptions, Sleep, run_flow
from igamingace.operators._runs.progress import progress_bar, with_bar
from igamingace.operators._runs.results import Results
from igamingace.operators._runs.schedule import MAX_IN_FLIGHT
from igamingace.operators._runs.thread_runner import ThreadRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from types import TracebackType

    import httpx2

    from igamingace._transport.base import Timeouts, Transport
    from igamingace.limits import Limiter
    from igamingace.operators._accounts.account import Account
    from igamingace.operators._accounts.tree import Tree
    from igamingace.operators._runs.flow import Flow, Step
    from igamingace.operators._runs.results import Result

__all__ = ["Operator"]

T = TypeVar("T")


class Operator(Operations):
    """Many accounts in one program, from any number of threads.

        with Operator.from_file("agents.toml") as operator:
            results = operator.map(lambda agent: agent.providers.list(), operator.agents(level="agent"))
            results.raise_for_errors()

    All accounts share one connection pool per server; each has its own budget of requests in flight.
    Close it, or use it in a `with`.
    """

    def __init__(
        self,
        accounts: Iterable[Account] | Tree,
        *,
        base_url: str | None = None,
        transport: httpx2.BaseTransport | None = None,
        timeout: float | Timeouts | None = None,
        limiter: Limiter | None = None,
        acquire_timeout: float | None = None,
        max_retries: int | None = None,
        busy_retries: int | None = None,
        busy_timeout: float | None = None,
        backoff: float | None = None,
        max_in_flight: int = MAX_IN_FLIGHT,
    ) -> None:
        """Set up; nothing is sent.

        Args:
            accounts: the accounts, or a tree of them.
            base_url: URL of the API, for accounts without their own.
            transport: any httpx2 transport to send through; closing the operator does not close it.
            timeout: as for `Agent`, like all up to `backoff`.
            limiter: limits each account's requests in flight; default: the limiter of the process.
            acquire_timeout: maximum wait for a slot of an account's budget, in seconds.
            max_retries: maximum retries of a read after a transient failure.
            busy_retries: maximum retries of a call after SERVER_IS_BUSY.
            busy_timeout: seconds from a call's first SERVER_IS_BUSY after which another ends it.
            backoff: seconds before the first retry.
            max_in_flight: maximum number of concurrent calls of one `map` or `stream`. When so many hang, the
                others wait until one of these ends, by `timeout` and the retries.

        Raises:
            TreeError: the accounts do not form a tree.
            ConfigurationError: an option is invalid.
        """
        super().__init__(accounts, max_in_flight)
        options = Options().changed(
            timeout=timeout,
            acquire_timeout=acquire_timeout,
            max_retries=max_retries,
            busy_retries=busy_retries,
            busy_timeout=busy_timeout,
            backoff=backoff,
        )
        self._transport = transport
        self._agents: AgentPool[ManagedAgent, Transport] = AgentPool(
            ManagedAgent,
            lambda url: make_transport(url, transport, "the base URL of the accounts"),
            base_url=base_url,
            limiter=limiter,
            options=options,
        )

    def map(
        self,
        fn: Callable[[Agent], T],
        agents: Iterable[Account | str] | None = None,
        *,
        max_in_flight: int | None = None,
        deadline: float | None = None,
        progress: bool = False,
    ) -> Results[T]:
        """Call `fn` with the agent of each account, and wait for all; see `stream`.

        Args:
            fn: called in a thread, once per agent; its return value or exception is that agent's result.
            agents: accounts, or names of accounts; default: the whole tree.
            max_in_flight: maximum number of concurrent calls.
            deadline: seconds for all of them; the result of those not done by then is DeadlineExceeded.
            progress: show a bar on standard error; needs rich, of the extra `cli`.
        """
        accounts = self._selected(agents)
        options = RunOptions(max_in_flight=max_in_flight, deadline=deadline, progress=progress)
        return self._map(self._calling(fn), accounts, options)

    def stream(
        self,
        fn: Callable[[Agent], T],
        agents: Iterable[Account | str] | None = None,
        *,
        max_in_flight: int | None = None,
        deadline: float | None = None,
        progress: bool = False,
    ) -> Generator[Result[T], None, None]:
        """Call `fn` with the agent of each account, and yield each result as it arrives.

        The calls start in the given order, one per agent. While fewer than `max_in_flight` calls run, slow
        ones do not hold up the next: agents that hang, are refused with 1018 or are in maintenance do not
        slow those that answer, until `max_in_flight` of them hang at once. Its default is 200, and 800 with
        `AsyncOperator`. At the deadline, when the iterator is closed or dropped (as by a `break`) and at
        Ctrl-C, calls that wait for the server end at once. Only a `fn` that does something else continues,
        until its next call.

        The arguments are those of `map`.

        Raises:
            ConfigurationError: an argument is invalid.
            UnknownAccount: there is no account of a name in `agents`.
            ImportError: `progress` needs rich, which is not installed.
        """
        options = RunOptions(max_in_flight=max_in_flight, deadline=deadline, progress=progress)
        return self._stream(self._calling(fn), self._selected(agents), options)

    def close(self) -> None:
        """Close the connections; calls raise AgentClosed from now on."""
        for transport in self._agents.close():
            transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _calling(self, fn: Callable[[Agent], T]) -> Callable[[Account], T]:
        if inspect.iscoroutinefunction(fn):
            raise ConfigurationError("the function is asynchronous: use AsyncOperator for such functions")
        return lambda account: fn(self._agents.new(account))

    def _map(
        self, perform: Callable[[Account], T], accounts: tuple[Account, ...], options: RunOptions
    ) -> Results[T]:
        with closing(self._stream(perform, accounts, options, together=True)) as stream:
            return Results(stream, accounts)

    def _stream(
        self,
        perform: Callable[[Account], T],
        accounts: tuple[Account, ...],
        options: RunOptions,
        *,
        together: bool = False,
    ) -> Generator[Result[T], None, None]:
        bar = progress_bar(len(accounts)) if options.progress else None
        together = together and bar is None
        limit = self._in_flight_limit(options)
        run = ThreadRunner(perform, accounts, limit, deadline=options.deadline, together=together)
        return run.results() if bar is None else with_bar(run.results(), bar)

    def _drive(self, flow: Flow[T]) -> T:
        return run_flow(flow, self._perform)

    def _perform(self, step: Step) -> object:
        if isinstance(step, CallOne):
            return step.call(self._agents.new(self._tree[step.name]))
        if isinstance(step, CallEach):
            return self._map(lambda account: self._drive(step.flow(account)), step.accounts, step.options)
        if isinstance(step, Sleep):
            cancellation.sleep(step.seconds)
            return None
        if isinstance(step, ResolveToken):
            return secret_token(step.account)
        transport = make_transport(step.origin, self._transport, "the callback URL")
        try:
            return transport.send(step.request)
        finally:
            transport.close()
