"""Each error of the database has one action: drop the connection, try again, give up."""

import time
from contextlib import contextmanager, suppress

import psycopg
import pytest
import sqlalchemy as sa
from igamingace.ledger._sqlstates import ACTIONS, Action, action_for

from .conftest import as_engine
from .watching import watch

STATES = {
    Action.DROP: (
        "08000 08003 08006 08P01 0A000 25000 25001 25006 25P01 25P02 25P03 26000 42P05 "
        "57P01 57P02 57P03 57P04 57P05"
    ),
    Action.RETRY: "40000 40001 40003 40P01 53300 55P03 57014",
    Action.GIVE_UP: "28000 42501 42P01 53100 53200 53400 55000 58030 P0001 XX000 XX001",
}
EACH = [(state, action) for action, states in STATES.items() for state in states.split()]
RAISED_ONCE = """
CREATE SEQUENCE {name};
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('{name}') = 1 THEN RAISE EXCEPTION 'a test' USING ERRCODE = '{state}'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
"""


@pytest.fixture
def raise_once(postgresql):
    """Return a function that lets the server raise an error at the next entry of a ledger."""
    engine = as_engine(postgresql)
    dropped = []

    def raise_once_(ledger, state):
        table = ledger._schema.entries.name
        name = f"{table}_{state.lower()}"
        with engine.begin() as connection:
            connection.exec_driver_sql(RAISED_ONCE.format(name=name, state=state, table=table))
        dropped.append((name, table))

    yield raise_once_
    with engine.begin() as connection:
        for name, table in dropped:
            connection.exec_driver_sql(
                f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}; DROP SEQUENCE {name}"
            )
    engine.dispose()


@pytest.mark.parametrize(("state", "action"), EACH)
@pytest.mark.parametrize("database", ["postgresql", "engine"], indirect=True)
def test_an_error_of_the_server_leads_to_its_action(opened, fund, calls, diary, raise_once, state, action):
    ledger = fund(opened(hooks=diary))
    pool = ledger.engine.pool
    raise_once(ledger, state)
    if action is Action.GIVE_UP:
        with pytest.raises(psycopg.Error) as raised:
            ledger.bet(calls.bet(1, "10"))
        assert raised.value.sqlstate == state
        assert diary.entries == []
    else:
        assert ledger.bet(calls.bet(1, "10")) == 90
        assert diary.entries == [("retried", 1)]
    assert (ledger.engine.pool is not pool) == (action is Action.DROP)
    assert ledger.bet(calls.bet(2, "10")) == 90 - 10 * (action is not Action.GIVE_UP)


@pytest.mark.parametrize(("state", "action"), EACH)
def test_an_error_that_sqlalchemy_wraps_has_the_same_action(postgresql, state, action):
    engine = as_engine(postgresql)
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as raised:
        connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")
    engine.dispose()
    assert action_for(raised.value) is action


def test_every_line_of_the_table_is_tried():
    tried = [state for state, _ in EACH]
    assert [line for line in ACTIONS if not any(state.startswith(line) for state in tried)] == []


@pytest.fixture
def role_has(postgresql):
    """Return a context manager: inside it, sessions begin with a setting of their role."""
    engine = as_engine(postgresql)

    def alter(change):
        with engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER ROLE postgres {change}")

    @contextmanager
    def role_has_(ledger, setting, value):
        alter(f"SET {setting} = {value}")
        ledger.engine.dispose()
        try:
            yield
        finally:
            alter(f"RESET {setting}")
            ledger.engine.dispose()

    yield role_has_
    engine.dispose()


@pytest.mark.parametrize("database", ["postgresql", "engine"], indirect=True)
def test_a_lock_timeout_of_the_role_is_waited_out(opened, fund, calls, diary, postgresql, role_has):
    ledger = fund(opened(hooks=diary))
    other = as_engine(postgresql)
    with role_has(ledger, "lock_timeout", 20), other.connect() as holder:
        holder.execute(sa.select(ledger._schema.players).with_for_update())
        diary.retried = lambda error, attempt: (diary.entries.append(error.sqlstate), holder.rollback())
        assert ledger.bet(calls.bet(1, "10")) == 90
    other.dispose()
    assert diary.entries == ["55P03"]


@pytest.mark.parametrize("database", ["postgresql", "engine"], indirect=True)
def test_a_transaction_that_the_server_ends_for_being_idle_is_tried_again(
    opened, fund, calls, diary, role_has
):
    ledger = fund(opened(hooks=diary))
    slow = []

    def dawdle(statement):
        if statement.startswith("WITH") and not slow:
            slow.append(statement)
            time.sleep(0.5)

    watch(ledger.engine, dawdle)
    diary.retried = lambda error, attempt: diary.entries.append(error.sqlstate)
    with role_has(ledger, "idle_in_transaction_session_timeout", 50):
        assert ledger.bet(calls.bet(1, "10")) == 90
    assert diary.entries == ["25P03"]


@pytest.mark.parametrize("database", ["postgresql", "engine"], indirect=True)
def test_a_server_without_a_free_connection_is_tried_again(opened, fund, calls, diary, postgresql):
    ledger = fund(opened(hooks=diary))
    ledger.engine.dispose()
    hog = sa.create_engine(as_engine(postgresql).url, pool_size=200)
    held = []
    with suppress(sa.exc.OperationalError):
        while len(held) < 200:
            held.append(hog.connect())
    assert len(held) < 200

    def free(error, attempt):
        diary.entries.append(attempt)
        while held:
            held.pop().close()
        hog.dispose()

    diary.retried = free
    assert ledger.bet(calls.bet(1, "10")) == 90
    assert diary.entries == [1]
