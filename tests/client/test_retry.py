"""What is sent again, how often, and what never is."""

from __future__ import annotations

import time

import pytest
from igamingace import errors
from igamingace._client.config import Options
from igamingace._client.retry import RetryState, may_retry

PAGE = b"<html>502</html>"


def failures(answers):
    """Each way to fail, and how many more times a read and a write are sent when it goes on."""
    return {
        "maintenance": (answers.json({"success": False, "code": 1}), 0, 0),
        "server error": (answers.json({"success": False, "code": 1001}), 2, 0),
        "service exception": (answers.json({"success": False, "code": 1003}), 2, 0),
        "provider error": (answers.json({"success": False, "code": 1011}), 2, 0),
        "callback error": (answers.json({"success": False, "code": 1015}), 0, 0),
        "invalid": (answers.json({"success": False, "code": 1002}), 0, 0),
        "unknown code": (answers.json({"success": False, "code": 9999}), 0, 0),
        "unknown code under 500": (answers.json({"success": False, "code": 9999}, status=500), 2, 0),
        "rate limited": (answers.json({"message": "Too Many Requests"}, status=429), 2, 0),
        "busy": (answers.busy(), 3, 3),
        "a proxy's page": (answers.bytes(PAGE, status=502), 2, 0),
        "a page under 200": (answers.bytes(PAGE), 2, 0),
        "nothing under 200": (answers.bytes(b""), 2, 0),
        "a page under 403": (answers.bytes(PAGE, status=403), 0, 0),
        "cut short": (answers.bytes(b"{", length=99), 2, 0),
        "broken off": (answers.raw(b""), 2, 0),
        "data of another shape": (answers.success("nonsense"), 0, 0),
    }


@pytest.mark.parametrize(
    "way", failures(type("Any", (), {"__getattr__": lambda *_: lambda *_, **__: None})())
)
def test_a_failure_is_sent_again_as_often_as_it_may(client, server, answers, launch, way):
    failure, reads, writes = failures(answers)[way]
    if way == "data of another shape":
        failure = answers.success({"an": "object"})
    server.answers(failure)

    with pytest.raises(errors.IGamingAceError) as read_error:
        client.list(max_retries=2, busy_retries=3)
    sent_by_read = len(server.seen)
    with pytest.raises(errors.IGamingAceError) as write_error:
        client.use(launch, max_retries=2, busy_retries=3)

    assert (sent_by_read, len(server.seen) - sent_by_read) == (1 + reads, 1 + writes)
    assert (read_error.value.attempts, write_error.value.attempts) == (1 + reads, 1 + writes)  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", ["server error", "busy", "a proxy's page", "cut short", "broken off"])
def test_a_read_that_goes_well_after_all_is_a_success(client, server, answers, way):
    failure, *_ = failures(answers)[way]
    server.answers(failure, failure, answers.success())

    assert len(client.list()) == 1
    assert len(server.seen) == 3


def test_a_write_refused_for_the_limit_is_sent_again_and_succeeds(client, server, answers):
    server.answers(answers.busy(), answers.busy(), answers.success("https://games.example/launch"))

    assert client.launch() == "https://games.example/launch"
    assert [request.body for request in server.seen] == [server.seen[0].body] * 3


def test_a_write_that_reached_nobody_is_tried_again(client, server, slots):
    server.close()

    with pytest.raises(errors.TransportError) as caught:
        client.launch(max_retries=2)

    assert caught.value.attempts == 3
    assert slots.events == ["acquire", "done"] * 3


def test_busy_says_what_was_tried(client, server, answers):
    server.answers(answers.busy())

    with pytest.raises(errors.ServerIsBusy, match=r"sent 4 times in [0-9.e-]+ s") as caught:
        client.list(busy_retries=3)

    assert caught.value.attempts == 4
    assert caught.value.elapsed > 0


def test_busy_ends_when_its_time_is_over_however_many_tries_are_left(client, server, answers, slots):
    server.answers(answers.busy())

    with pytest.raises(errors.ServerIsBusy):
        client.list(busy_timeout=0.0, busy_retries=1_000_000)

    assert slots.events == ["acquire", "refused"]


def test_a_refused_call_that_finds_no_slot_again_ends_with_the_refusal(client, server, answers, slots):
    server.answers(answers.busy())
    slots.refuse_after = 1

    with pytest.raises(errors.ServerIsBusy) as caught:
        client.list()

    assert caught.value.attempts == 1
    assert slots.waits[0] is None
    assert 0 < slots.waits[1] <= 60


def test_a_call_that_finds_no_slot_at_first_says_so(client, server, answers, slots):
    slots.refuse_after = 0

    with pytest.raises(errors.AcquireTimeout) as caught:
        client.list(acquire_timeout=0.5)

    assert (caught.value.in_flight, caught.value.waiting, caught.value.limit) == (50, 3, 50)
    assert slots.waits == [0.5]
    assert server.seen == []


@pytest.mark.parametrize(
    ("resend", "reads", "writes"),
    [
        ("drained", True, True),
        ("later", True, True),
        ("unsent", True, True),
        ("reads", True, False),
        ("never", False, False),
        ("done", False, False),
        ("a word of a later contract", False, False),
    ],
)
def test_the_contract_says_what_may_be_sent_again(resend, reads, writes):
    assert (may_retry(resend, "GET"), may_retry(resend, "POST"), may_retry(resend, "PATCH")) == (
        reads,
        writes,
        writes,
    )


def test_pauses_double_are_jittered_and_bounded():
    retries = [RetryState("GET", Options(max_retries=12, backoff=1.0)) for _ in range(50)]

    pauses = [[each.pause("reads") for _ in range(12)] for each in retries]

    for turn in range(12):
        longest = min(2.0**turn, 5.0)
        of_this_turn = [row[turn] for row in pauses]
        assert all(longest / 2 <= pause <= longest for pause in of_this_turn)  # type: ignore[operator]
        assert len(set(of_this_turn)) > 1
    assert retries[0].pause("reads") is None


def test_after_the_first_refusal_the_drain_is_the_pause():
    retries = RetryState("POST", Options(backoff=1.0))

    first, second, third = (retries.pause("drained") for _ in range(3))

    assert first == 0
    assert 0.5 <= second <= 1.0 <= third <= 2.0  # type: ignore[operator]


def test_refusals_and_failures_are_counted_apart():
    retries = RetryState("GET", Options(max_retries=1, busy_retries=2, backoff=0))

    turns = [retries.pause(resend) for resend in ("drained", "reads", "drained", "reads", "drained")]

    assert turns == [0, 0, 0, None, None]


def test_the_pause_for_busy_never_goes_past_its_time(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("igamingace._client.retry.monotonic", lambda: clock[0])
    retries = RetryState("GET", Options(busy_timeout=10.0, backoff=4.0))

    assert retries.pause("drained") == 0
    clock[0] = 8.5
    assert retries.acquire_timeout() == 1.5
    assert retries.pause("drained") is None
    clock[0] = 10.5
    assert retries.acquire_timeout() == 0


def test_the_wait_for_the_first_slot_takes_nothing_from_the_time_for_refusals(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("igamingace._client.retry.monotonic", lambda: clock[0])
    retries = RetryState("GET", Options(busy_timeout=10.0, acquire_timeout=500.0, backoff=0))

    assert retries.acquire_timeout() == 500.0
    clock[0] = 100.0
    assert retries.pause("drained") == 0
    clock[0] = 109.0
    assert retries.acquire_timeout() == 1.0
    assert retries.pause("drained") == 0
    clock[0] = 110.0
    assert retries.pause("drained") is None
    assert retries.elapsed == 110.0


def test_after_a_refusal_a_slot_is_waited_for_no_longer_than_the_caller_said(monkeypatch):
    monkeypatch.setattr("igamingace._client.retry.monotonic", lambda: 0.0)
    retries = RetryState("GET", Options(busy_timeout=10.0, acquire_timeout=0.5))

    retries.pause("drained")

    assert retries.acquire_timeout() == 0.5


def test_a_retry_is_paused_for(client, server, answers, monkeypatch):
    server.answers(answers.bytes(PAGE, status=502), answers.success())
    began = time.monotonic()

    client.list(backoff=0.2)

    assert time.monotonic() - began >= 0.1
