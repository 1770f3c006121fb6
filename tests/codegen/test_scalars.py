"""The one table of what is read without loss, and of what is sent; answers and callbacks use it."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from igamingace_bindings.enums import GameType
from igamingace_bindings.scalars import (
    BOOLEAN,
    INTEGER,
    MAX_DIGITS,
    NUMBER,
    STRING,
    ArgumentError,
    ContractZones,
    Enumeration,
    OpaqueId,
    Time,
    offset,
)

SEOUL = offset(9)
TIME = Time(SEOUL, "older")
ISO = Time(offset(0), "sister", iso=True)
NUMBER_ID, TEXT_ID = OpaqueId(number=True), OpaqueId()
GAME_TYPE = Enumeration(GameType)
ZONES = ContractZones()
MORNING = datetime(2024, 4, 13, 9, 30, tzinfo=SEOUL)

LONG = "1." + "0" * 4300 + "1"

READ = [
    # type, what came, what it is, whether that is its declared type
    (INTEGER, 2, 2, True),
    (INTEGER, Decimal("2.0"), 2, True),
    (INTEGER, Decimal("1E+3"), 1000, True),
    (INTEGER, "2", 2, False),
    (INTEGER, "-2", -2, False),
    (INTEGER, "2.0", 2, False),
    (INTEGER, "1e3", 1000, False),
    (INTEGER, 10**4000, 10**4000, True),
    (NUMBER, Decimal("10.50"), Decimal("10.50"), True),
    (NUMBER, 10, Decimal(10), True),
    (NUMBER, "10.50", Decimal("10.50"), False),
    (NUMBER, "-0.1e-2", Decimal("-0.001"), False),
    (NUMBER, "0", Decimal(0), False),
    (BOOLEAN, True, True, True),
    (BOOLEAN, 0, False, False),
    (BOOLEAN, 1, True, False),
    (BOOLEAN, "0", False, False),
    (BOOLEAN, "1", True, False),
    (BOOLEAN, "true", True, False),
    (BOOLEAN, "FALSE", False, False),
    (STRING, "", "", True),
    (STRING, "5", "5", True),
    (NUMBER_ID, 5, "5", True),
    (NUMBER_ID, "5", "5", True),
    (NUMBER_ID, "05", "05", True),
    (TEXT_ID, 7300120045001, "7300120045001", True),
    (TEXT_ID, "SP215202", "SP215202", True),
    (TEXT_ID, "i 3746/ü", "i 3746/ü", True),
    (TEXT_ID, "x" * 128, "x" * 128, True),
    (GAME_TYPE, 1, GameType.LIVE, True),
    (GAME_TYPE, "1", GameType.LIVE, False),
    (GAME_TYPE, 7, GameType(7), True),
    (TIME, "2024-04-13 09:30:00", MORNING, True),
    (TIME, "2024-04-13T09:30:00", MORNING, False),
    (TIME, "2024-04-13T00:30:00Z", MORNING, False),
    (TIME, "2024-04-13T02:30:00.000+02:00", MORNING, False),
    (TIME, "2024-04-13 02:30:00+0200", MORNING, False),
    (ISO, "2024-04-13T00:30:00.000Z", MORNING, True),
    (ISO, "2024-04-13T00:30:00Z", MORNING, True),
    (ISO, "2024-04-13 00:30:00", MORNING, False),
]
NOT_READ = [
    *(
        (INTEGER, value)
        for value in (Decimal("1.5"), "1.5", True, None, [], "+1", " 1", "1 ", "1,000", "0x1", "01")
    ),
    *((INTEGER, value) for value in ("", "1e99999", "1.", ".5", "\uff11", "NaN", "1_0", 1.0, Decimal("NaN"))),
    *(
        (NUMBER, value)
        for value in ("", "+1", "1,5", "abc", "Infinity", "-", True, None, 1.5, {}, "1e4300", LONG)
    ),
    *((NUMBER, value) for value in (Decimal("NaN"), Decimal("Infinity"), "\u0663", "1\n")),
    *((BOOLEAN, value) for value in (2, -1, "yes", "", "t", None, Decimal(1), [], "on", " true")),
    *((STRING, value) for value in (5, True, None, [], {}, Decimal("1.0"))),
    *(
        (TEXT_ID, value)
        for value in ("", "a,b", "a\nb", "\x00", "\x7f", "\x85", "x" * 129, True, False, None)
    ),
    *((NUMBER_ID, value) for value in (Decimal("1.0"), Decimal("1E+3"), 10**128, 10**4000, 1.0, [5])),
    *((GAME_TYPE, value) for value in ("slot", True, None, Decimal("0.5"), "")),
    *(
        (TIME, value)
        for value in ("", "2024-04-13", "0000-00-00 00:00:00", "2024-02-30 00:00:00", 1713000600)
    ),
    *((TIME, value) for value in ("2024-04-13 24:00:00", "13.04.2024 09:30:00", "2024-W15-6 00:00:00", None)),
    *((TIME, value) for value in ("0001-01-01 00:00:00+14:00", "2024-04-13 09:30:00.1234567")),
    *((ISO, value) for value in ("2024-04-13T24:00:00Z", "2024-04-13T24:00:00.000Z", "2024-04-13 24:00:00")),
]


@pytest.mark.parametrize(("type_", "came", "value", "declared"), READ)
def test_a_lossless_spelling_is_read(type_, came, value, declared):
    result = type_.read(came)

    assert (result, type(result)) == (value, type(value))
    assert type_.declares(came) is declared
    assert type_.take(came, ZONES) in (value, type_.take(object(), ZONES))  # the fast way agrees, or passes


@pytest.mark.parametrize(("type_", "came"), NOT_READ, ids=lambda value: repr(value)[:40])
def test_what_would_be_guessed_is_not_read(type_, came):
    with pytest.raises(ValueError):  # noqa: PT011 -- it has no message: nobody shows a value
        type_.read(came)

    assert type_.take(came, ZONES) is type_.take(object(), ZONES)


SENT = [
    (INTEGER, 5, 5),
    (NUMBER, Decimal("10.50"), Decimal("10.50")),
    (NUMBER, 10, 10),
    (BOOLEAN, False, False),
    (STRING, "é", "é"),
    (NUMBER_ID, "655", 655),
    (NUMBER_ID, 655, 655),
    (NUMBER_ID, "0", 0),
    (NUMBER_ID, "0655", "0655"),
    (NUMBER_ID, "vswaysdogs", "vswaysdogs"),
    (NUMBER_ID, "9223372036854775807", 2**63 - 1),
    (NUMBER_ID, "9223372036854775808", "9223372036854775808"),
    (NUMBER_ID, "-5", "-5"),
    (TEXT_ID, "655", "655"),
    (TEXT_ID, 655, "655"),
    (GAME_TYPE, GameType.SLOT, 0),
    (GAME_TYPE, 99, 99),
    (TIME, MORNING, "2024-04-13 09:30:00"),
    (TIME, MORNING.astimezone(UTC), "2024-04-13 09:30:00"),
    (TIME, datetime(2024, 4, 13, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")), "2024-04-13 09:30:00"),
    (TIME, MORNING.replace(microsecond=999_999), "2024-04-13 09:30:00"),
    (TIME, datetime(999, 1, 1, tzinfo=SEOUL), "0999-01-01 00:00:00"),
    (ISO, MORNING, "2024-04-13T00:30:00.000Z"),
]


@pytest.mark.parametrize(("type_", "argument", "sent"), SENT)
def test_an_argument_is_sent_in_the_usual_form(type_, argument, sent):
    result = type_.write(argument, ZONES, "x")

    assert (result, type(result)) == (sent, type(sent))


NOT_SENT = [
    *((INTEGER, value) for value in (True, "5", 5.0, Decimal(5), None)),
    *((NUMBER, value) for value in (True, "5", 5.0, Decimal("NaN"), Decimal("-Infinity"), Decimal("1e4300"))),
    (NUMBER, Decimal(LONG)),
    *((BOOLEAN, value) for value in (0, 1, "true", None)),
    *((STRING, value) for value in (5, b"x", None)),
    *((TEXT_ID, value) for value in (True, 5.0, "", "a,b", "a\tb", "x" * 129, 10**4000, b"5")),
    *((GAME_TYPE, value) for value in (True, "1", 1.0, None)),
    *(
        (TIME, value)
        for value in ("2024-04-13 09:30:00", 1713000600, MORNING.replace(tzinfo=None), MORNING.date())
    ),
    *((TIME, value) for value in (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=offset(10)))),
]


@pytest.mark.parametrize(("type_", "argument"), NOT_SENT)
def test_a_wrong_argument_is_named_and_not_shown(type_, argument):
    with pytest.raises(ArgumentError, match=r"^the\.name: ") as caught:
        type_.write(argument, ZONES, "the.name")

    assert repr(argument) not in str(caught.value) or argument is None


def test_a_float_for_an_amount_says_what_to_give():
    with pytest.raises(
        ArgumentError, match=r"a float is not exact: give a Decimal, such as Decimal\('10\.50'\)"
    ):
        NUMBER.write(10.5, ZONES, "amount")


@settings(deadline=None)
@given(st.text() | st.integers() | st.booleans() | st.decimals(allow_nan=False, allow_infinity=False))
def test_an_id_read_and_sent_again_is_the_same_id(value):
    for type_ in (NUMBER_ID, TEXT_ID):
        try:
            id_ = type_.read(value)
        except ValueError:
            continue
        assert type_.read(type_.write(id_, ZONES, "id")) == id_
        assert type_.read(type_.json(id_)) == id_


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_number_in_a_string_keeps_every_digit(value):
    text = f"{value:f}"

    if abs(value.adjusted()) < MAX_DIGITS:
        read = NUMBER.read(text)
        assert read == value
        assert f"{read:f}" == text


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_sent_and_read_again_is_the_same_second(moment):
    assume(2 < moment.year < 9998)

    for type_ in (TIME, ISO):
        again = type_.read(type_.write(moment, ZONES, "time"))
        assert timedelta(0) <= moment - again < timedelta(seconds=1)


def test_a_zone_of_the_user_holds_in_and_out():
    class Berlin:
        def zone(self, offset, standing):
            assert (offset, standing) == (SEOUL, "older")
            return ZoneInfo("Europe/Berlin")

    moment = datetime(2024, 7, 1, 10, tzinfo=UTC)

    assert TIME.write(moment, Berlin(), "time") == "2024-07-01 12:00:00"
    assert TIME.read("2024-07-01 12:00:00", Berlin()) == moment
    assert TIME.read("2024-07-01T12:00:00Z", Berlin()) == moment.replace(hour=12)


def test_a_value_that_an_open_enum_does_not_list_survives():
    unknown = GameType(7)

    assert (unknown.name, unknown, unknown.value) == ("UNKNOWN_7", 7, 7)
    assert repr(unknown) == "<GameType.UNKNOWN_7: 7>"
    assert not unknown.is_known
    assert GameType.SLOT.is_known
    assert unknown == GameType(7)
    assert {unknown: "x"}[GameType(7)] == "x"
    assert pickle.loads(pickle.dumps(unknown)).name == copy.deepcopy(unknown).name == "UNKNOWN_7"
    assert list(GameType) == [GameType.SLOT, GameType.LIVE, GameType.OTHER]


def test_an_open_enum_takes_no_text():
    with pytest.raises(ValueError, match="not a valid GameType"):
        GameType("slot")  # type: ignore[arg-type]


def test_an_offset_of_half_an_hour_below_utc():
    assert offset(-3, -30) == timezone(timedelta(hours=-3.5))
