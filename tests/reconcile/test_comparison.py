"""The comparison of two books: each kind of discrepancy, and what is none."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace.errors import InvalidArgument
from igamingace.reconcile import (
    Columns,
    CsvBook,
    DiscrepancyKind,
    Record,
    Window,
    _comparison,
    html,
    reconcile,
)

SINCE = datetime(2026, 11, 28, tzinfo=UTC)
DAY = Window(SINCE, SINCE + timedelta(days=1))
NOON = SINCE + timedelta(hours=12)
D = DiscrepancyKind
CENTS = Columns(at=None, minor_digits=2)


def bet(number, amount=10, player="ann", round_=None, at=NOON, **more):
    return Record(str(number), "bet", Decimal(amount), player, round_ or f"r{number}", at=at, **more)


def win(number, amount=5, player="ann", round_=None, at=NOON, **more):
    return Record(str(number), "win", Decimal(amount), player, round_ or f"r{number}", at=at, **more)


def cancel(number, of, amount=10, player="ann", round_=None, at=NOON):
    return Record(number, "cancel", Decimal(amount), player, round_ or f"r{of}", at=at, reference_id=str(of))


def void(of, by=None, player="ann", round_=None, at=NOON):
    return Record(str(of), "bet", None, player, round_ or f"r{of}", None, at, cancelled=True, reference_id=by)


def told(result):
    """What was found, in short."""
    return [(each.kind, each.side, each.record.transaction_id, each.gaps) for each in result.discrepancies]


def compare(platform, book, window=DAY, currency="USD"):
    """Compare them; the platform's list says of no cancel which bet is meant."""
    listed = [
        row._replace(reference_id=None) if row.transaction_id and row.kind == "cancel" else row
        for row in platform
    ]
    return reconcile(listed, book, window, currency=currency)


def test_nothing_is_rounded_whatever_precision_the_application_computes_with():
    header = "transaction_id,kind,amount,player_id,round_id\n"
    book = CsvBook(io.StringIO(f"{header}1,bet,1234567890,ann,r1\n2,win,500,ann,r2\n"), CENTS)
    with localcontext(prec=4):
        result = reconcile([bet(1, "12345678.91"), win(2, 5)], book, currency="USD")
        (found,) = result.discrepancies
        assert found.platform.effect == Decimal("-12345678.91")
        assert found.gaps == result.gaps() == {"USD": Decimal("-0.01")}
        assert [(each.platform, each.gap) for each in result.sums] == [
            (Decimal("12345678.91"), Decimal("0.01")),
            (5, 0),
        ]
        assert "0.01 USD less" in html(result)


def test_players_who_are_excluded_are_counted_and_make_no_discrepancy():
    book = [bet(1), win(2), bet(3, player="test-1"), win(4, player="test-1", currency="EUR")]
    late = win(5, player="test-1", at=DAY.until)

    result = reconcile([bet(1), win(2)], [*book, late], DAY, currency="USD", exclude_players=["test-1"])

    assert result.agrees
    assert (result.compared, result.excluded) == (2, 2)
    assert result.to_json()["excluded"] == 2
    assert {each.currency for each in result.sums} == {"USD"}
    assert "Excluded: 2 transactions" in html(result)


def test_a_record_that_is_of_an_excluded_player_on_one_side_only_is_missing_there():
    result = reconcile(
        [bet(1, player="ann")], [bet(1, player="test-1")], DAY, currency="USD", exclude_players={"test-1"}
    )

    assert told(result) == [(D.MISSING_IN_BOOK, "platform", "1", {"USD": -10})]


def test_that_all_were_excluded_is_not_said_to_be_nothing():
    result = reconcile([], [bet(1)], DAY, currency="USD", exclude_players=["ann"])

    assert not result.is_empty
    assert result.excluded == 1


@pytest.mark.parametrize("players", ["ann", [1], [None], None, b"ann"])
def test_players_to_leave_out_are_a_list_of_ids(players):
    with pytest.raises(InvalidArgument, match="exclude_players: give a list of the ids of players"):
        reconcile([], [], DAY, currency="USD", exclude_players=players)


def test_equal_books_agree_in_whatever_order_they_come():
    rows = [bet(1), win(1), bet(2), cancel("c", 2), bet(10), win(11)]
    result = compare(rows, reversed(rows))
    assert result.agrees
    assert (result.compared, told(result), result.edge, result.gaps()) == (6, [], (), {"USD": 0})


@pytest.mark.parametrize(
    ("platform", "book", "expected"),
    [
        ([bet(1)], [], [(D.MISSING_IN_BOOK, "platform", "1", {"USD": -10})]),
        ([], [win(1)], [(D.MISSING_AT_PLATFORM, "book", "1", {"USD": -5})]),
        ([bet(1, 10)], [bet(1, "9.99")], [(D.AMOUNT, None, "1", {"USD": Decimal("-0.01")})]),
        (
            [bet(1)],
            [bet(1, currency="EUR")],
            [(D.CURRENCY, None, "1", {"USD": -10, "EUR": 10})],
        ),
        ([bet(1)], [bet(1, player="bob")], [(D.PLAYER, None, "1", {})]),
        ([bet(1)], [bet(1), bet(1)], [(D.DOUBLE, "book", "1", {"USD": 10})]),
        ([win(1), win(1), win(1)], [win(1)], [(D.DOUBLE, "platform", "1", {"USD": 5})] * 2),
        ([bet(1), cancel("c", 1)], [bet(1)], [(D.CANCELLED, "platform", "c", {"USD": 10})]),
        ([bet(1)], [bet(1), cancel("c", 1)], [(D.CANCELLED, "book", "c", {"USD": -10})]),
        ([bet(1)], [bet(1, cancelled=True)], [(D.CANCELLED, "book", "1", {"USD": -10})]),
        ([bet(1)], [void(1, by="c")], [(D.CANCELLED, "book", "1", {"USD": -10})]),
        (
            [bet(1)],
            [void(1, by="c"), cancel("c", 1)],
            [(D.CANCELLED, "book", "1", {"USD": -10}), (D.CANCELLED, "book", "c", {"USD": -10})],
        ),
        (
            [bet(1)],
            [bet(1, 7, player="bob")],
            [(D.AMOUNT, None, "1", {"USD": -3}), (D.PLAYER, None, "1", {})],
        ),
        (
            [],
            [win(1), win(1)],
            [(D.MISSING_AT_PLATFORM, "book", "1", {"USD": -5}), (D.DOUBLE, "book", "1", {"USD": -5})],
        ),
    ],
)
def test_each_discrepancy_is_named_with_what_it_is_worth(platform, book, expected):
    rest = [bet(100 + number) for number in range(5)]
    result = compare([*platform, *rest], [*rest, *book])
    assert told(result) == expected
    assert not result.agrees
    assert sum(result.counts.values()) == len(expected)
    gaps = result.gaps()
    for currency in {*gaps, *(each for *_, found in expected for each in found)}:
        assert gaps[currency] == sum(found.get(currency, 0) for *_, found in expected)


@pytest.mark.parametrize(
    ("platform", "book"),
    [
        # The wallet never got the bet, and remembers its cancel, or nothing at all.
        ([bet(1), cancel("c", 1)], [void(1, by="c")]),
        ([bet(1), cancel("c", 1)], [void(1)]),
        ([bet(1), cancel("c", 1)], []),
        ([], [bet(1), cancel("c", 1)]),
        ([], [void(1, by="c")]),
        # The cancel that the wallet got named the bet only, or neither round nor player is told with it.
        ([bet(1), cancel("c", 1)], [bet(1), cancel(None, 1)]),
        ([bet(1), cancel("c", 1)], [bet(1), cancel(None, 1)._replace(round_id=None)]),
        ([bet(1), cancel("1", 1)], [bet(1), cancel("c", 1)]),
        ([bet(1), cancel("1", 1)._replace(round_id=None)], [bet(1), cancel("c", 1)]),
        ([bet(1), cancel("c", 1)], [void(1, by="c")._replace(round_id=None)]),
        ([bet(1), cancel("c", 1)._replace(round_id=None)], [void(1, by="c")]),
        # The book marks the bet, and has no row for the cancel.
        ([bet(1), cancel("c", 1)], [bet(1, cancelled=True)]),
        # A betwin that was undone: the platform lists its stake and the refund.
        ([bet(1), cancel("c", 1)], [bet(1), win(1, cancelled=True), cancel("c", 1)]),
        # Two of one round and amount, of which the wallet has booked one.
        (
            [bet(1, round_="r"), bet(2, round_="r"), cancel("c", 2, round_="r")],
            [bet(1, round_="r")],
        ),
        # A book without players, rounds and times.
        ([bet(1), win(2)], [Record("1", "bet", Decimal(10)), Record("2", "win", Decimal(5))]),
    ],
)
def test_what_moved_the_same_money_on_both_sides_is_no_discrepancy(platform, book):
    for one, other in ((platform, book), (book, platform)):
        result = compare(one, other)
        assert told(result) == []
        assert result.agrees


def test_ids_are_compared_as_bytes_and_number_like_texts_stay_apart():
    names = ["1", "01", "1.0", "a", "A", "ä", "a\u0308", "\U0001f600", "\ud800", "é", ""]
    rows = [bet(name) for name in names]
    assert compare(rows, rows[::-1]).agrees
    result = compare(rows[:1], rows[1:2])
    assert [each.kind for each in result.discrepancies] == [D.MISSING_AT_PLATFORM, D.MISSING_IN_BOOK]


def test_matching_never_uses_the_time():
    later = [bet(1, at=NOON + timedelta(hours=5)), bet(2, at=None)]
    assert compare([bet(1), bet(2)], later).agrees
    same = compare([bet(1)], [bet(2)._replace(round_id="r1")])
    assert {each.kind for each in same.discrepancies} == {D.MISSING_IN_BOOK, D.MISSING_AT_PLATFORM}


END = DAY.until


def shifted(seconds, of=END):
    return of + timedelta(seconds=seconds)


def test_a_pair_over_the_end_of_the_day_belongs_to_the_day_of_the_platform():
    platform = [bet(1, at=shifted(-1)), bet(2, at=shifted(1)), bet(3, at=shifted(1, SINCE)), bet(4)]
    book = [bet(1, at=shifted(2)), bet(2, at=shifted(-2)), bet(3, at=shifted(-3, SINCE)), bet(4)]
    result = compare(platform, book)
    assert result.agrees
    assert result.compared == 3
    (sums,) = result.sums
    assert (sums.platform_count, sums.book_count) == (3, 3)


def test_two_days_that_follow_each_other_count_each_transaction_once():
    day_after = Window(DAY.until, DAY.until + timedelta(days=1))
    random = Random(7)
    at = [shifted(random.uniform(-200, 200)) for _ in range(60)]
    platform = [bet(number, number + 1, at=time) for number, time in enumerate(at)]
    book = [row._replace(at=row.at + timedelta(seconds=random.uniform(-30, 30))) for row in platform]
    days = [compare(platform, book, window) for window in (DAY, day_after)]
    assert all(day.agrees for day in days)
    assert sum(day.compared for day in days) == 60
    assert sum(day.sums[0].book for day in days) == sum(row.amount for row in book)


def test_a_cancel_after_midnight_belongs_to_the_day_of_its_bet():
    platform = [bet(1, at=shifted(-1)), cancel("c", 1, at=shifted(3))]
    for book in ([void(1, by="c", at=shifted(3))], []):
        today = compare([*platform, bet(5, at=shifted(5))], [*book, bet(5, at=shifted(5))])
        assert (today.agrees, today.gaps()) == (True, {"USD": 0})
        tomorrow = compare(platform, book, Window(END, END + timedelta(days=1)))
        assert (tomorrow.agrees, set(tomorrow.gaps().values()) <= {0}) == (True, True)


def test_what_is_missing_outside_of_the_window_is_told_apart():
    beyond = bet(1, at=shifted(10))
    result = compare([beyond, bet(2)], [bet(2)])
    assert result.agrees
    assert [(side, record.transaction_id) for side, record in result.edge] == [("platform", "1")]


def test_near_an_end_that_was_not_read_beyond_nothing_is_called_missing():
    near = bet(1, at=shifted(-10))
    kept = bet(2)
    result = compare([near, kept], [kept])
    assert (result.agrees, result.edge_count, told(result)) == (True, 1, [])
    read_beyond = compare([near, kept], [kept, bet(3, at=shifted(10))])
    assert [each.kind for each in read_beyond.discrepancies] == [D.MISSING_IN_BOOK]
    assert [record.transaction_id for _, record in read_beyond.edge] == ["3"]


def test_near_a_beginning_that_was_not_read_before_nothing_is_called_missing():
    near = win(1, at=shifted(10, SINCE))
    kept = bet(2)
    result = compare([kept], [near, kept])
    assert (result.agrees, result.edge_count, told(result)) == (True, 1, [])
    read_before = compare([bet(3, at=shifted(-10, SINCE)), kept], [near, kept])
    assert [each.kind for each in read_before.discrepancies] == [D.MISSING_AT_PLATFORM]


def test_a_bet_whose_cancel_may_not_have_been_read_is_left_open():
    platform, book = [bet(1, at=shifted(-2)), bet(2)], [void(1, by="c", at=shifted(-1)), bet(2)]
    result = compare(platform, book)
    assert (told(result), result.edge_count, result.gaps()) == ([], 1, {"USD": 0})
    read_beyond = compare([*platform, bet(3, at=shifted(9))], book)
    assert [(each.kind, each.side) for each in read_beyond.discrepancies] == [(D.CANCELLED, "book")]


def test_a_bet_of_the_next_day_that_is_cancelled_on_one_side_is_of_that_day():
    platform, book = [bet(1, at=shifted(2)), bet(2)], [void(1, by="c", at=shifted(-1)), bet(2)]
    result = compare(platform, book)
    assert (told(result), result.gaps()) == ([], {"USD": 0})


def test_bets_that_only_one_side_knows_are_counted_with_their_cancels():
    lost = [bet(1), cancel("c", 1), bet(2), cancel("d", 2)]
    assert compare(lost, []).annulled == 2
    assert compare([], lost).annulled == 2
    assert compare(lost, lost).annulled == 0


def test_rows_far_from_the_window_are_left_out():
    far = [bet(9, at=SINCE - timedelta(days=3)), bet(8, at=END + timedelta(hours=1))]
    result = compare([bet(1)], [bet(1), *far])
    assert (result.agrees, result.edge, result.compared) == (True, (), 1)


def test_the_only_currency_that_is_named_is_taken_for_that_of_the_account():
    result = compare([bet(1)], [bet(1, currency="EUR")], currency=None)
    assert (result.agrees, result.gaps()) == (True, {"EUR": 0})


def test_several_currencies_without_that_of_the_account_are_refused():
    book = [bet(1, currency="EUR"), bet(2, currency="USD")]
    with pytest.raises(InvalidArgument, match="EUR, USD: give the account's currency"):
        compare([bet(1), bet(2)], book, currency=None)


def test_sums_are_told_by_kind_with_what_they_are_off_by():
    result = compare([bet(1, "0.1"), win(2, "0.30")], [bet(1, "0.1"), win(2, "0.2")])
    found = {each.kind: (each.platform, each.book, each.gap) for each in result.sums}
    assert found == {
        "bet": (Decimal("0.1"), Decimal("0.1"), 0),
        "win": (Decimal("0.3"), Decimal("0.2"), Decimal("0.1")),
    }


def test_unknown_types_are_compared_and_move_no_sum():
    row = Record("1", "type 64", Decimal(5), "ann", "r1")
    assert compare([row], [row]).agrees
    result = compare([row], [])
    assert told(result) == [(D.MISSING_IN_BOOK, "platform", "1", {})]


def test_discrepancies_are_grouped_by_player_and_round():
    platform = [bet(1, player="bob", round_="x"), win(2, player="bob", round_="x"), bet(3, player="ann")]
    result = compare(platform, [])
    groups = [
        (each.player_id, each.round_id, len(each.discrepancies), each.gaps) for each in result.by_round()
    ]
    assert groups == [("ann", "r3", 1, {"USD": -10}), ("bob", "x", 2, {"USD": -5})]


def test_a_result_keeps_so_many_discrepancies_and_hands_out_all(monkeypatch):
    monkeypatch.setattr(_comparison, "KEPT", 3)
    seen = []
    platform = [bet(number) for number in range(8)]
    result = reconcile(platform, [], DAY, currency="USD", on_discrepancy=seen.append)
    assert (len(result.discrepancies), result.omitted, result.counts) == (3, 5, {D.MISSING_IN_BOOK: 8})
    assert [each.record.transaction_id for each in seen] == [str(number) for number in range(8)]
    assert tuple(seen[:3]) == result.discrepancies


@pytest.mark.parametrize("source", [5, None, object()])
def test_what_has_no_transactions_is_refused(source):
    with pytest.raises(InvalidArgument, match="has no transactions"):
        reconcile([], source)


# Random books with discrepancies put into one side: every one is found, and none else.

AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=10**6, places=2)


@st.composite
def books(draw):
    """A list of rounds of the platform: of each what both sides have."""
    rounds = []
    for number in range(draw(st.integers(0, 25))):
        player = draw(st.sampled_from(["ann", "bob", "Ünal", "9"]))
        common = {"player": player, "round_": f"round-{number}", "at": draw(clock)}
        stake, prize = draw(AMOUNTS), draw(AMOUNTS)
        course = draw(st.sampled_from(["bet", "bet-win", "betwin", "cancelled", "void", "wins"]))
        name = f"{course}-{number}"
        if course == "cancelled":
            both = [bet(name, stake, **common), cancel(f"c-{number}", name, stake, **common)]
            platform, book = both, both
        elif course == "void":
            platform = [bet(name, stake, **common), cancel(f"c-{number}", name, stake, **common)]
            book = [void(name, f"c-{number}", **common)]
        else:
            platform = [] if course == "wins" else [bet(name, stake, **common)]
            if course != "bet":
                platform.append(win(name if course == "betwin" else f"w-{number}", prize, **common))
            book = list(platform)
        rounds.append((platform, book, course))
    return rounds


clock = st.integers(0, 86_399).map(lambda seconds: SINCE + timedelta(seconds=seconds))
INJECTED = ["missing_here", "missing_there", "amount", "currency", "player", "cancelled", "double"]


def inject(kind, platform, book, course, draw):  # noqa: PLR0911 -- a table, in words
    """Change a round on one side; return the discrepancies that it must show, None if it cannot be done."""
    if course == "void":
        return None
    spot = draw(st.integers(0, len(book) - 1))
    row = book[spot]
    if kind == "cancelled":
        if course == "cancelled":
            del book[1]
            return [(D.CANCELLED, "platform", platform[1].transaction_id)]
        if row.kind != "bet":
            return None
        book.append(
            cancel(
                f"extra-{row.transaction_id}",
                row.transaction_id,
                row.amount,
                row.player_id,
                row.round_id,
                row.at,
            )
        )
        return [(D.CANCELLED, "book", f"extra-{row.transaction_id}")]
    if course == "cancelled":
        return None
    if kind == "missing_here":
        del book[spot]
        return [(D.MISSING_IN_BOOK, "platform", row.transaction_id)]
    if kind == "missing_there":
        platform.remove(row)
        return [(D.MISSING_AT_PLATFORM, "book", row.transaction_id)]
    if kind == "double":
        book.append(row)
        return [(D.DOUBLE, "book", row.transaction_id)]
    change = {
        "amount": {"amount": row.amount + Decimal("0.01")},
        "currency": {"currency": "EUR"},
        "player": {"player_id": "somebody else"},
    }[kind]
    book[spot] = row._replace(**change)
    return [(getattr(D, kind.upper()), None, row.transaction_id)]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_injected_discrepancy_is_found_and_none_else(data):
    look_for_what_was_injected(data)


@pytest.mark.proof
@settings(max_examples=400, deadline=None)
@given(st.data())
def test_every_injected_discrepancy_is_found_in_many_books(data):
    look_for_what_was_injected(data)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@settings(max_examples=10_000, deadline=None)
@given(st.data())
def test_every_injected_discrepancy_is_found_in_very_many_books(data):
    look_for_what_was_injected(data)


def look_for_what_was_injected(data):
    rounds = data.draw(books())
    expected = []
    left, right = [], []
    for platform, book, course in rounds:
        here, there = list(platform), list(book)
        kind = data.draw(st.sampled_from([None, None, None, *INJECTED]))
        expected += (kind and inject(kind, here, there, course, data.draw)) or []
        left += here
        right += there
    random = Random(data.draw(st.integers(0, 99)))
    # Each side keeps its own clock.
    right = [row._replace(at=row.at + timedelta(seconds=random.uniform(-60, 60))) for row in right]
    random.shuffle(left)
    random.shuffle(right)
    window = Window(SINCE - timedelta(hours=1), END + timedelta(hours=1))

    result = reconcile(left, right, window, currency="USD")

    found = [(each.kind, each.side, each.record.transaction_id) for each in result.discrepancies]
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert result.agrees == (not expected)
    gaps = {}
    for each in result.discrepancies:
        for currency, gap in each.gaps.items():
            gaps[currency] = gaps.get(currency, Decimal(0)) + gap
    assert {name: gap for name, gap in result.gaps().items() if gap} == {
        name: gap for name, gap in gaps.items() if gap
    }
    assert sum((row.effect for row in left), Decimal(0)) - sum(
        (row.effect for row in right if row.currency is None), Decimal(0)
    ) == result.gaps().get("USD", 0)
    mirrored = reconcile(right, left, window, currency="USD")
    assert sum(mirrored.counts.values()) == len(expected)
