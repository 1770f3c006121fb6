"""Game sessions of players, and the open round of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import minor_digits
from igamingace.sandbox.store.collections import BoundedDict
from igamingace.sandbox.store.models import BonusCall, BonusStatus

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON, Object
    from igamingace.sandbox.store.models import Account, Game, Mode, Player, Provider

BALANCE_INTERVAL: Final = timedelta(minutes=1)
"""How often the balance is asked for while a game is open (api-facts section 4)."""
IDLE_TIMEOUT: Final = timedelta(minutes=30)
"""After how long without play a session ends. Assumed: the vendor states no limit."""
MAX_OPEN: Final = 5_000
MAX_ENDED: Final = 500


@dataclass(slots=True)
class Round:
    """A round whose stake has been taken, and that is not finished."""

    id: int
    bet_id: int
    stake: Decimal
    won: Decimal = Decimal(0)


@dataclass(slots=True, eq=False)
class Session:
    """A game that a player has open.

    Attributes:
        id: A secret of the player's browser.
        mode: That of the account when the session was opened; a round ends as it began.
        is_streamer: Whether play is left out of the agent's report.
        played: When something was last played.
        asked: When the balance was last asked for.
        balance: In major units, as it was last seen; None when it never was.
        problem: What went wrong last, for people; None when nothing did.
        rounds: How many were begun.
        ended: Why it ended; None while it is open.
        ended_at: When it ended; None while it is open.
    """

    id: str
    account: Account
    player: Player
    provider: Provider
    game: Game
    mode: Mode
    language: str
    return_url: str
    is_streamer: bool
    opened: datetime
    played: datetime
    asked: datetime
    balance: Decimal | None = None
    problem: str | None = None
    round: Round | None = None
    rounds: int = 0
    ended: str | None = None
    ended_at: datetime | None = None

    @property
    def currency(self) -> str:
        """The currency that is played in: the account's."""
        return self.account.currency

    @property
    def key(self) -> tuple[str, str]:
        """Whose callbacks come one after the other: those of one player of one account."""
        return self.account.id, self.player.external_id

    @property
    def due(self) -> datetime:
        """When something is to be done about it: ask for the balance, or end it."""
        ends = self.played + IDLE_TIMEOUT
        return min(ends, self.asked + BALANCE_INTERVAL) if self.mode == "seamless" else ends

    def bonus(self, now: datetime) -> BonusCall | None:
        """Return the bonus call that can be played in this game now."""
        call = self.player.bonus_call
        here = (self.provider.id, self.game.id)
        if call is None or (call.provider_id, call.game_id) != here:
            return None
        return call if call.status(now) is BonusStatus.ACTIVE else None

    def to_json(self, now: datetime) -> Object:
        """Return it for pages and programs; amounts are texts, in major units."""
        return {
            "id": self.id,
            "account": self.account.id,
            "player": self.player.external_id,
            "provider": {"id": self.provider.id, "name": self.provider.name},
            "game": {"id": self.game.id, "name": self.game.name, "type": self.game.type},
            "currency": self.currency,
            "minor_digits": minor_digits(self.currency),
            "mode": self.mode,
            "language": self.language,
            "return_url": self.return_url,
            "is_streamer": self.is_streamer,
            "opened": self.opened.isoformat(timespec="milliseconds"),
            "ended": self.ended,
            "ended_at": None if self.ended_at is None else self.ended_at.isoformat(timespec="milliseconds"),
            "balance": None if self.balance is None else f"{self.balance:f}",
            "problem": self.problem,
            "round": _round_json(self.round),
            "rounds": self.rounds,
            "bonus": _bonus_json(self.bonus(now)),
        }


class Sessions:
    """All sessions: those that are open, and those that have ended, of which the oldest are forgotten.

    Attributes:
        max_open: How many can be open. Assumed: the vendor states no limit, and a sandbox needs one.
        ended: Those that have ended, by id, the latest last.
    """

    def __init__(self) -> None:
        self.max_open = MAX_OPEN
        self.ended = BoundedDict[str, Session](MAX_ENDED)
        self._open: dict[str, Session] = {}

    @property
    def full(self) -> bool:
        """Whether no more can be opened."""
        return len(self._open) >= self.max_open

    def open(self) -> list[Session]:
        """Return those that are open, the latest last."""
        return list(self._open.values())

    def get(self, session_id: str) -> Session | None:
        """Return the session of that id; None when there is none, or none any more."""
        return self._open.get(session_id) or self.ended.get(session_id)

    def add(self, session: Session) -> None:
        """Add an open session."""
        self._open[session.id] = session
        session.player.playing += 1

    def end(self, session: Session, why: str, now: datetime) -> None:
        """End one; after a reset it is not remembered."""
        session.ended, session.ended_at = why, now
        if self._open.pop(session.id, None) is not None:
            self.ended[session.id] = session
            session.player.playing -= 1

    def clear(self, why: str, now: datetime) -> None:
        """Forget all; those that are open end, so that who still holds one cannot play it."""
        for session in self.open():
            self.end(session, why, now)
        self.ended.clear()


def _round_json(round_: Round | None) -> JSON:
    if round_ is None:
        return None
    return {"id": round_.id, "stake": f"{round_.stake:f}", "won": f"{round_.won:f}"}


def _bonus_json(call: BonusCall | None) -> JSON:
    if call is None:
        return None
    return {
        "id": call.id,
        "rounds_remaining": call.remaining,
        "base_bet": f"{call.base_bet:f}",
        "most": f"{call.amount:f}",
        "won": f"{call.won:f}",
        "expires": call.expires.isoformat(timespec="seconds"),
    }
