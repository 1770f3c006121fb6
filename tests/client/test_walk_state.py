"""The state machine of a walk: each row comes once, whatever happens to windows and pages meanwhile."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace._client import walk_state as module
from igamingace._client.walk_state import MAX_PASSES, WalkState
from igamingace._common.limited_log import LimitedLog
from igamingace._common.safe_log import SafeLogger
from igamingace.errors import InvalidArgument, UnexpectedField
from igamingace.models import Transaction, TransactionPage, TransactionType
from igamingace_bindings.rest.api.transactions.transactions_list import WALK

START = datetime(2026, 10, 28, tzinfo=UTC)
LONGEST = 10
"""Seconds of a window of these tests."""
RULE = replace(WALK, longest=LONGEST, largest=50, retention=None)


def second(number):
    return START + timedelta(seconds=number)


def transaction(id_, at=0, type_=1):
    time = None if at is None else second(at)
    return Transaction(trans_id=str(id_), trans_type=TransactionType(type_), created_at=time)


def key(row):
    return row.trans_id, int(row.trans_type)


@pytest.fixture(autouse=True)
def fresh_log(monkeypatch):
    """A log that has not warned in the last minute."""
    monkeypatch.setattr(module, "_limited_log", LimitedLog(SafeLogger("igamingace")))


def time_of(row):
    return row.created_at


@dataclass
class Platform:
    """Lists rows as the platform may: order and inclusive ends are not documented.

    `changes` come one by one, one before each answer: the rows to add, or how many of the oldest to delete.
    """

    rows: list[Transaction]
    changes: list[Any] = field(default_factory=list)
    newest_first: bool = False
    includes_end: bool = True
    largest: int = 1000
    names_total: bool = True
    asked: list[tuple[int, int, int]] = field(default_factory=list)
    last: dict[tuple[int, int], list[Transaction]] = field(default_factory=dict)

    def answer(self, page):
        self._change()
        given = page.arguments
        start, end = given["start_time"], given["end_time"]
        window = round((start - START).total_seconds()), round((end - START).total_seconds())
        self.asked.append((*window, given["offset"]))
        listed = [
            row
            for row in self.rows
            if start <= row.created_at < end or (self.includes_end and row.created_at == end)
        ]
        listed.sort(key=time_of, reverse=self.newest_first)
        self.last[window] = listed
        part = listed[given["offset"] :][: min(given["limit"], self.largest)]
        total = len(listed) if self.names_total else None
        return TransactionPage(total=total, offset=given["offset"], count=len(part), list_=part)

    def _change(self):
        change = self.changes.pop(0) if self.changes else []
        if isinstance(change, int):
            for row in sorted(self.rows, key=time_of)[:change]:
                self.rows.remove(row)
        else:
            self.rows += change


def walk(platform, length, *, stop_after=None, cursor=None, **options):
    """The rows that a walk hands out, at most `stop_after` of them, and its state then."""
    state = WalkState(options.pop("rule", RULE), START, second(length), {}, pause=0, cursor=cursor, **options)
    rows = []
    while len(rows) != stop_after:
        row = state.next_row()
        if row is not None:
            rows.append(row)
            continue
        page = state.next_page()
        if page is None:
            break
        state.take(platform.answer(page), 0.5)
    return rows, state


# Ids are few, so that most have two rows; times are whole seconds, so that many stand at borders.
PLACES = st.tuples(st.integers(0, 39), st.integers(0, 200), st.sampled_from([1, 2]))


@st.composite
def platforms(draw, *, deletions=True):
    """A platform with rows, and with changes to come; ids and types are unique together."""
    places = draw(st.lists(PLACES, max_size=60, unique_by=lambda place: place[1:]))
    rows = [transaction(id_, at, type_) for at, id_, type_ in places]
    split = draw(st.integers(0, len(rows)))
    changes: list[Any] = []
    late = rows[split:]
    while late:
        some = draw(st.integers(0, 4))
        changes.append(late[:some])
        late = late[some:] if some else late[1:]
    if deletions:
        for _ in range(draw(st.integers(0, 10))):
            changes.insert(draw(st.integers(0, len(changes))), draw(st.integers(1, 3)))
    return Platform(
        rows[:split],
        changes,
        newest_first=draw(st.booleans()),
        includes_end=draw(st.booleans()),
        largest=draw(st.integers(1, 7)),
    )


def expected(platform, length):
    """The keys that each window listed at the last answer for it, within the range."""
    listed = [row for rows in platform.last.values() for row in rows]
    return {key(row) for row in listed if row.created_at < second(length)}


EXAMPLES = [50, pytest.param(2000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]


@pytest.mark.parametrize("examples", EXAMPLES)
def test_each_row_comes_once_whatever_is_added_or_deleted_meanwhile(examples):
    @given(platforms(), st.integers(1, 40), st.integers(1, 7))
    @settings(max_examples=examples, deadline=None)
    def check(platform, length, page_size):
        rows, state = walk(platform, length, page_size=page_size)

        keys = [key(row) for row in rows]
        assert len(keys) == len(set(keys))
        assert set(keys) >= expected(platform, length)
        assert all(START <= row.created_at < second(length) for row in rows)
        assert state.progress.missing == 0

    check()


@pytest.mark.parametrize("examples", EXAMPLES)
def test_a_walk_resumed_anywhere_hands_out_the_rest(examples):
    @given(platforms(), st.integers(1, 40), st.integers(1, 7), st.lists(st.integers(0, 30), max_size=5))
    @settings(max_examples=examples, deadline=None)
    def check(platform, length, page_size, stops):
        rows, cursor = [], None
        for stop in [*stops, None]:
            some, state = walk(platform, length, page_size=page_size, stop_after=stop, cursor=cursor)
            rows += some
            cursor = state.cursor
            assert state.progress.rows == len(rows)

        keys = [key(row) for row in rows]
        assert len(keys) == len(set(keys))
        assert set(keys) >= expected(platform, length)

    check()


@given(platforms(deletions=False), st.integers(1, 40), st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_a_platform_without_totals_is_read_until_nothing_is_listed(platform, length, page_size):
    platform.names_total = False
    for late in platform.changes:
        platform.rows += late
    platform.changes = []

    rows, _ = walk(platform, length, page_size=page_size)

    within = [row for row in platform.rows if row.created_at < second(length)]
    assert {key(row) for row in rows} == {key(row) for row in within}


def test_windows_follow_each_other_and_end_with_the_range():
    platform = Platform([])

    walk(platform, 25)

    assert platform.asked == [(0, 10, 0), (10, 20, 0), (20, 25, 0)]


def test_pages_of_a_window_follow_each_other():
    platform = Platform([transaction(number, number) for number in range(5)])

    walk(platform, 10, page_size=2)

    assert platform.asked == [(0, 10, 0), (0, 10, 2), (0, 10, 4)]


def test_the_windows_of_a_player_are_others_than_those_of_all():
    of_all = WalkState(RULE, START, second(5), {"player_external_id": None})
    of_one = WalkState(RULE, START, second(5), {"player_external_id": "p-1"})

    assert of_all.next_page().window != of_one.next_page().window


def test_a_full_page_is_not_taken_for_the_last():
    platform = Platform([transaction(number, number) for number in range(4)])
    answer = platform.answer

    def total_of_the_page(page):
        answered = answer(page)
        return TransactionPage(total=answered.count, list_=answered.list_)

    rows, _ = walk(SimpleNamespace(answer=total_of_the_page), 10, page_size=2)

    assert len(rows) == 4


def test_a_row_at_a_border_comes_with_the_first_window_that_lists_it():
    platform = Platform([transaction(1, 9), transaction(2, 10), transaction(3, 20)])

    rows, _ = walk(platform, 20)

    assert [row.trans_id for row in rows] == ["1", "2"]  # the end of the range does not belong to it


def test_ranges_that_follow_each_other_divide_the_rows():
    platform = Platform([transaction(number, number) for number in range(20)])
    border = second(10) - timedelta(milliseconds=400)

    parts = []
    for start, end in ((START, border), (border, second(20))):
        state = WalkState(RULE, start, end, {}, pause=0)
        state.take(platform.answer(state.next_page()), 0)
        parts.append([int(row.trans_id or 0) for row in iter(state.next_row, None)])

    assert parts == [list(range(10)), list(range(10, 20))]


def test_bet_and_win_of_one_id_are_two_rows():
    platform = Platform([transaction(7, 1, 1), transaction(7, 1, 2), transaction(7, 1, 2)])

    rows, state = walk(platform, 10)

    assert [key(row) for row in rows] == [("7", 1), ("7", 2)]
    assert state.progress.missing == 1


def test_a_late_row_is_fetched_by_going_back():
    platform = Platform(
        [transaction(number, number) for number in range(4)], changes=[[], [transaction("late", 0)]]
    )

    rows, _ = walk(platform, 10, page_size=2)

    assert [row.trans_id for row in rows] == ["0", "1", "2", "3", "late"]
    assert platform.asked == [(0, 10, 0), (0, 10, 2), (0, 10, 4), (0, 10, 0)]


def test_a_row_that_a_deletion_moves_is_fetched_by_going_back():
    platform = Platform([transaction(number, number) for number in range(5)], changes=[[], 1])

    rows, _ = walk(platform, 10, page_size=2)

    assert [row.trans_id for row in rows] == ["0", "1", "3", "4", "2"]


def test_rows_that_were_deleted_after_they_were_seen_do_not_count():
    platform = Platform([transaction(number, number) for number in range(5)], changes=[[], 2])

    rows, _ = walk(platform, 10, page_size=2)

    assert [row.trans_id for row in rows] == ["0", "1", "4", "2", "3"]


def test_a_late_row_that_only_the_total_tells_of_is_fetched_too():
    twice = [transaction(5, 5), transaction(5, 5)]  # so that the window is read again
    unchanged = [[]] * 5
    platform = Platform(
        [*(transaction(number, number) for number in range(5)), *twice],
        changes=[*unchanged, [transaction("late", 0)]],
    )

    rows, state = walk(platform, 10, page_size=2)

    assert [offset for _, _, offset in platform.asked] == [0, 2, 4, 6] * 4
    assert [row.trans_id for row in rows] == ["0", "1", "2", "3", "4", "5", "late"]
    assert state.progress.missing == 1


def test_a_total_that_is_less_than_what_is_listed_is_not_believed():
    platform = Platform([transaction(number, number) for number in range(7)])
    answer = platform.answer

    def counts_nothing(page):
        return TransactionPage(total=0, list_=answer(page).list_)

    rows, _ = walk(SimpleNamespace(answer=counts_nothing), 10, page_size=3)

    assert len(rows) == 7


def test_a_window_to_which_rows_are_added_at_its_end_is_read_once():
    platform = Platform(
        [transaction(0, 0)], changes=[[], *([transaction(number, 5)] for number in range(1, 9))]
    )

    rows, _ = walk(platform, 10, page_size=1)

    assert len(rows) == 9
    assert [offset for _, _, offset in platform.asked] == list(range(10))


def test_rows_that_are_counted_and_not_listed_are_missing_and_reported(caplog):
    platform = Platform([transaction(number, number) for number in range(3)])
    answer = platform.answer

    def counts_more(page):
        answered = answer(page)
        return TransactionPage(total=answered.total + 2, list_=answered.list_)

    rows, state = walk(SimpleNamespace(answer=counts_more), 10)

    assert len(rows) == 3
    assert state.progress.missing == 2
    assert "the platform counts 5 rows and lists 3 different ones" in caplog.text


def test_a_window_that_never_stops_changing_is_left_in_the_end():
    coming_and_going = [[transaction("restless", 0)], 1] * MAX_PASSES
    platform = Platform([transaction(number, 1 + number) for number in range(4)], coming_and_going)

    rows, _ = walk(platform, 10, page_size=1)

    assert {row.trans_id for row in rows} <= {"restless", "0", "1", "2", "3"}
    assert [offset for _, _, offset in platform.asked].count(0) == MAX_PASSES


def test_a_row_without_a_key_is_known_by_all_it_has():
    rows = [
        Transaction(user_external_id=player, trans_type=TransactionType.BET, created_at=second(1))
        for player in ("a", "b")
    ]

    walked, state = walk(Platform(rows), 10)

    assert [row.user_external_id for row in walked] == ["a", "b"]
    assert state.progress.missing == 0


def test_an_answer_without_a_list_is_an_error_and_the_page_can_be_asked_for_again():
    state = WalkState(RULE, START, second(5), {}, pause=0)
    first = state.next_page()

    with pytest.raises(UnexpectedField, match="/data/list should be of type array"):
        state.take(TransactionPage(total=3), 0.1)

    assert state.next_page() == first


def test_an_answer_of_nothing_needs_no_list():
    state = WalkState(RULE, START, second(5), {}, pause=0)
    state.next_page()

    state.take(TransactionPage(total=0), 0.1)

    assert state.next_page() is None


def test_rows_of_another_time_zone_are_handed_out_with_a_warning(caplog):
    platform = Platform([transaction(number, number) for number in range(3)])
    answer = platform.answer

    def moved(page):
        answered = answer(page)
        rows = [transaction(row.trans_id, 3600 + int(row.trans_id)) for row in answered.list_]
        return TransactionPage(total=answered.total, list_=rows)

    rows, _ = walk(SimpleNamespace(answer=moved), 10)

    assert len(rows) == 3
    assert caplog.text.count("requests and answers seem to be in different time zones") == 1


def test_only_rows_at_the_border_are_remembered_after_their_window():
    platform = Platform([transaction(number, number) for number in range(40)])

    _, state = walk(platform, 40, stop_after=35)

    assert len(state._seen) <= LONGEST + 2


def test_the_memory_of_a_walk_does_not_grow_with_its_windows():
    def peak(windows):
        platform = Platform([])
        sizes = []
        state = WalkState(RULE, START, second(LONGEST * windows), {}, pause=0)
        while (page := state.next_page()) is not None:
            start: Any = page.arguments["start_time"]
            at = round((start - START).total_seconds())
            platform.rows = [transaction(f"{at}-{number}", at + number % 9) for number in range(30)]
            state.take(platform.answer(page), 0)
            sizes.append(sys.getsizeof(state._seen) + len(state._seen))
            while state.next_row() is not None:
                pass
        return max(sizes)

    assert peak(50) == peak(3)


# Cursor


def taken_cursor(**options):
    platform = Platform([transaction(number, number, 1) for number in range(8)])
    _, state = walk(platform, 30, stop_after=3, **options)
    return state.cursor


def test_a_cursor_is_json_and_holds_no_id():
    state = WalkState(RULE, START, second(30), {"player_external_id": "secret-player"}, pause=0)
    state.take(TransactionPage(total=1, list_=[transaction("secret-id", 1)]), 0)
    state.next_row()

    assert json.loads(state.cursor)["walk"] == "transactions.list"
    assert "secret" not in state.cursor


def test_a_cursor_does_not_count_rows_that_were_not_handed_out():
    state = WalkState(RULE, START, second(10), {}, pause=0)
    state.take(TransactionPage(total=3, list_=[transaction(number, number) for number in range(3)]), 0)
    state.next_row()

    resumed = WalkState(RULE, START, second(10), {}, pause=0, cursor=state.cursor)
    resumed.take(TransactionPage(total=3, list_=[transaction(number, number) for number in range(3)]), 0)

    assert [row.trans_id for row in iter(resumed.next_row, None)] == ["1", "2"]


def test_the_cursor_of_a_walk_that_is_over_asks_for_nothing():
    _, state = walk(Platform([]), 30)

    again = WalkState(RULE, START, second(30), {}, cursor=state.cursor)

    assert again.next_page() is None


def test_a_cursor_may_be_continued_with_other_pages_and_in_another_zone():
    cursor = taken_cursor()
    korea = timezone(timedelta(hours=9))

    WalkState(
        RULE, START.astimezone(korea), second(30).astimezone(korea), {}, pause=5, cursor=cursor, page_size=1
    )


@pytest.mark.parametrize(
    ("start", "length", "filters", "name"),
    [(1, 30, {}, "start"), (0, 31, {}, "end"), (0, 30, {"player_external_id": "p-1"}, "filters")],
)
def test_the_cursor_of_another_walk_is_refused(start, length, filters, name):
    with pytest.raises(InvalidArgument, match=f"cursor is that of another walk: its {name} differs"):
        WalkState(RULE, second(start), second(length), filters, cursor=taken_cursor())


@pytest.mark.parametrize(
    "change",
    [
        {"window": "2026"},
        {"window": None},
        {"window": "2020-01-01T00:00:00+00:00"},
        {"window": "2026-10-28T00:00:00"},
        {"given": "AAAA"},
        {"given": "?"},
        {"given": 5},
        {"rows": -1},
        {"rows": "many"},
        {"missing": None},
    ],
)
def test_a_damaged_cursor_is_refused(change):
    damaged = json.dumps({**json.loads(taken_cursor()), **change})

    with pytest.raises(InvalidArgument, match="cursor is damaged"):
        WalkState(RULE, START, second(30), {}, cursor=damaged)


@pytest.mark.parametrize("cursor", ["", "{", "[]", "[" * 100_000, 5])
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(InvalidArgument, match="cursor is damaged"):
        WalkState(RULE, START, second(30), {}, cursor=cursor)


def test_the_last_window_ends_where_the_calendar_does():
    end = datetime.max.replace(microsecond=0, tzinfo=UTC)
    page = WalkState(RULE, end - timedelta(seconds=5), end, {}).next_page()

    assert page is not None
    assert page.arguments[RULE.end] == end


# Arguments

EAST = timezone(timedelta(hours=14))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": datetime(2026, 11, 28)}, "start has no time zone"),  # noqa: DTZ001 -- that is the mistake
        ({"end": "2026-11-28"}, "end is a str: give an aware datetime"),
        ({"end": START - timedelta(seconds=1)}, "end is before start"),
        ({"start": datetime.min.replace(tzinfo=EAST)}, "start is 0001-.*: give a time within the calendar"),
        ({"end": datetime.max.replace(tzinfo=UTC)}, "end is 9999-12-31T23:59:59"),
        ({"page_size": 0}, "page_size is 0: give an integer from 1 to 50"),
        ({"page_size": 51}, "page_size is 51"),
        ({"page_size": True}, "page_size is True"),
        ({"pause": -1}, "pause is -1: give seconds, 0 for none"),
        ({"pause": float("nan")}, "pause is nan"),
        ({"pause": float("inf")}, "pause is inf"),
        ({"pause": "30"}, "pause is '30'"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused_at_once(change, words):
    given = {"start": START, "end": second(10), "filters": {}} | change

    with pytest.raises(InvalidArgument, match=words):
        WalkState(RULE, given.pop("start"), given.pop("end"), given.pop("filters"), **given)


def test_a_day_of_25_hours_has_25_windows():
    berlin = ZoneInfo("Europe/Berlin")
    state = WalkState(
        WALK, datetime(2026, 10, 25, tzinfo=berlin), datetime(2026, 10, 26, tzinfo=berlin), {}, pause=0
    )

    assert state.progress.windows == 25


def test_a_range_of_nothing_asks_for_nothing():
    assert WalkState(RULE, START, START, {}).next_page() is None


# Progress and warnings


def test_progress_is_told_at_the_start_and_after_each_window():
    told = []
    platform = Platform([transaction(number, number) for number in range(25)])
    state = WalkState(RULE, START, second(25), {}, pause=30, on_progress=told.append)

    while (page := state.next_page()) is not None:
        state.take(platform.answer(page), 0.5)
        while state.next_row() is not None:
            pass

    assert [(each.windows_done, each.windows, each.rows) for each in told] == [
        (0, 3, 0),
        (1, 3, 11),
        (2, 3, 21),
        (3, 3, 25),
    ]
    assert [each.seconds_left for each in told] == [60, 61, 30.5, 0]


def test_a_hook_that_fails_stops_no_walk(caplog):
    def fail(progress):
        raise RuntimeError("no")

    rows, _ = walk(Platform([transaction(1, 1)]), 10, on_progress=fail)

    assert len(rows) == 1
    assert "on_progress of a walk failed" in caplog.text


def test_the_walks_of_many_hours_and_agents_warn_once(caplog):
    for hour in range(24):
        WalkState(WALK, START + timedelta(hours=hour), START + timedelta(hours=hour + 1), {}).next_page()

    assert caplog.text.count("may have been deleted") == 1


@pytest.mark.parametrize(("hours", "warns"), [(47, False), (49, True)])
def test_a_walk_that_starts_before_the_retention_warns(hours, warns, caplog):
    start = datetime.now(UTC) - timedelta(hours=hours)

    with caplog.at_level(logging.WARNING, "igamingace"):
        WalkState(WALK, start, start + timedelta(hours=1), {}).next_page()

    assert ("what is older than about 48 hours may have been deleted" in caplog.text) == warns
