"""Bonus calls: registering one, following it until it has ended, cancelling it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from igamingace_bindings.contract import CODES
from igamingace_bindings.enums import BonusType
from igamingace_bindings.rest.models.free_spins import FreeSpins

from igamingace._common.answers import field_of
from igamingace._common.clock import monotonic
from igamingace._common.numbers import is_number
from igamingace.errors import ConfigurationError, Conflict, IGamingAceError
from igamingace.lobby._open_game import game_ids
from igamingace.lobby._steps import CallOne, Sleep, run, run_async

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from decimal import Decimal

    from igamingace_bindings.rest.models.bonus_call import BonusCall
    from igamingace_bindings.rest.models.registered_bonus_call import RegisteredBonusCall

    from igamingace._client._async import AsyncAgent, AsyncAgentView
    from igamingace._client._sync import Agent, AgentView
    from igamingace.lobby._snapshot import CatalogueGame
    from igamingace.lobby._steps import Flow

__all__ = [
    "BonusIdentity",
    "BonusState",
    "BonusStillActive",
    "cancel",
    "follow",
    "follow_async",
    "read_state",
    "register",
    "wait",
]

EVERY: Final = 60.0
"""Seconds between two readings of a bonus call."""

_ALREADY_ENDED: Final = next(code for code, known in CODES.items() if known.name == "BONUSCALL_ALEADY_ENDED")

_ENDED: Final = frozenset({"completed", "complete", "ended", "finished", "cancelled", "canceled", "expired"})
"""What a `status` that is a text may say of a bonus call that has ended; nobody states the values."""


class BonusStillActive(IGamingAceError, TimeoutError):  # noqa: N818 -- says what happened, as in errors
    """A bonus call has not ended in the time that `wait` was given.

    Attributes:
        state: what was read last.
    """

    def __init__(self, state: BonusState) -> None:
        super().__init__(
            f"bonus call {state.issue_id} has not ended yet: wait again, or cancel it; it goes on meanwhile"
        )
        self.state = state

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.state,)


@dataclass(frozen=True, slots=True)
class BonusState:
    """Where a bonus call stands.

    Attributes:
        issue_id: its id, opaque.
        active: whether it waits or runs: None where nothing that came tells, and it has not expired.
        rounds_remaining: how many free spins are left; None where the API does not send it, as for the next.
        won: what it has paid so far, in major units of the account's currency.
        expires_at: when it ends, aware: what the API sends, else what was registered; None where neither is
            known.
        detail: all that came.
    """

    issue_id: str
    active: bool | None
    rounds_remaining: int | None
    won: Decimal | None
    expires_at: datetime | None
    detail: BonusCall


@dataclass(frozen=True, slots=True)
class BonusIdentity:
    """What a bonus call is found by.

    Attributes:
        issue_id: its id, opaque.
        player: your own id of the player, which cancelling needs.
        expires_at: when it ends, as it was registered, aware; None where that is not known.
    """

    issue_id: str
    player: str
    expires_at: datetime | None = None


def register(
    player: str,
    game: CatalogueGame | str | int,
    *,
    provider_id: int | None,
    spins: int,
    bet: Decimal,
    max_win: Decimal,
    expires: datetime | timedelta,
    platform_id: str | None,
) -> Flow[BonusIdentity]:
    """Register free spins; the arguments are those of the public method."""
    provider_id, game_id = game_ids(game, provider_id)
    expires_at = datetime.now(UTC) + expires if isinstance(expires, timedelta) else expires
    if expires_at.tzinfo is None:
        raise ConfigurationError(
            f"expires is {expires_at.isoformat()}, without a time zone: give an aware datetime, such as "
            "datetime.now(UTC) + timedelta(days=7), or a timedelta"
        )
    own_id = platform_id or uuid4().hex

    def call(agent: Any) -> Any:  # noqa: ANN401 -- of an Agent or an AsyncAgent
        return agent.bonus_calls.register(
            platform_id=own_id,
            provider_id=provider_id,
            game_id=game_id,
            player_id=player,
            bonus_type=BonusType.FREE_SPINS,
            call_amount=max_win,
            expire_at=expires_at,
            meta_data=FreeSpins(spin_amount=spins, base_bet_amount=bet),
        )

    registered: RegisteredBonusCall = yield CallOne(call)
    return BonusIdentity(registered.issue_id, player, expires_at)


def read_state(bonus: BonusIdentity) -> Flow[BonusState]:
    """Read where a bonus call stands."""
    detail: BonusCall = yield CallOne(lambda agent: agent.bonus_calls.detail(bonus.issue_id))
    return _state(bonus, detail)


def cancel(bonus: BonusIdentity) -> Flow[bool]:
    """Cancel a bonus call; returns False where it had ended before."""
    try:
        yield CallOne(lambda agent: agent.bonus_calls.cancel(player_id=bonus.player, issue_id=bonus.issue_id))
    except Conflict as error:
        if error.code != _ALREADY_ENDED:
            raise
        return False
    return True


def wait(bonus: BonusIdentity, every: float, timeout: float | None) -> Flow[BonusState]:
    """Wait until a bonus call has ended.

    Raises:
        BonusStillActive: it has not ended in time.
    """
    _check_pause(every)
    end = math.inf if timeout is None else monotonic() + timeout
    while True:
        state = yield from read_state(bonus)
        left = end - monotonic()
        if state.active is False:
            return state
        if left <= 0:
            raise BonusStillActive(state)
        yield Sleep(min(_pause(state, every), left))


def follow(agent: Agent | AgentView, bonus: BonusIdentity, every: float) -> Generator[BonusState, None, None]:
    """Yield the state now, each other one that is read, and the last one when the bonus call has ended."""
    _check_pause(every)
    last: BonusState | None = None
    while last is None or last.active is not False:
        last = run(agent, _next_state(bonus, last, every))
        yield last


async def follow_async(
    agent: AsyncAgent | AsyncAgentView, bonus: BonusIdentity, every: float
) -> AsyncGenerator[BonusState, None]:
    """Yield the same, from an event loop."""
    _check_pause(every)
    last: BonusState | None = None
    while last is None or last.active is not False:
        last = await run_async(agent, _next_state(bonus, last, every))
        yield last


def _next_state(bonus: BonusIdentity, last: BonusState | None, every: float) -> Flow[BonusState]:
    """Read until the state differs from the last one, at first without a pause."""
    state = last
    while state is None or not _differs(state, last):
        if state is not None:
            yield Sleep(_pause(state, every))
        state = yield from read_state(bonus)
    return state


def _differs(state: BonusState, last: BonusState | None) -> bool:
    return last is None or state.detail.to_dict() != last.detail.to_dict() or state.active != last.active


def _pause(state: BonusState, every: float) -> float:
    """Return the seconds until the next reading: no later than just after its expiry."""
    if state.expires_at is None:
        return every
    until_expiry = (state.expires_at - datetime.now(UTC)).total_seconds()
    return min(every, until_expiry + 1.0) if until_expiry > 0 else every


def _check_pause(every: float) -> None:
    if not (is_number(every) and every > 0):
        raise ConfigurationError(f"every is {every!r}: give a positive number of seconds")


def _state(bonus: BonusIdentity, detail: BonusCall) -> BonusState:
    spins = field_of(detail, "meta_data")
    expires_at: datetime | None = (
        None if spins is None else field_of(spins, "expire_at")
    ) or bonus.expires_at
    remaining: int | None = field_of(detail, "rounds_remaining")
    status: object = field_of(detail, "status")
    named = status.lower() if isinstance(status, str) else None
    expired = expires_at is not None and expires_at <= datetime.now(UTC)
    active: bool | None = None
    if expired or named in _ENDED or (remaining is not None and remaining <= 0):
        active = False
    elif remaining is not None or named == "active":
        active = True
    return BonusState(
        issue_id=bonus.issue_id,
        active=active,
        rounds_remaining=remaining,
        won=field_of(detail, "total_win_amount"),
        expires_at=expires_at,
        detail=detail,
    )
