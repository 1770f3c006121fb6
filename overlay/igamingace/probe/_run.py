"""Drives the requests of a probe: in the calling thread, or in the running event loop."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from igamingace_bindings.rest.api.bonus_calls.bonus_calls_detail import OPERATION as READ_BONUS_CALL
from igamingace_bindings.rest.api.players.players_info import OPERATION as READ_PLAYER
from igamingace_bindings.scalars import CONTRACT_ZONES, ArgumentError

from igamingace._common.clock import sleep
from igamingace._common.masking import masked_repr
from igamingace._common.numbers import is_number
from igamingace._common.text import is_text
from igamingace._transport.custom import AsyncCustomTransport, CustomTransport
from igamingace.errors import ConfigurationError, InvalidArgument
from igamingace.probe._compare import make_report
from igamingace.probe._exchange import Exchange, Pause, Send
from igamingace.probe._flow import MAX_REQUESTS, probe_flow
from igamingace.probe._sender import AsyncSender, Sender

if TYPE_CHECKING:
    from igamingace._client._async import AsyncAgentView
    from igamingace._client._sync import AgentView
    from igamingace.probe._flow import Findings, Flow, Step
    from igamingace.probe._report import ProbeReport

__all__ = ["Progress", "ProgressStep", "Settings", "make_settings", "probe", "probe_async"]

S = TypeVar("S", Sender, AsyncSender)


@dataclass(frozen=True, slots=True)
class ProgressStep:
    """What the probe is about to do.

    Attributes:
        number: how many requests it has sent, this one included.
        most: the most that it sends.
        text: the operation and what is special about the request, or the pause.
    """

    number: int
    most: int
    text: str


class Progress(Protocol):
    """Called with each step of a probe before it is done."""

    def __call__(self, step: ProgressStep, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """The arguments of a probe, checked."""

    player: str | None
    bonus_call: str | None
    window_pause: float
    progress: Progress

    def flow(self) -> Flow:
        """The requests."""
        return probe_flow(
            self.player,
            self.bonus_call,
            window_pause=self.window_pause,
            clock=lambda: datetime.now(UTC),
        )


def make_settings(
    *, player: str | None, bonus_call: str | int | None, window_pause: float, progress: Progress | None
) -> Settings:
    """Check the arguments of a probe.

    Raises:
        InvalidArgument: `player` or `bonus_call` cannot be sent.
        ConfigurationError: `window_pause` is no number of seconds.
    """
    try:
        if player is not None:
            READ_PLAYER.request({"player_external_id": player}, CONTRACT_ZONES)
        if bonus_call is not None:
            READ_BONUS_CALL.request({"issue_id": bonus_call}, CONTRACT_ZONES)
    except ArgumentError as error:
        reason = str(error)
    else:
        for name, value in (("player", player), ("bonus_call", bonus_call)):
            if isinstance(value, str) and not (value and is_text(value)):
                raise InvalidArgument(f"{name} is empty or has no UTF-8: give an id, or None to leave it out")
        if not (is_number(window_pause) and 0 <= window_pause <= TIMEOUT_MAX):
            raise ConfigurationError(
                f"window_pause is {masked_repr(window_pause)}: give seconds, 0 to {TIMEOUT_MAX:.0f}"
            )
        call = None if bonus_call is None else str(bonus_call)
        return Settings(player, call, window_pause, progress or _silent)
    raise InvalidArgument(reason)


def probe(agent: AgentView, settings: Settings) -> ProbeReport:
    """Probe from this thread."""
    sender = Sender(agent)
    driver = _Driver(settings)
    with closing(driver.flow) as flow:
        result: Exchange | None = None
        while True:
            try:
                step = driver.announced(flow.send(result))
            except StopIteration as end:
                return driver.report(end.value, sender)
            result = None
            if isinstance(step, Pause):
                time.sleep(step.seconds)
            else:
                result = sender.send(step)


async def probe_async(agent: AsyncAgentView, settings: Settings) -> ProbeReport:
    """Probe from this task."""
    sender = AsyncSender(agent)
    driver = _Driver(settings)
    with closing(driver.flow) as flow:
        result: Exchange | None = None
        while True:
            try:
                step = driver.announced(flow.send(result))
            except StopIteration as end:
                return driver.report(end.value, sender)
            result = None
            if isinstance(step, Pause):
                await sleep(step.seconds)
            else:
                result = await sender.send(step)


class _Driver:
    """The part of a driver without IO."""

    def __init__(self, settings: Settings) -> None:
        self.flow: Final = settings.flow()
        self._progress = settings.progress
        self._sent = 0

    def announced(self, step: Step) -> Step:
        """The step, which the user was told of."""
        if isinstance(step, Send):
            self._sent += 1
            text = f"{step.name}{f', {step.situation}' if step.situation else ''}"
        else:
            text = f"a pause of {step.seconds:g} s before the next window of transactions"
        self._progress(ProgressStep(self._sent, MAX_REQUESTS, text))
        return step

    @staticmethod
    def report(found: Findings, sender: Sender | AsyncSender) -> ProbeReport:
        """The report of what was found."""
        # A transport that was handed in may lead anywhere, whatever the base URL says.
        custom = isinstance(sender.context.transport, CustomTransport | AsyncCustomTransport)
        base_url = None if custom else sender.context.base_url
        return make_report(found, base_url=base_url, now=datetime.now(UTC))


def _silent(_: ProgressStep) -> None:
    """Show nothing."""
