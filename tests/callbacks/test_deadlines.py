"""A wallet that is late: it is answered for in time, and what it does afterwards is told."""

import asyncio
import contextlib
import logging
import threading
import time
from decimal import Decimal

import pytest
from freezegun import freeze_time
from igamingace.callbacks import seconds_left
from igamingace.callbacks._execution import WalletCall
from igamingace_bindings.contract import CALLBACKS

TIMED = [command for command, info in CALLBACKS.items() if info.answer_within is not None]


def within(command):
    """The seconds in which the vendor wants an answer."""
    seconds = CALLBACKS[command].answer_within
    assert seconds is not None
    return seconds


def almost_all_of(command, leave=0.15):
    """The margin that leaves a wallet only `leave` seconds."""
    return within(command) - leave


class Gate:
    """A method in a thread that begins, and ends when the test lets it."""

    def __init__(self, result=None):
        self.begun = threading.Event()
        self.open = threading.Event()
        self.result = result or (lambda: Decimal(7))
        self.calls = 0

    def __call__(self, callback):
        self.calls += 1
        self.begun.set()
        assert self.open.wait(10)
        return self.result()


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.open.set()


async def until(condition):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come")


async def forever(callback):
    await asyncio.sleep(60)


@pytest.mark.parametrize("command", TIMED)
async def test_a_late_wallet_is_answered_for_with_a_failure_never_with_a_late_ok(
    served, wallet_with, callback, diary, command
):
    left = []

    async def late(callback):
        left.append(seconds_left() or 0.0)
        await forever(callback)

    send = served(wallet_with(**{command: late}), margin=almost_all_of(command), hooks=diary)

    answer = await send(callback(command))

    assert (answer.status_code, answer.text) == (200, '{"balance":0,"statusCode":"ERR_UNKNOWN"}')
    assert diary.names()[:2] == ["overdue", "answered"]
    assert left[0] < 0.16 < within(command)


async def test_a_late_wallet_is_answered_for_also_in_a_test_that_has_frozen_the_time(
    served, wallet_with, callback, gate, diary
):
    send = served(wallet_with(bet=gate), margin=almost_all_of("bet"), hooks=diary)

    with freeze_time("2026-01-01"):
        answer = await send(callback("bet"))

    assert answer.text == '{"balance":0,"statusCode":"ERR_UNKNOWN"}'
    assert diary.names() == ["overdue", "answered"]


@pytest.mark.parametrize("command", TIMED)
async def test_the_log_says_what_the_vendor_does_next(served, wallet_with, callback, command, caplog):
    await served(wallet_with(**{command: forever}), margin=almost_all_of(command))(callback(command))

    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    then = {"cancel": "its cancel follows", "retry": "it comes again"}[CALLBACKS[command].then]
    assert then in told.getMessage()


async def test_an_asynchronous_wallet_is_cancelled_at_the_limit(served, wallet_with, callback, diary):
    ended = []

    async def bet(callback):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("rolled back")
            raise

    await served(wallet_with(bet=bet), margin=almost_all_of("bet"), hooks=diary)(callback("bet"))
    await until(lambda: "ended_late" in diary.names())

    assert ended == ["rolled back"]
    assert isinstance(diary.entries[-1][2], asyncio.CancelledError)


async def test_an_asynchronous_wallet_that_will_not_be_cancelled_delays_no_answer(
    served, wallet_with, callback, diary
):
    go_on = threading.Event()

    async def bet(callback):
        while not go_on.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)
        return Decimal(1)

    answer = await served(wallet_with(bet=bet), margin=almost_all_of("bet"), hooks=diary)(callback("bet"))
    before = diary.names()
    go_on.set()
    await until(lambda: "ended_late" in diary.names())

    assert answer.json()["statusCode"] == "ERR_UNKNOWN"
    assert before == ["overdue", "answered"]
    assert diary.entries[-1][2] is None


async def test_a_wallet_in_a_thread_runs_on_and_its_late_end_is_told(
    served, wallet_with, callback, diary, gate
):
    send = served(wallet_with(bet=gate), margin=almost_all_of("bet"), hooks=diary)

    answer = await send(callback("bet"))
    before = diary.names()
    gate.open.set()
    await until(lambda: "ended_late" in diary.names())

    assert answer.json()["statusCode"] == "ERR_UNKNOWN"
    assert before == ["overdue", "answered"]
    _, event, error = diary.entries[-1]
    assert (event.command, event.transaction_id, error) == ("bet", "1", None)


async def test_an_exception_after_the_limit_is_told_with_the_late_end(
    served, wallet_with, callback, diary, gate
):
    gate.result = lambda: 1 / 0
    send = served(wallet_with(bet=gate), margin=almost_all_of("bet"), hooks=diary)

    await send(callback("bet"))
    gate.open.set()
    await until(lambda: "ended_late" in diary.names())

    assert isinstance(diary.entries[-1][2], ZeroDivisionError)


async def test_a_callback_whose_time_passes_in_the_queue_for_a_thread_is_never_begun(
    served, wallet_with, callback, gate, caplog
):
    bets = []
    wallet = wallet_with(balance=gate, bet=bets.append)
    send = served(wallet, threads=1, margin=almost_all_of("bet"))
    first = asyncio.ensure_future(send(callback("balance")))
    await asyncio.to_thread(gate.begun.wait, 10)

    answer = await send(callback("bet"))
    gate.open.set()
    assert (await first).json()["statusCode"] == "OK"
    last = await send(callback("balance"))

    assert answer.json()["statusCode"] == "ERR_UNKNOWN"
    assert last.json()["statusCode"] == "OK"
    assert bets == []
    assert "was not called" in caplog.text


async def test_other_callbacks_go_on_while_one_is_late(served, wallet_with, callback, gate):
    send = served(wallet_with(bet=gate))
    slow = asyncio.ensure_future(send(callback("bet")))
    await asyncio.to_thread(gate.begun.wait, 10)

    quick = await send(callback("win"))
    waiting = not slow.done()
    gate.open.set()

    assert waiting
    assert quick.json()["statusCode"] == "OK"
    assert (await slow).json() == {"balance": 7, "statusCode": "OK"}


async def test_a_balance_has_no_limit_for_the_contract_states_none(
    served, wallet_with, callback, gate, diary
):
    send = served(wallet_with(balance=gate), margin=1000, hooks=diary)
    asked = asyncio.ensure_future(send(callback("balance")))
    await asyncio.to_thread(gate.begun.wait, 10)
    gate.open.set()

    assert CALLBACKS["balance"].answer_within is None
    assert (await asked).json() == {"balance": 7, "statusCode": "OK"}
    assert diary.names() == ["answered"]


async def test_a_bet_answered_for_as_failed_is_refunded_by_the_cancel_that_follows(
    served, purse, callback, diary, gate
):
    book = purse.bet
    late = {}

    def bet(callback):
        gate(callback)
        late["balance"] = book(callback)
        return late["balance"]

    purse.bet = bet
    send = served(purse, margin=almost_all_of("bet"), hooks=diary)

    failed = await send(callback("bet", amount=10))
    gate.open.set()
    await until(lambda: "ended_late" in diary.names())
    refunded = await send(callback("cancel"))

    assert failed.json()["statusCode"] == "ERR_UNKNOWN"
    assert late["balance"] == 90
    assert refunded.text == '{"balance":100.00,"statusCode":"OK"}'


def in_a_thread(seen):
    return lambda callback: seen.append(seconds_left()) or Decimal(7)


def in_the_loop(seen):
    async def method(callback):
        await asyncio.sleep(0)
        seen.append(seconds_left())
        return Decimal(7)

    return method


def in_the_loop_unseen(seen):
    """An asynchronous method that looks like an ordinary one, and asks from a thread of its own."""

    async def method(callback):
        await asyncio.to_thread(lambda: seen.append(seconds_left()))
        return Decimal(7)

    return lambda callback: method(callback)  # noqa: PLW0108 -- `method` itself would be seen to be asynchronous


@pytest.mark.parametrize("kind", [in_a_thread, in_the_loop, in_the_loop_unseen])
@pytest.mark.parametrize("command", TIMED)
async def test_a_wallet_can_ask_how_long_it_is_waited_for(served, wallet_with, callback, command, kind):
    seen = []
    send = served(wallet_with(**{command: kind(seen)}), margin=0.5)

    began = time.perf_counter()
    answer = await send(callback(command))
    took = time.perf_counter() - began

    assert answer.json()["statusCode"] == "OK"
    given = within(command) - 0.5
    assert given - took <= seen[0] <= given
    assert seconds_left() is None


@pytest.mark.parametrize("kind", [in_a_thread, in_the_loop, in_the_loop_unseen])
async def test_where_the_contract_has_no_limit_there_is_no_time_left_to_tell(
    served, wallet_with, callback, kind
):
    seen = []

    await served(wallet_with(balance=kind(seen)))(callback("balance"))

    assert seen == [None]


async def test_a_wallet_given_up_on_sees_that_no_time_is_left(served, wallet_with, callback, diary, gate):
    seen = []
    gate.result = lambda: seen.append(seconds_left()) or Decimal(7)
    send = served(wallet_with(bet=gate), margin=almost_all_of("bet"), hooks=diary)

    await send(callback("bet"))
    gate.open.set()
    await until(lambda: "ended_late" in diary.names())

    assert [left is not None and left <= 0 for left in seen] == [True]


def test_a_call_given_up_before_a_thread_took_it_never_begins(gate):
    call = WalletCall(gate, None, on_late_end=pytest.fail)  # type: ignore[arg-type]

    assert call.abandon() is False
    call._run_in_thread(None)  # type: ignore[arg-type]
    call.report_end()
    assert gate.calls == 0


def test_an_end_in_the_moment_of_giving_up_is_reported_once():
    ends = []
    call = WalletCall(lambda callback: Decimal(1), None, on_late_end=ends.append)
    call._run_in_thread(None)  # type: ignore[arg-type]

    assert call.abandon() is True
    assert ends == []
    call.report_end()
    assert ends == [None]
