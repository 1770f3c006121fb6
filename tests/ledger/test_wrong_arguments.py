"""What a ledger is opened with, and cannot be."""

from __future__ import annotations

import traceback
from functools import partial

import pytest
import sqlalchemy
from igamingace.errors import ConfigurationError
from igamingace.ledger import Amount, Ledger, MinorUnits, PlayerTable, define_tables

from ..error_chain import shown_outside  # noqa: TID252 -- of all tests

USERS = sqlalchemy.Table(
    "users",
    sqlalchemy.MetaData(),
    sqlalchemy.Column("player_id", sqlalchemy.Text, primary_key=True),
    sqlalchemy.Column("balance", sqlalchemy.Integer),
)


async def asleep(player_id):
    return False


class Asleep:
    async def __call__(self, player_id):
        return False


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"currency": "usd"}, "currency is 'usd': give three capitals"),
        ({"currency": 5}, "currency is 5: give three capitals"),
        ({"currency": ""}, "currency is '': give three capitals"),
        ({"session": True}, "session cannot be called"),
        ({"session": asleep}, "session is asynchronous, and the ledger is not"),
        ({"session": partial(asleep)}, "session is asynchronous"),
        ({"session": Asleep()}, "session is asynchronous"),
        ({"scale": "8"}, "scale is '8': give 0 to 19 digits"),
        ({"scale": None}, "scale is None: give 0 to 19 digits"),
        ({"scale": True}, "scale is True: give 0 to 19 digits"),
        ({"scale": 20}, "scale is 20: give 0 to 19 digits"),
        ({"prefix": b"x"}, "prefix is b'x': give text"),
        ({"prefix": "\ud800"}, r"prefix is '\ud800': give text"),
        ({"players": "users"}, "players is no PlayerTable of a Table"),
        ({"players": PlayerTable(table="users")}, "players is no PlayerTable of a Table"),  # type: ignore[arg-type] # that is the test
        ({"players": PlayerTable(table=USERS, minor_digits=-2)}, "minor_digits is -2: give 0 to 18 digits"),
    ],
)
def test_an_argument_that_makes_no_sense_is_named(arguments, problem):
    with pytest.raises(ConfigurationError) as caught:
        Ledger("sqlite://", **arguments)

    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize("url", ["", " ", "wallet.db", "postgresql://ann:s3cret@host:port/wallet", "\ud800"])
def test_a_text_that_is_no_url_is_explained_and_not_shown(url):
    with pytest.raises(ConfigurationError, match="is no URL: give one such as sqlite:///wallet") as caught:
        Ledger(url)

    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "make", [lambda: Amount(20), lambda: Amount(-1), lambda: MinorUnits(19), lambda: MinorUnits(True)]
)
def test_a_column_of_amounts_has_a_scale_that_it_can_keep(make):
    with pytest.raises(ConfigurationError, match=r"scale is .*: give 0 to 1[89] digits"):
        make()


def test_the_tables_for_migrations_are_checked_alike():
    with pytest.raises(ConfigurationError, match="players is no PlayerTable"):
        define_tables(sqlalchemy.MetaData(), players=USERS)  # type: ignore[arg-type] # that is the test


@pytest.mark.parametrize(
    ("url", "arguments"),
    [
        ("postgresql://u:{}@h/d", {"currency": "usd"}),
        ("postgresql://u:{}@h/d", {"scale": "8"}),
        ("postgresql://u:{}@h:port/d", {}),
        ("mysql://u:{}@h/d", {}),
    ],
)
def test_a_refused_ledger_shows_no_password_in_frames(url, arguments):
    with pytest.raises(ConfigurationError) as caught:
        Ledger(url.format("sesame"), **arguments)

    assert "sesame" not in shown_outside(__file__, caught.value)
