"""The two drivers of a call, for threads and for asyncio; what they have in common is in `call_state`."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Final, TypeVar

from igamingace._client.call_state import CallState
from igamingace._client.instrumentation import observe
from igamingace._common.clock import monotonic, sleep
from igamingace._transport.base import TransportFailure
from igamingace.errors import AcquireTimeout, ConfigurationError
from igamingace.limits._budget import LocalBudget

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Unpack

    from igamingace_bindings.rest.client import AsyncWalk, Operation, RawAnswer, Walk, WalkRule

    from igamingace._client.account_context import AccountContext
    from igamingace._client.config import Options
    from igamingace._client.instrumentation import CallObserver
    from igamingace._client.walk_state import WalkOptions
    from igamingace._transport.base import AsyncTransport, Transport
    from igamingace._transport.cancellation import CancelScope
    from igamingace.limits import Budget, Permit

T = TypeVar("T")

_FIRST_WAIT: Final = 1.0


class Dispatcher:
    """Sends requests from threads, with one set of options."""

    __slots__ = ("context", "options")

    def __init__(self, context: AccountContext[Transport], options: Options) -> None:
        """Take the account's context and the options for the calls through this object."""
        self.context = context
        self.options = options

    def call(self, operation: Operation[T], arguments: Mapping[str, object], /) -> T:
        """Send a request and return its data."""
        context = self.context
        with observe(operation, context.base_url, context.account) as observer:
            return self._run(operation, arguments, observer).data()

    def raw(self, operation: Operation[T], arguments: Mapping[str, object], /) -> RawAnswer[T]:
        """Send a request and return the whole answer."""
        context = self.context
        with observe(operation, context.base_url, context.account) as observer:
            return self._run(operation, arguments, observer).raw()

    def walk(
        self,
        rule: WalkRule[T],
        start: datetime,
        end: datetime,
        filters: Mapping[str, object],
        /,
        **options: Unpack[WalkOptions],
    ) -> Walk[T]:
        """Start a walk; raises InvalidArgument."""
        from igamingace._client.walk_state import WalkState  # noqa: PLC0415 -- keeps `import igamingace` light
        from igamingace._client.walks import RunningWalk  # noqa: PLC0415 -- as above
        from igamingace._client.window_pause import pauses_of  # noqa: PLC0415 -- as above

        state = WalkState(rule, start, end, filters, **options)
        operation, scope = rule.operation, self.options.scope
        pauses = pauses_of(self.context.account, self.context.budget, operation.operation_id)
        sleep = time.sleep if scope is None else scope.sleep
        return RunningWalk(operation, state, *pauses, self.call, sleep=sleep)

    def _run(
        self, operation: Operation[T], arguments: Mapping[str, object], observer: CallObserver | None
    ) -> CallState[T]:
        context, options = self.context, self.options
        call = CallState(
            operation,
            arguments,
            options=options,
            headers=context.headers,
            token=context.token,
            drift=context.drift,
            observer=observer,
        )
        if options.scope is not None:
            return self._run_until(options.scope, call)
        while True:
            with call:
                call.permit = context.budget.acquire(
                    timeout=call.acquire_timeout(), urgent=options.urgent, retry=call.is_retry
                )
                call.outcome = context.transport.send(call.request)
            pause = call.settle()
            if pause is None:
                return call
            time.sleep(pause)

    def _run_until(self, scope: CancelScope, call: CallState[T]) -> CallState[T]:
        """The same, where each wait may be ended from outside."""
        context, options = self.context, self.options
        while True:
            with call:
                call.permit = _acquire(
                    scope, context.budget, call.acquire_timeout(), urgent=options.urgent, retry=call.is_retry
                )
                if scope.remaining() <= 0:  # the slot came too late: nothing is sent
                    call.outcome = TransportFailure.not_sent("the run is over")
                else:
                    call.outcome = context.transport.send(call.request)
                if isinstance(call.outcome, TransportFailure):
                    scope.check()
            pause = call.settle(scope.remaining())
            if pause is None:
                return call
            scope.sleep(pause)


class AsyncDispatcher:
    """Sends requests from event loops, with one set of options."""

    __slots__ = ("context", "options")

    def __init__(self, context: AccountContext[AsyncTransport], options: Options) -> None:
        """Take the account's context and the options for the calls through this object."""
        self.context = context
        self.options = options

    async def call(self, operation: Operation[T], arguments: Mapping[str, object], /) -> T:
        """Send a request and return its data."""
        context = self.context
        with observe(operation, context.base_url, context.account) as observer:
            return (await self._run(operation, arguments, observer)).data()

    async def raw(self, operation: Operation[T], arguments: Mapping[str, object], /) -> RawAnswer[T]:
        """Send a request and return the whole answer."""
        context = self.context
        with observe(operation, context.base_url, context.account) as observer:
            return (await self._run(operation, arguments, observer)).raw()

    def walk(
        self,
        rule: WalkRule[T],
        start: datetime,
        end: datetime,
        filters: Mapping[str, object],
        /,
        **options: Unpack[WalkOptions],
    ) -> AsyncWalk[T]:
        """Start a walk; raises InvalidArgument."""
        from igamingace._client.walk_state import WalkState  # noqa: PLC0415 -- keeps `import igamingace` light
        from igamingace._client.walks import AsyncRunningWalk  # noqa: PLC0415 -- as above
        from igamingace._client.window_pause import pauses_of  # noqa: PLC0415 -- as above

        state = WalkState(rule, start, end, filters, **options)
        operation = rule.operation
        pauses = pauses_of(self.context.account, self.context.budget, operation.operation_id)
        return AsyncRunningWalk(operation, state, *pauses, self.call)

    async def _run(
        self, operation: Operation[T], arguments: Mapping[str, object], observer: CallObserver | None
    ) -> CallState[T]:
        context, options = self.context, self.options
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError(
                "AsyncAgent needs a running asyncio event loop: start the program with asyncio.run "
                "(under trio, use trio-asyncio, or Agent in threads)"
            ) from None
        call = CallState(
            operation,
            arguments,
            options=options,
            headers=context.headers,
            token=context.token,
            drift=context.drift,
            observer=observer,
        )
        while True:
            with call:
                call.permit = await context.budget.acquire_async(
                    timeout=call.acquire_timeout(), urgent=options.urgent, retry=call.is_retry
                )
                call.outcome = await context.transport.send(call.request)
            pause = call.settle()
            if pause is None:
                return call
            await sleep(pause)


def _acquire(
    scope: CancelScope, budget: Budget, timeout: float | None, *, urgent: bool, retry: bool
) -> Permit:
    """Wait for a slot as `budget.acquire` does; raise Cancelled when the scope ends."""
    own: float = getattr(budget, "acquire_timeout", math.inf)
    longest = own if timeout is None else timeout
    scope.check()
    if not isinstance(budget, LocalBudget):
        return _poll(scope, budget, longest, urgent=urgent, retry=retry)
    try:
        return budget.acquire(
            timeout=min(longest, max(0.0, scope.remaining())), urgent=urgent, retry=retry, cancellation=scope
        )
    except AcquireTimeout:
        scope.check()
        raise


def _poll(scope: CancelScope, budget: Budget, longest: float, *, urgent: bool, retry: bool) -> Permit:
    """The same with a limiter that is not ours: it knows of no other end of a wait than its time limit.

    So the wait is cut in pieces, each twice as long as the one before: few enough to come to the head of any
    queue in the end.
    """
    started = monotonic()
    piece = _FIRST_WAIT
    while True:
        left = longest - (monotonic() - started)
        scope.check()
        try:
            return budget.acquire(
                timeout=max(0.0, min(piece, left, scope.remaining())), urgent=urgent, retry=retry
            )
        except AcquireTimeout as error:
            scope.check()
            waited = monotonic() - started
            if waited >= longest:
                raise AcquireTimeout(
                    in_flight=error.in_flight,
                    lingering=error.lingering,
                    waiting=error.waiting,
                    waited=waited,
                    limit=error.limit,
                ) from None
        piece *= 2
