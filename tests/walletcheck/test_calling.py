"""Calling the checks from Python: targets of each kind, choices, and what becomes of the balance."""

import asyncio
import contextlib
import traceback
from decimal import Context, Decimal, Inexact, getcontext, localcontext
from typing import Any

import pytest
from igamingace.callbacks import sign
from igamingace.errors import ConfigurationError
from igamingace.walletcheck import CHECKS, CannotCheck, check_wallet, check_wallet_async

from .wallets import PLAYER, TOKEN, RightWallet

ME: dict[str, Any] = {"token": TOKEN, "player": PLAYER}


def ids(report):
    return [result.id for result in report.results]


class WSGI:
    """The right wallet behind WSGI."""

    def __init__(self):
        self.wallet = RightWallet()

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read()
        signature = environ.get("HTTP_X_REQUEST_SIGNATURE")
        raw = None if signature is None else signature.encode("latin-1")
        status, answer = asyncio.run(self.wallet.answer(body, raw))
        start_response(f"{status} .", [("Content-Type", "application/json")])
        return [answer]


def test_an_asgi_app_is_checked_in_process():
    assert check_wallet(RightWallet(), **ME).ok


def test_a_wsgi_app_is_checked_in_process():
    report = check_wallet(WSGI(), **ME, skip=["parallel"])

    assert report.ok, report.text()
    assert report.target == "WSGI (WSGI, in process)"


def test_a_url_is_checked_over_http(served):
    url = served(RightWallet())
    report = check_wallet(url, **ME, only=["happy", "signature", "body", "parallel"])

    assert report.ok, report.text()
    assert report.target == url


async def test_an_event_loop_awaits_the_asynchronous_form():
    assert (await check_wallet_async(RightWallet(), **ME, only=["happy"])).ok
    with pytest.raises(ConfigurationError, match="await check_wallet_async"):
        check_wallet(RightWallet(), **ME)


def test_the_path_is_where_an_app_takes_its_callbacks():
    paths = set()
    wallet = RightWallet()

    async def app(scope, receive, send):
        paths.add(scope["path"])
        await wallet(scope, receive, send)

    assert check_wallet(app, **ME, path="/wallet/callbacks", only=["happy.balance"]).ok
    assert paths == {"/wallet/callbacks"}


@pytest.mark.parametrize(
    ("only", "skip", "expected"),
    [
        (["bet.duplicate"], [], ["bet.duplicate"]),
        (["happy"], ["happy.bet", "happy.win"], ["happy.balance", "happy.betwin", "happy.cancel"]),
        (["*.duplicate_later"], [], [f"{name}.duplicate_later" for name in ("bet", "win", "betwin")]),
    ],
)
def test_checks_are_chosen_by_id_group_or_pattern(only, skip, expected):
    assert ids(check_wallet(RightWallet(), **ME, only=only, skip=skip)) == expected


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_each_check_runs_alone(check):
    assert check_wallet(RightWallet("0"), **ME, only=[check.id]).ok


HUGE = 10**5000  # Python writes no int of so many digits


@pytest.mark.parametrize(
    "wrong",
    [
        {"player": ""},
        {"player": 5},
        {"player": "\ud800"},
        {"game_code": "\ud800"},
        {"game_code": None},
        {"player": HUGE},
        {"currency": HUGE},
        {"timeout": -HUGE},
        {"path": HUGE},
        {"currency": "usd"},
        {"currency": "US1"},
        {"currency": 5},
        {"timeout": 0},
        {"timeout": "5"},
        {"path": "x"},
        {"path": b"/"},
        {"token": "a b"},
        {"only": ["no"]},
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(wrong):
    wallet = RightWallet()
    with pytest.raises(ConfigurationError):
        check_wallet(wallet, **{**ME, **wrong})

    assert wallet.callbacks == 0


@pytest.mark.parametrize(
    "check", [check_wallet, lambda *given, **options: asyncio.run(check_wallet_async(*given, **options))]
)
@pytest.mark.parametrize("wrong", [{"target": "http://[::1"}, {"currency": "usd"}])
def test_no_traceback_shows_the_token(check, wrong):
    with pytest.raises(ConfigurationError) as caught:
        check(**{"target": RightWallet(), **ME, **wrong})

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [str(frame.locals) for frame in told.stack if frame.filename != __file__]
    assert ours
    assert not any(TOKEN in shown for shown in ours)


@pytest.mark.parametrize("target", [7, lambda: None, lambda one: None, "casino.example", "http://[::1"])
def test_what_is_no_target_is_refused(target):
    with pytest.raises(ConfigurationError):
        check_wallet(target, **ME)


FEW_DIGITS = Context(prec=6)
NOTHING_LOST = Context(traps=[Inexact])


@pytest.mark.parametrize("application", [FEW_DIGITS, NOTHING_LOST], ids=["6 digits", "no rounding"])
def test_amounts_are_exact_whatever_the_application_computes_with(served, application):
    wallet = RightWallet("123456789.03")
    url = served(wallet)
    with localcontext(application):
        report = check_wallet(url, **ME, only=["happy", "bet", "amount"])

        assert report.ok, report.text()
        assert report.restored
    assert wallet.balances[PLAYER] == Decimal("123456789.03")


def test_an_application_in_process_computes_as_it_does_elsewhere():
    seen = set()

    class Wallet(RightWallet):
        async def handle(self, fields):
            seen.add((getcontext().prec, getcontext().traps[Inexact]))
            return await super().handle(fields)

    with localcontext(NOTHING_LOST):
        assert check_wallet(Wallet(), **ME, only=["happy"]).ok

    assert seen == {(28, True)}


@pytest.mark.parametrize("balance", ["1e30", "-1e400", f"{'1' * 29}.01", f"1000.{'0' * 40}1"])
@pytest.mark.parametrize("others", ["", "1000"], ids=["always", "every other time"])
def test_a_wallet_that_answers_absurd_balances_fails_in_a_report(balance, others):
    class Wallet(RightWallet):
        def written(self, _balance):
            return (self.callbacks % 2 and others) or balance

    with contextlib.suppress(CannotCheck):
        assert not check_wallet(Wallet(), **ME, only=["happy", "bet"]).ok


def test_progress_tells_each_check_twice():
    told = []
    check_wallet(
        RightWallet(), **ME, only=["happy"], progress=lambda check, result: told.append((check, result))
    )

    assert [check.id for check, result in told if result is None] == ids_of("happy")
    assert [result.id for _, result in told if result is not None] == ids_of("happy")


def ids_of(group):
    return [check.id for check in CHECKS if check.group == group]


class PaysNothing(RightWallet):
    async def win(self, player, fields):
        return self.balances[player]


def test_what_cannot_be_put_back_is_said():
    report = check_wallet(PaysNothing(), **ME, only=["happy.bet"])

    assert not report.restored
    assert report.balance_summary() == (
        "The balance of p-1 was 1000.00 USD and is now 993.00: -7.00 could not be undone."
    )


class Dies(RightWallet):
    """Answers 30 callbacks and then none."""

    async def answer(self, body, signature):
        if self.callbacks == 30:
            raise RuntimeError("out of memory")
        return await super().answer(body, signature)


def test_a_wallet_that_dies_is_reported_to_the_end():
    report = check_wallet(Dies(), **ME, only=["happy", "bet"])

    assert ids(report) == ids_of("happy") + ids_of("bet")
    assert report.balance_after is None
    assert "can no longer be read" in report.balance_summary()


@pytest.mark.parametrize("names", ["happy.bet", None, 5, [5], [None]])
@pytest.mark.parametrize("option", ["only", "skip"])
def test_what_is_no_list_of_names_is_refused(option, names):
    with pytest.raises(ConfigurationError, match=f"{option}: give a list of the names of checks"):
        check_wallet(RightWallet(), **ME, **{option: names})


class Silent(RightWallet):
    """Answers no bet but the small ones before the checks."""

    async def bet(self, player, fields):
        if fields["amount"] > 1:
            await asyncio.Event().wait()
        return await super().bet(player, fields)


def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_the_timeout():
    report = check_wallet(Silent(), **ME, only=["happy.bet"], timeout=1)

    (result,) = report.failed
    assert "no answer within 1 s" in result.message


def test_silence_from_the_start_is_no_report():
    class Mute(RightWallet):
        async def answer(self, body, signature):
            await asyncio.Event().wait()

    with pytest.raises(CannotCheck, match="does not answer"):
        check_wallet(Mute(), **ME, timeout=0.1)


async def test_a_run_that_is_stopped_puts_the_balance_back():
    wallet = RightWallet()
    held = asyncio.Event()
    book = wallet.win

    async def win(player, fields):
        if not held.is_set():
            held.set()
            await asyncio.Event().wait()
        return await book(player, fields)

    wallet.win = win  # type: ignore[method-assign]
    run = asyncio.create_task(check_wallet_async(wallet, **ME, only=["happy.win"]))
    await held.wait()
    assert wallet.balances[PLAYER] == 999
    run.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await run

    assert wallet.balances[PLAYER] == 1000


def test_ids_are_fresh_in_each_run_and_fit_doubles_but_for_the_checks_of_ids():
    wallet = RightWallet()
    for _ in range(2):
        assert check_wallet(wallet, **ME, only=["happy", "id"]).ok

    above = [number for number in wallet.booked if number > 2**53]
    assert len(above) == 2 * 9
    assert all(number < 2**63 for number in wallet.booked)


class Answers(RightWallet):
    """Answers every callback alike."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    async def answer(self, body, signature):
        return 200, self.body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"statusCode":"OK"}',
        b'{"balance":null,"statusCode":"OK"}',
        b'{"balance":1e999999999,"statusCode":"OK"}',
        b'{"balance":NaN,"statusCode":"OK"}',
        b'{"balance":true,"statusCode":"OK"}',
        b'{"balance":"1e99999999","statusCode":"OK"}',
        b'{"balance":"a lot","statusCode":"OK"}',
        b'{"balance":1,"statusCode":1}',
        b'{"balance":' + b"9" * 5000 + b',"statusCode":"OK"}',
        b"[" * 50_000,
        b"x" * 1_000_000,
    ],
)
def test_answers_that_are_none_are_told_in_one_error_type(body):
    with pytest.raises(CannotCheck):
        check_wallet(Answers(body), **ME)


def test_amounts_are_read_exactly():
    report = check_wallet(
        Answers(b'{"balance":0.1000000000000000055,"statusCode":"OK"}'), **ME, only=["happy.balance"]
    )

    assert report.balance_before == Decimal("0.1000000000000000055")


def test_a_wallet_that_reads_seconds_only_is_met_in_seconds():
    sent = []

    class Seconds(RightWallet):
        def validate(self, fields):
            super().validate(fields)
            sent.append(fields["timestamp"])
            if fields["timestamp"] > 2**32:
                super().field("none", int, fields)

    assert check_wallet(Seconds(), **ME, only=["happy"]).ok
    assert [moment > 2**32 for moment in sent] == [True] + [False] * (len(sent) - 1)


def test_what_is_sent_has_the_vendor_s_headers():
    seen = []
    wallet = RightWallet()

    async def app(scope, receive, send):
        seen.append(dict(scope["headers"]))
        await wallet(scope, receive, send)

    check_wallet(app, **ME, only=["happy.balance"])
    assert {headers[b"accept"] for headers in seen} == {b"application/json"}
    assert {headers[b"content-type"] for headers in seen} == {b"application/json"}
    assert all(len(headers[b"x-request-signature"]) == len(sign(b"{}", TOKEN)) for headers in seen)
