"""The journal of a top-up or a report: a file of JSON lines, each on the disk before `write` returns."""

from __future__ import annotations

import json
import os
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, cast

from igamingace._common.files import PRIVATE, sync_directory
from igamingace.operators._errors import JournalInUse, JournalUnusable

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Journal", "read_entries"]

_PREFIX = b'{"at": '
_FINISHED: Final = b'"finished": true}\n'
"""How the line ends with which a top-up has ended."""
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
_LOCKED_BYTE: Final = 2**30
"""Which byte Windows locks: one beyond all that a journal holds."""


class Journal:
    """A journal, opened for one top-up or report and locked against others.

    The lock is one of the operating system: it ends with the process, even when that is killed.
    """

    def __init__(self, path: str | os.PathLike[str], kind: str = "top-up") -> None:
        """Open or create the file, and lock it.

        Args:
            path: the file.
            kind: what it is a journal of, for messages.

        Raises:
            JournalInUse: another one of the kind is using it.
            JournalUnusable: it cannot be opened, or is another file.
        """
        self.path = Path(path)
        self._kind = kind
        try:
            new = not self.path.exists()
            self._file = os.open(self.path, _FLAGS, PRIVATE)
        except OSError as error:
            raise JournalUnusable(f"the journal {self.path} cannot be opened: {error.strerror}") from error
        try:
            _check_regular(os.fstat(self._file), self.path)
            _lock(self._file, self.path, kind)
            self.path.chmod(PRIVATE)  # it names accounts and amounts, that of a report players
            if new:
                sync_directory(self.path.parent)
            self.entries = self._read_and_truncate()
        except BaseException:
            os.close(self._file)
            raise

    def write(self, **entry: object) -> None:
        """Write an entry, and return when it is on the disk.

        Raises:
            OSError: it could not be written, for example because the disk is full; the journal is as before.
        """
        length = os.fstat(self._file).st_size
        try:
            self._append(entry)
        except BaseException:
            os.ftruncate(self._file, length)  # else the next entry would follow half a line
            raise

    def _append(self, entry: dict[str, object]) -> None:
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **entry})
        remaining = memoryview(line.encode() + b"\n")
        while remaining:
            remaining = remaining[os.write(self._file, remaining) :]
        os.fsync(self._file)

    def close(self) -> None:
        """Unlock and close the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _read_and_truncate(self) -> list[dict[str, Any]]:
        """Read the entries; cuts off a last line that a crash left incomplete."""
        data = self.path.read_bytes()
        entries, length = _entries(data, self.path, self._kind)
        os.ftruncate(self._file, length)
        return entries


def read_entries(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Read the entries of a journal without changing it; none when there is no file.

    Raises:
        JournalUnusable: it cannot be read, or is another file.
    """
    try:
        file = Path(path)
        _check_regular(file.stat(), path)
        data = file.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalUnusable(f"the journal {path} cannot be read: {error.strerror}") from error
    return _entries(data, Path(path))[0]


def _check_regular(found: os.stat_result, path: str | os.PathLike[str]) -> None:
    """Raise JournalUnusable for a pipe or a device: reading one may never end, and none can be cut."""
    if not stat.S_ISREG(found.st_mode):
        raise JournalUnusable(f"the journal {path} is not a regular file: give another one")


def _entries(data: bytes, path: Path, kind: str = "top-up") -> tuple[list[dict[str, Any]], int]:
    """Return the entries of the complete lines after the last top-up that ended, and the length of all lines.

    Only an incomplete line may follow them. A journal that is never deleted grows by each top-up; what has
    ended is not read again.

    Raises:
        JournalUnusable: it is another file.
    """
    length = data.rfind(b"\n") + 1
    rest = data[length:].strip(b"\0")  # some file systems pad with zeros what a crash cut off
    if rest and not (rest.startswith(_PREFIX) or _PREFIX.startswith(rest)):
        raise JournalUnusable(f"{path} is not a {kind} journal: give another file")
    ended = data.rfind(_FINISHED, 0, length)
    if ended < 0:
        return _parsed(data[:length], path, kind), length
    (opening,) = _parsed(data[: data.index(b"\n") + 1], path, kind)
    if "top_up" not in opening:
        raise JournalUnusable(f"{path} is not a {kind} journal: give another file")
    start = ended + len(_FINISHED)
    return _parsed(data[start:length], path, kind, data.count(b"\n", 0, start) + 1), length


def _parsed(data: bytes, path: Path, kind: str, first: int = 1) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for number, line in enumerate(data.splitlines(), first):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict):
            raise JournalUnusable(f"{path}:{number}: not a line of a {kind} journal; give another file")
        entries.append(cast("dict[str, Any]", entry))
    return entries


def _lock(file: int, path: Path, kind: str) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 -- on Windows only

            # A byte that is locked there can be neither read nor written through another descriptor.
            os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 -- not on Windows

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise JournalInUse(f"another {kind} is using the journal {path}: let it end first") from error
