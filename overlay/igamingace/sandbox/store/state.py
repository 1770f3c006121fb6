"""All that the sandbox remembers, in memory and bounded: where something has no end, the oldest goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace.sandbox._errors import Refusal
from igamingace.sandbox.store.collections import Bounded
from igamingace.sandbox.store.ids import Numbers
from igamingace.sandbox.store.models import (
    MOST_KEPT,
    Account,
    Launch,
    Player,
    Provider,
    RoundPage,
    Transaction,
    TransactionType,
)

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

MOST_ACCOUNTS: Final = 20_000
MOST_WITH_ALL: Final = 20
"""How many accounts have `MOST_KEPT` records; those after them have fewer, so that the sum stays bounded."""
LEAST_KEPT: Final = 100
"""How many every account has at least."""


class State:
    """All that the sandbox remembers, and the ways to find it."""

    def __init__(self, providers: list[Provider]) -> None:
        """Start with a catalogue and no account."""
        self.providers = {provider.id: provider for provider in providers}
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Account] = {}
        self.launches = Bounded[str, Launch](20_000)
        self.round_pages = Bounded[str, RoundPage](20_000)
        self._player_codes = Numbers(10_482)
        self._transaction_ids = Numbers(7_300_120_045_001)
        self._bonus_call_ids = Numbers(90_211)

    def next_numbers(self) -> tuple[int, int, int]:
        """Return the player code, the transaction's id and the bonus call's id that are given out next."""
        return self._player_codes.upcoming, self._transaction_ids.upcoming, self._bonus_call_ids.upcoming

    def continue_with(self, player_code: int, transaction_id: int, bonus_call_id: int) -> None:
        """Give out these numbers next."""
        self._player_codes = Numbers(player_code)
        self._transaction_ids = Numbers(transaction_id)
        self._bonus_call_ids = Numbers(bonus_call_id)

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
        account.keep(max(LEAST_KEPT, MOST_KEPT * MOST_WITH_ALL // len(self.accounts)))

    def link_player(self, account: Account, external_id: str) -> Player:
        """Return the account's player of that id, made now when it is new.

        Of too many, the oldest goes who is not in use; the oldest of all when everybody is.
        """
        player = account.players.get(external_id)
        if player is None:
            if len(account.players) >= account.players.most:
                idle = (key for key, other in account.players.items() if not other.in_use)
                account.players.pop(next(idle, next(iter(account.players))))
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
        number: int | None = None,
        balance: Decimal | None = None,
    ) -> None:
        """Write a transaction into the account's books.

        Args:
            account: Whose books.
            kind: Of the transaction.
            player_id: Whose balance changed.
            money: The amount in major units, and its currency.
            at: When.
            round_id: Of the round it belongs to.
            game: The ids of the provider and of its game.
            number: The transaction's id, when it has one already.
            balance: What the player had afterwards, when that is known.
        """
        amount, currency = money
        number = next(self._transaction_ids) if number is None else number
        provider_id, game_id = game or (None, None)
        account.transactions.append(
            Transaction(
                number, kind, player_id, currency, amount, at, round_id, provider_id, game_id, balance
            )
        )

    def next_bonus_call_id(self) -> int:
        """Return the id of the bonus call that is made next."""
        return next(self._bonus_call_ids)
