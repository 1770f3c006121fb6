"""Operator: the accounts of many agents in one program, from threads."""

from __future__ import annotations

import inspect
from contextlib import closing
from typing import TYPE_CHECKING, Self, TypeVar

from igamingace._client.agent import Agent, make_transport
from igamingace._client.config import Options
from igamingace._transport import cancellation
from igamingace.errors import ConfigurationError
from igamingace.operators._agents import Agents, ManagedAgent
from igamingace.operators._office import Office
from igamingace.operators._progress import bar_of
from igamingace.operators._results import Results
from igamingace.operators._schedule import MAX_IN_FLIGHT
from igamingace.operators._steps import Ask, AskEach, OpenToken, RunOptions, Sleep, drive
from igamingace.operators._threads import ThreadRun

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from contextlib import AbstractContextManager
    from types import TracebackType

    import httpx2

    from igamingace._transport.base import Timeouts, Transport
    from igamingace.limits import Limiter
    from igamingace.operators._accounts import Account
    from igamingace.operators._results import Result
    from igamingace.operators._steps import Flow, Step
    from igamingace.operators._tree import Tree

__all__ = ["Operator"]

T = TypeVar("T")


class Operator(Office):
    """Many accounts in one program, from any number of threads.

        with Operator.from_file("agents.toml") as operator:
            results = operator.map(lambda agent: agent.providers.list(), operator.agents(level="agent"))
            results.raise_for_errors()

    All accounts share one pool of connections to a server; each keeps to its own budget of requests in
    flight. Close it, or use it in a `with`.
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
            base_url: the address of the API, for accounts without one of their own.
            transport: any httpx2 transport to send through; closing the operator does not close it.
            timeout: as for `Agent`, like all up to `backoff`.
            limiter: who keeps the budget of each account; without it, one for the whole process.
            acquire_timeout: the longest wait for a slot of an account's budget, in seconds.
            max_retries: how often a read is sent again after a failure that may pass.
            busy_retries: how often a call is sent again after SERVER_IS_BUSY.
            busy_timeout: seconds from a call's first SERVER_IS_BUSY after which another ends it.
            backoff: seconds before the first retry.
            max_in_flight: how many agents' calls one `map` or `stream` runs at once at most. When so many
                hang, the others wait until one of these ends: `timeout` and the retries say when.

        Raises:
            TreeError: the accounts make no tree.
            ConfigurationError: an option makes no sense.
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
        self._agents: Agents[ManagedAgent, Transport] = Agents(
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
            fn: called in a thread, once for each agent; what it returns or raises is that agent's result.
            agents: for which accounts, or names of such; all of the tree without it.
            max_in_flight: how many of these calls run at once at most.
            deadline: seconds for all of them; the result of those not done by then is DeadlinePassed.
            progress: show a bar on standard error; needs rich, of the extra `cli`.
        """
        accounts = self._chosen(agents)
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
        """Call `fn` with the agent of each account, and give each result as it comes.

        One agent has one call here at a time, which starts in the order given. Those that take long make
        place for others while there is room (see `max_in_flight`), so that none that hangs, is refused with
        1018 or in maintenance slows those that answer, until `max_in_flight` of them hang at once: 200 where
        the operator was not told otherwise, and 800 with `AsyncOperator`. At the deadline, when the iterator
        is closed or dropped (a `break` does that) and at Ctrl-C, the calls that wait for the server end at
        once. Only a `fn` that does something else for long goes on, by itself, until it next makes a call.

        The arguments are those of `map`.

        Raises:
            ConfigurationError: an argument makes no sense.
            UnknownAccount: there is no account of a name in `agents`.
            ImportError: progress is wanted, and rich is not installed.
        """
        options = RunOptions(max_in_flight=max_in_flight, deadline=deadline, progress=progress)
        return self._stream(self._calling(fn), self._chosen(agents), options)

    def close(self) -> None:
        """Close the connections; calls raise AgentClosed from now on."""
        for transport in self._agents.close():
            transport.close()

    def __enter__(self) -> Self:
        """The operator itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def _calling(self, fn: Callable[[Agent], T]) -> Callable[[Account], T]:
        if inspect.iscoroutinefunction(fn):
            raise ConfigurationError("the function is asynchronous: give AsyncOperator such functions")
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
        bar = bar_of(len(accounts)) if options.progress else None
        together = together and bar is None
        run = ThreadRun(perform, accounts, self._most(options), deadline=options.deadline, together=together)
        return run.results() if bar is None else _shown(run.results(), bar)

    def _drive(self, flow: Flow[T]) -> T:
        return drive(flow, self._perform)

    def _perform(self, step: Step) -> object:
        if isinstance(step, Ask):
            return step.call(self._agents.new(self._tree[step.name]))
        if isinstance(step, AskEach):
            return self._map(lambda account: self._drive(step.flow(account)), step.accounts, step.options)
        if isinstance(step, Sleep):
            cancellation.sleep(step.seconds)
            return None
        if isinstance(step, OpenToken):
            return step.account.sealed_token()
        transport = make_transport(step.origin, self._transport, "the callback URL")
        try:
            return transport.send(step.message)
        finally:
            transport.close()


def _shown(
    results: Generator[Result[T], None, None], bar: AbstractContextManager[Callable[[Result[T]], None]]
) -> Generator[Result[T], None, None]:
    with bar as advance, closing(results):
        for result in results:
            advance(result)
            yield result
