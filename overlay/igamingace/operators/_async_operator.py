"""AsyncOperator: many accounts in one program, from event loops."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from inspect import isawaitable
from types import CoroutineType
from typing import TYPE_CHECKING, Self, TypeVar

from igamingace._client.agent import AsyncAgent, make_async_transport
from igamingace._client.config import Options
from igamingace.errors import ConfigurationError
from igamingace.operators._accounts.account import secret_token
from igamingace.operators._accounts.tokens import may_block
from igamingace.operators._async_operations import AsyncOperations
from igamingace.operators._runs.agents import AgentPool, AsyncManagedAgent
from igamingace.operators._runs.flow import CallEach, CallOne, ResolveToken, RunOptions, Sleep, run_flow_async
from igamingace.operators._runs.progress import progress_bar, with_bar_async
from igamingace.operators._runs.results import Results
from igamingace.operators._runs.schedule import MAX_TASKS_IN_FLIGHT
from igamingace.operators._runs.task_runner import TaskRunner

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
    from types import TracebackType

    import httpx2

    from igamingace._transport.base import AsyncTransport, Timeouts
    from igamingace.limits import Limiter
    from igamingace.operators._accounts.account import Account
    from igamingace.operators._accounts.tree import Tree
    from igamingace.operators._runs.flow import Flow, Step
    from igamingace.operators._runs.results import Result

__all__ = ["AsyncOperator"]

T = TypeVar("T")


class AsyncOperator(AsyncOperations):
    """Many accounts in one program, from any number of event loops.

        async with AsyncOperator.from_file("agents.toml") as operator:
            results = await operator.map(lambda agent: agent.providers.list(), operator.agents(level="agent"))
            results.raise_for_errors()

    It has the methods of `Operator`, with `await`.
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
        self._agents: AgentPool[AsyncManagedAgent, AsyncTransport] = AgentPool(
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
        accounts = self._selected(agents)
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
        """Await `fn` with each account's agent, and yield each result as it arrives; see `Operator.stream`.

        At the deadline, when the iterator is closed or dropped and when the task is cancelled, the calls
        in progress are cancelled. A `break` drops the iterator, which the loop then closes; to wait for that,
        use `contextlib.aclosing`.
        """
        options = RunOptions(max_in_flight=max_in_flight, deadline=deadline, progress=progress)
        return _flatten(self._batches(self._calling(fn), self._selected(agents), options))

    async def aclose(self) -> None:
        """Close the connections; calls raise AgentClosed from now on."""
        for transport in self._agents.close():
            await transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _calling(self, fn: Callable[[AsyncAgent], Awaitable[T]]) -> Callable[[Account], Awaitable[T]]:
        async def call(account: Account) -> T:
            return await _awaitable(fn(await self._agent_of(account)))

        def direct(account: Account) -> Awaitable[T]:
            if may_block(account.token):
                return call(account)
            return _awaitable(fn(self._agents.new(account)))

        return direct

    async def _agent_of(self, account: Account) -> AsyncAgent:
        return await _resolve(account, self._agents.new)

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
        bar = progress_bar(len(accounts)) if options.progress else None
        together = together and bar is None
        limit = self._in_flight_limit(options)
        run = TaskRunner(perform, accounts, limit, deadline=options.deadline, together=together)
        return run.batches() if bar is None else with_bar_async(run.batches(), bar)

    async def _drive(self, flow: Flow[T]) -> T:
        return await run_flow_async(flow, self._perform)

    async def _perform(self, step: Step) -> object:
        if isinstance(step, CallOne):
            return await step.call(await self._agent_of(self._tree[step.name]))
        if isinstance(step, CallEach):
            return await self._map(
                lambda account: self._drive(step.flow(account)), step.accounts, step.options
            )
        if isinstance(step, Sleep):
            await asyncio.sleep(step.seconds)
            return None
        if isinstance(step, ResolveToken):
            return await _resolve(step.account, secret_token)
        transport = make_async_transport(step.origin, self._transport, "the callback URL")
        try:
            return await transport.send(step.request)
        finally:
            await transport.close()


def _awaitable(returned: Awaitable[T]) -> Awaitable[T]:
    """Return an awaitable that a function returned; raises ConfigurationError for anything else."""
    kind: type = type(returned)
    # The first check is fast, and nearly always enough.
    if kind is not CoroutineType and not isawaitable(returned):
        raise ConfigurationError(
            f"the function is not asynchronous, it returned {kind.__name__}: use Operator for such functions"
        )
    return returned


async def _resolve(account: Account, read: Callable[[Account], T]) -> T:
    """Call a function that reads an account's token; in a thread where that may block."""
    return await asyncio.to_thread(read, account) if may_block(account.token) else read(account)


async def _flatten(batches: AsyncGenerator[list[Result[T]], None]) -> AsyncGenerator[Result[T], None]:
    async with aclosing(batches):
        async for batch in batches:
            for result in batch:
                yield result
