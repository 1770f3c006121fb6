"""Applications that are called in this process: what goes wrong in them is what a server makes of it."""

from __future__ import annotations

import asyncio

import pytest
from igamingace._wallet_client.client import WalletResponse, connect_to


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
