"""A bet that cannot be booked before it is answered for as failed is not booked afterwards either."""

import threading
from contextlib import contextmanager

import httpx2
import pytest
import sqlalchemy as sa
from igamingace._common.clock import monotonic
from igamingace.callbacks import CallbackHooks, sign, wallet_app
from igamingace.ledger import _engine, _ledger

from .watching import watch

TOKEN = "60349266c8d9487eab7531b1a15d2480"
EVERYWHERE = pytest.mark.parametrize("database", ["sqlite", "postgresql", "engine"], indirect=True)


@pytest.fixture
def patient():
    """Keep the vendor's time limits: the tests are about them."""


@contextmanager
def locked(ledger):
    """Hold the lock that a bet needs, from a connection of another program."""
    engine = sa.create_engine(ledger.engine.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else "BEGIN")
        if not sqlite:
            other.execute(sa.select(ledger._schema.players).with_for_update())
        yield
        other.exec_driver_sql("ROLLBACK")


class Late(CallbackHooks):
    """Waits for wallets that were given up on."""

    def __init__(self):
        self.given_up = 0
        self.ended = threading.Semaphore(0)

    def overdue(self, event):
        self.given_up += 1

    def ended_late(self, event, error):
        assert error is not None
        self.ended.release()

    def wait(self):
        return all(self.ended.acquire(timeout=20) for _ in range(self.given_up))


async def answer(app, callback):
    body = callback.model_dump_json(by_alias=True, exclude={"timestamp"})[:-1] + ',"timestamp":1713792000}'
    body = body.replace('"amount":"10"', '"amount":10').encode()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://a.example") as client:
        sent = await client.post("/", content=body, headers={"X-Request-Signature": sign(body, TOKEN)})
    return sent.json()


@EVERYWHERE
async def test_a_bet_behind_a_lock_is_rolled_back_when_the_answer_has_gone_out(
    opened, fund, calls, unchanged
):
    ledger, late = fund(opened()), Late()
    app = wallet_app(ledger, token=TOKEN, margin=2.7, hooks=late)
    with unchanged(ledger):
        with locked(ledger):
            answered = await answer(app, calls.bet(1, "10"))
        assert late.wait()
    app.close()
    assert answered == {"balance": 0, "statusCode": "ERR_UNKNOWN"}
    assert ledger.bet(calls.bet(1, "10")) == 90


@EVERYWHERE
def test_what_was_done_too_slowly_is_not_committed(opened, fund, calls, unchanged, monkeypatch):
    ledger = fund(opened())
    late = []
    with unchanged(ledger), monkeypatch.context() as patched:
        patched.setattr(_engine, "monotonic", lambda: monotonic() + 60 * len(late))
        watch(ledger.engine, lambda sql: sql.startswith(("UPDATE", "WITH")) and not late and late.append(sql))
        with pytest.raises(TimeoutError, match="nothing was booked"):
            ledger.bet(calls.bet(1, "10"))
    assert late
    assert ledger.bet(calls.bet(1, "10")) == 90


@pytest.mark.parametrize("database", ["postgresql", "engine"], indirect=True)
def test_one_statement_is_ended_by_the_server(opened, fund, calls, unchanged, monkeypatch):
    ledger = fund(opened())
    monkeypatch.setattr(_ledger, "_RESERVE", 2.8)  # of the three seconds for a bet
    with unchanged(ledger), locked(ledger), pytest.raises(Exception, match="statement timeout"):
        ledger.bet(calls.bet(1, "10"))
    assert ledger.bet(calls.bet(1, "10")) == 90
