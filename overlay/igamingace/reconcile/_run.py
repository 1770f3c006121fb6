"""Reconciles an agent's transactions with a wallet's book, for threads and for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar, cast, runtime_checkable

from igamingace.errors import InvalidArgument
from igamingace.models import Transaction
from igamingace.reconcile._comparison import Comparison
from igamingace.reconcile._record import LedgerEntry, Record, from_entry, from_transaction

if TYPE_CHECKING:
    from datetime import datetime

    from igamingace_bindings.rest.client import WalkProgress

    from igamingace.reconcile._result import Discrepancy, Reconciliation, Side
    from igamingace.reconcile._window import Window

T = TypeVar("T")

_BATCH: Final = 1_000
_NO_WINDOW: Final = "an agent's transactions and a ledger are read by time: give a Window"


@runtime_checkable
class Book(Protocol):
    """A wallet's book that can be read by time: `SqlBook`, `CsvBook`, or a class of your own."""

    @property
    def covers_edges(self) -> bool:
        """Whether `records` yields all that the book has from `window.read_since` until `read_until`."""
        ...

    def records(self, window: Window | None, /) -> Iterable[Record]:
        """Yield the records of the window and its edges, in any order; all when it is None."""
        ...


@runtime_checkable
class Ledger(Protocol):
    """`igamingace.ledger.Ledger`, as far as it is read."""

    def entries(self, since: datetime, until: datetime, /) -> Iterable[LedgerEntry]:
        """Yield the entries from `since` to just before `until`."""
        ...


@runtime_checkable
class PlatformAccount(Protocol):
    """`Agent` or `AsyncAgent`, as far as it is read: `agent.transactions.iterate(start, end)`."""

    @property
    def transactions(self) -> Any:  # noqa: ANN401 -- one of two generated classes
        """The calls about transactions."""
        ...


Rows: TypeAlias = "Iterable[Record | Transaction | LedgerEntry]"
AsyncRows: TypeAlias = "AsyncIterable[Record | Transaction | LedgerEntry]"


def reconcile(
    platform: PlatformAccount | Book | Rows,
    book: Ledger | Book | Rows,
    window: Window | None = None,
    *,
    currency: str | None = None,
    exclude_players: Collection[str] = (),
    pause: float | None = None,
    on_progress: Callable[[WalkProgress], object] | None = None,
    on_discrepancy: Callable[[Discrepancy], object] | None = None,
) -> Reconciliation:
    """Compare the platform's transactions with a wallet's book.

    Transactions are matched by id and type, and never by time. Memory does not grow with the rows: they are
    sorted on disk, in a file without a name that is gone with the process (SQLite's; SQLITE_TMPDIR or TMPDIR
    says where), of about 150 bytes a row and as much again while it is sorted.

    Args:
        platform: an `Agent`, whose transactions are walked with the vendor's pauses; or transactions of
            `igamingace.models`, or Records, in any order.
        book: a `Ledger` of igamingace.ledger, a `SqlBook`, a `CsvBook`, or an iterable of Records or of the
            ledger's entries.
        window: the time to reconcile; required for an agent and a ledger, None for all that is given.
        currency: the account's, ISO 4217: the platform's transactions do not name it. None: the only one that
            the book names.
        exclude_players: ids of players whose transactions do not count on either side, such as the player
            of a wallet check, whose callbacks the platform knows nothing of.
        pause: between two hours of an agent's transactions, in seconds; None: the contract's.
        on_progress: called while an agent's transactions are read.
        on_discrepancy: called with each discrepancy, in the order of player, round and id; the result keeps
            the first 10 000.

    Raises:
        InvalidArgument: a row cannot be compared, or an argument is missing.
        IGamingAceError: the platform's transactions cannot be read.
    """
    comparison = Comparison(window, currency, exclude_players)
    walking = {"pause": pause, "on_progress": on_progress}
    try:
        for side, source in _sources(book, platform):
            _require_currency(comparison, source)
            rows, covers_edges = _opened(source, window, walking)
            if not isinstance(rows, Iterable):
                raise InvalidArgument(f"{type(source).__name__} is for asyncio: use reconcile_async")
            comparison.add(side, _records(rows), covers_edges=covers_edges)
            comparison.unlisted += _unlisted(rows)
        return comparison.finish(on_discrepancy)
    finally:
        comparison.close()


async def reconcile_async(
    platform: PlatformAccount | Book | Rows | AsyncRows,
    book: Ledger | Book | Rows | AsyncRows,
    window: Window | None = None,
    *,
    currency: str | None = None,
    exclude_players: Collection[str] = (),
    pause: float | None = None,
    on_progress: Callable[[WalkProgress], object] | None = None,
    on_discrepancy: Callable[[Discrepancy], object] | None = None,
) -> Reconciliation:
    """`reconcile` for asyncio: takes an `AsyncAgent` and asynchronous iterables too.

    What blocks, such as a ledger, and the comparison itself run in a thread.
    """
    comparison = Comparison(window, currency, exclude_players)
    walking = {"pause": pause, "on_progress": on_progress}
    try:
        for side, source in _sources(book, platform):
            _require_currency(comparison, source)
            rows, covers_edges = _opened(source, window, walking)
            add = partial(comparison.add, side, covers_edges=covers_edges)
            add(())  # says what is covered also when no row comes
            if isinstance(rows, AsyncIterable):
                async for batch in _batches(rows):
                    await _in_thread(add, _records(batch))
            else:
                records = _records(rows)
                while taken := await _in_thread(_take, records):
                    await _in_thread(add, taken)
            comparison.unlisted += _unlisted(cast("object", rows))
        return await _in_thread(comparison.finish, on_discrepancy)
    finally:
        comparison.close()


async def _in_thread(function: Callable[..., T], *arguments: object) -> T:
    """Run a step in a thread, and wait for its end even when the task is cancelled meanwhile.

    Then the database is closed, which must not happen while a thread is using it.
    """
    step = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(step)
    except asyncio.CancelledError:
        await asyncio.wait([step])
        if not step.cancelled():
            step.exception()  # marks it as retrieved: asyncio warns of exceptions that are not
        raise


def _sources(book: object, platform: object) -> tuple[tuple[Side, object], tuple[Side, object]]:
    return ("book", book), ("platform", platform)


def _require_currency(comparison: Comparison, source: object) -> None:
    """Refuse before an account is read, which takes minutes, what would be refused after it."""
    if isinstance(source, PlatformAccount):
        comparison.require_currency()


def _opened(
    source: object, window: Window | None, walking: Mapping[str, Any]
) -> tuple[Rows | AsyncRows, bool]:
    """Return the rows of a source, and whether they reach beyond the ends of the window."""
    if isinstance(source, Book):
        return source.records(window), source.covers_edges
    if isinstance(source, Ledger):
        start, end = _times(window)
        return source.entries(start, end), True
    if isinstance(source, PlatformAccount):
        start, end = _times(window)
        return source.transactions.iterate(start, end, **walking), True
    if isinstance(source, Iterable | AsyncIterable):
        return cast("Rows | AsyncRows", source), False
    raise InvalidArgument(
        f"{type(source).__name__} has no transactions: give an agent, a ledger, a SqlBook, a CsvBook or an "
        "iterable"
    )


def _unlisted(rows: object) -> int:
    """Return how many rows a walk has counted and not seen."""
    progress = getattr(rows, "progress", None)
    return 0 if progress is None else int(progress.missing)


def _times(window: Window | None) -> tuple[datetime, datetime]:
    if window is None:
        raise InvalidArgument(_NO_WINDOW)
    return window.read_since, window.read_until


def _records(rows: Iterable[Record | Transaction | LedgerEntry]) -> Iterator[Record]:
    for row in rows:
        if isinstance(row, Record):
            yield row
        elif isinstance(row, Transaction):
            yield from_transaction(row)
        else:
            yield from from_entry(row)


def _take(records: Iterator[Record]) -> list[Record]:
    return list(islice(records, _BATCH))


async def _batches(rows: AsyncRows) -> AsyncIterator[list[Record | Transaction | LedgerEntry]]:
    batch: list[Record | Transaction | LedgerEntry] = []
    async for row in rows:
        batch.append(row)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
