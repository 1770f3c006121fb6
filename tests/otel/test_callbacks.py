"""Callbacks as spans and metrics: time to answer, refusals, late ends, bookings; nothing of a player."""

import json
import logging
import threading
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from igamingace.callbacks import CallbackHooks, NotEnoughMoney, sign, wallet_app, wallet_wsgi
from igamingace.ledger import Ledger
from igamingace.otel import instrument, uninstrument
from opentelemetry import trace

TOKEN = "60349266c8d9487eab7531b1a15d2480"
BET = {
    "command": "bet",
    "transactionId": "T-1",
    "playerId": "secret-player",
    "currency": "USD",
    "amount": 10,
}
COMMAND, STATUS = "igamingace.callback.command", "igamingace.callback.status_code"


def wallet(**methods: Any) -> Any:
    """Return a wallet that answers by functions."""
    defaults = dict.fromkeys(("balance", "bet", "win", "betwin", "cancel"), lambda callback: 5)
    return SimpleNamespace(**{**defaults, **methods})


async def send(app, fields, *, token=TOKEN):
    body = json.dumps(fields).encode()
    headers = {"X-Request-Signature": sign(body, token)}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://casino.example") as client:
        return (await client.post("/", content=body, headers=headers)).json()


def counts(telemetry, name):
    return {
        tuple(sorted(point.attributes.items())): getattr(point, "count", getattr(point, "value", None))
        for point in telemetry.points(name)
    }


async def test_the_time_to_answer_is_measured_by_command_and_status_code(telemetry):
    def refuse(callback):
        raise NotEnoughMoney(balance=5)

    for each in (wallet(), wallet(), wallet(bet=refuse)):
        await send(wallet_app(each, token=TOKEN), BET)
    await send(wallet_app(wallet(), token=TOKEN), BET, token="another")

    expected = {
        ("bet", "OK"): 2,
        ("bet", "ERR_NOT_ENOUGH_MONEY"): 1,
        ("invalid", "ERR_INTEGRITY_CHECK_FAILED"): 1,
    }
    found = counts(telemetry, "igamingace.callback.duration")
    assert found == {
        ((COMMAND, command), (STATUS, code)): count for (command, code), count in expected.items()
    }
    refused = counts(telemetry, "igamingace.callback.refusals")
    assert refused == {key: count for key, count in found.items() if key[1][1] != "OK"}
    (point, *_) = telemetry.points("igamingace.callback.duration")
    assert {2.75, 3, 3.75, 4} <= {*point.explicit_bounds}


async def test_the_wallets_method_runs_in_the_span_of_its_callback(telemetry):
    current = []

    def bet(callback):
        current.append(trace.get_current_span())
        return 5

    async def win(callback):
        current.append(trace.get_current_span())
        return 5

    app = wallet_app(wallet(bet=bet, win=win), token=TOKEN)
    await send(app, BET)
    await send(app, {**BET, "command": "win", "transactionId": "T-2"})

    assert [span.name for span in telemetry.spans] == ["callback bet", "callback win"]
    assert [span.get_span_context() for span in telemetry.spans] == [s.get_span_context() for s in current]
    assert not trace.get_current_span().get_span_context().is_valid


async def test_a_late_end_is_counted(telemetry):
    released, told = threading.Event(), threading.Event()

    class Told(CallbackHooks):
        def ended_late(self, event, error):
            told.set()

    def bet(callback):
        released.wait(10)
        return 5

    app = wallet_app(wallet(bet=bet), token=TOKEN, margin=2.9, hooks=Told())
    assert (await send(app, BET))["statusCode"] == "ERR_UNKNOWN"
    released.set()
    assert told.wait(10)
    app.close()

    assert counts(telemetry, "igamingace.callback.late_ends") == {((COMMAND, "bet"),): 1}


async def test_bookings_are_counted_by_what_became_of_them(telemetry, tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path}/wallet.db")
    ledger.add_player("secret-player", "USD")
    ledger.deposit("secret-player", 15)
    app = wallet_app(ledger, token=TOKEN)
    for fields in (BET, BET, {**BET, "transactionId": "T-2"}, {**BET, "amount": 11}):
        await send(app, fields)
    app.close()
    ledger.close()

    found = counts(telemetry, "igamingace.ledger.bookings")
    outcomes = {dict(key)["igamingace.ledger.outcome"]: count for key, count in found.items()}
    assert outcomes == {"booked": 1, "known": 1, "NotEnoughMoney": 1, "TransactionMismatch": 1}


async def test_nothing_of_a_player_or_the_token_is_recorded(telemetry):
    def fail(callback):
        raise RuntimeError(callback.player_id)

    app = wallet_app(wallet(bet=fail), token=TOKEN)
    await send(app, BET)
    app.close()

    recorded = (
        "".join(span.to_json() for span in telemetry.spans) + telemetry.reader.get_metrics_data().to_json()
    )
    assert "callback bet" in recorded
    for secret in ("secret-player", "T-1", TOKEN):
        assert secret not in recorded


async def test_without_it_nothing_is_recorded(telemetry):
    uninstrument()
    await send(wallet_app(wallet(), token=TOKEN), BET)
    assert not telemetry.points("igamingace.callback.duration")
    assert not telemetry.spans


class Broken:
    """A provider of tracers and meters whose instruments raise at each use."""

    def __getattr__(self, name):
        if name.startswith(("get_", "create_")):
            return lambda *args, **options: self
        raise RuntimeError("broken")


@pytest.mark.parametrize("make", [wallet_app, wallet_wsgi])
async def test_an_error_of_opentelemetry_costs_no_callback(make, caplog):
    broken = Broken()
    instrument(tracer_provider=broken, meter_provider=broken)  # type: ignore[arg-type]
    caplog.set_level(logging.CRITICAL, "igamingace")
    try:
        app = make(wallet(), token=TOKEN)
        body = json.dumps(BET).encode()
        headers = {"X-Request-Signature": sign(body, TOKEN)}
        if make is wallet_app:
            assert await send(app, BET) == {"balance": 5, "statusCode": "OK"}
        else:
            with httpx2.Client(
                transport=httpx2.WSGITransport(app), base_url="http://casino.example"
            ) as client:
                assert client.post("/", content=body, headers=headers).json()["statusCode"] == "OK"
        app.close()
    finally:
        uninstrument()
