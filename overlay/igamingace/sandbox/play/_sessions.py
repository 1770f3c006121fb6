"""Games that players have open: sessions, and the round that is being played in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._currency import minor_digits
from igamingace.sandbox._state import BonusCall, BonusStatus, Bounded

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON, Object
    from igamingace.sandbox._state import Account, Game, Mode, Player, Provider

BALANCE_EVERY: Final = timedelta(minutes=1)
"""How often the balance is asked for while a game is open (api-facts section 4)."""
IDLE: Final = timedelta(minutes=30)
"""After how long without play a session ends. Assumed: nobody states it, and no tab is open for ever."""
MOST_SESSIONS: Final = 5_000


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
        ends = self.played + IDLE
        return min(ends, self.asked + BALANCE_EVERY) if self.mode == "seamless" else ends

    def bonus(self, now: datetime) -> BonusCall | None:
        """Return the bonus call that can be played in this game now."""
        call = self.player.bonus_call
        here = (self.provider.id, self.game.id)
        if call is None or (call.provider_id, call.game_id) != here:
            return None
        return call if call.status(now) is BonusStatus.ACTIVE else None

    def shown(self, now: datetime) -> Object:
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
            "balance": None if self.balance is None else f"{self.balance:f}",
            "problem": self.problem,
            "round": _shown_round(self.round),
            "rounds": self.rounds,
            "bonus": _shown_bonus(self.bonus(now)),
        }


class Sessions(Bounded[str, Session]):
    """All sessions by id, also ended ones; the oldest are forgotten."""

    def __init__(self) -> None:
        """Start with none."""
        super().__init__(MOST_SESSIONS)

    def open(self) -> list[Session]:
        """Return those that are open."""
        return [session for session in self.values() if session.ended is None]


def _shown_round(round_: Round | None) -> JSON:
    if round_ is None:
        return None
    return {"id": round_.id, "stake": f"{round_.stake:f}", "won": f"{round_.won:f}"}


def _shown_bonus(call: BonusCall | None) -> JSON:
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
