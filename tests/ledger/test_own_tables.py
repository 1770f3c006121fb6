"""The ledger around an application's own table of players, on the application's own engine."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from igamingace.callbacks import InvalidAccount, NotAuthenticated, NotEnoughMoney
from igamingace.errors import ConfigurationError
from igamingace.ledger import (
    Amount,
    AmountRefused,
    Ledger,
    MinorUnits,
    PlayerTable,
    create_schema,
    define_tables,
)

ANN = uuid.UUID("0190b3a4-5c6d-7e8f-9a0b-1c2d3e4f5a6b")


@pytest.fixture
def engine(database):
    url = database.replace("postgresql:", "postgresql+psycopg:")
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def users(engine):
    """Return a function that makes the application's table, with one user of 100.00."""
    metadata = sa.MetaData()

    def make(key=None, money=None, first=ANN, amount=Decimal(100)):
        table = sa.Table(
            f"users_{uuid.uuid4().hex[:8]}",
            metadata,
            sa.Column("uid", key or sa.Uuid, primary_key=True),
            sa.Column("name", sa.Text, nullable=False),
            sa.Column("money", money or Amount(2), nullable=False),
            sa.Column("iso", sa.String(3), nullable=False),
        )
        table.create(engine)
        with engine.begin() as connection:
            connection.execute(table.insert(), {"uid": first, "name": "Ann", "money": amount, "iso": "USD"})
        return table

    yield make
    metadata.drop_all(engine)


def test_an_sqlite_engine_that_begins_by_itself_does_all_that_another_does(tmp_path, calls):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/wallet.db")

    @sa.event.listens_for(engine, "connect")
    def leave_it_to_us(driver, _):
        driver.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def begin(connection):  # as SQLAlchemy's documentation has it
        connection.exec_driver_sql("BEGIN")

    ledger = Ledger(engine)
    ledger.create_schema()
    ledger.add_player("ann", "USD")
    ledger.deposit("ann", 100, key="k")

    balances = [ledger.bet(calls.bet(1, 5)), ledger.bet(calls.bet(1, 5)), ledger.cancel(calls.cancel(2, 1))]

    assert balances == [95, 95, 100]
    assert ledger.deposit("ann", 100, key="k") == 100
    assert len(ledger.history("ann")) == 3
    ledger.close()
    engine.dispose()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_an_engine_does_at_the_begin_of_its_transactions_is_not_done_inside_those_of_the_ledger(
    engine, users, calls
):
    table = users(key=sa.Text, first="ann")

    @sa.event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")

    ledger = around(engine, table)
    assert ledger.bet(calls.bet(1, 5)) == 95
    assert ledger.bet(calls.bet(1, 5)) == 95
    assert ledger.cancel(calls.cancel(2, of=1)) == 100
    assert [entry.command for entry in ledger.history("ann")] == ["cancel", "bet"]


def test_a_balance_below_zero_still_takes_what_is_paid(engine, users, calls):
    table = users(key=sa.Text, first="ann", amount=Decimal(-20))
    ledger = around(engine, table)

    assert ledger.win(calls.win(1, 5)) == -15
    assert ledger.deposit("ann", 5) == -10
    with pytest.raises(NotEnoughMoney):
        ledger.bet(calls.bet(2, 1))


def around(engine, table, **options):
    columns = {"player_id": "uid", "balance": "money", "currency": "iso"}
    minor = options.pop("minor_digits", None)
    players = PlayerTable(table=table, **columns, minor_digits=minor)
    create_schema(engine, players=players, prefix=f"{table.name}_")
    return Ledger(engine, players=players, prefix=f"{table.name}_", **options)


def money(engine, table):
    with engine.connect() as connection:
        return connection.execute(sa.select(table.c.money)).scalar_one()


KEYS = {
    "uuid": (sa.Uuid, ANN, str(ANN), str(ANN).upper()),
    "integer": (sa.BigInteger, 17, "17", "017"),
    "text": (sa.Text, "ann", "ann", "Ann"),
}


@pytest.mark.parametrize("kind", KEYS)
def test_the_application_names_its_columns(engine, users, calls, kind):
    key, value, player_id, other = KEYS[kind]
    table = users(key=key, first=value)
    ledger = around(engine, table)
    assert ledger.bet(calls.bet(1, "0.25", playerId=player_id)) == Decimal("99.75")
    assert money(engine, table) == Decimal("99.75")
    assert ledger.history(player_id)[0].player_id == player_id
    with pytest.raises(NotAuthenticated):
        ledger.bet(calls.bet(2, "1", playerId=other))


BALANCES: dict[str, tuple[Any, ...]] = {
    "Amount": (Amount(2), Decimal(100), None),
    "MinorUnits": (MinorUnits(2), Decimal(100), None),
    "integers": (sa.BigInteger, 10_000, 2),
}


@pytest.mark.parametrize("kind", BALANCES)
def test_a_balance_may_be_kept_as_decimals_or_as_integers(engine, users, calls, kind):
    column, amount, minor = BALANCES[kind]
    table = users(money=column, amount=amount)
    ledger = around(engine, table, minor_digits=minor)
    assert ledger.win(calls.win(1, "0.25", playerId=str(ANN))) == Decimal("100.25")
    assert money(engine, table) == amount + (25 if minor else Decimal("0.25"))
    for refused in ("0.001", "1e17"):
        with pytest.raises(AmountRefused) if kind != "Amount" or refused == "0.001" else ledger_takes():
            ledger.win(calls.win(2, refused, playerId=str(ANN)))


def ledger_takes():
    import contextlib

    return contextlib.nullcontext()


def test_what_the_application_writes_and_the_ledger_writes_add_up(engine, users, calls):
    table = users()
    ledger = around(engine, table)
    ledger.bet(calls.bet(1, "10", playerId=str(ANN)))
    with engine.begin() as connection:
        connection.execute(table.update().values(money=Decimal("500.00")))
    assert ledger.win(calls.win(2, "1", playerId=str(ANN))) == 501


def test_numeric_is_exact_on_postgresql_and_refused_on_sqlite(engine, users, calls):
    table = users(money=sa.Numeric(12, 2) if engine.dialect.name == "postgresql" else sa.Text, amount="100")
    if engine.dialect.name == "sqlite":
        table = sa.Table(
            "numeric", sa.MetaData(), *(sa.Column(c, sa.Numeric) for c in ("uid", "money", "iso"))
        )
        table.c.uid.type = sa.Text()
        with pytest.raises(ConfigurationError, match="floats"):
            around(engine, table)
        return
    ledger = around(engine, table)
    assert ledger.win(calls.win(1, "9999999899.99", playerId=str(ANN))) == Decimal("9999999999.99")
    with pytest.raises(AmountRefused):
        ledger.win(calls.win(2, "0.01", playerId=str(ANN)))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_balance_with_more_digits_than_the_ledger_keeps_is_refused_not_rounded(engine, users, calls):
    table = users(money=sa.Numeric, amount=Decimal("1.123456789"))
    ledger = around(engine, table)
    with pytest.raises(AmountRefused):
        ledger.win(calls.win(1, "1", playerId=str(ANN)))
    assert money(engine, table) == Decimal("1.123456789")
    assert ledger.history(str(ANN)) == []


def test_with_a_balance_finer_than_the_ledger_keeps_every_change_is_refused_and_reported(
    engine, users, calls, diary
):
    amount = Decimal("500.123456789")
    table = users(money=sa.Numeric if engine.dialect.name == "postgresql" else Amount(8))
    ledger = around(engine, table, hooks=diary)
    who = {"playerId": str(ANN)}
    ledger.bet(calls.bet(1, "1", **who))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {table.name} SET money = '{amount}'")
    history = ledger.history(str(ANN))
    changes = [
        calls.bet(2, "1", **who),
        calls.win(3, "1", **who),
        calls.betwin(4, "1", "1", **who),
        calls.cancel(5, of=1, **who),
        calls.cancel(6, of=99, **who),
    ]
    for call in changes:
        with pytest.raises(AmountRefused, match="the balance has too many digits") as refused:
            getattr(ledger, call.command)(call)
        assert refused.value.balance == amount
    with pytest.raises(AmountRefused, match="the balance"):
        ledger.deposit(str(ANN), 1)
    assert ledger.balance(calls.balance(**who)) == amount
    assert ledger.history(str(ANN)) == history
    assert diary.entries == [("not_exact", str(number), amount) for number in range(2, 7)]


@pytest.mark.parametrize("column", [sa.Float, sa.Integer, sa.Numeric(asdecimal=False), sa.Text])
def test_a_column_that_is_not_exact_is_refused(column):
    table = sa.Table("t", sa.MetaData(), sa.Column("player_id", sa.Text), sa.Column("balance", column))
    with pytest.raises(ConfigurationError, match="exact"):
        define_tables(sa.MetaData(), players=PlayerTable(table=table, currency=None))


def test_a_column_that_is_missing_is_refused():
    table = sa.Table("t", sa.MetaData(), sa.Column("player_id", sa.Text))
    with pytest.raises(ConfigurationError, match="balance"):
        define_tables(sa.MetaData(), players=PlayerTable(table=table))


def test_a_key_that_holds_no_player_id_is_refused():
    table = sa.Table("t", sa.MetaData(), sa.Column("player_id", sa.Date), sa.Column("balance", Amount(2)))
    with pytest.raises(ConfigurationError, match="playerId"):
        define_tables(sa.MetaData(), players=PlayerTable(table=table, currency=None))


def test_the_currency_of_the_application_s_players_is_checked(engine, users, calls):
    ledger = around(engine, users(), currency="EUR")
    with pytest.raises(InvalidAccount):
        ledger.balance(calls.balance(playerId=str(ANN)))


def test_players_of_the_application_are_added_by_the_application(engine, users):
    with pytest.raises(ConfigurationError, match="your table"):
        around(engine, users()).add_player("bob", "USD")


def test_an_engine_of_the_application_stays_open(engine, users):
    table = users()
    around(engine, table).close()
    assert money(engine, table) == 100


def test_the_application_s_connections_come_back_as_they_were(engine, users, calls):
    ledger = around(engine, users())
    with engine.connect() as connection:
        before = connection.get_isolation_level()
    ledger.bet(calls.bet(1, "1", playerId=str(ANN)))
    with engine.connect() as connection:
        assert connection.get_isolation_level() == before
