"""The records of the sandbox: accounts, players, catalogue, transactions, launches, bonus calls."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from igamingace._common.amounts import EXACT
from igamingace.sandbox.store.collections import BoundedDict

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from igamingace.sandbox.store.ids import OpaqueId

Level: TypeAlias = Literal["operator", "agent"]
Mode: TypeAlias = Literal["seamless", "transfer"]
"""Where players' money is: in the agent's own wallet, asked by callbacks, or in the platform's."""

MAX_RECORDS: Final = 20_000
"""How many players, transactions and so on an account has at most."""


class TransactionType(IntEnum):
    """Transaction types (api-facts section 2)."""

    BET = 1
    WIN = 2
    DEPOSIT = 4
    WITHDRAW = 8
    BET_CANCEL = 16
    BONUS_CALL = 32


class BonusStatus(IntEnum):
    """Where a bonus call stands. Assumed: the vendor states no values."""

    ACTIVE = 1
    CANCELLED = 2
    EXPIRED = 3
    PLAYED = 4


@dataclass(frozen=True, slots=True)
class Game:
    """A game of the catalogue; `type` is 0 slot, 1 live, 2 other."""

    id: OpaqueId
    name: str
    type: int = 0
    in_maintenance: bool = False


@dataclass(slots=True)
class Provider:
    """A provider of the catalogue, its games by id; `currencies` are those it can be played in."""

    id: int
    name: str
    games: dict[OpaqueId, Game]
    currencies: frozenset[str]
    in_maintenance: bool = False


@dataclass(slots=True)
class BonusCall:
    """Free spins given to a player in one game; amounts in major units of the account's currency.

    Attributes:
        amount: The most that the player can win with it.
        rounds: How many spins were given.
        base_bet: What a spin is played at; it is not taken from the player.
        created: When it was registered; None where the data does not say.
        remaining: How many spins are left.
        won: What they have paid so far.
    """

    id: int
    player_id: str
    amount: Decimal
    rounds: int
    expires: datetime
    provider_id: int
    game_id: OpaqueId
    base_bet: Decimal
    created: datetime | None = None
    remaining: int = field(init=False)
    won: Decimal = Decimal(0)
    cancelled: bool = False

    def __post_init__(self) -> None:
        """Start with all spins to be played."""
        self.remaining = self.rounds

    def status(self, now: datetime) -> BonusStatus:
        """Return where it stands at `now`.

        Assumed: it has been played when no spin is left, and also when it has paid all that it may.
        """
        if self.cancelled:
            return BonusStatus.CANCELLED
        if not self.remaining or self.won >= self.amount:
            return BonusStatus.PLAYED
        return BonusStatus.ACTIVE if now < self.expires else BonusStatus.EXPIRED


@dataclass(slots=True)
class Player:
    """A player of one agent; the wallet holds major units by currency and serves transfer mode only.

    `playing` is how many sessions are open.
    """

    code: int
    external_id: str
    wallet: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    bonus_call: BonusCall | None = None
    playing: int = 0

    @property
    def in_use(self) -> bool:
        """Whether a session is open, or there is money in the wallet."""
        return self.playing > 0 or any(self.wallet.values())


@dataclass(frozen=True, slots=True)
class Transaction:
    """One change of a player's balance; `amount` and `balance`, what there was afterwards, in major units.

    `balance` is None where it is unknown.
    """

    id: int
    type: TransactionType
    player_id: str
    currency: str
    amount: Decimal
    at: datetime
    round_id: int | None = None
    provider_id: int | None = None
    game_id: OpaqueId | None = None
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """A deposit or withdrawal that was carried out, by which a repetition is known."""

    type: TransactionType
    player_id: str
    currency: str
    amount: Decimal


@dataclass(slots=True)
class Launch:
    """A launch url that was given out: for one session, to be opened once, within its life."""

    token: str
    account_id: str
    player_id: str
    provider_id: int
    game: Game
    language: str
    return_url: str
    is_streamer: bool
    expires: datetime
    spent: bool = False


@dataclass(frozen=True, slots=True)
class RoundPage:
    """A page with a round's details that was asked for."""

    account_id: str
    player_id: str
    round_id: int
    provider_id: int | None
    game_id: OpaqueId | None


@dataclass(slots=True)
class Account:
    """An operator or an agent; `points` is its wallet in major units by currency.

    `staked` is the sum of the stakes of bets that are running and not recorded yet.
    `chosen_mode` is None where the callback url decides. `last_window` is the last window of
    transactions that was asked for, and when.
    """

    id: str
    name: str
    level: Level
    token: str = field(repr=False)
    currencies: tuple[str, ...]
    provider_ids: tuple[int, ...]
    parent_id: str | None = None
    points: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    staked: dict[str, Decimal] = field(default_factory=dict[str, Decimal], init=False)
    rtp: Decimal = Decimal(95)
    ggr_rate: Decimal = Decimal(10)
    callback_url: str | None = None
    allowed_ips: tuple[str, ...] = ()
    payment_method: Literal["deposit", "invoice"] = "deposit"
    chosen_mode: Mode | None = None
    last_window: tuple[tuple[datetime, datetime], datetime] | None = field(default=None, init=False)
    players: BoundedDict[str, Player] = field(default_factory=lambda: BoundedDict[str, Player](MAX_RECORDS))
    movements: BoundedDict[str, Movement] = field(
        default_factory=lambda: BoundedDict[str, Movement](MAX_RECORDS)
    )
    bonus_calls: BoundedDict[int, BonusCall] = field(
        default_factory=lambda: BoundedDict[int, BonusCall](MAX_RECORDS)
    )
    transactions: deque[Transaction] = field(default_factory=lambda: deque[Transaction](maxlen=MAX_RECORDS))

    def __post_init__(self) -> None:
        """Open an empty wallet for each currency that has none."""
        for currency in self.currencies:
            self.points.setdefault(currency, Decimal(0))

    @contextmanager
    def stake(self, currency: str, amount: Decimal) -> Generator[None]:
        """Take `amount` out of the points, for a bet that the block records.

        The points come back when the block is left by an error: what is interrupted has not been.
        """
        self.add_points(currency, amount.copy_negate())
        self.staked[currency] = EXACT.add(self.staked.get(currency, Decimal(0)), amount)
        try:
            yield
        except BaseException:
            self.add_points(currency, amount)
            raise
        finally:
            self.staked[currency] = EXACT.subtract(self.staked[currency], amount)

    def add_points(self, currency: str, amount: Decimal) -> None:
        """Change the points of a currency that the account has."""
        self.points[currency] = EXACT.add(self.points[currency], amount)

    def booked_points(self) -> dict[str, Decimal]:
        """Return the points by currency as they are recorded: with the stakes of running bets."""
        return {
            currency: EXACT.add(points, self.staked.get(currency, Decimal(0)))
            for currency, points in list(self.points.items())
        }

    def limit_records(self, max_records: int) -> None:
        """Keep at most `max_records` players, transactions and so on, if that is less than before."""
        if max_records < self.players.max_size:
            self.players.max_size = self.movements.max_size = self.bonus_calls.max_size = max_records
            self.transactions = deque(self.transactions, maxlen=max_records)

    @property
    def currency(self) -> str:
        """The account's currency, the first one when there are several."""
        return self.currencies[0]

    @property
    def mode(self) -> Mode:
        """Its mode: the one that was chosen, else, as is assumed, seamless with a callback url."""
        return self.chosen_mode or ("transfer" if self.callback_url is None else "seamless")
