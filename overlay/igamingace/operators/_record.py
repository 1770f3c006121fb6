"""The record of a top-up: a file of JSON lines, each on the disk before the next thing happens."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from igamingace.operators._errors import RecordInUse, RecordUnusable

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Record", "entries_of"]

_PRIVATE = 0o600
_BEGINNING = b'{"at": '


class Record:
    """A record that is open for one top-up, and locked against others.

    The lock is one of the operating system's: it ends with the process, however that ends.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file, or make it, and lock it.

        Raises:
            RecordInUse: another top-up works with it.
            RecordUnusable: it cannot be opened, or is something else.
        """
        self.path = Path(path)
        try:
            new = not self.path.exists()
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, _PRIVATE)
        except OSError as error:
            raise RecordUnusable(f"the record {self.path} cannot be opened: {error.strerror}") from error
        try:
            _lock(self._file, self.path)
            if new:
                _sync_folder(self.path.parent)
            self.entries = self._whole_lines()
        except BaseException:
            os.close(self._file)
            raise

    def write(self, **entry: object) -> None:
        """Write a line, and return when it is on the disk."""
        line = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **entry})
        left = memoryview(line.encode() + b"\n")
        while left:
            left = left[os.write(self._file, left) :]
        os.fsync(self._file)

    def close(self) -> None:
        """Unlock and close the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        """The record itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _whole_lines(self) -> list[dict[str, Any]]:
        """Read the entries; a line that a crash cut short says nothing, and is cut away."""
        data = self.path.read_bytes()
        entries, whole = _entries(data, self.path)
        os.ftruncate(self._file, whole)
        return entries


def entries_of(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Read the entries of a record without touching it; none where there is no file.

    Raises:
        RecordUnusable: it cannot be read, or is something else.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RecordUnusable(f"the record {path} cannot be read: {error.strerror}") from error
    return _entries(data, Path(path))[0]


def _entries(data: bytes, path: Path) -> tuple[list[dict[str, Any]], int]:
    """The entries of the whole lines, and how many bytes those are; after them only part of a line may stand.

    Raises:
        RecordUnusable: it is something else.
    """
    whole = data.rfind(b"\n") + 1
    rest = data[whole:].strip(b"\0")  # some file systems fill up with zeros what a crash cut short
    if rest and not (rest.startswith(_BEGINNING) or _BEGINNING.startswith(rest)):
        raise RecordUnusable(f"{path} is no record of a top-up: give another file")
    return _parsed(data[:whole], path), whole


def _parsed(data: bytes, path: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise RecordUnusable(f"{path}:{number}: this is no line of a top-up's record; give another file")
        entries.append(cast("dict[str, Any]", entry))
    return entries


def _lock(file: int, path: Path) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 -- on Windows only

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 -- not on Windows

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise RecordInUse(f"another top-up is working with the record {path}: let it end first") from error


def _sync_folder(folder: Path) -> None:
    """Have the file's name on the disk as well."""
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
