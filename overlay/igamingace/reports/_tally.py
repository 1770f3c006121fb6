"""Adds up transactions, exactly, by provider and game; without input or output."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from igamingace._common.amounts import EXACT, parse_amount
from igamingace.models import TransactionType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from igamingace.models import Transaction

__all__ = ["IN_ROUNDS", "UNREADABLE", "Cell", "Sum", "Tally"]

IN_ROUNDS: Final = frozenset(
    {TransactionType.BET, TransactionType.WIN, TransactionType.BET_CANCEL, TransactionType.BONUS_CALL}
)
"""The types by which rounds and players are counted."""

UNREADABLE: Final = -1
"""Stands for the type of transactions whose type or amount cannot be read; they are in no sum."""

Key: TypeAlias = tuple[int | None, str | None]


@dataclass(frozen=True, slots=True)
class Sum:
    """Transactions of one type.

    Attributes:
        count: how many.
        amount: their sum, in major units of the currency.
    """

    count: int = 0
    amount: Decimal = Decimal(0)

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.count + other.count, EXACT.add(self.amount, other.amount))


@dataclass(slots=True)
class Cell:
    """What was played in one game of one provider.

    Attributes:
        provider_id: the provider's id; None where the transactions have none, as those of deposits.
        game_code: the game's id; None as above.
        provider_name: the provider's name.
        game_name: the game's name.
        sums: by the number of the type.
        rounds: of whom and which: a round's id may be shared by the players of a table.
        players: your ids of those who played.
        negative: how many amounts were negative; they are added without their sign.
    """

    provider_id: int | None
    game_code: str | None
    provider_name: str | None = None
    game_name: str | None = None
    sums: dict[int, Sum] = field(default_factory=dict[int, Sum])
    rounds: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    players: set[str] = field(default_factory=set[str])
    negative: int = 0

    def merge(self, other: Cell) -> None:
        """Add another cell of the same game."""
        self.provider_name = other.provider_name or self.provider_name
        self.game_name = other.game_name or self.game_name
        for kind, each in other.sums.items():
            self.sums[kind] = self.sums.get(kind, Sum()) + each
        self.rounds |= other.rounds
        self.players |= other.players
        self.negative += other.negative


class Tally:
    """Sums of transactions of one account, by provider and game.

    The type alone says which way money moved: amounts are added without their sign, since only that of a bet
    is stated. Memory: about 250 bytes a round, since rounds are counted once over hours and days.
    """

    __slots__ = ("cells",)

    def __init__(self) -> None:
        self.cells: dict[Key, Cell] = {}

    def add(self, transaction: Transaction) -> None:
        """Add a transaction; each must be added once.

        One without a type or an amount that can be read is counted as `UNREADABLE`.
        """
        # An attribute that cannot be read raises an AttributeError, and costs only what it is needed for.
        kind: TransactionType | None = getattr(transaction, "trans_type", None)
        amount: Decimal | None = getattr(transaction, "amount", None)
        provider_id: int | None = getattr(transaction, "provider_id", None)
        game_code: str | None = getattr(transaction, "game_code", None)
        cell = self.cells.get((provider_id, game_code))
        if cell is None:
            cell = self.cells[provider_id, game_code] = Cell(provider_id, game_code)
        cell.provider_name = getattr(transaction, "provider_name", None) or cell.provider_name
        cell.game_name = getattr(transaction, "game_name", None) or cell.game_name
        if kind is None or amount is None:
            cell.sums[UNREADABLE] = cell.sums.get(UNREADABLE, Sum()) + Sum(1)
            return
        cell.negative += amount < 0
        cell.sums[int(kind)] = cell.sums.get(int(kind), Sum()) + Sum(1, amount.copy_abs())
        if kind in IN_ROUNDS:
            player: str | None = getattr(transaction, "user_external_id", None)
            round_id: str | None = getattr(transaction, "round_id", None)
            if player is not None:
                cell.players.add(player)
            if round_id is not None:
                cell.rounds.add((player or "", round_id))

    def merge(self, cells: Iterable[Cell]) -> None:
        """Add the cells of another tally of the same account, for another time."""
        for other in cells:
            key = other.provider_id, other.game_code
            if key not in self.cells:
                self.cells[key] = Cell(*key)
            self.cells[key].merge(other)

    def to_json(self) -> list[dict[str, Any]]:
        """Return the cells as a JSON document that `from_json` reads; amounts are strings."""
        return [
            {
                "provider": [cell.provider_id, cell.provider_name],
                "game": [cell.game_code, cell.game_name],
                "sums": {str(kind): [each.count, f"{each.amount:f}"] for kind, each in cell.sums.items()},
                "rounds": sorted(cell.rounds),
                "players": sorted(cell.players),
                "negative": cell.negative,
            }
            for cell in self.cells.values()
        ]

    @classmethod
    def from_json(cls, document: Sequence[Mapping[str, Any]]) -> Self:
        """Return the tally of a document.

        Raises:
            LookupError, TypeError, ValueError, ArithmeticError, AttributeError: it is none of `to_json`.
        """
        tally = cls()
        tally.merge(
            Cell(
                provider_id=each["provider"][0],
                game_code=each["game"][0],
                provider_name=each["provider"][1],
                game_name=each["game"][1],
                sums={
                    int(kind): Sum(int(count), _parse_sum(amount))
                    for kind, (count, amount) in each["sums"].items()
                },
                rounds={(str(player), str(round_id)) for player, round_id in each["rounds"]},
                players=set(each["players"]),
                negative=int(each["negative"]),
            )
            for each in document
        )
        return tally


def _parse_sum(text: object) -> Decimal:
    amount = parse_amount(text)
    if amount < 0:
        raise ValueError("a sum is negative")
    return amount
