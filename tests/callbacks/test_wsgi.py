"""What only the WSGI application meets: bodies without a length, threads, its own event loop."""

import asyncio
import contextvars
import io
import threading
import wsgiref.validate
from concurrent.futures import CancelledError
from decimal import Decimal

import pytest
from igamingace.callbacks import CallbackHooks, sign, wallet_wsgi

current = contextvars.ContextVar("current", default="nobody")


@pytest.fixture
def call(token):
    """Return a function that calls a WSGI application as the standard's validator wants it."""
    apps = []

    def request(app, body, **environ):
        apps.append(app)
        answer = {}
        environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": "/",
            "QUERY_STRING": "",
            "SERVER_NAME": "casino.example",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_REQUEST_SIGNATURE": sign(body, token),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **environ,
        }
        environ = {key: value for key, value in environ.items() if value is not None}

        def start_response(status, headers, exc_info=None):
            answer["status"] = status
            return lambda data: None

        found = wsgiref.validate.validator(app)(environ, start_response)
        body = b"".join(found)
        found.close()  # type: ignore[attr-defined]
        return answer["status"], body

    yield request
    for app in apps:
        app.close()


def test_the_standard_s_validator_is_content(call, purse, callback, token):
    status, body = call(wallet_wsgi(purse, token=token), callback("bet"))

    assert (status, body) == ("200 OK", b'{"balance":98.50,"statusCode":"OK"}')


def test_a_body_without_a_length_needs_an_input_that_ends(call, purse, callback, token):
    app, body = wallet_wsgi(purse, token=token), callback("bet")

    assert call(app, body, CONTENT_LENGTH=None)[0] == "411 Length Required"
    assert call(app, body, **{"CONTENT_LENGTH": None, "wsgi.input_terminated": True})[0] == "200 OK"

    long = callback("bet", note="x" * 70_000)
    assert call(app, long, **{"CONTENT_LENGTH": None, "wsgi.input_terminated": True})[0].startswith("413")


@pytest.mark.parametrize("header", ["{0}, {0}", "{0},{0}", "\xe9" * 88])
def test_two_signatures_and_garbage_are_refused(call, purse, callback, token, header):
    body = callback("bet")
    field = header.format(sign(body, token))

    _, answer = call(wallet_wsgi(purse, token=token), body, HTTP_X_REQUEST_SIGNATURE=field)

    assert answer == b'{"balance":0,"statusCode":"ERR_INTEGRITY_CHECK_FAILED"}'
    assert purse.asked == []


def test_a_length_over_the_limit_is_refused_before_the_body_is_read(call, purse, token):
    status, _ = call(wallet_wsgi(purse, token=token), b"{}", CONTENT_LENGTH="999999999999999999999")

    assert status.startswith("413")


def test_an_asynchronous_wallet_lives_in_one_event_loop_of_its_own(call, wallet_with, callback, token):
    loops = []

    async def bet(callback):
        loops.append((asyncio.get_running_loop(), threading.current_thread()))
        return Decimal(1)

    app = wallet_wsgi(wallet_with(bet=bet), token=token)

    call(app, callback("bet"))
    call(app, callback("bet"))

    assert len(set(loops)) == 1
    assert loops[0][1] is not threading.current_thread()


def test_keyboard_interrupt_in_its_own_event_loop_fails_one_callback_only(call, wallet_with, callback, token):
    async def bet(callback):
        raise KeyboardInterrupt

    app = wallet_wsgi(wallet_with(bet=bet), token=token)

    assert call(app, callback("bet"))[1] == b'{"balance":0,"statusCode":"ERR_UNKNOWN"}'
    assert call(app, callback("win"))[1] == b'{"balance":104.25,"statusCode":"OK"}'


def test_a_hook_that_exits_fails_one_callback_only(call, purse, callback, token):
    class Hooks(CallbackHooks):
        def answered(self, event):
            if event.command == "bet":
                raise SystemExit(1)

    app = wallet_wsgi(purse, token=token, hooks=Hooks())

    with pytest.raises(SystemExit):
        call(app, callback("bet"))
    assert call(app, callback("win"))[0] == "200 OK"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_context_variables_are_the_request_s(call, wallet_with, callback, token, kind):
    seen = []

    def bet(callback):
        seen.append(current.get())
        return Decimal(1)

    async def later(callback):
        return bet(callback)

    current.set("request 7")
    call(wallet_wsgi(wallet_with(bet=bet if kind == "sync" else later), token=token), callback("bet"))

    assert seen == ["request 7"]


def test_after_close_the_application_starts_anew(call, purse, callback, token):
    app = wallet_wsgi(purse, token=token)
    call(app, callback("bet"))
    app.close()
    app.close()

    assert call(app, callback("win"))[0] == "200 OK"


def test_close_ends_a_callback_in_flight_instead_of_leaving_its_thread_to_wait(
    call, wallet_with, callback, token
):
    started = threading.Event()
    ends = []

    async def bet(callback):
        started.set()
        await asyncio.sleep(60)

    app = wallet_wsgi(wallet_with(bet=bet), token=token)

    def serve():
        try:
            call(app, callback("bet"))
        except CancelledError:
            ends.append("cancelled")

    thread = threading.Thread(target=serve)
    thread.start()
    assert started.wait(10)
    app.close()
    thread.join()  # at the latest when ERR_UNKNOWN is answered, at the time limit

    assert ends == ["cancelled"]
