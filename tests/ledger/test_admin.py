"""What the operator does with a ledger, and the tables that it is made of."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy
from igamingace.callbacks import InvalidPlayer, NotEnoughMoney
from igamingace.errors import ConfigurationError, InvalidArgument
from igamingace.ledger import Ledger, ddl, define_tables
from igamingace.ledger._schema import VERSION

NOW = datetime.now(UTC)


def test_deposits_and_withdrawals_add_up(ledger):
    assert ledger.deposit("ann", Decimal("0.50")) == Decimal("100.50")
    assert ledger.withdraw("ann", 100) == Decimal("0.50")
    with pytest.raises(NotEnoughMoney, match=r"^'ann' has 0\.5, which is less$") as refused:
        ledger.withdraw("ann", 1)
    assert refused.value.balance == Decimal("0.5")
    assert ledger.balance_of("ann") == Decimal("0.50")


def test_a_deposit_with_a_key_happens_once(opened, fund):
    ledger = fund(fund(opened()), "bob")
    assert [ledger.deposit("ann", 5, key="payment 1") for _ in range(3)] == [105, 105, 105]
    for other in (("ann", 6), ("bob", 5)):
        with pytest.raises(InvalidArgument, match="payment 1"):
            ledger.deposit(*other, key="payment 1")
    with pytest.raises(InvalidArgument, match="payment 1"):
        ledger.withdraw("ann", 5, key="payment 1")
    assert (ledger.balance_of("ann"), ledger.balance_of("bob")) == (105, 100)


def test_a_key_that_no_database_can_hold_is_refused(ledger, unchanged):
    for move in (ledger.deposit, ledger.withdraw):
        with unchanged(ledger), pytest.raises(InvalidArgument, match="NUL"):
            move("ann", 1, key="a\0b")


@pytest.mark.parametrize("amount", [0, -1, Decimal("NaN"), Decimal("inf"), 0.1, True, "5", b"5", None])
def test_an_amount_that_is_none_is_refused(ledger, amount, unchanged):
    for move in (ledger.deposit, ledger.withdraw):
        with unchanged(ledger), pytest.raises(InvalidArgument):
            move("ann", amount)


@pytest.mark.parametrize(
    ("ask", "problem"),
    [
        (lambda ledger: ledger.add_player(5, "USD"), "player_id is 5: give the API's playerId"),
        (lambda ledger: ledger.add_player("bob", 5), "5 is no currency"),
        (lambda ledger: ledger.balance_of(5), "player_id is 5"),
        (lambda ledger: ledger.deposit(5, 1), "player_id is 5"),
        (lambda ledger: ledger.withdraw(5, 1), "player_id is 5"),
        (lambda ledger: ledger.deposit("ann", 1, key=5), "a key is text"),
        (
            lambda ledger: ledger.deposit("ann", 12.5),
            "12.5 is a float, which is not exact: give Decimal('12.5')",
        ),
        (lambda ledger: ledger.history(5), "player_id is 5"),
        (lambda ledger: ledger.history("ann", limit="5"), "limit is '5': give 1 or more"),
        (lambda ledger: ledger.history("ann", limit=0), "limit is 0: give 1 or more"),
        (lambda ledger: ledger.history("ann", before=5), "before is of type int: give an Entry"),
        (lambda ledger: ledger.entries(date(2026, 11, 30), NOW), "since is a date: give an aware datetime"),
        (lambda ledger: ledger.totals(NOW, "now"), "until is a str: give an aware datetime"),
        (lambda ledger: ledger.entries(NOW, NOW, player_id=5), "player_id is 5"),
        (lambda ledger: ledger.by_round(NOW, NOW, player_id=["ann"]), "player_id is ['ann']"),
        (lambda ledger: ledger.by_round(NOW.replace(tzinfo=None), NOW), "since has no time zone"),
    ],
)
def test_an_argument_of_a_wrong_type_is_named(ledger, unchanged, ask, problem):
    with unchanged(ledger), pytest.raises(InvalidArgument) as caught:
        ask(ledger)

    assert str(caught.value).startswith(problem)


def test_an_unknown_player_has_nothing(ledger):
    for ask in (
        ledger.balance_of,
        lambda player: ledger.deposit(player, 1),
        lambda player: ledger.withdraw(player, 1),
    ):
        with pytest.raises(InvalidPlayer):
            ask("nobody")


@pytest.mark.parametrize(
    ("player", "currency"), [("ann", "USD"), ("", "USD"), ("a\0", "USD"), ("bob", "usd"), ("bob", "US")]
)
def test_a_player_who_cannot_be_added_is_refused(ledger, player, currency):
    with pytest.raises(InvalidArgument):
        ledger.add_player(player, currency)


def test_the_history_tells_what_happened_newest_first_page_by_page(ledger, calls):
    ledger.bet(calls.bet(1, "10"))
    ledger.betwin(calls.betwin(2, "20", "5.5"))
    ledger.cancel(calls.cancel(3, of=1))
    newest = ledger.history("ann", limit=3)
    oldest = ledger.history("ann", before=newest[-1])
    told = [
        (e.command, e.debit, e.credit, e.balance, e.reference_id, e.cancelled_by) for e in newest + oldest
    ]
    assert told == [
        ("cancel", 0, 10, Decimal("85.5"), "1", None),
        ("betwin", 20, Decimal("5.5"), Decimal("75.5"), None, None),
        ("bet", 10, 0, 90, None, "3"),
        ("deposit", 0, 100, 100, None, None),
    ]
    assert all(entry.created_at.tzinfo is not None for entry in newest)


def test_accounts_with_prefixes_of_their_own_do_not_meet(opened, fund, calls):
    one, other = fund(opened(prefix="one_")), fund(opened(prefix="other_"))
    try:
        one.bet(calls.bet(1, "10"))
        other.win(calls.win(1, "10"))
        assert (one.balance_of("ann"), other.balance_of("ann")) == (90, 110)
    finally:
        for ledger in (one, other):
            define = define_tables(
                sqlalchemy.MetaData(), prefix=ledger._schema.entries.name.removesuffix("entries")
            )
            define.entries.metadata.drop_all(ledger.engine)


def test_the_printed_ddl_makes_the_same_tables(database, opened, fund, calls):
    engine = sqlalchemy.create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
    prefix = f"printed{id(engine)}_"
    with engine.begin() as connection:
        for statement in ddl(engine.dialect.name, prefix=prefix, scale=2).split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement)
    try:
        ledger = fund(Ledger(engine, prefix=prefix, scale=2))
        assert ledger.bet(calls.bet(1, "10")) == 90
    finally:
        define_tables(sqlalchemy.MetaData(), prefix=prefix, scale=2).entries.metadata.drop_all(engine)
        engine.dispose()


def test_the_schema_is_made_once_however_often_it_is_asked_for(ledger):
    ledger.create_schema()
    assert ledger.balance_of("ann") == 100


def with_version(ledger, version):
    """Let the tables say that they are of another version, or of none."""
    table = ledger._schema.version
    with ledger.engine.begin() as connection:
        connection.execute(table.delete())
        if version is not None:
            connection.execute(table.insert(), {"version": version})


@pytest.mark.parametrize(("version", "said"), [(2, "are of version 2"), (None, "has no row")])
def test_tables_of_another_version_are_refused_with_a_sentence(opened, fund, calls, version, said):
    first = fund(opened())
    with_version(first, version)
    later = Ledger(first.engine, prefix=first._schema.entries.name.removesuffix("entries"))
    for ask in (
        lambda: later.bet(calls.bet(1, "1")),
        lambda: later.balance(calls.balance()),
        lambda: later.deposit("ann", 1),
        lambda: later.history("ann"),
        later.create_schema,
    ):
        with pytest.raises(ConfigurationError, match=said):
            ask()
    with_version(first, VERSION)
    assert later.bet(calls.bet(1, "1")) == 99


def test_tables_that_are_not_there_are_named_with_what_to_do(database, calls):
    engine = sqlalchemy.create_engine(database.replace("postgresql:", "postgresql+psycopg:"))
    with pytest.raises(ConfigurationError, match=r"no table nowhere_version.*create_schema\(\).*ddl\(\)"):
        Ledger(engine, prefix="nowhere_").bet(calls.bet(1, "1"))
    engine.dispose()


def test_tables_of_a_time_before_versions_are_refused(opened):
    ledger = opened()
    ledger._schema.version.drop(ledger.engine)
    with pytest.raises(ConfigurationError, match="an unpublished version has made them"):
        ledger.create_schema()


@pytest.mark.parametrize("url", ["mysql://localhost/x", "oracle://localhost"])
def test_another_database_is_refused(url):
    with pytest.raises(ConfigurationError, match="postgresql and sqlite"):
        Ledger(url)


@pytest.mark.parametrize("scale", [-1, 20])
def test_a_scale_out_of_range_is_refused(scale):
    with pytest.raises(ConfigurationError, match="scale"):
        Ledger("sqlite://", scale=scale)
