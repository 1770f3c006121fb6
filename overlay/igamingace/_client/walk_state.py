"""The state of a walk: which page to ask for next, which rows of an answer are new; no input or output.

**Windows.** Whether both ends belong to a window is not known. So each starts where the one before ended, and
a row of that second that is listed twice is known by its key. Rows of the second at which the range ends are
left out: the next range starts with them, if a window has its start, as the contract assumes.

**Late rows.** While a window is read page by page, rows may be added to it, or deleted, anywhere. Those that
stand behind them move, and the next page repeats some or skips some. What is repeated is known by its key.
What was skipped shows in the total:

- As long as rows are only added, all that were seen are still listed. So nothing is missing once as many
  different rows were seen as the latest total says; until then the window is read again from its start.
- A total that decreases says that rows were deleted, maybe some of those seen: counting starts again.
- A pass over the whole window that brings nothing new, and the same total throughout, is the most that can be
  known. Rows may be missing then: the platform counts some that it does not list, or lists one twice.

**Memory.** Of each row of the present window a digest of 12 bytes is kept: that two of a million rows
have the same is as likely as 1 in 10^17. Of the window before, only those at the border are kept.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Generic, TypedDict, TypeVar, cast

from igamingace_bindings.rest.client import WalkProgress

from igamingace._common.hooks import HookCaller
from igamingace._common.iso_time import parse_iso_time
from igamingace._common.limited_log import LimitedLog
from igamingace._common.numbers import is_integer, is_number
from igamingace._common.safe_log import SafeLogger
from igamingace._common.time_zone import check_aware
from igamingace.errors import InvalidArgument, UnexpectedField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from igamingace_bindings.rest.client import WalkRule

__all__ = ["PageRequest", "WalkOptions", "WalkState"]

T = TypeVar("T")

MAX_PASSES: Final = 50
"""How often one window is read at most. Only one that never stops changing is read more than a few times."""

_DIGEST: Final = 12
_SECOND: Final = timedelta(seconds=1)
_CURSOR_VERSION: Final = 1

_logger: Final = SafeLogger("igamingace")
# One for the process: a report makes a walk for each hour of each agent.
_limited_log: Final = LimitedLog(_logger)
_call_hook: Final = HookCaller(_logger, "on_progress of a walk failed; the walk goes on")


class WalkOptions(TypedDict):
    """The keyword arguments of a walk; None: as the contract says, from the start, and without a hook."""

    page_size: int | None
    pause: float | None
    cursor: str | None
    on_progress: Callable[[WalkProgress], object] | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page to ask for.

    Attributes:
        window: what tells its window from all others, filters included.
        arguments: the arguments of the operation, by their Python names.
    """

    window: tuple[object, ...]
    arguments: Mapping[str, object]


class WalkState(Generic[T]):
    """The state of one walk, which a driver repeats until there is no page to ask for.

        while (row := state.next_row()) is None:
            page = state.next_page()
            if page is None:
                return                                  # the walk is over
            state.take(call(page.arguments), seconds)

    A page that could not be had is asked for again.

    Attributes:
        pause: seconds between two windows.
    """

    __slots__ = (
        "_border",
        "_changed",
        "_counted",
        "_end",
        "_epoch",
        "_filters",
        "_is_complete",
        "_is_started",
        "_missing",
        "_offset",
        "_on_progress",
        "_page_size",
        "_passes",
        "_pending",
        "_rows",
        "_rule",
        "_seconds",
        "_seen",
        "_start",
        "_total",
        "_warned",
        "_window",
        "_windows_read",
        "pause",
    )

    def __init__(
        self,
        rule: WalkRule[T],
        start: datetime,
        end: datetime,
        filters: Mapping[str, object],
        *,
        page_size: int | None = None,
        pause: float | None = None,
        cursor: str | None = None,
        on_progress: Callable[[WalkProgress], object] | None = None,
    ) -> None:
        """Check the arguments; raises InvalidArgument."""
        self._rule = rule
        self._start = _whole_second("start", start)
        self._end = _whole_second("end", end)
        if self._end < self._start:
            raise InvalidArgument("end is before start: give the range as start, end")
        self._filters = {name: value for name, value in filters.items() if value is not None}
        self._page_size = _checked_page_size(page_size, rule.largest)
        self.pause = _checked_pause(pause, rule.pause)
        self._on_progress = on_progress
        self._pending: deque[tuple[bytes, T]] = deque()
        self._rows = self._missing = 0
        self._windows_read, self._seconds = 0, 0.0
        self._is_started = self._warned = False
        self._window = self._start
        self._seen: dict[bytes, int] = {}  # rows of the window, and the epoch in which they were last listed
        self._border: set[bytes] = set()  # those that the next window may list too
        self._epoch = 0  # a new one begins when what was seen no longer says what is listed
        self._counted = 0  # different rows in this epoch
        self._total: int | None = None
        self._offset = self._passes = 0
        self._changed = self._is_complete = False
        self._begin_window()
        if cursor is not None:
            self._restore(cursor)

    def next_row(self) -> T | None:
        """The next row of the pages that were taken; None when there is none."""
        if not self._pending:
            return None
        self._rows += 1
        return self._pending.popleft()[1]

    def next_page(self) -> PageRequest | None:
        """The page to ask for, once all rows have been taken; None when the walk is over."""
        if not self._is_started:
            self._is_started = True
            self._warn_of_retention()
            self._report()
        if self._is_complete and self._window < self._end:
            self._leave_window()
            self._report()
        if self._window >= self._end:
            return None
        rule, until = self._rule, self._window_end
        arguments = {
            **self._filters,
            rule.start: self._window,
            rule.end: until,
            rule.offset: self._offset,
            rule.limit: self._page_size,
        }
        return PageRequest((self._window, until, *self._filters.items()), arguments)

    def take(self, page: object, seconds: float) -> None:
        """Take the answer to `next_page`, which came after so many seconds.

        Raises:
            UnexpectedField: the answer has no rows that can be read; the page can be asked for again.
        """
        rows = self._rows_of(page)
        total: int | None = getattr(page, self._rule.total, None)  # None too where it cannot be read
        if total is not None and rows and total < self._offset + len(rows):
            total = None  # it counts something else: read until nothing more is listed
        self._seconds += seconds
        was_deleted = total is not None and self._total is not None and total < self._total
        if was_deleted:
            self._epoch += 1
            self._counted = 0
        self._changed = self._changed or total != self._total
        self._total = total
        for row in rows:
            self._take_row(row)
        self._offset += len(rows)
        self._settle(len(rows), was_deleted=was_deleted)

    def _settle(self, rows: int, *, was_deleted: bool) -> None:
        """Decide after a page whether the window is complete, or from where to read on."""
        total = self._total
        # A full page is not taken for the last one by a total alone, unless the window was read before.
        may_be_last = self._passes > 0 or rows < self._page_size
        if total is not None and self._counted >= total and may_be_last:
            self._is_complete = True
        elif was_deleted:
            self._read_again()
        elif not rows or (total is not None and self._offset >= total and may_be_last):
            if total is None or (self._passes and not self._changed):
                self._accept()
            else:
                self._read_again()

    def _read_again(self) -> None:
        self._passes += 1
        self._offset = 0
        self._changed = False
        if self._passes >= MAX_PASSES:
            self._accept()

    def _accept(self) -> None:
        """Take the window for complete, as far as can be known."""
        self._is_complete = True
        missing = 0 if self._total is None else max(0, self._total - self._counted)
        if missing:
            self._missing += missing
            _limited_log.warning(
                "%s: of the window from %s to %s the platform counts %d rows and lists %d different ones; "
                "reading it again changed nothing",
                self._rule.operation.operation_id,
                self._window.isoformat(),
                self._window_end.isoformat(),
                self._total,
                self._counted,
                about=self._rule.operation.operation_id,
            )

    def _take_row(self, row: T) -> None:
        digest = self._digest(row)
        known = self._seen.get(digest)
        if known == self._epoch:
            return
        self._seen[digest] = self._epoch
        self._counted += 1
        self._changed = True
        time, until = self._time(row), self._window_end
        if time is None or not self._window <= time < until:
            self._border.add(digest)
            if time is not None and until == self._end and until <= time < until + _SECOND:
                return  # of the second after the range
            if time is not None and not self._window <= time < until + _SECOND:
                self._warn_of_time(time)
        if known is None:
            self._pending.append((digest, row))

    def _rows_of(self, page: object) -> list[T]:
        rows: list[T] | None = getattr(page, self._rule.items)
        if rows is not None:
            return rows
        if getattr(page, self._rule.total, None) == 0:
            return []
        raise UnexpectedField(
            operation=self._rule.operation.operation_id,
            place=f"/data/{self._rule.items.rstrip('_')}",
            expected="array",
            came=None,
        )

    def _time(self, row: T) -> datetime | None:
        time: datetime | None = getattr(row, self._rule.time, None)
        return time

    def _digest(self, row: T) -> bytes:
        """What a row is known by: its key, or all of it where a part of the key is missing or unreadable."""
        values = [getattr(row, name, None) for name in self._rule.key]
        if any(value is None for value in values):
            return _digest(cast("Any", row).to_json())
        return _digest(repr([int(value) if isinstance(value, int) else str(value) for value in values]))

    # Windows

    @property
    def _window_end(self) -> datetime:
        longest = timedelta(seconds=self._rule.longest)
        return self._window + longest if self._end - self._window > longest else self._end

    def _begin_window(self) -> None:
        self._epoch += 1
        self._offset = self._counted = self._passes = 0
        self._total = None
        self._changed = self._is_complete = False
        self._border = set()

    def _leave_window(self) -> None:
        self._window = self._window_end
        self._seen = dict.fromkeys(self._border, 0)
        self._windows_read += 1
        self._begin_window()

    # Cursor

    @property
    def cursor(self) -> str:
        """The position after the last row that `next_row` returned, as JSON; without the id of any player."""
        pending = {digest for digest, _ in self._pending}
        given = b"".join(digest for digest in self._seen if digest not in pending)
        return json.dumps(
            {
                **self._identity(),
                "window": self._window.isoformat(),
                "rows": self._rows,
                "missing": self._missing,
                "given": b64encode(given).decode(),
            }
        )

    def _identity(self) -> dict[str, object]:
        filters = repr(sorted((name, str(value)) for name, value in self._filters.items()))
        return {
            "walk": self._rule.operation.operation_id,
            "version": _CURSOR_VERSION,
            "start": self._start.isoformat(),
            "end": self._end.isoformat(),
            "filters": _digest(filters).hex(),
        }

    def _restore(self, cursor: str) -> None:
        values = _parsed(cursor)
        for name, value in self._identity().items():
            if values.get(name) != value:
                raise InvalidArgument(
                    f"cursor is that of another walk: its {name} differs; give the range and the filters of "
                    "the walk that it was taken from"
                )
        try:
            window = parse_iso_time(values["window"])
            given = b64decode(values["given"], validate=True)
            rows, missing = int(values["rows"]), int(values["missing"])
            is_within = self._start <= window <= self._end
        except (KeyError, TypeError, ValueError):
            raise InvalidArgument(_DAMAGED) from None
        if not is_within or len(given) % _DIGEST or rows < 0 or missing < 0:
            raise InvalidArgument(_DAMAGED)
        self._window, self._rows, self._missing = window, rows, missing
        # Of no epoch: they are not handed out again, and count once they are listed.
        self._seen = {given[at : at + _DIGEST]: 0 for at in range(0, len(given), _DIGEST)}

    # Progress

    @property
    def progress(self) -> WalkProgress:
        """How far the walk has come."""
        done = self._windows(self._window - self._start)
        windows = done + self._windows(self._end - self._window)
        left = windows - done
        pauses = left if self._windows_read else max(0, left - 1)
        each = self._seconds / self._windows_read if self._windows_read else 0.0
        seconds_left = left * each + pauses * self.pause
        return WalkProgress(done, windows, self._rows, self._missing, seconds_left)

    def _windows(self, length: timedelta) -> int:
        return math.ceil(length / timedelta(seconds=self._rule.longest))

    def _report(self) -> None:
        if self._on_progress is not None:
            _call_hook(self._on_progress, self.progress)

    # Warnings

    def _warn_of_retention(self) -> None:
        retention = self._rule.retention
        if retention is None or self._window >= self._end:
            return
        age = datetime.now(UTC) - self._window
        if age > timedelta(seconds=retention):
            _limited_log.warning(
                "%s: the walk starts at %s, %.0f hours ago; what is older than about %.0f hours may have "
                "been deleted, so rows may be missing: walk each day",
                self._rule.operation.operation_id,
                self._window.isoformat(),
                age / timedelta(hours=1),
                retention / 3600,
                about=self._rule.operation.operation_id,
            )

    def _warn_of_time(self, time: datetime) -> None:
        if self._warned:
            return
        self._warned = True
        # The row is handed out all the same: that its window lists it is better known than its time.
        _limited_log.warning(
            "%s: a row of the window from %s to %s is of %s: requests and answers seem to be in different "
            "time zones; compare the times of a known round, and set the agent's time_zone",
            self._rule.operation.operation_id,
            self._window.isoformat(),
            self._window_end.isoformat(),
            time.isoformat(),
            about=self._rule.operation.operation_id,
        )


_DAMAGED: Final = (
    "cursor is damaged: give the text of a walk's cursor as it was, or start the walk anew without one"
)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=_DIGEST).digest()


def _parsed(cursor: object) -> dict[str, Any]:
    if isinstance(cursor, str):
        try:
            values: object = json.loads(cursor)
        except (ValueError, RecursionError):
            values = None
        if isinstance(values, dict):
            return cast("dict[str, Any]", values)
    raise InvalidArgument(_DAMAGED)


def _whole_second(name: str, time: object) -> datetime:
    """The time in UTC, rounded up to whole seconds."""
    given = check_aware(time, name)
    try:
        # In UTC adding hours adds hours, also when clocks are put back.
        at = given.astimezone(UTC)
        return at if not at.microsecond else at.replace(microsecond=0) + _SECOND
    except OverflowError:
        raise InvalidArgument(
            f"{name} is {given.isoformat()}: give a time within the calendar in UTC"
        ) from None


def _checked_page_size(page_size: object, largest: int) -> int:
    if page_size is None:
        return largest
    if is_integer(page_size) and 1 <= page_size <= largest:
        return page_size
    raise InvalidArgument(f"page_size is {page_size!r}: give an integer from 1 to {largest}")


def _checked_pause(pause: object, usual: float) -> float:
    if pause is None:
        return usual
    if is_number(pause) and 0 <= pause < math.inf:
        return pause
    raise InvalidArgument(f"pause is {pause!r}: give seconds, 0 for none")
