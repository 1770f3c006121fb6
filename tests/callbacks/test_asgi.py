"""What only the ASGI application meets: lifespan, bodies in pieces, callers that go, a real server."""

import asyncio
import socket
import threading

import httpx2
import pytest
import uvicorn
from igamingace.callbacks import _asgi as asgi
from igamingace.callbacks import sign, wallet_app


def request_scope(token, body, *, headers=()):
    return {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"x-request-signature", sign(body, token).encode()), *headers],
        "client": ("192.0.2.7", 1),
    }


class Server:
    """The other side of an ASGI application: gives messages, takes messages."""

    def __init__(self, *messages):
        self.messages = list(messages)
        self.sent = []

    async def receive(self):
        if self.messages:
            return self.messages.pop(0)
        return await asyncio.Event().wait()

    async def send(self, message):
        self.sent.append(message)

    @property
    def status(self):
        return self.sent[0]["status"]


def piece(body, more):
    return {"type": "http.request", "body": body, "more_body": more}


async def test_lifespan_is_answered_and_the_app_works_again_after_it(purse, callback, token):
    app = wallet_app(purse, token=token)
    lifespan = Server({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    body = callback("bet")
    server = Server(piece(body, more=False))

    await app({"type": "lifespan"}, lifespan.receive, lifespan.send)
    await app(request_scope(token, body), server.receive, server.send)
    app.close()

    assert [message["type"] for message in lifespan.sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert server.status == 200


async def test_a_body_in_pieces_is_put_together(purse, callback, token):
    app, body = wallet_app(purse, token=token), callback("bet")
    server = Server(piece(body[:10], more=True), piece(b"", more=True), piece(body[10:], more=False))

    await app(request_scope(token, body), server.receive, server.send)
    app.close()

    assert server.sent[1]["body"] == b'{"balance":98.50,"statusCode":"OK"}'


@pytest.mark.parametrize("kind", ["coroutine function", "awaitable"])
def test_ctrl_c_during_a_method_stops_the_server(wallet_with, callback, token, kind):
    async def interrupted(callback=None):
        raise KeyboardInterrupt

    bet = interrupted if kind == "coroutine function" else lambda callback: interrupted()
    app, body = wallet_app(wallet_with(bet=bet), token=token), callback("bet")
    server = Server(piece(body, more=False))

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(app(request_scope(token, body), server.receive, server.send))
    app.close()

    assert server.sent == []


@pytest.mark.parametrize("second", [None, b"\xe9" * 88], ids=["the same twice", "another in Latin-1"])
async def test_two_signatures_are_refused(purse, callback, token, second):
    app, body = wallet_app(purse, token=token), callback("bet")
    server = Server(piece(body, more=False))
    header = (b"x-request-signature", second or sign(body, token).encode())

    await app(request_scope(token, body, headers=[header]), server.receive, server.send)

    assert server.sent[1]["body"] == b'{"balance":0,"statusCode":"ERR_INTEGRITY_CHECK_FAILED"}'
    assert purse.asked == []


async def test_a_body_without_a_length_is_cut_off_at_the_limit(purse, callback, token):
    app, body = wallet_app(purse, token=token, max_body=100), callback("bet")
    server = Server(piece(b"x" * 60, more=True), piece(b"x" * 60, more=True), piece(b"x" * 60, more=False))

    await app(request_scope(token, body), server.receive, server.send)

    assert server.status == 413
    assert len(server.messages) == 1


async def test_a_length_over_the_limit_is_refused_before_the_body_arrives(purse, callback, token):
    app, body = wallet_app(purse, token=token, max_body=100), callback("bet")
    server = Server(piece(body, more=False))

    await app(
        request_scope(token, body, headers=[(b"content-length", b"1" + b"0" * 30)]),
        server.receive,
        server.send,
    )

    assert server.status == 413
    assert len(server.messages) == 1


async def test_a_body_that_does_not_arrive_is_given_up(purse, callback, token, monkeypatch):
    monkeypatch.setattr(asgi, "_BODY_TIMEOUT", 0.05)
    app = wallet_app(purse, token=token)
    server = Server(piece(b"{", more=True))

    await app(request_scope(token, callback("bet")), server.receive, server.send)

    assert server.status == 408


async def test_a_caller_that_goes_before_the_body_is_whole_is_not_answered(purse, callback, token):
    app, body = wallet_app(purse, token=token), callback("bet")
    server = Server(piece(body[:10], more=True), {"type": "http.disconnect"})

    await app(request_scope(token, body), server.receive, server.send)

    assert server.sent == []
    assert purse.asked == []


async def test_a_websocket_is_closed(purse, token):
    server = Server()

    await wallet_app(purse, token=token)({"type": "websocket"}, server.receive, server.send)

    assert [message["type"] for message in server.sent] == ["websocket.close"]


async def test_a_server_that_stops_stops_the_wallet(wallet_with, callback, token):
    begun, ended = asyncio.Event(), []

    async def bet(callback):
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("ended")

    body = callback("bet")
    server = Server(piece(body, more=False))
    request = asyncio.ensure_future(
        wallet_app(wallet_with(bet=bet), token=token)(request_scope(token, body), server.receive, server.send)
    )
    await begun.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    await asyncio.sleep(0)

    assert ended == ["ended"]
    assert server.sent == []


@pytest.fixture
def address(purse, token):
    """The wallet behind a real uvicorn on loopback."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # from here on connections wait, and are not refused
    server = uvicorn.Server(uvicorn.Config(wallet_app(purse, token=token), lifespan="on", log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


def test_behind_a_real_server_a_round_is_played(address, purse, callback, token):
    with httpx2.Client(base_url=address) as http:

        def send(body):
            return http.post(
                "/callbacks", content=body, headers={"X-Request-Signature": sign(body, token)}
            ).json()

        answers = [send(callback(command)) for command in ("balance", "bet", "win", "betwin", "cancel")]

    assert [answer["statusCode"] for answer in answers] == ["OK"] * 5
    assert [answer["balance"] for answer in answers] == [100, 98.5, 102.75, 106.25, 107.75]
    assert purse.money == 107.75
