"""A callback that somebody has seen and relabelled keeps its signature, and is never booked.

The signature covers the values in the order of their key names, joined by commas, not the names. What can be
made of that reads as a callback more often than not, for few fields are required: the ledger refuses it by
the signature, which belongs to all that decides about money in the callback that it came with first.
"""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from igamingace.callbacks import (
    InvalidCallback,
    NotEnoughMoney,
    TransactionNotFound,
    parse,
    sign,
    verify,
    wallet_app,
)
from igamingace.ledger import SignatureReused, TransactionMismatch

TOKEN = "60349266c8d9487eab7531b1a15d2480"
EVERYWHERE = pytest.mark.parametrize("database", ["sqlite", "postgresql", "engine"], indirect=True)

BET = {
    "amount": 60,
    "bonusId": 0,
    "command": "bet",
    "currency": "USD",
    "gameCode": "win",
    "isBonusBusy": False,
    "playerId": "ann",
    "providerId": 1,
    "roundId": 77,
    "timestamp": 1713792000,
    "transactionId": 1,
}
WIN = {
    "amount": 60,
    "bonusId": 0,
    "command": "win",
    "gameCode": 655,
    "isRoundFinished": True,
    "playerId": "ann",
    "providerId": 1,
    "roundId": 77,
    "timestamp": 1713792000,
    "transactionId": 2,
}
BETWIN = {
    "betAmount": 60,
    "bonusId": 0,
    "command": "betwin",
    "gameCode": 655,
    "playerId": "ann",
    "providerId": 1,
    "roundId": 77,
    "timestamp": 1713792000,
    "transactionId": 3,
    "winAmount": 1,
}
CANCEL = {
    "command": "cancel",
    "gameCode": 655,
    "playerId": "ann",
    "providerId": 1,
    "referenceId": 1,
    "roundId": 77,
    "timestamp": 1713792000,
    "transactionId": 4,
}


def renamed(fields, **names):
    """Return a body with keys renamed, in the old order."""
    return {names.get(key, key): value for key, value in fields.items()}


UNREADABLE = {
    "a betwin whose stake is its win": (BETWIN, renamed(BETWIN, betAmount="aa", winAmount="xAmount")),
    "a win whose id swallows its timestamp": (
        WIN,
        {
            **{key: value for key, value in WIN.items() if key not in {"timestamp", "transactionId"}},
            "transactionId": "1713792000,2",
        },
    ),
    "a win whose command is missing": (WIN, renamed(WIN, command="commanc")),
    "a bet whose currency is missing": (BET, renamed(BET, currency="currencz")),
    "a cancel whose bet swallows its round": (
        CANCEL,
        {**{key: value for key, value in CANCEL.items() if key != "roundId"}, "referenceId": "1,77"},
    ),
}
"""What was seen, and what was made of it: nothing that `parse` takes."""

SAME = {
    "a win whose amount is a text": (WIN, {**WIN, "amount": "60"}),
    "a win whose ids are texts": (WIN, {**WIN, "transactionId": "2", "roundId": "77"}),
    "a win whose game swallows that the round is finished": (
        WIN,
        {key: value for key, value in {**WIN, "gameCode": "655,true"}.items() if key != "isRoundFinished"},
    ),
    "a cancel without its round and provider": (
        CANCEL,
        renamed(CANCEL, roundId="s", providerId="providerIc"),
    ),
}
"""What was seen, and another spelling of it: the same change of a balance."""

# A player whose id has a comma: the two halves sign like one, so there is a value to spare.
OF_TWO = {"playerId": "ann,7"}
SHIFTED = {
    "playerId": "ann",
    "providerId": 7,
    "roundId": 1,
    "timestamp": 77,
    "transactionId": 1713792000,
}
READABLE = {
    "a bet as a win": (BET, renamed(BET, command="bz", currency="c", gameCode="command", isBonusBusy="d")),
    "a bet as a win, its bonus as the amount": (
        BET,
        renamed(BET, amount="a", bonusId="amount", command="b", currency="c", gameCode="command"),
    ),
    "a bet of nothing": (BET, renamed(BET, amount="a", bonusId="amount")),
    "a betwin without a stake": (BETWIN, renamed(BETWIN, betAmount="a", bonusId="betAmount")),
    "a win for the player whose id is the provider's": (
        WIN,
        renamed(WIN, playerId="p", providerId="playerId"),
    ),
    "a cancel of the bet whose id is the round's": (
        CANCEL,
        renamed(CANCEL, referenceId="q", roundId="referenceId"),
    ),
    "a cancel of the bet that is its own id": (
        CANCEL,
        renamed(CANCEL, referenceId="q", roundId="r", timestamp="s"),
    ),
    "a win under a new id, for another player": (
        {**WIN, **OF_TWO},
        {**WIN, **SHIFTED, "zz": 2},
    ),
    "a bet under a new id, of another player": (
        {**BET, **OF_TWO},
        {**BET, **SHIFTED, "zz": 1},
    ),
    "a betwin under a new id, of another player": (
        {**BETWIN, **OF_TWO},
        {
            **{key: value for key, value in BETWIN.items() if key != "winAmount"},
            **SHIFTED,
            "winAmount": 3,
            "zz": 1,
        },
    ),
    "a cancel of another bet, of another player": (
        {**CANCEL, **OF_TWO},
        {**CANCEL, **SHIFTED, "referenceId": 1, "roundId": 1, "timestamp": 77, "zz": 4},
    ),
}
"""What was seen, and what was made of it: a callback that moves other money."""


def encoded(fields):
    return json.dumps(fields).encode()


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_relabelled_body_is_no_callback(kind):
    seen, made = UNREADABLE[kind]
    signature = sign(encoded(seen), TOKEN)
    verify(encoded(made), signature, TOKEN)
    with pytest.raises(InvalidCallback):
        parse(encoded(made), signature, TOKEN)


@pytest.mark.parametrize("kind", SAME)
def test_another_spelling_of_a_callback_is_the_same_change(kind):
    seen, made = SAME[kind]
    signature = sign(encoded(seen), TOKEN)
    first, second = (parse(encoded(body), signature, TOKEN) for body in (seen, made))
    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize("kind", READABLE)
def test_a_relabelled_body_that_reads_as_a_callback_has_the_signature_of_the_one_that_was_seen(kind):
    seen, made = READABLE[kind]
    signature = sign(encoded(seen), TOKEN)
    first, second = (parse(encoded(body), signature, TOKEN) for body in (seen, made))
    assert first.signature == second.signature == signature
    assert first.fingerprint != second.fingerprint


@EVERYWHERE
@pytest.mark.parametrize("kind", READABLE)
def test_the_ledger_refuses_and_reports_the_signature_under_another_id(
    opened, fund, unchanged, diary, caplog, kind
):
    ledger = fund(fund(fund(opened(hooks=diary)), "ann,7"), "1")
    seen, made = (
        parse(encoded(body), sign(encoded(READABLE[kind][0]), TOKEN), TOKEN) for body in READABLE[kind]
    )
    with_refusals(ledger, seen)
    for _ in range(2):
        others = unchanged(ledger, "ann,7"), unchanged(ledger, "1")
        with unchanged(ledger), others[0], others[1], pytest.raises(SignatureReused) as refused:
            getattr(ledger, made.command)(made)
    first = seen.command, seen.transaction_id
    assert (refused.value.command, refused.value.transaction_id) == first
    assert diary.entries == [("signature_reused", made.command, made.transaction_id, *first)] * 2
    assert f"transactionId {seen.transaction_id}" in caplog.text
    with unchanged(ledger, "ann,7"):
        with_refusals(ledger, seen)


def with_refusals(ledger, callback):
    """Give a callback to the ledger; a cancel of an unknown bet is refused, and remembered."""
    if callback.command != "cancel":
        return getattr(ledger, callback.command)(callback)
    with pytest.raises(TransactionNotFound):
        ledger.cancel(callback)
    return None


@pytest.mark.parametrize("kind", [*UNREADABLE, *SAME, *READABLE])
def test_the_wallet_answers_no_relabelled_body_with_ok(ledger, unchanged, fund, kind):
    fund(fund(ledger, "ann,7"), "1")
    seen, made = {**UNREADABLE, **SAME, **READABLE}[kind]
    app = wallet_app(ledger, token=TOKEN)

    async def post(*bodies):
        transport = httpx2.ASGITransport(app)
        headers = {"X-Request-Signature": sign(encoded(seen), TOKEN)}
        async with httpx2.AsyncClient(transport=transport, base_url="http://casino.example") as client:
            return [
                (await client.post("/", content=encoded(body), headers=headers)).json() for body in bodies
            ]

    first = asyncio.run(post(seen, seen))
    assert first[0] == first[1], "the same callback again is answered as before"
    with unchanged(ledger), unchanged(ledger, "ann,7"), unchanged(ledger, "1"):
        (answer,) = asyncio.run(post(made))
    if kind in SAME:
        assert answer == first[0], "it is the same callback"
    else:
        refused = "ERR_UNKNOWN" if kind in UNREADABLE else "ERR_INTEGRITY_CHECK_FAILED"
        assert answer["statusCode"] == refused
    app.close()


@EVERYWHERE
def test_a_betwin_that_was_not_covered_cannot_come_back_without_its_stake(ledger, unchanged):
    seen = {**BETWIN, "betAmount": 500, "winAmount": 700}
    made = renamed(seen, betAmount="a", bonusId="betAmount")
    genuine, forged = (parse(encoded(body), sign(encoded(seen), TOKEN), TOKEN) for body in (seen, made))
    assert (forged.transaction_id, forged.bet_amount, forged.win_amount) == ("3", 0, 700)
    with unchanged(ledger), pytest.raises(NotEnoughMoney):
        ledger.betwin(genuine)
    with unchanged(ledger), pytest.raises(SignatureReused):
        ledger.betwin(forged)


def signed(callback, signature="x" * 88):
    """Return a callback with a signature, as `parse` returns it."""
    vars(callback)["_signature"] = signature
    return callback


@EVERYWHERE
def test_a_signature_stays_with_the_command_and_the_id_that_it_came_with_first(ledger, calls, unchanged):
    assert ledger.bet(signed(calls.bet(1, "60"))) == 40
    for other in (calls.win(1, "60"), calls.win(2, "60"), calls.bet(2, "1"), calls.cancel(3, of=1)):
        with unchanged(ledger), pytest.raises(SignatureReused) as refused:
            getattr(ledger, other.command)(signed(other))
        assert refused.value.balance == 40
    with pytest.raises(SignatureReused) as refused:
        ledger.win(signed(calls.win(2, "60", playerId="nobody")))
    assert refused.value.balance is None
    assert ledger.bet(signed(calls.bet(1, "60"))) == 40
    assert ledger.cancel(signed(calls.cancel(3, of=1), "y" * 88)) == 100


@EVERYWHERE
def test_a_retry_with_another_signature_is_ok_and_its_signature_is_kept_too(ledger, calls, unchanged):
    ledger.win(signed(calls.win(1, "5"), "a" * 88))
    assert ledger.win(signed(calls.win(1, "5"), "b" * 88)) == 105
    with unchanged(ledger), pytest.raises(SignatureReused):
        ledger.win(signed(calls.win(2, "5"), "b" * 88))


@EVERYWHERE
def test_a_bet_that_was_refused_cannot_come_back_as_a_win(ledger, calls, unchanged):
    with unchanged(ledger), pytest.raises(NotEnoughMoney):
        ledger.bet(signed(calls.bet(1, "500")))
    with unchanged(ledger), pytest.raises(SignatureReused):
        ledger.win(signed(calls.win(2, "500")))
    ledger.deposit("ann", 400)
    assert ledger.bet(signed(calls.bet(1, "500"))) == 0, "the bet itself can still be booked"


@EVERYWHERE
def test_the_same_id_with_another_content_is_a_mismatch_whatever_its_signature(ledger, calls, unchanged):
    ledger.win(signed(calls.win(1, "5")))
    with unchanged(ledger), pytest.raises(TransactionMismatch):
        ledger.win(signed(calls.win(1, "6"), "y" * 88))
    with unchanged(ledger), pytest.raises(SignatureReused):
        ledger.win(signed(calls.win(1, "6")))


@EVERYWHERE
def test_a_callback_made_by_hand_is_booked_without_a_signature(ledger, calls):
    assert ledger.bet(calls.bet(1, "5")) == 95
    assert ledger.win(calls.win(2, "5")) == 100


@EVERYWHERE
def test_one_signature_under_many_ids_at_once_is_booked_once(ledger, calls):
    from concurrent.futures import ThreadPoolExecutor

    def answer(number):
        try:
            ledger.win(signed(calls.win(number, "1")))
        except SignatureReused:
            return "reused"
        return "ok"

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(answer, range(24)))
    assert answers == ["ok"] + ["reused"] * 23
    assert ledger.balance_of("ann") == 101


def test_what_is_kept_of_a_signature_is_its_hash(ledger, calls):
    from hashlib import sha256

    ledger.bet(signed(calls.bet(1, "5")))
    with ledger.engine.connect() as connection:
        kept = connection.execute(ledger._schema.signatures.select()).one()
    assert bytes(kept.signature) == sha256(b"x" * 88).digest()
    assert (kept.command, kept.transaction_id) == ("bet", "1")
    assert bytes(kept.content).hex() == calls.bet(1, "5.00").fingerprint


def test_a_signature_shows_in_no_repr_and_no_dump_and_makes_no_difference():
    body = encoded(WIN)
    callback = parse(body, sign(body, TOKEN), TOKEN)
    fields: dict[str, Any] = {
        **WIN,
        "amount": Decimal(60),
        "timestamp": datetime.fromtimestamp(1713792000, UTC),
    }
    by_hand = type(callback)(**fields)
    assert callback.signature
    assert callback.signature not in repr(callback) + str(callback.model_dump())
    assert callback == by_hand
    assert by_hand.signature is None


def test_no_key_of_the_body_sets_the_signature():
    body = encoded({**WIN, "signature": "mine", "_signature": "mine"})
    assert parse(body, sign(body, TOKEN), TOKEN).signature == sign(body, TOKEN)
