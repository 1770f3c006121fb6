"""AsyncOperator: the accounts of many agents in one program, from event loops."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from inspect import isawaitable
from types import CoroutineType
from typing import TYPE_CHECKING, Self, TypeVar

from igamingace._client.agent import AsyncAgent, make_async_transport
from igamingace._client.config import Options
from igamingace.errors import ConfigurationError
from igamingace.operators._agents import Agents, AsyncManagedAgent
from igamingace.operators._async_office import AsyncOffice
from igamingace.operators._progress import bar_of
from igamingace.operators._results import Results
from igamingace.operators._schedule import MAX_TASKS_IN_FLIGHT
from igamingace.operators._steps import Ask, AskEach, OpenToken, RunOptions, Sleep, drive_async
from igamingace.operators._tasks import TaskRun
from igamingace.operators._tokens import may_wait

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
    from contextlib import AbstractContextManager
    from types import TracebackType

    import httpx2

    from igamingace._transport.base import AsyncTransport, Timeouts
    from igamingace.limits import Limiter
    from igamingace.operators._accounts import Account
    from igamingace.operators._results import Result
    from igamingace.operators._steps import Flow, Step
    from igamingace.operators._tree import Tree

__all__ = ["AsyncOperator"]

T = TypeVar("T")


class AsyncOperator(AsyncOffice):
    """Many accounts in one program, from any number of event loops.

        async with AsyncOperator.from_file("agents.toml") as operator:
            results = await operator.map(lambda agent: agent.providers.list(), operator.agents(level="agent"))
            results.raise_for_errors()

    The surface is that of `Operator`, with `await`.
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
        max_in_flight: int = MAX_TASKS_IN_FLIGHT,
    ) -> None:
        """Set up, in a loop or outside of one; nothing is sent. The arguments are those of `Operator`."""
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
        self._agents: Agents[AsyncManagedAgent, AsyncTransport] = Agents(
            AsyncManagedAgent,
            lambda url: make_async_transport(url, transport, "the base URL of the accounts"),
            base_url=base_url,
            limiter=limiter,
            options=options,
        )

    async def map(
        self,
        fn: Callable[[AsyncAgent], Awaitable[T]],
        agents: Iterable[Account | str] | None = None,
        *,
        max_in_flight: int | None = None,
        deadline: float | None = None,
        progress: bool = False,
    ) -> Results[T]:
        """Await `fn` with the agent of each account, and wait for all; see `Operator.map`."""
        accounts = self._chosen(agents)
        options = RunOptions(max_in_flight=max_in_flight, deadline=deadline, progress=progress)
        return await self._map(self._calling(fn), accounts, options)

    def stream(
        self,
        fn: Callable[[AsyncAgent], Awaitable[T]],
        agents: Iterable[Account | str] | None = None,
        *,
        max_in_flight: int | None = None,
        deadline: float | None = None,
        progress: bool = False,
    ) -> AsyncGenerator[Result[T], None]:
        """Await `fn` with the agent of each account, and give each result as it comes; see `Operator.stream`.

        At the deadline, when the iterator is closed or dropped and when the task is cancelled, the calls
        under way are cancelled. A `break` drops the iterator, which the loop then closes; to wait for that,
        use `contextlib.aclosing`.
        """
        options = RunOptions(max_in_flight=max_in_flight, deadline=deadline, progress=progress)
        return _one_by_one(self._batches(self._calling(fn), self._chosen(agents), options))

    async def aclose(self) -> None:
        """Close the connections; calls raise AgentClosed from now on."""
        for transport in self._agents.close():
            await transport.close()

    async def __aenter__(self) -> Self:
        """The operator itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.aclose()

    def _calling(self, fn: Callable[[AsyncAgent], Awaitable[T]]) -> Callable[[Account], Awaitable[T]]:
        async def call(account: Account) -> T:
            return await _awaitable(fn(await self._agent_of(account)))

        def direct(account: Account) -> Awaitable[T]:
            if may_wait(account.token):
                return call(account)
            return _awaitable(fn(self._agents.new(account)))

        return direct

    async def _agent_of(self, account: Account) -> AsyncAgent:
        return await _apart(account, self._agents.new)

    async def _map(
        self, perform: Callable[[Account], Awaitable[T]], accounts: tuple[Account, ...], options: RunOptions
    ) -> Results[T]:
        async with aclosing(self._batches(perform, accounts, options, together=True)) as batches:
            return Results([result async for batch in batches for result in batch], accounts)

    def _batches(
        self,
        perform: Callable[[Account], Awaitable[T]],
        accounts: tuple[Account, ...],
        options: RunOptions,
        *,
        together: bool = False,
    ) -> AsyncGenerator[list[Result[T]], None]:
        bar = bar_of(len(accounts)) if options.progress else None
        together = together and bar is None
        run = TaskRun(perform, accounts, self._most(options), deadline=options.deadline, together=together)
        return run.batches() if bar is None else _shown(run.batches(), bar)

    async def _drive(self, flow: Flow[T]) -> T:
        return await drive_async(flow, self._perform)

    async def _perform(self, step: Step) -> object:
        if isinstance(step, Ask):
            return await step.call(await self._agent_of(self._tree[step.name]))
        if isinstance(step, AskEach):
            return await self._map(lambda one: self._drive(step.flow(one)), step.accounts, step.options)
        if isinstance(step, Sleep):
            await asyncio.sleep(step.seconds)
            return None
        if isinstance(step, OpenToken):
            return await _apart(step.account, lambda account: account.sealed_token())
        transport = make_async_transport(step.origin, self._transport, "the callback URL")
        try:
            return await transport.send(step.message)
        finally:
            await transport.close()


def _awaitable(returned: Awaitable[T]) -> Awaitable[T]:
    """Return what a function returned; raises ConfigurationError where it cannot be awaited."""
    kind: type = type(returned)
    # The first question is fast, and nearly always enough.
    if kind is not CoroutineType and not isawaitable(returned):
        raise ConfigurationError(
            f"the function is not asynchronous, it returned {kind.__name__}: give Operator such functions"
        )
    return returned


async def _apart(account: Account, opens: Callable[[Account], T]) -> T:
    """Do what opens an account's token; where a vault may be waited for, not in the loop."""
    return await asyncio.to_thread(opens, account) if may_wait(account.token) else opens(account)


async def _shown(
    batches: AsyncGenerator[list[Result[T]], None], bar: AbstractContextManager[Callable[[Result[T]], None]]
) -> AsyncGenerator[list[Result[T]], None]:
    with bar as advance:
        async with aclosing(batches):
            async for batch in batches:
                for result in batch:
                    advance(result)
                yield batch


async def _one_by_one(batches: AsyncGenerator[list[Result[T]], None]) -> AsyncGenerator[Result[T], None]:
    async with aclosing(batches):
        async for batch in batches:
            for result in batch:
                yield result
