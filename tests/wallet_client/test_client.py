"""Applications that are called in this process: what goes wrong in them is what a server makes of it."""

from __future__ import annotations

import asyncio

import pytest
from igamingace._wallet_client.client import WalletResponse, connect_to
from igamingace.walletcheck import CannotCheck, check_wallet_async


async def send(app):
    transport = connect_to(app, "/")
    try:
        return await transport.send(b"{}", None)
    finally:
        await transport.close()


def asgi_raises(error):
    async def app(scope, receive, send):
        raise error

    return app


def wsgi_raises(error):
    def app(environ, start_response):
        raise error

    return app


@pytest.mark.parametrize("raises", [asgi_raises, wsgi_raises])
@pytest.mark.parametrize("error", [SystemExit(4), BaseExceptionGroup("two", [SystemExit(4)])])
async def test_an_application_that_exits_has_answered_500(raises, error):
    text = f"(the application raised {type(error).__name__})"

    assert await send(raises(error)) == WalletResponse(500, text.encode())


async def test_keyboard_interrupt_in_another_thread_is_the_applications_own():
    assert (await send(wsgi_raises(KeyboardInterrupt()))).http_status == 500
    reply = await asyncio.to_thread(lambda: asyncio.run(send(asgi_raises(KeyboardInterrupt()))))
    assert reply.http_status == 500


def test_ctrl_c_while_an_application_answers_is_raised():
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(send(asgi_raises(KeyboardInterrupt())))


def start(status):
    return {"type": "http.response.start", "status": status, "headers": []}


def asgi_sends(*messages):
    async def app(scope, receive, send):
        for message in messages:
            await send(message)

    return app


@pytest.mark.parametrize(
    ("app", "text"),
    [
        (asgi_sends(), b"(the application sent no complete response)"),
        (asgi_sends(start(200)), b"(the application sent no complete response)"),
        (
            asgi_sends(start(200), {"type": "http.response.body", "body": "{}"}),
            b"(the application raised TypeError)",
        ),
        (
            asgi_sends(start("200"), {"type": "http.response.body", "body": b"{}"}),
            b"(the application raised TypeError)",
        ),
        (asgi_raises(asyncio.CancelledError()), b"(the application raised CancelledError)"),
        (wsgi_raises(asyncio.CancelledError()), b"(the application raised CancelledError)"),
    ],
    ids=["nothing", "no body", "body of text", "status of text", "cancelled", "WSGI cancelled"],
)
async def test_a_response_that_no_server_could_send_is_a_500(app, text):
    assert await send(app) == WalletResponse(500, text)


async def test_the_wallet_check_tells_what_is_wrong_with_an_application():
    with pytest.raises(CannotCheck, match="the application sent no complete response"):
        await check_wallet_async(asgi_sends(), token="t" * 32, player="user123")


async def test_what_was_answered_counts_though_the_application_fails_after_it():
    async def app(scope, receive, send):
        await asgi_sends(start(200), {"type": "http.response.body", "body": b"{}"})(scope, receive, send)
        raise ValueError

    assert (await send(app)).body == b"{}"


async def test_a_cancellation_of_the_caller_cancels_the_application():
    called = asyncio.Event()
    ends = []

    async def app(scope, receive, send):
        called.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    task = asyncio.create_task(send(app))
    await called.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert ends == ["cancelled"]
