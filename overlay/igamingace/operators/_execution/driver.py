"""What performs an operator's work: `Driver` in threads, `AsyncDriver` in event loops."""

from __future__ import annotations

import asyncio
import inspect
import math
import time
from contextlib import aclosing, closing
from dataclasses import replace
from types import CoroutineType
from typing import TYPE_CHECKING, Generic, TypeVar

from igamingace._client.account_context import make_transport, make_transport_async
from igamingace._common.clock import sleep
from igamingace._common.flow import run_flow, run_flow_async
from igamingace._common.numbers import is_integer, is_number
from igamingace._transport.base import AsyncTransport, Transport
from igamingace._transport.cancellation import CancelScope
from igamingace.errors import ConfigurationError
from igamingace.operators._accounts.account import secret_token
from igamingace.operators._accounts.tokens import may_block
from igamingace.operators._execution.agent_pool import AgentPool, AsyncManagedAgent, ManagedAgent
from igamingace.operators._execution.flow import (
    CallEach,
    CallOne,
    OpenAgent,
    PausableFlows,
    Pause,
    ResolveToken,
    SendCallback,
    Sleep,
)
from igamingace.operators._execution.progress import progress_bar, with_bar, with_bar_async
from igamingace.operators._execution.results import Results
from igamingace.operators._execution.task_runner import TaskRunner
from igamingace.operators._execution.thread_runner import ThreadRunner

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator

    import httpx2

    from igamingace._client._async import AsyncAgent
    from igamingace._client._sync import Agent
    from igamingace._client.config import Options
    from igamingace.drift import Difference
    from igamingace.limits import Limiter
    from igamingace.operators._accounts.account import Account
    from igamingace.operators._accounts.tree import Tree
    from igamingace.operators._execution.flow import Block, Flow, RunOptions, Step
    from igamingace.operators._execution.results import Result

__all__ = ["AsyncDriver", "Driver"]

T = TypeVar("T")
A = TypeVar("A", bound=ManagedAgent | AsyncManagedAgent)
W = TypeVar("W")

_ACCOUNTS_URL = "the base URL of the accounts"
_CALLBACK_URL = "the callback URL"


class _BaseDriver(Generic[A, W]):
    """The agents of a tree's accounts, and the limit of concurrent calls.

    Attributes:
        agents: creates the agents of the accounts.
    """

    def __init__(self, tree: Tree, agents: AgentPool[A, W], max_in_flight: int) -> None:
        self.agents = agents
        self._tree = tree
        self._max_in_flight = _at_least_one(max_in_flight)

    def _in_flight_limit(self, options: RunOptions) -> int:
        _check_deadline(options.deadline)
        return self._max_in_flight if options.max_in_flight is None else _at_least_one(options.max_in_flight)


class Driver(_BaseDriver[ManagedAgent, Transport]):
    """Runs flows in the calling thread, and functions for many accounts in threads of their own."""

    def __init__(
        self,
        tree: Tree,
        *,
        base_url: str | None,
        transport: httpx2.BaseTransport | None,
        limiter: Limiter | None,
        on_drift: Callable[[Difference], object] | None,
        options: Options,
        max_in_flight: int,
    ) -> None:
        agents = AgentPool(
            ManagedAgent,
            lambda url: make_transport(url, transport, _ACCOUNTS_URL),
            base_url=base_url,
            limiter=limiter,
            on_drift=on_drift,
            options=options,
        )
        super().__init__(tree, agents, max_in_flight)
        self._transport = transport

    def run(self, flow: Flow[T], scope: CancelScope | None = None) -> T:
        """Run a flow to its end; raises Cancelled when the scope ends before."""
        return run_flow(flow, lambda step: self._perform(step, scope))

    def map(self, fn: Callable[[Agent], T], accounts: tuple[Account, ...], options: RunOptions) -> Results[T]:
        """Call a function with the agent of each account, and wait for all."""
        scope = CancelScope()
        return self._map(self._calling(fn, scope), accounts, options, scope)

    def stream(
        self, fn: Callable[[Agent], T], accounts: tuple[Account, ...], options: RunOptions
    ) -> Generator[Result[T], None, None]:
        """Call a function with the agent of each account, and yield each result as it arrives."""
        scope = CancelScope()
        return self._stream(self._calling(fn, scope), accounts, options, scope)

    def close(self) -> None:
        """Close the connections."""
        for transport in self.agents.close():
            transport.close()

    def _calling(self, fn: Callable[[Agent], T], scope: CancelScope) -> Callable[[Account], T]:
        if inspect.iscoroutinefunction(fn):
            raise ConfigurationError("the function is asynchronous: use AsyncOperator for such functions")
        options = self._options(scope)
        return lambda account: fn(self.agents.new(account, options))

    def _options(self, scope: CancelScope | None) -> Options:
        return self.agents.options if scope is None else replace(self.agents.options, scope=scope)

    def _map(
        self,
        perform: Callable[[Account], T | Pause],
        accounts: tuple[Account, ...],
        options: RunOptions,
        scope: CancelScope,
    ) -> Results[T]:
        with closing(self._stream(perform, accounts, options, scope, together=True)) as stream:
            return Results(stream, accounts)

    def _stream(
        self,
        perform: Callable[[Account], T | Pause],
        accounts: tuple[Account, ...],
        options: RunOptions,
        scope: CancelScope,
        *,
        together: bool = False,
    ) -> Generator[Result[T], None, None]:
        bar = progress_bar(len(accounts)) if options.progress else None
        together = together and bar is None
        limit = self._in_flight_limit(options)
        run = ThreadRunner(
            perform,
            accounts,
            limit,
            scope,
            deadline=options.deadline,
            together=together,
            reads_only=options.reads_only,
        )
        return run.results() if bar is None else with_bar(run.results(), bar)

    def _perform(self, step: Step, scope: CancelScope | None) -> object:
        if isinstance(step, CallOne):
            return step.call(self._agent_of(step.name, scope))
        if isinstance(step, CallEach):
            each = CancelScope()
            flows = PausableFlows(step.flow)
            options = replace(step.options, reads_only=True)
            return self._map(
                lambda account: self.run(flows.part(account), each), step.accounts, options, each
            )
        if isinstance(step, SendCallback):
            return self._send(step, scope)
        return self._perform_here(step, scope)

    def _perform_here(
        self, step: Sleep | Pause | ResolveToken | OpenAgent | Block, scope: CancelScope | None
    ) -> object:
        """Perform a step that sends nothing."""
        if isinstance(step, OpenAgent):
            return self._agent_of(step.name, scope)
        if isinstance(step, Sleep | Pause):
            (time.sleep if scope is None else scope.sleep)(step.seconds)
            return None
        return secret_token(step.account) if isinstance(step, ResolveToken) else step.function()

    def _agent_of(self, name: str, scope: CancelScope | None) -> Agent:
        return self.agents.new(self._tree[name], self._options(scope))

    def _send(self, step: SendCallback, scope: CancelScope | None) -> object:
        transport = make_transport(step.origin, self._transport, _CALLBACK_URL)
        try:
            return transport.send(replace(step.request, scope=scope))
        finally:
            transport.close()


class AsyncDriver(_BaseDriver[AsyncManagedAgent, AsyncTransport]):
    """Runs flows in the calling task, and functions for many accounts in tasks of their own."""

    def __init__(
        self,
        tree: Tree,
        *,
        base_url: str | None,
        transport: httpx2.AsyncBaseTransport | None,
        limiter: Limiter | None,
        on_drift: Callable[[Difference], object] | None,
        options: Options,
        max_in_flight: int,
    ) -> None:
        agents = AgentPool(
            AsyncManagedAgent,
            lambda url: make_transport_async(url, transport, _ACCOUNTS_URL),
            base_url=base_url,
            limiter=limiter,
            on_drift=on_drift,
            options=options,
        )
        super().__init__(tree, agents, max_in_flight)
        self._transport = transport

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end."""
        return await run_flow_async(flow, self._perform)

    async def map(
        self, fn: Callable[[AsyncAgent], Awaitable[T]], accounts: tuple[Account, ...], options: RunOptions
    ) -> Results[T]:
        """Await a function with the agent of each account, and wait for all."""
        return await self._map(self._calling(fn), accounts, options)

    def stream(
        self, fn: Callable[[AsyncAgent], Awaitable[T]], accounts: tuple[Account, ...], options: RunOptions
    ) -> AsyncGenerator[Result[T], None]:
        """Await a function with the agent of each account, and yield each result as it arrives."""
        return _flatten(self._batches(self._calling(fn), accounts, options))

    async def close(self) -> None:
        """Close the connections."""
        for transport in self.agents.close():
            await transport.close()

    def _calling(self, fn: Callable[[AsyncAgent], Awaitable[T]]) -> Callable[[Account], Awaitable[T]]:
        async def call(account: Account) -> T:
            return await _awaitable(fn(await self._agent_of(account)))

        def direct(account: Account) -> Awaitable[T]:
            if may_block(account.token):
                return call(account)
            return _awaitable(fn(self.agents.new(account)))

        return direct

    async def _agent_of(self, account: Account) -> AsyncAgent:
        return await _resolve(account, self.agents.new)

    async def _map(
        self,
        perform: Callable[[Account], Awaitable[T | Pause]],
        accounts: tuple[Account, ...],
        options: RunOptions,
    ) -> Results[T]:
        async with aclosing(self._batches(perform, accounts, options, together=True)) as batches:
            return Results([result async for batch in batches for result in batch], accounts)

    def _batches(
        self,
        perform: Callable[[Account], Awaitable[T | Pause]],
        accounts: tuple[Account, ...],
        options: RunOptions,
        *,
        together: bool = False,
    ) -> AsyncGenerator[list[Result[T]], None]:
        bar = progress_bar(len(accounts)) if options.progress else None
        together = together and bar is None
        limit = self._in_flight_limit(options)
        run = TaskRunner(
            perform,
            accounts,
            limit,
            deadline=options.deadline,
            together=together,
            reads_only=options.reads_only,
        )
        return run.batches() if bar is None else with_bar_async(run.batches(), bar)

    async def _perform(self, step: Step) -> object:
        if isinstance(step, CallOne):
            return await step.call(await self._agent_of(self._tree[step.name]))
        if isinstance(step, CallEach):
            flows = PausableFlows(step.flow)
            options = replace(step.options, reads_only=True)
            return await self._map(lambda account: self.run(flows.part(account)), step.accounts, options)
        if isinstance(step, SendCallback):
            return await self._send(step)
        return await self._perform_here(step)

    async def _perform_here(self, step: Sleep | Pause | ResolveToken | OpenAgent | Block) -> object:
        """Perform a step that sends nothing."""
        if isinstance(step, OpenAgent):
            return await self._agent_of(self._tree[step.name])
        if isinstance(step, Sleep | Pause):
            await sleep(step.seconds)
            return None
        if isinstance(step, ResolveToken):
            return await _resolve(step.account, secret_token)
        return await asyncio.to_thread(step.function)

    async def _send(self, step: SendCallback) -> object:
        transport = make_transport_async(step.origin, self._transport, _CALLBACK_URL)
        try:
            return await transport.send(step.request)
        finally:
            await transport.close()


def _awaitable(returned: Awaitable[T]) -> Awaitable[T]:
    """Return an awaitable that a function returned; raises ConfigurationError for anything else."""
    kind: type = type(returned)
    # The first check is fast, and nearly always enough.
    if kind is not CoroutineType and not inspect.isawaitable(returned):
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


def _check_deadline(deadline: object) -> None:
    if deadline is None:
        return
    if not (is_number(deadline) and 0 < deadline < math.inf):
        raise ConfigurationError(f"deadline is {deadline!r}: give a positive number of seconds")


def _at_least_one(limit: int) -> int:
    if not (is_integer(limit) and limit >= 1):
        raise ConfigurationError(f"max_in_flight is {limit!r}: give 1 or more")
    return limit
