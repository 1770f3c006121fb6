"""Our ledger, the example wallet and both reference wallets pass every conformance vector."""

import asyncio
import base64
import runpy
import sqlite3
from contextlib import closing, contextmanager
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path

import httpx2
import pytest
from igamingace._wallet_client.client import connect_to
from igamingace.callbacks import SIGNATURE_HEADER, wallet_app
from igamingace.ledger import Ledger

from .vectors import MANIFEST, SIGNATURES, TOKEN, WALLETS, run

SIGNATURE = SIGNATURE_HEADER.encode()
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "wallet.py"
# What the example wallet leaves out, to stay short: it stores whole cents, of one currency.
OTHER_SCALE = {"amount.thousandths", "amount.without_digits", "refusal.other_currency"}


@contextmanager
def in_process(app):
    """Give `post` of an ASGI application."""
    with asyncio.Runner() as runner:
        transport = connect_to(app, "/")

        def post(headers, body):
            answer = runner.run(transport.send(body, dict(headers).get(SIGNATURE)))
            return answer.http_status, answer.body

        yield post
        runner.run(transport.close())
        app.close()


def failures(post, bookings=None, *, leave_out=()):
    """Run all vectors, and return what is wrong, by the vector: ours take what can be understood, too."""
    found = {}
    for vector in WALLETS:
        if vector["id"] in leave_out:
            continue
        outcome = run(vector, post, bookings)
        better = vector["outcomes"][0]
        if isinstance(outcome, list):
            found[vector["id"]] = outcome
        elif vector["outcomes"][outcome]["after"] != better["after"]:
            found[vector["id"]] = ["refused, though it could be understood"]
    return found


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.proof)])
def test_the_ledger_passes_each_vector(kind, tmp_path, request):
    url = f"sqlite:///{tmp_path}/wallet.db" if kind == "sqlite" else request.getfixturevalue("postgresql")
    with closing(Ledger(url, prefix="vectors_")) as ledger:
        ledger.create_schema()
        for player in MANIFEST["players"]:
            ledger.add_player(player["playerId"], player["currency"])
            if Decimal(player["balance"]):
                ledger.deposit(player["playerId"], Decimal(player["balance"]))
        with in_process(wallet_app(ledger, token=TOKEN)) as post:
            found = failures(post, lambda players: states(ledger, players))

    assert found == {}


def states(ledger, players):
    """Return what the ledger has booked for players, and whether it was refunded."""
    entries = [entry for player in players for entry in ledger.history(player) if entry.key is None]
    return {
        entry.transaction_id: "booked" if entry.cancelled_by is None else "refunded"
        for entry in entries
        if entry.command != "void"
    }


def test_the_example_wallet_passes_each_vector_that_is_in_cents(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where it puts its database
    wallet = runpy.run_path(str(EXAMPLE))["wallet"]
    with closing(sqlite3.connect("casino.db")) as book, book:
        for player in MANIFEST["players"]:
            row = player["playerId"], int(Decimal(player["balance"]) * 100)
            book.execute("INSERT INTO player VALUES (?, ?)", row)
    with in_process(wallet_app(wallet, token=TOKEN)) as post:
        found = failures(post, leave_out=OTHER_SCALE)

    assert found == {}


@pytest.mark.proof  # every Python sends the same
def test_a_reference_wallet_tells_right_signatures_from_wrong_ones(reference_wallet):
    found = []
    for vector in SIGNATURES:
        if vector["token"] != TOKEN:
            continue
        headers = {"X-Request-Signature": vector["header"]}
        answer = httpx2.post(reference_wallet.url, headers=headers, content=base64.b64decode(vector["body"]))
        # What is signed and no callback is refused for what it says.
        accepted = answer.json()["statusCode"] != "ERR_INTEGRITY_CHECK_FAILED"
        if answer.status_code != HTTPStatus.OK or accepted is not vector["valid"]:
            found.append(vector["id"])

    assert found == []


@pytest.mark.proof  # every Python sends the same
def test_a_reference_wallet_passes_each_vector(reference_wallet):
    for player in MANIFEST["players"]:
        reference_wallet.add(player["playerId"], player["balance"], player["currency"])
    with httpx2.Client() as client:

        def post(headers, body):
            answer = client.post(reference_wallet.url, headers=headers, content=body)
            return answer.status_code, answer.content

        found = failures(post, lambda _players: reference_wallet.bookings())

    assert found == {}
