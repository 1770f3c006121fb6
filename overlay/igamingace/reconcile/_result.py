"""What a reconciliation has found: discrepancies, sums, and what the edge of the window leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from igamingace._common.amounts import EXACT, format_amount
from igamingace.reconcile._record import effect, effect_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from igamingace.reconcile._record import Record
    from igamingace.reconcile._window import Window

Side: TypeAlias = Literal["platform", "book"]


class DiscrepancyKind(StrEnum):
    """How the platform and the wallet's book differ about a transaction."""

    MISSING_AT_PLATFORM = "missing at the platform"
    """The book has it, the platform does not."""
    MISSING_IN_BOOK = "missing in the book"
    """The platform has it, the book does not."""
    AMOUNT = "amount"
    CURRENCY = "currency"
    PLAYER = "player"
    CANCELLED = "cancelled on one side only"
    DOUBLE = "double"
    """One side has it more often than the other."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One discrepancy. A pair that differs in several ways is several of them.

    Attributes:
        kind: which one.
        side: the side that has what the other has not: the transaction, its cancel, or one more of it. None
            for amount, currency and player.
        platform: what the platform has; None where it has nothing to compare.
        book: what the wallet's book has; None likewise.
        gaps: by currency, how much more the platform's account of the balance is than the book's. Only the
            first discrepancy of a pair has them, so that they can be summed up.
    """

    kind: DiscrepancyKind
    side: Side | None
    platform: Record | None
    book: Record | None
    gaps: Mapping[str, Decimal]

    @property
    def record(self) -> Record:
        """The platform's record, else the book's."""
        found = self.platform or self.book
        assert found is not None  # noqa: S101 -- one of them is there
        return found

    @property
    def player_id(self) -> str | None:
        """The player, as the platform has it where it has one."""
        return self.record.player_id

    @property
    def round_id(self) -> str | None:
        """The round, likewise."""
        return self.record.round_id

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values; amounts are texts, with every digit."""
        return {
            "kind": self.kind.value,
            "side": self.side,
            "playerId": self.player_id,
            "roundId": self.round_id,
            "platform": _record_json(self.platform),
            "book": _record_json(self.book),
            "gaps": {currency: format_amount(gap) for currency, gap in self.gaps.items()},
        }


@dataclass(frozen=True, slots=True)
class RoundDiscrepancies:
    """The discrepancies of one round of one player.

    Attributes:
        player_id: the player.
        round_id: the round.
        discrepancies: in the order of their ids.
        gaps: the sums of their gaps, by currency.
    """

    player_id: str | None
    round_id: str | None
    discrepancies: tuple[Discrepancy, ...]
    gaps: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class ComparedSum:
    """The transactions of one kind and currency on both sides; cancelled ones are left out.

    Attributes:
        currency: ISO 4217; empty where neither side says it.
        kind: bet, win, cancel, deposit or withdraw, or an unknown one.
        platform_count: how many the platform has.
        platform: their amounts together.
        book_count: how many the book has.
        book: their amounts together.
    """

    currency: str
    kind: str
    platform_count: int
    platform: Decimal
    book_count: int
    book: Decimal

    @property
    def gap(self) -> Decimal:
        """How much more the platform has than the book."""
        return EXACT.subtract(self.platform, self.book)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was found.

    Attributes:
        window: what was reconciled; None for all that was given.
        compared: how many transactions of the window both sides have, alike in everything.
        annulled: how many bets with their cancels only one side knows: without effect on both.
        counts: how many discrepancies of each kind there are.
        discrepancies: the first of them, by player, round and id; `on_discrepancy` is given all.
        omitted: how many more there are.
        edge: the first of the records near the ends of the window that the other side lacks, and whose
            counterpart may stand outside of what was read: a question for the run of the next day.
        edge_count: how many those are.
        sums: by currency and kind.
        unlisted: how many transactions the platform counted and did not list; 0 unless it is at fault.
        excluded: how many records of the two sides are of excluded players.
    """

    window: Window | None
    compared: int
    annulled: int
    counts: Mapping[DiscrepancyKind, int]
    discrepancies: tuple[Discrepancy, ...]
    omitted: int
    edge: tuple[tuple[Side, Record], ...]
    edge_count: int
    sums: tuple[ComparedSum, ...]
    unlisted: int = 0
    excluded: int = 0

    @property
    def agrees(self) -> bool:
        """Whether the two sides agree: no discrepancy, no sum that is off, nothing that was not listed."""
        return not self.counts and not any(self.gaps().values()) and not self.unlisted

    @property
    def is_empty(self) -> bool:
        """Whether neither side had a transaction: they agree, or the wrong time was asked for."""
        return self.agrees and not (
            self.compared or self.annulled or self.edge_count or self.sums or self.excluded
        )

    def gaps(self) -> dict[str, Decimal]:
        """Return by currency how much more the players have by the platform's account than by the book."""
        gaps: dict[str, Decimal] = {}
        for each in self.sums:
            _add(gaps, each.currency, effect_of(each.kind, each.gap))
        return gaps

    def by_round(self) -> Iterator[RoundDiscrepancies]:
        """Yield the discrepancies that are kept, by player and round."""
        for (player, round_), found in groupby(
            self.discrepancies, lambda each: (each.player_id, each.round_id)
        ):
            discrepancies = tuple(found)
            gaps: dict[str, Decimal] = {}
            for each in discrepancies:
                for currency, gap in each.gaps.items():
                    _add(gaps, currency, gap)
            yield RoundDiscrepancies(player, round_, discrepancies, gaps)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values; amounts are texts, with every digit."""
        window = self.window
        return {
            "agrees": self.agrees,
            "window": None
            if window is None
            else {
                "since": window.since.isoformat(),
                "until": window.until.isoformat(),
                "edgeSeconds": window.edge.total_seconds(),
            },
            "compared": self.compared,
            "annulled": self.annulled,
            "counts": {kind.value: self.counts.get(kind, 0) for kind in DiscrepancyKind},
            "gaps": {currency: format_amount(gap) for currency, gap in self.gaps().items()},
            "sums": [
                {
                    "currency": each.currency,
                    "kind": each.kind,
                    "platform": {"count": each.platform_count, "amount": format_amount(each.platform)},
                    "book": {"count": each.book_count, "amount": format_amount(each.book)},
                    "gap": format_amount(each.gap),
                }
                for each in self.sums
            ],
            "discrepancies": [each.to_json() for each in self.discrepancies],
            "omitted": self.omitted,
            "edge": [{"side": side, **(_record_json(record) or {})} for side, record in self.edge],
            "edgeCount": self.edge_count,
            "unlisted": self.unlisted,
            "excluded": self.excluded,
        }


def gaps_of(platform: Record | None, book: Record | None) -> dict[str, Decimal]:
    """Return by currency how much more the platform's record adds to the balance than the book's."""
    gaps: dict[str, Decimal] = {}
    if platform is not None:
        _add(gaps, platform.currency or "", effect(platform))
    if book is not None:
        _add(gaps, book.currency or "", effect(book).copy_negate())
    return {currency: gap for currency, gap in gaps.items() if gap}


def _add(gaps: dict[str, Decimal], currency: str, gap: Decimal) -> None:
    gaps[currency] = EXACT.add(gaps.get(currency, Decimal(0)), gap)


def _record_json(record: Record | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {
        "transactionId": record.transaction_id,
        "kind": record.kind,
        "amount": None if record.amount is None else format_amount(record.amount),
        "currency": record.currency,
        "playerId": record.player_id,
        "roundId": record.round_id,
        "at": None if record.at is None else record.at.isoformat(),
        "cancelled": record.cancelled,
        "referenceId": record.reference_id,
    }
