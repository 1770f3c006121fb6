"""The sandbox's state, in memory and bounded: the oldest records are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace._common.masking import masked_repr
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.store.collections import BoundedDict
from igamingace.sandbox.store.ids import NumberSequence
from igamingace.sandbox.store.models import (
    MAX_RECORDS,
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

    from igamingace.sandbox.store.ids import OpaqueId

MAX_ACCOUNTS: Final = 20_000
ACCOUNTS_WITH_ALL_RECORDS: Final = 20
"""How many accounts have `MAX_RECORDS` records; with more accounts each has fewer: the sum is bounded."""
MIN_RECORDS: Final = 100
"""How many every account has at least."""


class CasinoState:
    """All accounts, providers, launches and round pages."""

    def __init__(self, providers: list[Provider]) -> None:
        self.providers = {provider.id: provider for provider in providers}
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Account] = {}
        self.launches = BoundedDict[str, Launch](20_000)
        self.round_pages = BoundedDict[str, RoundPage](20_000)
        self._player_codes = NumberSequence(10_482)
        self._transaction_ids = NumberSequence(7_300_120_045_001)
        self._bonus_call_ids = NumberSequence(90_211)

    def next_numbers(self) -> tuple[int, int, int]:
        """Return the player code, the transaction's id and the bonus call's id that are given out next."""
        return (
            self._player_codes.next_value,
            self._transaction_ids.next_value,
            self._bonus_call_ids.next_value,
        )

    def continue_with(self, player_code: int, transaction_id: int, bonus_call_id: int) -> None:
        """Give out these numbers next."""
        self._player_codes = NumberSequence(player_code)
        self._transaction_ids = NumberSequence(transaction_id)
        self._bonus_call_ids = NumberSequence(bonus_call_id)

    def add_account(self, account: Account) -> None:
        """Take `account` in.

        Raises:
            SandboxError: PARAMETERS_INVALID for an id in use, PERMISSION_ERROR for too many accounts.
        """
        if account.id in self.accounts:
            raise SandboxError("PARAMETERS_INVALID", f"body.operatorId: {account.id!r} is taken")
        if len(self.accounts) >= MAX_ACCOUNTS:
            raise SandboxError(
                "PERMISSION_ERROR", f"the sandbox holds at most {MAX_ACCOUNTS} accounts; reset it"
            )
        self.accounts[account.id] = account
        self.tokens[account.token] = account
        account.limit_records(max(MIN_RECORDS, MAX_RECORDS * ACCOUNTS_WITH_ALL_RECORDS // len(self.accounts)))

    def link_player(self, account: Account, external_id: str) -> Player:
        """Return the account's player of that id, made now when it is new.

        Of too many, the oldest goes who is not in use; the oldest of all when everybody is.
        """
        player = account.players.get(external_id)
        if player is None:
            if len(account.players) >= account.players.max_size:
                idle = (key for key, other in account.players.items() if not other.in_use)
                account.players.pop(next(idle, next(iter(account.players))))
            player = account.players[external_id] = Player(next(self._player_codes), external_id)
        return player

    def player_of(self, account: Account, external_id: str) -> Player:
        """Return the account's player of that id.

        Raises:
            SandboxError: PERMISSION_ERROR for another account's player, USER_NOT_FOUND for an unknown one.
        """
        player = account.players.get(external_id)
        if player is not None:
            return player
        if any(external_id in other.players for other in self.accounts.values()):
            raise SandboxError("PERMISSION_ERROR", f"player {external_id!r} is another agent's")
        raise SandboxError(
            "USER_NOT_FOUND", f"there is no player {external_id!r}; link it with players.create first"
        )

    def provider(self, provider_id: int) -> Provider:
        """Return the provider.

        Raises:
            SandboxError: PROVIDER_NOT_FOUND.
        """
        provider = self.providers.get(provider_id)
        if provider is None:
            raise SandboxError(
                "PROVIDER_NOT_FOUND", f"there is no provider {masked_repr(provider_id)}; see providers.list"
            )
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
        game: tuple[int, OpaqueId] | None = None,
        number: int | None = None,
        balance: Decimal | None = None,
    ) -> None:
        """Append a transaction to the account's records.

        Args:
            account: Whose record it is.
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
