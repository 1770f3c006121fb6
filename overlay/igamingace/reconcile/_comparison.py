"""The comparison itself, without input or output of its own: records of both sides in, the result out."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import EXACT, format_amount
from igamingace._common.text import is_texts
from igamingace.errors import InvalidArgument
from igamingace.reconcile._record import BET, CANCEL, WIN, Record
from igamingace.reconcile._result import ComparedSum, Discrepancy, DiscrepancyKind, Reconciliation, gaps_of
from igamingace.reconcile._scratch import BOOK, PLATFORM, SIDES, Loose, Row, Scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from igamingace.reconcile._result import Side
    from igamingace.reconcile._window import Window

KEPT: Final = 10_000
"""How many discrepancies a result keeps in memory."""
_EDGE_KEPT: Final = 1_000
_ZERO: Final = Decimal(0)
_MISSING: Final = {PLATFORM: DiscrepancyKind.MISSING_IN_BOOK, BOOK: DiscrepancyKind.MISSING_AT_PLATFORM}


class _Coverage:
    """Whether a side has been read beyond the two ends of the window."""

    def __init__(self) -> None:
        self.before = self.after = False


class _SideSum:
    """How many records there are, and their amounts together."""

    __slots__ = ("amount", "count")

    def __init__(self) -> None:
        self.count, self.amount = 0, _ZERO

    def add(self, amount: Decimal, sign: int = 1) -> None:
        self.count += sign
        self.amount = EXACT.add(self.amount, amount if sign > 0 else amount.copy_negate())


class Comparison:
    """Compares the records of two sides, which may come in any order.

    1. Rows of one id and kind are a group. Most groups have one row on each side, alike: SQLite finds the
       others. In those, rows are paired, and what has no partner on the other side is loose.
    2. Loose cancels are matched by the id of their bet, then by player, round and amount: a callback may name
       the cancel by one of two ids. A bet that only one side knows is annulled by its cancel on the same
       side: a bet that the wallet never got, or refused, moved no money.
    3. What is left are discrepancies; near an end of the window that was not read beyond, they are left open.

    A pair belongs to the window in which the platform has it, and its sums follow.

    Attributes:
        unlisted: how many transactions the platform has counted and not listed, for the result.
    """

    def __init__(
        self,
        window: Window | None = None,
        currency: str | None = None,
        exclude_players: Collection[str] = (),
    ) -> None:
        """Begin.

        Args:
            window: what is reconciled; None for all records.
            currency: the account's, for records that name none; None: the only one that any record names.
            exclude_players: ids of players whose records do not count.

        Raises:
            InvalidArgument: `exclude_players` is no collection of ids.
        """
        if not is_texts(exclude_players):
            raise InvalidArgument(
                'exclude_players: give a list of the ids of players, such as ["test-player"]'
            )
        self._window: Final = window
        self._scratch: Final = Scratch(currency)
        self._coverage: Final = (_Coverage(), _Coverage())
        self._sums: Final[dict[tuple[str | None, str], tuple[_SideSum, _SideSum]]] = {}
        self._counts: Final[Counter[DiscrepancyKind]] = Counter()
        self._edge: Final[list[tuple[Side, Record]]] = []
        self._edge_count = self._compared = self._annulled = 0
        self._currency = currency
        self._excluded_players: Final = frozenset(exclude_players)
        self._excluded = 0
        self.unlisted = 0

    def close(self) -> None:
        """Give back the disk that it uses."""
        self._scratch.close()

    def add(self, side: Side, records: Iterable[Record], *, covers_edges: bool = False) -> None:
        """Add records of a side.

        Args:
            side: whose.
            records: they; those that are further from the window than its edge are left out.
            covers_edges: whether they are all that the side has, from one edge before the window until one
                after it. Else that is believed of an end beyond which there is a record.
        """
        number = SIDES.index(side)
        coverage = self._coverage[number]
        coverage.before |= covers_edges
        coverage.after |= covers_edges
        self._scratch.add(number, self._placed(number, records))

    def _placed(self, side: int, records: Iterable[Record]) -> Iterator[tuple[Record, bool]]:
        window, coverage = self._window, self._coverage[side]
        for record in records:
            at, inside = record.at, True
            if window is not None and at is not None:
                if at < window.since:
                    coverage.before, inside = True, False
                    if at < window.read_since:
                        continue
                elif at >= window.until:
                    coverage.after, inside = True, False
                    if at >= window.read_until:
                        continue
            if record.player_id in self._excluded_players:
                self._excluded += inside
                continue
            if inside:
                self._compared += side == PLATFORM
                self._count(side, record)
            yield record, inside

    def finish(self, on_discrepancy: Callable[[Discrepancy], object] | None = None) -> Reconciliation:
        """Compare what was added, and return what was found; then it is closed.

        Raises:
            InvalidArgument: the records name several currencies and some name none, and the account's is not
                given.
        """
        try:
            self._decide_currency()
            for _, rows in groupby(self._scratch.odd_rows(), lambda row: (row.id, row.record.kind)):
                self._group(list(rows))
            self._match_cancels()
            return self._result(on_discrepancy)
        finally:
            self.close()

    def require_currency(self) -> None:
        """Raise when what was added names several currencies and the account's is not given.

        Raises:
            InvalidArgument: so it is, and what comes names none.
        """
        named = self._named_currencies()
        if self._currency is None and len(named) > 1:
            raise InvalidArgument(
                f"some transactions name no currency, others {', '.join(sorted(named))}: "
                "give the account's currency"
            )

    def _decide_currency(self) -> None:
        if any(currency is None for currency, _ in self._sums):
            self.require_currency()
        named = self._named_currencies()
        if self._currency is None and len(named) == 1:
            self._currency = named.pop()

    def _named_currencies(self) -> set[str]:
        return {currency for currency, _ in self._sums if currency is not None}

    # 1. Groups of one id and kind

    def _group(self, rows: list[Row]) -> None:
        platform = [row for row in rows if row.side == PLATFORM]
        book = [row for row in rows if row.side == BOOK]
        self._compared -= sum(row.inside for row in platform)
        pairs, singles = _pair(platform, book)
        for first, second in pairs:
            self._pair(first, second)
        live = [row for row in singles if not row.record.cancelled]
        for position, row in enumerate(live):
            if pairs or position:
                self._single(DiscrepancyKind.DOUBLE, row)
            else:
                self._keep_loose(row)

    def _pair(self, platform: Row, book: Row) -> None:
        inside = self._home(platform, book)
        if platform.record.cancelled and book.record.cancelled:
            return
        if platform.record.cancelled or book.record.cancelled:
            live, undone = (book, platform) if platform.record.cancelled else (platform, book)
            self._want_cancel(live, undone)
            return
        kinds = list(self._differing(platform.record, book.record))
        if not inside:
            return
        for rank, kind in enumerate(kinds):
            self._found(kind, None, platform, book, rank=rank)
        self._compared += not kinds

    def _home(self, platform: Row, book: Row) -> bool:
        """Count both rows of a pair where the platform has it; return whether that is in the window."""
        inside = _is_inside(platform, book)
        self._move(platform, inside=inside)
        self._move(book, inside=inside)
        return inside

    def _differing(self, platform: Record, book: Record) -> Iterator[DiscrepancyKind]:
        if platform.amount is not None and book.amount is not None and platform.amount != book.amount:
            yield DiscrepancyKind.AMOUNT
        if self._in(platform) != self._in(book):
            yield DiscrepancyKind.CURRENCY
        if None not in {platform.player_id, book.player_id} and platform.player_id != book.player_id:
            yield DiscrepancyKind.PLAYER

    def _want_cancel(self, live: Row, undone: Row) -> None:
        if live.record.kind == BET:
            amount = None if live.record.amount is None else format_amount(live.record.amount)
            self._scratch.add_loose(
                Loose(
                    live.side,
                    "want",
                    live.number,
                    undone.number,
                    live.id,
                    live.record.player_id,
                    live.record.round_id,
                    amount,
                    undone.record.reference_id,
                )
            )
        else:
            self._uncancelled(live, undone)

    def _keep_loose(self, row: Row) -> None:
        record = row.record
        if record.kind not in {BET, CANCEL}:
            self._single(_MISSING[row.side], row)
            return
        amount = None if record.amount is None else format_amount(record.amount)
        alias = record.reference_id if record.kind == CANCEL else None
        self._scratch.add_loose(
            Loose(
                row.side,
                record.kind,
                row.number,
                None,
                row.id,
                record.player_id,
                record.round_id,
                amount,
                alias,
            )
        )

    # 2. Cancels

    def _match_cancels(self) -> None:
        for want, cancel in self._scratch.aliased("want"):
            self._resolve(want, cancel)
        for one, cancel in self._scratch.aliased(CANCEL):
            rows = sorted((self._scratch.row(one.row), self._scratch.row(cancel.row)), key=_side)
            self._pair(*rows)
        self._scratch.fill_rounds()
        for (player, round_, _), found in groupby(
            self._scratch.loose(), lambda each: (each.player, each.round, each.amount)
        ):
            if player is None or round_ is None:
                for each in found:
                    self._leave(each)
            else:
                self._match_round(list(found))

    def _match_round(self, found: list[Loose]) -> None:
        """Match what has one player, round and amount."""
        by_role: dict[tuple[int, str], list[Loose]] = {}
        for each in found:
            by_role.setdefault((each.side, each.role), []).append(each)
        cancels = [by_role.pop((side, CANCEL), []) for side in (PLATFORM, BOOK)]
        for side in (PLATFORM, BOOK):
            _consume(by_role.get((side, "want"), []), cancels[side], self._resolve)
        _consume(cancels[PLATFORM], cancels[BOOK], self._match)
        for side in (PLATFORM, BOOK):
            _consume(by_role.get((side, BET), []), cancels[side], self._annul)
        for each in (*cancels[PLATFORM], *cancels[BOOK], *(one for ones in by_role.values() for one in ones)):
            self._leave(each)

    def _resolve(self, want: Loose, cancel: Loose) -> None:
        """Take a bet for cancelled on both sides; a cancel of its own counts on the day of the bet."""
        assert want.other is not None  # noqa: S101 -- a want is a pair
        pair = sorted((self._scratch.row(want.row), self._scratch.row(want.other)), key=_side)
        inside = _is_inside(*pair)
        self._move(self._scratch.row(cancel.row), inside=inside)
        self._compared += inside

    def _match(self, platform: Loose, book: Loose) -> None:
        self._pair(self._scratch.row(platform.row), self._scratch.row(book.row))

    def _annul(self, bet: Loose, cancel: Loose) -> None:
        inside = self._scratch.row(bet.row).inside
        self._move(self._scratch.row(cancel.row), inside=inside)
        self._annulled += inside

    def _leave(self, each: Loose) -> None:
        row = self._scratch.row(each.row)
        if each.role == "want":
            assert each.other is not None  # noqa: S101 -- a want is a pair
            self._uncancelled(row, self._scratch.row(each.other))
        else:
            kind = DiscrepancyKind.CANCELLED if each.role == CANCEL else _MISSING[row.side]
            self._single(kind, row)

    # 3. Discrepancies

    def _uncancelled(self, live: Row, undone: Row) -> None:
        """Report a pair that is cancelled on one side only, unless its cancel may not have been read."""
        platform, book = (live, undone) if live.side == PLATFORM else (undone, live)
        inside = _is_inside(platform, book)
        if self._is_open(live, live.side):
            self._move(live, inside=False, was=inside)
            self._leave_open(live)
        elif inside:
            self._found(DiscrepancyKind.CANCELLED, SIDES[undone.side], platform, book)

    def _single(self, kind: DiscrepancyKind, row: Row) -> None:
        """Report a row that the other side lacks, unless its counterpart may not have been read."""
        if not row.inside or self._is_open(row, 1 - row.side):
            self._move(row, inside=False)
            self._leave_open(row)
            return
        platform, book = (row, None) if row.side == PLATFORM else (None, row)
        self._found(kind, SIDES[row.side], platform, book)

    def _is_open(self, row: Row, side: int) -> bool:
        """Tell whether what a row lacks on a side may stand beyond the end up to which it was read."""
        window, at, coverage = self._window, row.record.at, self._coverage[side]
        if window is None or at is None:
            return False
        return (at < window.since + window.edge and not coverage.before) or (
            at >= window.until - window.edge and not coverage.after
        )

    def _leave_open(self, row: Row) -> None:
        self._edge_count += 1
        if len(self._edge) < _EDGE_KEPT:
            self._edge.append((SIDES[row.side], self._named(row.record)))

    def _found(
        self,
        kind: DiscrepancyKind,
        side: Side | None,
        platform: Row | None,
        book: Row | None,
        *,
        rank: int = 0,
    ) -> None:
        self._counts[kind] += 1
        self._scratch.add_discrepancy(kind.value, side, platform, book, rank=rank, counted=not rank)

    # Sums

    def _count(self, side: int, record: Record, sign: int = 1) -> None:
        if record.cancelled or record.amount is None:
            return
        key = (record.currency, record.kind)
        found = self._sums.get(key)
        if found is None:
            found = self._sums[key] = (_SideSum(), _SideSum())
        found[side].add(record.amount, sign)

    def _move(self, row: Row, *, inside: bool, was: bool | None = None) -> None:
        """Have a row counted, or not counted, in the sums of the window."""
        if inside != (row.inside if was is None else was):
            self._count(row.side, row.record, 1 if inside else -1)

    def _in(self, record: Record) -> str | None:
        return record.currency or self._currency

    def _named(self, record: Record) -> Record:
        return record._replace(currency=self._in(record))

    def _result(self, on_discrepancy: Callable[[Discrepancy], object] | None) -> Reconciliation:
        found = self._discrepancies()
        kept: list[Discrepancy] = []
        for each in islice(found, KEPT):
            kept.append(each)
            if on_discrepancy is not None:
                on_discrepancy(each)
        if on_discrepancy is not None:
            for each in found:
                on_discrepancy(each)
        return Reconciliation(
            window=self._window,
            compared=self._compared,
            annulled=self._annulled,
            counts={kind: self._counts[kind] for kind in DiscrepancyKind if self._counts[kind]},
            discrepancies=tuple(kept),
            omitted=sum(self._counts.values()) - len(kept),
            edge=tuple(self._edge),
            edge_count=self._edge_count,
            sums=tuple(self._sorted_sums()),
            unlisted=self.unlisted,
            excluded=self._excluded,
        )

    def _discrepancies(self) -> Iterator[Discrepancy]:
        for kind, side, platform, book, counted in self._scratch.discrepancies():
            first = None if platform is None else self._named(platform.record)
            second = None if book is None else self._named(book.record)
            gaps = gaps_of(first, second) if counted else {}
            yield Discrepancy(DiscrepancyKind(kind), side, first, second, gaps)

    def _sorted_sums(self) -> Iterator[ComparedSum]:
        named: dict[tuple[str, str], list[_SideSum]] = {}
        for (currency, kind), sides in self._sums.items():
            both = named.setdefault((currency or self._currency or "", kind), [_SideSum(), _SideSum()])
            for total, each in zip(both, sides, strict=True):
                total.count += each.count
                total.amount = EXACT.add(total.amount, each.amount)
        for (currency, kind), (platform, book) in sorted(named.items(), key=_by_currency):
            if platform.count or book.count:
                yield ComparedSum(currency, kind, platform.count, platform.amount, book.count, book.amount)


_ORDER: Final = {kind: position for position, kind in enumerate((BET, WIN, CANCEL))}


def _by_currency(item: tuple[tuple[str, str], object]) -> tuple[str, int, str]:
    (currency, kind), _ = item
    return currency, _ORDER.get(kind, len(_ORDER)), kind


def _pair(platform: list[Row], book: list[Row]) -> tuple[list[tuple[Row, Row]], list[Row]]:
    """Pair the rows of a group, those that are alike first; return the pairs and what is left."""
    alike: dict[tuple[object, ...], list[Row]] = {}
    for row in reversed(book):
        alike.setdefault(_content(row.record), []).append(row)
    pairs: list[tuple[Row, Row]] = []
    others: list[Row] = []
    for row in platform:
        partners = alike.get(_content(row.record))
        if partners:
            pairs.append((row, partners.pop()))
        else:
            others.append(row)
    # Two that are not cancelled, rather than one that is: what is paired is not missing.
    rest = sorted((row for rows in alike.values() for row in rows), key=_live_first)
    others.sort(key=_live_first)
    shared = min(len(others), len(rest))
    pairs += zip(others, rest, strict=False)
    return pairs, [*others[shared:], *rest[shared:]]


def _content(record: Record) -> tuple[object, ...]:
    return record.amount, record.player_id, record.currency, record.cancelled


def _live_first(row: Row) -> tuple[bool, int]:
    return row.record.cancelled, row.number


def _side(row: Row) -> int:
    return row.side


def _is_inside(platform: Row, book: Row) -> bool:
    """Tell whether a pair belongs to the window: by the platform's clock, where it told the time."""
    return book.inside if platform.record.at is None else platform.inside


def _consume(ones: list[Loose], others: list[Loose], match: Callable[[Loose, Loose], None]) -> None:
    """Match as many of two lists as the shorter one has, and take them out."""
    while ones and others:
        match(ones.pop(0), others.pop(0))


__all__ = ["KEPT", "Comparison"]
