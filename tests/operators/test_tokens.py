"""Where tokens come from: asked again each time, checked, and never shown."""

import logging
import os
from typing import Any

import pytest
from igamingace.operators import (
    Account,
    CallableToken,
    DuplicateToken,
    EnvironmentToken,
    FileToken,
    TokenUnavailable,
    Tree,
)
from igamingace.operators._accounts import tokens
from igamingace.operators._accounts.tokens import StaticToken

SECRET = "60349266c8d9487eab7531b1a15d2480"


@pytest.fixture(autouse=True)
def nobody_was_warned(monkeypatch):
    monkeypatch.setattr(tokens, "_warned", set())


def test_a_variable_is_read_each_time(monkeypatch):
    source = EnvironmentToken("CASINO_TOKEN")

    with pytest.raises(TokenUnavailable, match="CASINO_TOKEN is not set"):
        source.open()
    for token in ("first", "second"):
        monkeypatch.setenv("CASINO_TOKEN", f" {token}\n")
        assert source.open() == token
    assert repr(source) == "<token in variable CASINO_TOKEN>"


def test_a_path_that_can_be_none_is_refused():
    with pytest.raises(TokenUnavailable, match="contains a null character"):
        FileToken("a\0b")


def test_a_file_is_read_each_time(tmp_path):
    path = tmp_path / "token"
    source = FileToken(path)

    with pytest.raises(TokenUnavailable, match="token cannot be read: No such file"):
        source.open()
    for token in ("first", "second"):
        path.write_text(f"{token}\n")
        path.chmod(0o600)
        assert source.open() == token
    assert repr(source) == f"<token in file {path}>"


def test_a_function_is_called_each_time():
    given = iter(["first", "second"])

    def vault():
        return next(given)

    source = CallableToken(vault)

    assert [source.open(), source.open()] == ["first", "second"]
    assert "vault" in repr(source)
    with pytest.raises(TokenUnavailable, match="raised StopIteration"):
        source.open()


@pytest.mark.parametrize("wrong", ["", "  ", "two words", "Bearer x", "schlüssel", "a\x00b", None, 5])
def test_what_cannot_be_a_token_is_refused_without_showing_it(wrong):
    source = CallableToken(lambda: wrong)

    with pytest.raises(TokenUnavailable) as caught:
        source.open()

    assert str(wrong).strip() == "" or str(wrong) not in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "token").write_bytes(b"\xff\xfe")

    with pytest.raises(TokenUnavailable, match="not valid UTF-8"):
        FileToken(tmp_path / "token").open()


@pytest.mark.parametrize("kind", [EnvironmentToken, FileToken])
def test_a_token_in_the_place_of_a_name_is_refused_without_showing_it(kind):
    with pytest.raises(TokenUnavailable) as caught:
        kind(SECRET)

    assert "looks like a token itself" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes there")
def test_a_file_that_everybody_may_read_is_warned_about_once_a_folder(tmp_path, caplog):
    for name in ("one", "two"):
        (tmp_path / name).write_text("a-token")
        (tmp_path / name).chmod(0o644)

    with caplog.at_level(logging.WARNING):
        for name in ("one", "two", "one"):
            FileToken(tmp_path / name).open()

    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith(f"every user of this machine can read the token in {tmp_path / 'one'}, and maybe")


def test_tokens_are_compared_wherever_they_come_from(tmp_path, monkeypatch):
    monkeypatch.setenv("CASINO_TOKEN", SECRET)
    (tmp_path / "token").write_text(SECRET)
    (tmp_path / "token").chmod(0o600)
    sources: list[Any] = [
        StaticToken(SECRET),
        EnvironmentToken("CASINO_TOKEN"),
        FileToken(tmp_path / "token"),
    ]

    for first in sources:
        for second in sources:
            with pytest.raises(DuplicateToken, match="'a' and 'b'"):
                Tree([Account(name=n, token=t, currency="USD") for n, t in (("a", first), ("b", second))])


@pytest.mark.parametrize("source", [EnvironmentToken("NOT_SET_YET"), FileToken("/no/such/file")])
def test_one_place_for_two_tokens_is_refused_before_there_is_one(source):
    with pytest.raises(DuplicateToken):
        Tree([Account(name=name, token=source, currency="USD") for name in "ab"])


def test_a_function_is_not_asked_before_its_token_is_needed():
    def vault():
        raise AssertionError

    Tree([Account(name=name, token=vault, currency="USD") for name in "ab"])
