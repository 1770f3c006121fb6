"""Sends the requests of a probe through an agent: its transport, budget, retries and reading of answers."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from igamingace._client._async import AsyncRawView
from igamingace._client._sync import RawView
from igamingace._client.base_agent import context_of, options_of
from igamingace._client.dispatchers import AsyncDispatcher, Dispatcher
from igamingace._client.drift_recording import FieldDifference
from igamingace._client.request_headers import request_headers
from igamingace._common.secret import Secret
from igamingace._transport.base import Response
from igamingace.drift import DriftLog
from igamingace.errors import IGamingAceError
from igamingace.probe._exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from igamingace_bindings.rest.client import Operation, RawAnswer

    from igamingace._client._async import AsyncAgentView
    from igamingace._client._sync import AgentView
    from igamingace._client.account_context import AccountContext
    from igamingace._client.config import Options
    from igamingace._transport.base import AsyncTransport, Request, Transport, TransportFailure
    from igamingace.drift import Direction, Kind
    from igamingace.probe._exchange import HeaderChange, Send

__all__ = ["AsyncSender", "Sender"]

W = TypeVar("W")

_RETRIES: Final = 1
"""How often a request is sent again after a failure, and after SERVER_IS_BUSY: a probe is no storm."""


class _Recorder(DriftLog):
    """Keeps the differences of one call with all that is known of them, and reports them nowhere else.

    A refusal on purpose must not count as drift of the program, so the log of the agent sees none of them.
    """

    __slots__ = ("differences_seen",)

    def __init__(self) -> None:
        super().__init__()
        self.differences_seen: list[FieldDifference] = []

    def record(
        self,
        *,
        operation: str,
        direction: Direction,
        place: str,
        kind: Kind,
        standing: str,
        expected: str | None = None,
        came: str | None = None,
        value: object = None,
        count: int = 1,
        is_private: Callable[[str], bool] | None = None,
    ) -> None:
        """Keep a difference."""
        del operation, direction, count, is_private
        number = value if isinstance(value, int) else None
        self.differences_seen.append(FieldDifference(place, kind, standing, expected, came, number))


class _Keeping:
    """Keeps the last response of a transport, which belongs to the agent."""

    def __init__(self, transport: Transport) -> None:
        self.response: Response | None = None
        self._transport = transport

    def send(self, request: Request) -> Response | TransportFailure:
        outcome = self._transport.send(request)
        self.response = outcome if isinstance(outcome, Response) else None
        return outcome

    def close(self) -> None:
        """Close nothing."""


class _AsyncKeeping:
    """The same for an event loop."""

    def __init__(self, transport: AsyncTransport) -> None:
        self.response: Response | None = None
        self._transport = transport

    async def send(self, request: Request) -> Response | TransportFailure:
        outcome = await self._transport.send(request)
        self.response = outcome if isinstance(outcome, Response) else None
        return outcome

    async def close(self) -> None:
        """Close nothing."""


class Sender:
    """Sends the requests of a probe from a thread."""

    def __init__(self, agent: AgentView) -> None:
        """Take the agent whose account is probed."""
        # The views that users get keep no responses, and their headers are always right.
        self.context, self._options = context_of(agent), options_of(agent)

    def send(self, send: Send) -> Exchange:
        """Send one request, and return what came of it; what the call raises is in there."""
        log, keeping = _Recorder(), _Keeping(self.context.transport)
        context = _changed(self.context, keeping, log, send.change)
        dispatcher = Dispatcher(context, _options(self._options, send))
        exchange = Exchange(send, datetime.now(UTC))

        def call(operation: Operation[Any], arguments: Mapping[str, object], /) -> RawAnswer[Any]:
            exchange.operation = operation
            return dispatcher.raw(operation, arguments)

        try:
            exchange.data = send.call(RawView(call)).data
        except IGamingAceError as error:
            exchange.error = error
        exchange.response, exchange.differences = keeping.response, log.differences_seen
        return exchange


class AsyncSender:
    """Sends the requests of a probe from an event loop."""

    def __init__(self, agent: AsyncAgentView) -> None:
        """Take the agent whose account is probed."""
        self.context, self._options = context_of(agent), options_of(agent)

    async def send(self, send: Send) -> Exchange:
        """Send one request, and return what came of it; what the call raises is in there."""
        log, keeping = _Recorder(), _AsyncKeeping(self.context.transport)
        context = _changed(self.context, keeping, log, send.change)
        dispatcher = AsyncDispatcher(context, _options(self._options, send))
        exchange = Exchange(send, datetime.now(UTC))

        async def call(operation: Operation[Any], arguments: Mapping[str, object], /) -> RawAnswer[Any]:
            exchange.operation = operation
            return await dispatcher.raw(operation, arguments)

        try:
            exchange.data = (await send.call(AsyncRawView(call))).data
        except IGamingAceError as error:
            exchange.error = error
        exchange.response, exchange.differences = keeping.response, log.differences_seen
        return exchange


def _changed(
    context: AccountContext[W], transport: W, log: DriftLog, change: HeaderChange | None
) -> AccountContext[W]:
    """The account's context with another transport and log, and with its headers changed."""
    headers = context.headers
    if change == "wrong token":
        headers = request_headers(Secret(secrets.token_hex(16)))
    elif change is not None:
        headers = Secret(tuple(each for each in headers.reveal() if each[0] != change))
    return replace(context, transport=transport, drift=log, headers=headers, owned=False)


def _options(options: Options, send: Send) -> Options:
    retries = 0 if send.refusal is not None else min(_RETRIES, options.max_retries)
    return options.changed(max_retries=retries, busy_retries=retries, strict=False, time_zone=send.time_zone)
