"""How long a server that says `Retry-After` is waited for, where, and when it is not."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from igamingace import errors
from igamingace._client.config import Options
from igamingace._client.retry import RetryState, retry_after
from igamingace._transport.base import Timeouts
from igamingace._transport.cancellation import Cancelled, CancelScope

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DATE = ("Date", format_datetime(NOW, usegmt=True))


def seconds(value, *others):
    headers = [("Retry-After", value), *others]
    return retry_after([(name.encode(), text.encode("latin-1")) for name, text in headers])


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Sun, 01 Mar 2026 12:00:20 GMT", 20.0),
        ("Sun, 01 Mar 2026 13:00:20 +0100", 20.0),
        ("Sunday, 01-Mar-26 12:00:20 GMT", 20.0),
        ("Sun Mar  1 12:00:20 2026", 20.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
    ],
)
def test_both_forms_are_read_a_date_against_the_server_s_own_clock(value, wanted):
    assert seconds(value, DATE) == wanted


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "soon",
        "-5",
        "+5",
        "1e9",
        "inf",
        "nan",
        "9" * 5000,
        "0x10",
        "12 s",
        "Sun, 99 Foo",
        "٣",
        "\xb2",
    ],
)
def test_what_cannot_be_read_says_nothing(value):
    assert retry_after([(b"retry-after", value.encode("utf-8"))]) is None


def test_without_a_clock_of_the_server_a_date_is_read_against_ours():
    value = format_datetime(datetime.now(UTC) + timedelta(seconds=3600), usegmt=True)

    assert 3500 < (seconds(value) or 0) < 3700
    assert 3500 < (seconds(value, ("Date", "today")) or 0) < 3700


def test_without_the_header_nothing_is_asked_for():
    assert retry_after([(b"date", DATE[1].encode())]) is None


@pytest.fixture
def pauses(client, monkeypatch, slots):
    """What is waited between attempts, with the events of the slots before it; nothing is really waited."""
    seen = []
    really = asyncio.sleep

    async def pause(seconds):
        if seconds:  # closing an agent sleeps for none
            seen.append((seconds, list(slots.events)))
        await really(0)

    if client.kind == "threads":
        monkeypatch.setattr(time, "sleep", lambda seconds: seen.append((seconds, list(slots.events))))
    else:
        monkeypatch.setattr(asyncio, "sleep", pause)
    return seen


def limited(answers, *headers, status=429):
    return answers.json({"message": "Too Many Requests"}, *headers, status=status)


@pytest.mark.parametrize("header", ["Retry-After: 20", "Retry-After: Sun, 01 Mar 2026 12:00:20 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_up_to_30_seconds_are_waited_outside_the_slot(client, server, answers, pauses, header, status):
    server.answers(limited(answers, f"Date: {DATE[1]}", header, status=status), answers.success())

    assert len(client.list()) == 1

    assert pauses == [(20.0, ["acquire", "done"])]


@pytest.mark.parametrize("body", [b"<html></html>", b""])
def test_a_page_that_says_it_is_waited_for_too(client, server, answers, pauses, body):
    server.answers(answers.bytes(body, "Retry-After: 3", status=503), answers.success())

    client.list()

    assert [seconds for seconds, _ in pauses] == [3.0]


def test_jitter_comes_on_top_so_that_callers_do_not_come_back_together(client, server, answers, pauses):
    server.answers(limited(answers, "Retry-After: 3"), answers.success())

    for _ in range(5):
        server.answers(limited(answers, "Retry-After: 3"), answers.success())
        client.list(backoff=1.0)

    assert all(3.5 <= seconds <= 4.0 for seconds, _ in pauses)
    assert len({seconds for seconds, _ in pauses}) > 1


@pytest.mark.parametrize("value", ["31", "86400", "Sun, 01 Mar 2026 13:00:00 GMT"])
def test_a_longer_one_is_raised_at_once_with_its_value(client, server, answers, pauses, value):
    server.answers(limited(answers, f"Date: {DATE[1]}", f"Retry-After: {value}"))

    with pytest.raises(errors.RateLimited, match=r"the server asks to wait \d+ s") as caught:
        client.list()

    assert caught.value.retry_after == seconds(value, DATE)
    assert (caught.value.attempts, caught.value.retryable, pauses) == (1, True, [])


def test_an_error_page_keeps_the_value_as_well(client, server, answers, pauses):
    server.answers(answers.bytes(b"<html></html>", "Retry-After: 120", status=503))

    with pytest.raises(errors.UnexpectedResponse, match="asks to wait 120 s") as caught:
        client.list()

    assert (caught.value.retry_after, caught.value.attempts, pauses) == (120.0, 1, [])


def test_a_write_is_not_sent_again_and_its_error_has_the_value(client, server, answers, pauses):
    server.answers(limited(answers, "Retry-After: 1"))

    with pytest.raises(errors.RateLimited) as caught:
        client.launch()

    assert (caught.value.retry_after, caught.value.retryable, len(server.seen)) == (1.0, False, 1)
    assert pauses == []


def test_maintenance_is_not_waited_for_and_has_the_value(client, server, answers, pauses):
    server.answers(answers.json({"success": False, "code": 1}, "Retry-After: 5", status=503))

    with pytest.raises(errors.UnderMaintenance) as caught:
        client.list()

    assert (caught.value.retry_after, len(server.seen), pauses) == (5.0, 1, [])


def test_without_the_header_there_is_no_value(client, server, answers):
    server.answers(limited(answers))

    with pytest.raises(errors.RateLimited) as caught:
        client.list()

    assert (caught.value.retry_after, caught.value.attempts) == (None, 3)


def test_nobody_is_waited_for_longer_than_one_request_may_take(client, server, answers, pauses):
    server.answers(limited(answers, "Retry-After: 3"), answers.success())

    with pytest.raises(errors.RateLimited) as caught:
        client.list(timeout=2)

    assert (caught.value.retry_after, pauses) == (3.0, [])


def test_a_refusal_for_the_limit_is_drained_and_then_waits_as_asked_within_its_time():
    state = RetryState("POST", Options(busy_timeout=10.0, backoff=0))

    assert state.pause("drained", 4.0) == 4.0
    assert state.pause("drained", 20.0) is None


@pytest.mark.parametrize(("asked", "pause"), [(None, 0.0), (0.0, 0.0), (30.0, 30.0), (30.1, None)])
def test_the_bound_is_30_seconds_where_a_request_may_take_longer(asked, pause):
    options = Options(backoff=0, timeouts=Timeouts(total=60))

    assert RetryState("GET", options).pause("reads", asked) == pause


def test_a_deadline_that_comes_sooner_ends_the_call_at_once():
    state = RetryState("GET", Options(backoff=0, timeouts=Timeouts(total=60)))

    assert state.pause("reads", 20.0, longest=19.0) is None
    assert state.pause("reads", 20.0, longest=21.0) == 20.0


def list_in(scope, agent):
    """One read in a scope, as in an operator's run."""
    agent._dispatcher.options = replace(agent._dispatcher.options, scope=scope)
    return agent.providers.list()


@pytest.mark.parametrize("kind", ["threads"])  # in an event loop a deadline cancels: see the next test
def test_a_deadline_of_a_run_is_not_slept_through(client, server, answers):
    server.answers(limited(answers, "Retry-After: 20"))

    scope = CancelScope(time.monotonic() + 10)
    with pytest.raises(errors.RateLimited) as caught:
        client.use(lambda agent: list_in(scope, agent))

    assert (caught.value.retry_after, len(server.seen)) == (20.0, 1)


def test_a_wait_can_be_cancelled(kind, client, server, answers, slots):
    server.answers(limited(answers, "Retry-After: 20"))
    if kind == "threads":
        scope = CancelScope()

        def run():
            with pytest.raises(Cancelled):
                client.use(lambda agent: list_in(scope, agent))
            ended.append(True)

        ended = []
        thread = threading.Thread(target=run)
        thread.start()
        assert slots.ended.acquire(timeout=30)
        scope.cancel()
        thread.join(30)
        assert ended == [True]
    else:

        async def call():
            async with client.agent() as agent:
                task = asyncio.ensure_future(agent.providers.list())
                assert await asyncio.to_thread(slots.ended.acquire, timeout=30)
                task.cancel()
                await asyncio.wait([task])
                return task.cancelled()

        assert asyncio.run(call())
    assert slots.events == ["acquire", "done"]
    assert len(server.seen) == 1
