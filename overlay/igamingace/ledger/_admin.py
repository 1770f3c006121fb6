"""The operator's side of the ledger: players, deposits, withdrawals, and what happened to a balance."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from igamingace._common.clock import monotonic
from igamingace._common.currencies import is_currency
from igamingace._common.numbers import is_integer
from igamingace.callbacks import InvalidPlayer, NotEnoughMoney
from igamingace.errors import ConfigurationError, InvalidArgument
from igamingace.ledger._amounts import apply_change, normalize
from igamingace.ledger._base import check_player_id
from igamingace.ledger._engine import reading, transaction
from igamingace.ledger._errors import PlayerExists, SerializationConflict
from igamingace.ledger._ledger_entry import DEPOSIT, WITHDRAW, Entry
from igamingace.ledger._reading import LedgerReading
from igamingace.ledger._retry import with_retries
from igamingace.ledger._schema import storable
from igamingace.ledger._transaction import LedgerTransaction, read_history

if TYPE_CHECKING:
    from igamingace.ledger._transaction import Player

_PATIENCE: Final = 10.0
"""How long the operator's own calls may be turned away by the database, in seconds."""
_NEWEST: Final = 2**63 - 1
_MOST: Final = 2**31
"""How many entries are read at once at most: no driver takes any integer for a limit."""


class LedgerAdmin(LedgerReading):
    """What an operator does with a ledger, beside letting it answer callbacks."""

    def add_player(self, player_id: str, currency: str) -> None:
        """Add a player with a balance of 0.

        Raises:
            PlayerExists: there is a player of that id, whatever the currency; nothing was changed.
            InvalidArgument: the id is empty or holds NUL, or the currency is no ISO 4217 code.
            ConfigurationError: the table of players is the application's: insert into it yourself.
        """
        if not self._schema.own_players:
            raise ConfigurationError(f"{self._schema.players.name} is your table: insert the player there")
        if not is_currency(currency):
            raise InvalidArgument(f"{currency!r} is no currency: give three capitals, for example USD")
        check_player_id(player_id)
        if not player_id or self._schema.key_of(player_id) is None:
            raise InvalidArgument("a player_id is text without NUL, and not empty")
        row = {"player_id": player_id, "currency": currency, "balance": Decimal(0)}
        end = monotonic() + _PATIENCE
        try:
            with self._connect(end) as connection, transaction(connection, end):
                connection.execute(insert(self._schema.players), row)
        except IntegrityError:
            if self._read(player_id, _PATIENCE) is None:
                raise
            known = True
        else:
            known = False
        if known:
            raise PlayerExists(f"there is a player {player_id!r} already")

    def balance_of(self, player_id: str) -> Decimal:
        """Return a player's balance.

        Raises:
            InvalidPlayer: there is no such player.
            InvalidArgument: the id is no text.
        """
        check_player_id(player_id)
        player = self._read(player_id, _PATIENCE)
        if player is None:
            raise InvalidPlayer(f"there is no player {player_id!r}")
        return normalize(player.balance)

    def deposit(self, player_id: str, amount: Decimal | int, *, key: str | None = None) -> Decimal:
        """Add to a player's balance; return the balance after it.

        Args:
            player_id: whose.
            amount: what to add, above 0, in major units of the player's currency.
            key: a name of your own for this very deposit, for example of the payment: the same call with the
                same key again changes nothing. Without one, do not repeat a call whose outcome is not known.

        Raises:
            InvalidPlayer: there is no such player.
            InvalidArgument: the id is no text, the amount no Decimal or int above 0, or the key has been used
                for something else, is no text or holds NUL.
            AmountRefused: the amount or the balance has too many digits.
        """
        return self._move(DEPOSIT, player_id, debit=Decimal(0), credit=_positive(amount), key=key)

    def withdraw(self, player_id: str, amount: Decimal | int, *, key: str | None = None) -> Decimal:
        """Take from a player's balance, whole or not at all; return the balance after it.

        Arguments and errors are those of `deposit`, and:

        Raises:
            NotEnoughMoney: it is more than the balance. Nothing was taken.
        """
        return self._move(WITHDRAW, player_id, debit=_positive(amount), credit=Decimal(0), key=key)

    def history(self, player_id: str, *, limit: int = 100, before: Entry | None = None) -> list[Entry]:
        """Return a player's entries, the newest first.

        Args:
            player_id: whose; one that is not known has none.
            limit: how many at most.
            before: the last entry of the page before this one.

        Raises:
            InvalidArgument: an argument is none of these.
        """
        check_player_id(player_id)
        if not (is_integer(limit) and limit > 0):
            raise InvalidArgument(f"limit is {limit!r}: give 1 or more")
        if not isinstance(before, Entry | None):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
            raise InvalidArgument(f"before is of type {type(before).__name__}: give an Entry")
        newest = _NEWEST if before is None else before.entry_id
        if self._schema.key_of(player_id) is None:
            return []

        def look(end: float) -> list[Entry]:
            with self._connect(end) as connection, reading(connection, end):
                return read_history(
                    connection, self._statements, player_id, before=newest, limit=min(limit, _MOST)
                )

        return with_retries(look, _PATIENCE, self._report_retry)

    def _move(
        self, command: str, player_id: str, *, debit: Decimal, credit: Decimal, key: str | None
    ) -> Decimal:
        check_player_id(player_id)
        if key is not None and not (isinstance(key, str) and storable(key)):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
            raise InvalidArgument("a key is text without NUL")
        row: dict[str, Any] = {
            "command": command,
            "player_id": player_id,
            "debit": self._schema.limits.exact(debit),
            "credit": self._schema.limits.exact(credit),
            # A commit whose answer was lost is tried again: the key tells that it was booked.
            "key": f"igamingace:{uuid4()}" if key is None else key,
        }
        return self._transact(partial(self._moved, row), _PATIENCE).balance

    def _moved(self, row: dict[str, Any], tx: LedgerTransaction) -> Decimal:
        player = tx.player(row["player_id"])
        if player is None:
            raise InvalidPlayer(f"there is no player {row['player_id']!r}")
        if (recorded := tx.entry_of_key(row["key"])) is not None:
            return _check_repetition(recorded, row, player)
        balance = apply_change(player.balance, debit=row["debit"], credit=row["credit"])
        if row["debit"] and balance < 0:
            held = normalize(player.balance)
            raise NotEnoughMoney(f"{row['player_id']!r} has {held:f}, which is less", balance=held)
        empty = dict.fromkeys(
            (
                "round_id",
                "provider_id",
                "game_code",
                "bonus_id",
                "reference_id",
                "currency",
                "cancelled_by",
                "sent_at",
            )
        )
        whole = {
            **empty,
            **row,
            "transaction_id": None,
            "balance": self._schema.limits.exact(balance, "the balance"),
        }
        if not tx.post(whole, player, balance):
            raise SerializationConflict
        return balance


def _check_repetition(recorded: Entry, row: dict[str, Any], player: Player) -> Decimal:
    if any(getattr(recorded, name) != value for name, value in row.items()):
        raise InvalidArgument(f"the key {row['key']!r} has been used for something else")
    return player.balance


def _positive(amount: Decimal | int) -> Decimal:
    if isinstance(amount, float):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
        raise InvalidArgument(f"{amount!r} is a float, which is not exact: give Decimal('{amount!r}')")
    is_finite = amount.is_finite() if isinstance(amount, Decimal) else is_integer(amount)
    if not (is_finite and amount > 0):
        raise InvalidArgument(f"{amount!r} is no amount: give a Decimal above 0")
    return Decimal(amount)
