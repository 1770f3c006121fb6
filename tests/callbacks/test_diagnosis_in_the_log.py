"""The wallet's application logs which mistake explains a wrong signature: rarely, and beside its answers."""

import base64
import hmac
import logging
import threading

import pytest

from .conftest import TOKEN, Purse

THREAD = "igamingace-signature-diagnosis"


def in_hex(body_string, token=TOKEN):
    return hmac.digest(token.encode(), body_string.encode(), "sha512").hex()


@pytest.fixture
def explained(caplog):
    """Return a function that waits for the diagnoses under way, and returns what they have logged."""
    caplog.set_level(logging.WARNING, "igamingace.callbacks")

    def read():
        for thread in threading.enumerate():
            if thread.name == THREAD:
                thread.join(30)
        return [each.getMessage() for each in caplog.records if "explained" in each.getMessage()]

    return read


BALANCE = b'{"command":"balance","playerId":"user123","timestamp":1}'
HEX = {"X-Request-Signature": in_hex("balance,user123,1")}
NO_SIGNATURE = {"X-Request-Signature": base64.b64encode(b"x" * 64).decode()}


async def test_a_mistake_is_logged_without_body_signature_and_token(served, explained, caplog):
    answer = await served(Purse())(BALANCE, headers=HEX)

    assert answer.json()["statusCode"] == "ERR_INTEGRITY_CHECK_FAILED"
    assert explained() == [
        "An invalid signature from 192.0.2.7 is explained: the signature was made with hex instead of base64"
    ]
    for secret in (TOKEN, "user123", HEX["X-Request-Signature"]):
        assert secret not in caplog.text


async def test_of_several_tokens_the_account_is_named(served, explained):
    send = served(Purse(), token={"east": "e" * 32, "west": TOKEN})

    await send(BALANCE, headers=HEX)

    assert explained()[0].endswith("hex instead of base64 (account 'west')")


async def test_nothing_is_logged_where_no_mistake_fits(served, explained):
    await served(Purse())(BALANCE, headers=NO_SIGNATURE)

    assert explained() == []


@pytest.fixture
def diagnoses(monkeypatch):
    """Return the list of diagnoses that were started, which wait until `release` is set."""
    started = []
    release = threading.Event()

    def diagnose(*arguments):
        started.append(arguments)
        assert release.wait(30)
        raise ZeroDivisionError("a bug in the diagnosis")

    monkeypatch.setattr("igamingace.callbacks._handler.diagnose", diagnose)
    yield started, release
    release.set()


@pytest.fixture
def clock(monkeypatch):
    """Return a list whose item is what the clock of the log shows."""
    now = [1000.0]
    monkeypatch.setattr("igamingace._common.limited_log.monotonic", lambda: now[0])
    return now


async def test_at_most_one_diagnosis_a_minute_is_started(served, diagnoses, clock, explained):
    started, release = diagnoses
    release.set()
    send = served(Purse())

    counts = []
    for seconds in (0, 1, 59, 60, 61, 120):
        clock[0] = 1000 + seconds
        await send(BALANCE, headers=NO_SIGNATURE)
        explained()
        counts.append(len(started))

    assert counts == [1, 1, 1, 2, 2, 3]


async def test_an_answer_does_not_wait_for_a_diagnosis(served, diagnoses, explained):
    started, release = diagnoses
    send = served(Purse(), threads=1)

    wrong = await send(BALANCE, headers=NO_SIGNATURE)
    right = await send(BALANCE)  # the wallet's only thread is free
    assert not release.is_set()

    release.set()
    explained()
    assert len(started) == 1
    assert wrong.json()["statusCode"] == "ERR_INTEGRITY_CHECK_FAILED"
    assert right.json()["statusCode"] == "OK"


async def test_a_diagnosis_that_fails_is_logged_and_nothing_else(served, diagnoses, explained, caplog):
    _, release = diagnoses
    release.set()

    answer = await served(Purse())(BALANCE, headers=NO_SIGNATURE)
    explained()

    assert answer.status_code == 200
    assert "The diagnosis of a signature failed" in caplog.text


async def test_where_no_thread_can_be_started_the_answer_is_the_same(served, monkeypatch, explained):
    send = served(Purse())
    await send(BALANCE)  # the application's own threads run
    real = threading.Thread.start

    def start(thread):
        if thread.name == THREAD:
            raise RuntimeError("can't start new thread")
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)

    answer = await send(BALANCE, headers=HEX)

    assert answer.json()["statusCode"] == "ERR_INTEGRITY_CHECK_FAILED"


@pytest.mark.parametrize("headers", [{}, None], ids=["without-signature", "valid"])
async def test_without_a_wrong_signature_there_is_no_diagnosis(served, diagnoses, headers):
    started, _ = diagnoses

    await served(Purse())(BALANCE, headers=headers)

    assert started == []
