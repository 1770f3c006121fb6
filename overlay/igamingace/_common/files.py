"""Writes files so that a full disk or a crash leaves the old one whole."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["PRIVATE", "is_writable", "open_private", "sync_directory", "write_file"]

PRIVATE: Final = 0o600
"""The mode of files that hold tokens or players: for their owner alone."""


def write_file(path: str | os.PathLike[str], content: bytes, *, private: bool = False) -> None:
    """Write a file whole, or leave it as it was: beside it, flushed to the disk, then renamed.

    A symbolic link stays one. What is not a regular file, such as a pipe or `/dev/stdout`, is written to.

    Args:
        path: Of the file; its folder must exist.
        content: All of it.
        private: Give it the mode 0600, as befits tokens and players; else it keeps its mode, or has the usual
            one when it is new.

    Raises:
        OSError: it cannot be written; `filename` is `path`.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            _replace(target, content, PRIVATE if private else _mode(target))
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


@contextmanager
def open_private(path: str | os.PathLike[str]) -> Generator[IO[str]]:
    """Open a file of mode 0600 to write UTF-8 to it bit by bit: whole when the block ends, else as it was.

    Line ends are written as they are. A symbolic link stays one; what is not a regular file is written to.

    Raises:
        OSError: it cannot be written; `filename` is `path`.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file():
            with target.open("w", encoding="utf-8", newline="") as file:
                yield file
        else:
            with _replacing(target, PRIVATE) as raw, open(raw, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 -- a descriptor
                yield file
                file.flush()
                os.fsync(raw)
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def is_writable(path: str | os.PathLike[str]) -> bool:
    """Tell whether `write_file` could write that file now."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        return False
    regular = target.is_file() or not target.exists()
    return os.access(target.parent if regular else target, os.W_OK)


def sync_directory(folder: str | os.PathLike[str]) -> None:
    """Flush the names of a folder: fsync of a new file does not write its name."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(target: Path, content: bytes, mode: int) -> None:
    with _replacing(target, mode) as descriptor, os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _replacing(target: Path, mode: int) -> Generator[int]:
    """Open a new file, of the mode 0600 until it is whole, that replaces another when the block ends.

    The block closes the descriptor.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:50]}.", suffix=".tmp", dir=target.parent)
    try:
        yield descriptor
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    sync_directory(target.parent)


def _mode(target: Path) -> int:
    try:
        return target.stat().st_mode & 0o777
    except FileNotFoundError:
        usual = os.umask(0o077)  # which can only be read by setting it
        os.umask(usual)
        return 0o666 & ~usual
