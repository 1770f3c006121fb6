"""The form of a casino's data, the same in a TOML file and in an exported JSON file."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Id = Annotated[str, Meta(min_length=1)]
"""How long it may be says the contract, where an operation takes it."""
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Upcoming = Annotated[int, Meta(ge=0, le=2**62)]
"""A number after which there are as many as will ever be asked for."""
GameId = Number | Annotated[str, Meta(min_length=1)]
"""A number, or a text as sister deployments have them."""
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Moment = Annotated[datetime, Meta(tz=True)]
Amount = Decimal
Percent = Decimal


class _Table(Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    def __repr__(self) -> str:
        """Return its name alone: tokens stand in some of them."""
        return f"<{type(self).__name__}>"


class GameData(_Table):
    """A game; `type` by its name or its number."""

    id: GameId
    name: Id
    type: str | int = 0
    in_maintenance: bool = False


class ProviderData(_Table):
    """A provider; without `currencies` it is played in every one."""

    id: Number
    name: Id
    games: list[GameData] = field(default_factory=list[GameData])
    currencies: list[Currency] | None = None
    in_maintenance: bool = False


class PlayerData(_Table):
    """A player; `wallet` in major units by currency; `bonus_call` is the id of the latest one."""

    id: Id
    code: Number | None = None
    wallet: dict[Currency, Amount] = field(default_factory=dict[str, Decimal])
    bonus_call: Number | None = None


class RoundData(_Table):
    """A round that was played some minutes before the start."""

    player: Id
    provider: Number
    game: GameId
    bet: Amount
    win: Amount = Decimal(0)
    minutes_ago: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    id: Number | None = None


class TransactionData(_Table):
    """One change of a player's balance; `type` by its number (api-facts section 2)."""

    id: Number
    type: Number
    player: Id
    currency: Currency
    amount: Amount
    at: Moment
    round: Number | None = None
    provider: Number | None = None
    game: GameId | None = None
    balance: Amount | None = None


class MovementData(_Table):
    """A deposit or withdrawal that was carried out; `id` is the caller's own."""

    id: Id
    type: Number
    player: Id
    currency: Currency
    amount: Amount


class BonusCallData(_Table):
    """Free spins that were given."""

    id: Number
    player: Id
    amount: Amount
    rounds: Number
    expires: Moment
    provider: Number
    game: GameId
    base_bet: Amount
    remaining: Number
    created: Moment | None = None
    won: Amount = Decimal(0)
    cancelled: bool = False


class AccountData(_Table):
    """An operator or an agent.

    Without `token` one is made at the start; without `providers` it may offer all; without `mode` it is
    seamless with a callback url and transfer without.
    """

    id: Id
    currencies: Annotated[list[Currency], Meta(min_length=1)]
    name: str = ""
    level: Literal["operator", "agent"] = "agent"
    token: Annotated[str, Meta(pattern=r"^[A-Za-z0-9\-._~+/]+=*$")] | None = None
    parent: Id | None = None
    points: dict[Currency, Amount] = field(default_factory=dict[str, Decimal])
    providers: list[Number] | None = None
    rtp: Percent = Decimal(95)
    ggr_rate: Percent = Decimal(10)
    callback_url: Annotated[str, Meta(pattern="^https?://")] | None = None
    allowed_ips: list[str] = field(default_factory=list[str])
    payment_method: Literal["deposit", "invoice"] = "deposit"
    mode: Literal["seamless", "transfer"] | None = None
    players: list[Id | PlayerData] = field(default_factory=list[str | PlayerData])
    rounds: list[RoundData] = field(default_factory=list[RoundData])
    transactions: list[TransactionData] = field(default_factory=list[TransactionData])
    movements: list[MovementData] = field(default_factory=list[MovementData])
    bonus_calls: list[BonusCallData] = field(default_factory=list[BonusCallData])


class LaunchData(_Table):
    """A launch url that was given out."""

    token: Id
    account: Id
    player: Id
    provider: Number
    game: GameId
    language: str
    return_url: str
    is_streamer: bool
    expires: Moment
    spent: bool = False


class NextData(_Table):
    """The numbers that are given out next."""

    player_code: Upcoming
    transaction: Upcoming
    bonus_call: Upcoming


class Casino(_Table):
    """A whole casino platform.

    Attributes:
        providers: The catalogue.
        accounts: Operators and agents; a parent stands before its children.
        launches: Launch urls that were given out.
        next: The numbers that are given out next; those of a fresh sandbox when None.
        clock_ahead: How many seconds the sandbox's time was ahead of the clock below it.
    """

    providers: list[ProviderData] = field(default_factory=list[ProviderData])
    accounts: list[AccountData] = field(default_factory=list[AccountData])
    launches: list[LaunchData] = field(default_factory=list[LaunchData])
    next: NextData | None = None
    clock_ahead: float = 0.0
