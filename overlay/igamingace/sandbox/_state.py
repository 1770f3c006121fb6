"""What the sandbox remembers: accounts with their players and books, the catalogue, launches, bonus calls.

Everything lives in memory and is bounded: where something can be made without end, the oldest goes.
"""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from itertools import count
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar

from igamingace.sandbox._refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

K = TypeVar("K")
V = TypeVar("V")

Level: TypeAlias = Literal["operator", "agent"]

MOST_ACCOUNTS: Final = 1_000


class Bounded(dict[K, V]):
    """A dict that forgets its oldest entry when a new one would be one too many."""

    def __init__(self, most: int) -> None:
        """Hold at most `most` entries."""
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        """Set `key`, and forget the oldest entry when there are too many."""
        super().__setitem__(key, value)
        if len(self) > self._most:
            del self[next(iter(self))]


class TransactionType(IntEnum):
    """Transaction types (api-facts section 2)."""

    BET = 1
    WIN = 2
    DEPOSIT = 4
    WITHDRAW = 8
    BET_CANCEL = 16
    BONUS_CALL = 32


class BonusStatus(IntEnum):
    """Where a bonus call stands; the values are ours, the vendor states none."""

    ACTIVE = 1
    CANCELLED = 2
    EXPIRED = 3


@dataclass(frozen=True, slots=True)
class Game:
    """A game of the catalogue; `type` is 0 slot, 1 live, 2 other."""

    id: int
    name: str
    type: int = 0
    in_maintenance: bool = False


@dataclass(slots=True)
class Provider:
    """A provider of the catalogue, its games by id; `currencies` are those it can be played in."""

    id: int
    name: str
    games: dict[int, Game]
    currencies: frozenset[str]
    in_maintenance: bool = False


@dataclass(slots=True)
class BonusCall:
    """Free spins given to a player; amounts in major units of the account's currency."""

    id: int
    player_id: str
    amount: Decimal
    rounds: int
    expires: datetime
    cancelled: bool = False

    def status(self, now: datetime) -> BonusStatus:
        """Return where it stands at `now`."""
        if self.cancelled:
            return BonusStatus.CANCELLED
        return BonusStatus.ACTIVE if now < self.expires else BonusStatus.EXPIRED


@dataclass(slots=True)
class Player:
    """A player of one agent; the wallet holds major units by currency and serves transfer mode only."""

    code: int
    external_id: str
    wallet: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    bonus_call: BonusCall | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """One change of a player's balance; `amount` in major units."""

    id: int
    type: TransactionType
    player_id: str
    currency: str
    amount: Decimal
    at: datetime
    round_id: int | None = None
    provider_id: int | None = None
    game_id: int | None = None


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
    game: Game
    return_url: str
    expires: datetime
    spent: bool = False


@dataclass(frozen=True, slots=True)
class RoundPage:
    """A page with a round's details that was asked for."""

    account_id: str
    round_id: int


@dataclass(slots=True)
class Account:
    """An operator or an agent; `points` is its wallet in major units by currency."""

    id: str
    name: str
    level: Level
    token: str = field(repr=False)
    currencies: tuple[str, ...]
    provider_ids: tuple[int, ...]
    parent_id: str | None = None
    points: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    rtp: Decimal = Decimal(95)
    ggr_rate: Decimal = Decimal(10)
    callback_url: str | None = None
    allowed_ips: tuple[str, ...] = ()
    payment_method: Literal["deposit", "invoice"] = "deposit"
    players: Bounded[str, Player] = field(default_factory=lambda: Bounded[str, Player](20_000))
    movements: Bounded[str, Movement] = field(default_factory=lambda: Bounded[str, Movement](20_000))
    bonus_calls: Bounded[int, BonusCall] = field(default_factory=lambda: Bounded[int, BonusCall](20_000))
    transactions: deque[Transaction] = field(default_factory=lambda: deque[Transaction](maxlen=20_000))

    def __post_init__(self) -> None:
        """Open an empty wallet for each currency that has none."""
        for currency in self.currencies:
            self.points.setdefault(currency, Decimal(0))

    @property
    def currency(self) -> str:
        """The account's currency, the first one when there are several."""
        return self.currencies[0]


class State:
    """All that the sandbox remembers, and the ways to find it."""

    def __init__(self, providers: list[Provider]) -> None:
        """Start with a catalogue and no account."""
        self.providers = {provider.id: provider for provider in providers}
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Account] = {}
        self.launches = Bounded[str, Launch](20_000)
        self.round_pages = Bounded[str, RoundPage](20_000)
        self._player_codes = count(10_482)
        self._transaction_ids = count(7_300_120_045_001)
        self._bonus_call_ids = count(90_211)

    def add_account(self, account: Account) -> None:
        """Take `account` in.

        Raises:
            Refusal: the id is taken (PARAMETERS_INVALID), or there are too many accounts (PERMISSION_ERROR).
        """
        if account.id in self.accounts:
            raise Refusal("PARAMETERS_INVALID", f"body.operatorId: {account.id!r} is taken")
        if len(self.accounts) >= MOST_ACCOUNTS:
            raise Refusal("PERMISSION_ERROR", f"the sandbox holds at most {MOST_ACCOUNTS} accounts; reset it")
        self.accounts[account.id] = account
        self.tokens[account.token] = account

    def link_player(self, account: Account, external_id: str) -> Player:
        """Return the account's player of that id, made now when it is new."""
        player = account.players.get(external_id)
        if player is None:
            player = account.players[external_id] = Player(next(self._player_codes), external_id)
        return player

    def player_of(self, account: Account, external_id: str) -> Player:
        """Return the account's player of that id.

        Raises:
            Refusal: only another account has such a player (PERMISSION_ERROR), or nobody (USER_NOT_FOUND).
        """
        player = account.players.get(external_id)
        if player is not None:
            return player
        if any(external_id in other.players for other in self.accounts.values()):
            raise Refusal("PERMISSION_ERROR", f"player {external_id!r} is another agent's")
        raise Refusal(
            "USER_NOT_FOUND", f"there is no player {external_id!r}; link it with players.create first"
        )

    def provider(self, provider_id: int) -> Provider:
        """Return the provider.

        Raises:
            Refusal: PROVIDER_NOT_FOUND.
        """
        provider = self.providers.get(provider_id)
        if provider is None:
            raise Refusal("PROVIDER_NOT_FOUND", f"there is no provider {provider_id}; see providers.list")
        return provider

    def record(
        self,
        account: Account,
        kind: TransactionType,
        player_id: str,
        money: tuple[Decimal, str],
        at: datetime,
        *,
        round_id: int | None = None,
        game: tuple[int, int] | None = None,
    ) -> None:
        """Write a transaction into the account's books; `money` in major units, `game` by both its ids."""
        amount, currency = money
        provider_id, game_id = game or (None, None)
        number = next(self._transaction_ids)
        account.transactions.append(
            Transaction(number, kind, player_id, currency, amount, at, round_id, provider_id, game_id)
        )

    def open_bonus_call(
        self, account: Account, player: Player, amount: Decimal, rounds: int, expires: datetime
    ) -> BonusCall:
        """Give a player a bonus call, which becomes the player's present one."""
        bonus_call = BonusCall(next(self._bonus_call_ids), player.external_id, amount, rounds, expires)
        account.bonus_calls[bonus_call.id] = player.bonus_call = bonus_call
        return bonus_call


def new_token() -> str:
    """Return a token as the vendor issues them: 32 lower-case hex digits."""
    return secrets.token_hex(16)
