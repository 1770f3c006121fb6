"""Every callback that is documented or was seen is booked, once, and kept as it came."""

import asyncio
import json
import time
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import httpx2
import pytest
from callback_spellings import DOCUMENTED, SPELLINGS
from igamingace import drift
from igamingace.callbacks import AlreadyRolledBack, TransactionNotFound, sign, wallet_app
from igamingace.ledger import TransactionMismatch

TOKEN = "60349266c8d9487eab7531b1a15d2480"
EVERYWHERE = pytest.mark.parametrize(
    "database", ["sqlite", "postgresql", "engine", "pgbouncer"], indirect=True
)
IN_PROOFS_EVERYWHERE = pytest.mark.parametrize(
    "database",
    [
        "sqlite",
        "postgresql",
        *(pytest.param(each, marks=pytest.mark.proof) for each in ("engine", "pgbouncer")),
    ],
    indirect=True,
)
AFTER = {"balance": "100", "bet": "89.5", "win": "110.5", "betwin": "103.5", "cancel": "100"}
"""The balance after each command: the cancel is that of a bet of 10.5."""


def clear(ledger):
    with ledger.engine.begin() as connection:
        for table in ledger._schema.own_tables():
            if table is not ledger._schema.version:
                connection.execute(table.delete())
    for player in ("ann", "7"):
        ledger.add_player(player, "USD")
        ledger.deposit(player, 100)


async def play(app, spelling):
    """Send a callback three times, after the bet that it cancels."""
    before = []
    if spelling.command == "cancel":
        player, bet = spelling.fields["playerId"], spelling.expected["bet_id"]
        before = [{**DOCUMENTED["bet"], "playerId": player, "transactionId": bet}]
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://casino.example") as client:
        answers = []
        for fields in (*before, spelling.fields, spelling.fields, spelling.fields):
            body = json.dumps(fields).encode()
            headers = {"X-Request-Signature": sign(body, TOKEN)}
            answers.append((await client.post("/", content=body, headers=headers)).json())
    return answers[len(before) :]


@IN_PROOFS_EVERYWHERE
def test_each_callback_is_booked_once_and_answered_alike_when_it_comes_again(opened):
    ledger = opened(currency="USD")
    app = wallet_app(ledger, token=TOKEN)
    for spelling in SPELLINGS:
        clear(ledger)
        answers = asyncio.run(play(app, spelling))
        balance = Decimal(AFTER[spelling.command])
        answered = [(answer["statusCode"], Decimal(str(answer["balance"]))) for answer in answers]
        assert answered == [("OK", balance)] * 3, str(spelling)
        player = spelling.expected["player_id"]
        assert ledger.balance_of(player) == balance, str(spelling)
        history = ledger.history(player)
        assert sum(entry.credit - entry.debit for entry in history) == balance, str(spelling)
        if spelling.command != "balance":
            assert_kept_as_it_came(history[0], spelling)
    app.close()


def assert_kept_as_it_came(entry, spelling):
    expected = spelling.expected
    assert entry.command == spelling.command
    assert (entry.transaction_id, entry.sent_at) == (expected["transaction_id"], expected["timestamp"])
    assert (entry.round_id, entry.game_code) == (expected["round_id"], expected["game_code"]), str(spelling)
    assert (entry.provider_id, entry.currency) == (expected["provider_id"], expected["currency"]), str(
        spelling
    )
    assert entry.reference_id == expected.get("bet_id")


@EVERYWHERE
def test_a_repetition_may_lack_what_does_not_decide_about_money(ledger, calls):
    ledger.bet(calls.bet(1, "10"))
    assert ledger.bet(calls.bet(1, "10", roundId=None, gameCode=None, providerId=None, bonusId=None)) == 90
    ledger.win(calls.win(2, "5", roundId=None, gameCode=None))
    assert ledger.win(calls.win(2, "5")) == 95


@EVERYWHERE
def test_ids_are_compared_and_sorted_by_their_bytes(opened, fund, calls):
    ledger = fund(opened())
    ids = ["a", "A", "ä", "a ", "B", "_", "10", "9", "é", "e\u0301"]
    for number in ids:
        ledger.win(calls.win(number, "1"))
    assert ledger.balance_of("ann") == 100 + len(ids), "no two of them are the same id"
    column = ledger._schema.entries.c.transaction_id
    with ledger.engine.connect() as connection:
        query = ledger._schema.entries.select().where(column.is_not(None)).order_by(column)
        found = [row.transaction_id for row in connection.execute(query)]
    assert found == sorted(ids, key=str.encode)


def test_a_timestamp_is_kept_in_utc_whatever_its_zone(ledger, calls):
    from datetime import timedelta, timezone

    seoul = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=9)))
    ledger.bet(calls.bet(1, "1", timestamp=seoul))
    (entry,) = ledger.history("ann", limit=1)
    assert entry.sent_at == seoul
    assert entry.sent_at.utcoffset() == datetime.now(UTC).utcoffset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process cannot be changed here")
def test_a_timestamp_is_kept_in_utc_whatever_the_zone_of_the_machine(ledger, calls, monkeypatch):
    sent = datetime(2026, 1, 31, 12, tzinfo=UTC)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Seoul")
        time.tzset()
        ledger.bet(calls.bet(1, "1", timestamp=sent))
    time.tzset()

    (entry,) = ledger.history("ann", limit=1)
    assert entry.sent_at == sent


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_times_are_in_utc_whatever_the_zone_of_the_database(opened, database, fund, calls, monkeypatch):
    monkeypatch.setenv("PGTZ", "Asia/Seoul")  # as if the server's own zone were that
    ledger = fund(opened())
    ledger.bet(calls.bet(1, "1", timestamp=datetime(2026, 1, 31, 12, tzinfo=UTC)))

    (entry,) = ledger.history("ann", limit=1)

    assert (entry.sent_at.tzinfo, entry.created_at.tzinfo) == (UTC, UTC)


@EVERYWHERE
def test_a_cancel_without_an_id_of_its_own_is_known_by_its_bet(ledger, calls, unchanged):
    ledger.bet(calls.bet("b1", "60"))
    cancel = calls.cancel("b1", of=None)
    assert (cancel.transaction_id, cancel.bet_id) == (None, "b1")
    for _ in range(3):
        assert ledger.cancel(cancel) == 100
    with unchanged(ledger), pytest.raises(AlreadyRolledBack):
        ledger.cancel(calls.cancel("c1", of="b1"))
    with unchanged(ledger), pytest.raises(AlreadyRolledBack):
        ledger.bet(calls.bet("b1", "60"))
    assert ledger.history("ann")[0].reference_id == "b1"


@EVERYWHERE
def test_a_cancel_without_an_id_of_its_own_may_come_before_its_bet(ledger, calls, unchanged):
    for _ in range(2):
        with pytest.raises(TransactionNotFound):
            ledger.cancel(calls.cancel("b1", of=None))
    with unchanged(ledger), pytest.raises(AlreadyRolledBack):
        ledger.bet(calls.bet("b1", "60"))
    assert ledger.balance_of("ann") == 100


@EVERYWHERE
def test_any_other_reuse_of_an_id_is_a_conflict_and_reported(opened, fund, calls, unchanged, diary):
    drift.reset()
    ledger = fund(opened(hooks=diary))
    ledger.bet(calls.bet("b1", "6"))
    ledger.win(calls.win("w1", "6"))
    ledger.bet(calls.bet("b2", "6"))
    ledger.cancel(calls.cancel("c2", of="b2"))
    conflicts = [
        calls.win("b1", "6"),
        calls.betwin("b1", "6", "0"),
        calls.bet("w1", "6"),
        calls.bet("c2", "6"),
        calls.win("b2", "6"),
        calls.cancel("b1", of="b1"),
        calls.cancel("w1", of="b1"),
        calls.cancel("w1", of=None),
        calls.cancel("c2", of=None),
    ]
    for conflict in conflicts:
        with unchanged(ledger), pytest.raises(TransactionMismatch):
            getattr(ledger, conflict.command)(conflict)
    assert [entry[0] for entry in diary.entries] == ["mismatched"] * len(conflicts)
    counts = Counter(conflict.command for conflict in conflicts)
    found = {each.operation: each for each in drift.differences() if each.kind == "reused id"}
    assert {name: each.count for name, each in found.items()} == counts
    assert {each.place for each in found.values()} == {"/transactionId"}
