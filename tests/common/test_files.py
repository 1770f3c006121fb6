"""A file is written whole or not at all: the old one stays where the disk is full."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from igamingace._common.files import PRIVATE, is_writable, open_private, write_file
from igamingace.cli.wallet_check import _write as write_reports
from igamingace.errors import ConfigurationError
from igamingace.operators._transfers.journal import Journal, read_entries
from igamingace.sandbox import create_app
from igamingace.sandbox.command import _write

unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither such limits nor modes")


@contextmanager
def full_disk(left):
    """Let no file become longer than so many bytes, as a full disk does."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@unix
def test_the_old_file_is_whole_after_the_disk_was_full(tmp_path):
    path = tmp_path / "state.json"
    path.write_bytes(b"old")

    with full_disk(4096), pytest.raises(OSError, match=r"state\.json") as error:
        write_file(path, 10_000 * b"new")

    assert error.value.errno == errno.EFBIG
    assert error.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_what_fails_at_any_step_leaves_the_old_file(tmp_path, monkeypatch, step):
    path = tmp_path / "state.json"
    path.write_bytes(b"old")

    def fails(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os if step == "fsync" else Path, step, fails)
    with pytest.raises(OSError, match="No space left"):
        write_file(path, b"new")

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_written_is_on_the_disk_before_the_old_file_goes(tmp_path, monkeypatch):
    path = tmp_path / "state.json"
    path.write_bytes(b"old")
    seen = []
    really = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (seen.append(path.read_bytes()), really(file)))

    write_file(path, b"new")

    assert seen == ([b"old", b"new"] if sys.platform != "win32" else [b"old"])  # the file, then its folder
    assert path.read_bytes() == b"new"


@unix
@pytest.mark.parametrize("before", [None, 0o644, 0o640])
@pytest.mark.parametrize("private", [True, False])
def test_a_private_file_is_its_owners_and_others_keep_their_mode(tmp_path, before, private):
    path = tmp_path / "state.json"
    if before is not None:
        path.touch()
        path.chmod(before)
    usual = tmp_path / "usual"
    usual.touch()

    write_file(path, b"new", private=private)

    assert mode(path) == (0o600 if private else before or mode(usual))


@unix
def test_a_link_stays_one_and_a_pipe_is_written_to(tmp_path):
    (tmp_path / "there").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "there" / "state.json")

    write_file(link, b"new")
    write_file("/dev/null", b"new")

    assert link.is_symlink()
    assert (tmp_path / "there" / "state.json").read_bytes() == b"new"
    assert not Path("/dev/null").is_file()


@unix
@pytest.mark.parametrize(
    ("name", "writable"),
    [("new", True), ("old", True), (".", False), ("no/such", False), ("/dev/null", True)],
)
def test_what_can_be_written_is_known_before(tmp_path, name, writable):
    (tmp_path / "old").touch()

    assert is_writable(tmp_path / name) is writable


@unix
def test_an_export_leaves_the_old_one_where_the_disk_is_full(tmp_path, capsys):
    path = tmp_path / "state.json"
    sandbox = create_app()
    _write(sandbox, path)
    old = path.read_bytes()
    assert mode(path) == 0o600

    with full_disk(1024), pytest.raises(BaseException) as stopped:  # noqa: PT011 - typer's own
        _write(sandbox, path)

    assert type(stopped.value).__name__ == "Exit"
    assert "the state could not be written" in capsys.readouterr().err
    assert path.read_bytes() == old
    assert json.loads(old)["accounts"]


@unix
@pytest.mark.parametrize("kind", ["junit", "html"])
def test_a_report_of_the_wallet_check_leaves_the_old_one(tmp_path, kind, monkeypatch):
    path = tmp_path / "report"
    path.write_bytes(b"old")
    monkeypatch.setattr("igamingace.cli.wallet_check.junit", lambda _: 10_000 * b"x")
    monkeypatch.setattr("igamingace.cli.wallet_check.html", lambda _: 10_000 * "x")
    files = {"junit": (path, None), "html": (None, path)}[kind]
    report: Any = None

    with full_disk(4096), pytest.raises(ConfigurationError, match="report cannot be written: File too large"):
        write_reports(report, *files)
    assert path.read_bytes() == b"old"

    write_reports(report, *files)
    assert (path.stat().st_size, mode(path)) == (10_000, 0o600)  # players stand in it


@unix
def test_a_journal_goes_on_after_the_disk_was_full(tmp_path):
    path = tmp_path / "journal"
    path.touch(mode=0o644)
    with Journal(path) as journal:
        journal.write(number=1)
        length = path.stat().st_size
        with full_disk(length + 10), pytest.raises(OSError, match="File too large"):
            journal.write(number=2, text=1000 * "x")
        assert path.stat().st_size == length
        journal.write(number=3)

    assert [entry["number"] for entry in read_entries(path)] == [1, 3]
    assert mode(path) == 0o600


def test_a_private_file_is_written_bit_by_bit_and_is_there_when_it_is_whole(tmp_path):
    path = tmp_path / "players.csv"
    path.write_text("old")

    with open_private(path) as file:
        file.write("Ærø,1\r\n")
        assert path.read_text() == "old"
        (beside,) = {*tmp_path.iterdir()} - {path}
        assert beside.stat().st_mode & 0o777 == PRIVATE

    assert path.read_bytes() == "Ærø,1\r\n".encode()
    assert path.stat().st_mode & 0o777 == PRIVATE


def test_a_private_file_that_was_not_finished_leaves_the_old_one(tmp_path):
    path = tmp_path / "players.csv"
    path.write_text("old")

    unwritable: Any = None

    with pytest.raises(TypeError), open_private(path) as file:
        file.writelines(("half", unwritable))

    assert [each.read_text() for each in tmp_path.iterdir()] == ["old"]


def test_a_private_file_where_there_is_no_folder_names_the_path(tmp_path):
    path = tmp_path / "none" / "players.csv"

    with pytest.raises(FileNotFoundError) as caught, open_private(path):
        pass

    assert caught.value.filename == str(path)
