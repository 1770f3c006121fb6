"""Counts differences, for one agent and for the process, and tells of each once."""

from __future__ import annotations

from datetime import UTC, datetime
from inspect import iscoroutinefunction
from threading import RLock
from typing import TYPE_CHECKING, Final

from igamingace._common.fork import after_fork_in_child
from igamingace._common.hooks import HookCaller
from igamingace._common.safe_log import SafeLogger
from igamingace.drift._difference import REST, Difference, Key, explain
from igamingace.drift._names import shown_integer, shown_operation, shown_place
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace._common.secret import Secret
    from igamingace.drift._difference import Direction, Kind

__all__ = ["MAX_RECORDS", "DriftLog", "differences", "reset", "set_counter"]

MAX_RECORDS: Final = 1_000
"""The most records of an agent, or of the process; one more counts the rest."""

_log: Final = SafeLogger("igamingace.drift")
_call_hook = HookCaller(_log, "The hook on_drift raised an exception, which is ignored")
# A filter of the user's logging, or a view of OpenTelemetry, must not fail a call either.
_suppress_and_log = HookCaller(
    SafeLogger("igamingace"), "A difference could not be reported; the call continues"
)


class _Record:
    __slots__ = ("count", "first", "last")

    def __init__(self, now: datetime) -> None:
        self.count = 0
        self.first = self.last = now

    def difference(self, key: Key) -> Difference:
        operation, direction, place, kind, standing, value = key
        return Difference(
            operation, direction, place, kind, standing, self.count, self.first, self.last, value
        )


class _Records:
    """A bounded table of differences, the function to call with each new one, and the table above it.

    Its lock is reentrant since the handler of a signal may read the table in the thread that writes it.
    """

    __slots__ = ("__weakref__", "_lock", "_records", "on_drift", "parent")

    def __init__(
        self, on_drift: Callable[[Difference], object] | None = None, parent: _Records | None = None
    ) -> None:
        self.on_drift = on_drift
        self.parent = parent
        self._clear()

    def _clear(self) -> None:
        """Start empty: at first, and in a forked child, which reports what it sees itself."""
        self._lock = RLock()
        self._records: dict[Key, _Record] = {}

    def __contains__(self, key: Key) -> bool:
        """Whether there is a record of exactly this key; needs no lock."""
        return key in self._records

    def add(self, key: Key, count: int, now: datetime) -> tuple[Key, Difference | None]:
        """Count a difference; return the key of its record, and the difference if the record is new."""
        if not self._records:  # most agents never see a difference, and need no care in a fork
            after_fork_in_child(self, _Records._clear)
        with self._lock:
            record = self._records.get(key)
            if record is None and len(self._records) >= MAX_RECORDS:
                key = REST
                record = self._records.get(key)
            new = record is None
            if record is None:
                record = self._records[key] = _Record(now)
            record.count += count
            record.last = max(record.last, now)  # threads come in any order, and the clock may be set back
            return key, record.difference(key) if new else None

    def differences(self) -> list[Difference]:
        """All records in the order they were first seen; that of the rest is the last."""
        with self._lock:
            return [record.difference(key) for key, record in self._records.items()]

    def reset(self) -> None:
        """Forget all records."""
        with self._lock:
            self._records.clear()


_process: Final = _Records()
_counter: Callable[[Key, int], None] | None = None


def differences() -> list[Difference]:
    """What this process has seen since its start or the last `reset()`, of all agents and wallets.

    In the order they were first seen; at most `MAX_RECORDS`, and one that counts the rest. A forked child
    starts with none.
    """
    return _process.differences()


def reset() -> None:
    """Forget what the process has seen: each difference is new again, and logged again.

    The records of the agents stay, and so do the figures of OpenTelemetry.
    """
    _process.reset()


def set_counter(counter: Callable[[Key, int], None] | None) -> None:
    """Have all differences counted elsewhere too: called with each and by how much it grew."""
    global _counter  # noqa: PLW0603 -- one for the process
    _counter = counter


class DriftLog:
    """The differences that one agent, one operator or one wallet has seen.

    Each is recorded in the log's parent too, and in the end for the process. Safe in threads, in event loops
    and over a fork.
    """

    __slots__ = ("_records", "_token")

    def __init__(
        self,
        token: Secret[str] | None = None,
        on_drift: Callable[[Difference], object] | None = None,
        parent: DriftLog | None = None,
    ) -> None:
        """Start without records.

        Args:
            token: the account's token, which is not shown where the server uses it as a name.
            on_drift: called with each difference that is new to this log, in the thread or task that saw it.
                It must be quick; what it raises is logged and suppressed.
            parent: the log of the operator whose agent this is.

        Raises:
            ConfigurationError: `on_drift` is not a plain function.
        """
        if on_drift is not None and (not callable(on_drift) or iscoroutinefunction(on_drift)):
            raise ConfigurationError(
                "on_drift must be a function, not a coroutine function: on_drift(difference)"
            )
        self._token = token
        above = _process if parent is None else parent._records  # noqa: SLF001 -- of this class
        self._records: Final[_Records] = _Records(on_drift, above)

    def differences(self) -> list[Difference]:
        """What this log has recorded, in the order it was first seen."""
        return self._records.differences()

    def record(
        self,
        *,
        operation: str,
        direction: Direction,
        place: str,
        kind: Kind,
        standing: str,
        expected: str | None = None,
        came: str | None = None,
        value: object = None,
        count: int = 1,
        is_private: Callable[[str], bool] | None = None,
    ) -> None:
        """Count a difference, and tell of it if it is new. Never raises.

        Args:
            operation: the operation, or the command of the callback.
            direction: whether it came in the answer of a call or in a callback.
            place: JSON pointer with `*` for the index of an array; its names may be data.
            kind: what differs.
            standing: how well the contract knows what it says.
            expected: the JSON type that the contract states (`integer`), for the log; or the HTTP status.
            came: the JSON type that came, for the log.
            value: what came of an open enum, a code or an HTTP status; shown if it is a small integer.
            count: how often it came.
            is_private: tells whether a name is data that must not be shown, such as an argument of the call.
        """
        key = Key(
            operation, direction, place, kind, standing, None if value is None else shown_integer(value)
        )
        if key not in self._records:  # all keys in there are fit to show
            key = key._replace(
                operation=shown_operation(operation), place=shown_place(place, self._token, is_private)
            )
        records, now = self._records, datetime.now(UTC)
        while records.parent is not None:
            _, new = records.add(key, count, now)
            if new is not None and records.on_drift is not None:
                _call_hook(records.on_drift, new)
            records = records.parent
        key, new = records.add(key, count, now)  # those of the process
        if _counter is not None:
            _suppress_and_log(_counter, key, count)
        if new is not None:
            _suppress_and_log(_warn, key, expected, came)


def _warn(key: Key, expected: str | None, came: str | None) -> None:
    _log.warning("%s", explain(key, expected, came))
