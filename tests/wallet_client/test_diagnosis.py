"""What is not the wallet's logic is named: the way to it, its server, a proxy before it."""

import asyncio
import socket
import ssl
import threading
from contextlib import contextmanager

import httpx2
import pytest
from igamingace._common.secret import Secret
from igamingace._transport.aio import AsyncPooledTransport
from igamingace._transport.base import Request, Timeouts, TransportFailure
from igamingace._transport.custom import CustomTransport
from igamingace._transport.threads import PooledTransport
from igamingace._wallet_client.client import NoResponse, connect_to
from igamingace._wallet_client.diagnosis import (
    Cause,
    Timings,
    diagnose_exception,
    diagnose_late_answer,
    diagnose_response,
    diagnose_timeout,
    diagnose_transport_failure,
)

URL = "http://wallet.test/callbacks"
NGINX = (
    b"<html><head><title>503 Service Temporarily Unavailable</title><style>p{}</style></head>"
    b"<body><center><h1>503 Service Temporarily Unavailable</h1></center></body></html>"
)


@pytest.mark.parametrize(
    ("status", "headers", "body", "cause", "told"),
    [
        (503, [(b"Server", b"nginx/1.27")], NGINX, Cause.GATEWAY, "nginx/1.27 answers '503 Service Temp"),
        (502, [], b"", Cause.GATEWAY, "the answer has no body"),
        (
            500,
            [],
            b"Traceback (most recent):\n  File",
            Cause.SERVER_ERROR,
            "begins 'Traceback (most",
        ),
        (404, [], b'{"detail":"Not Found"}', Cause.NOT_FOUND, "is /callbacks the path of the callback URL"),
        (405, [], b"", Cause.NOT_FOUND, "does it take POST"),
        (401, [], b"", Cause.BLOCKED, "must need no login"),
        (403, [], b"<html>Forbidden", Cause.BLOCKED, "let them through"),
        (429, [], b"", Cause.BLOCKED, "limit"),
        (200, [], b"<!doctype html><p>Welcome", Cause.HTML, "begins 'Welcome'"),
        (301, [(b"location", b"/callbacks/")], b"", Cause.REDIRECT, "with a slash at the end"),
        (308, [(b"Location", b"https://wallet.test/callbacks")], b"", Cause.REDIRECT, "with https"),
        (302, [(b"location", b"/login?next=/callbacks")], b"", Cause.REDIRECT, "must need no login"),
        (302, [(b"location", b"//me:hunter2@other.test/x")], b"", Cause.REDIRECT, "http://other.test/x"),
        (304, [], b"", Cause.REDIRECT, "it leads nowhere"),
        (302, [(b"location", b"http://[wallet.test/")], b"", Cause.REDIRECT, "it leads nowhere"),
        (302, [(b"location", b"//[::1]wallet.test/[")], b"", Cause.REDIRECT, "it leads nowhere"),
    ],
)
def test_an_answer_that_is_not_the_wallets_is_named(status, headers, body, cause, told):
    diagnosis = diagnose_response(status, body, headers, URL)

    assert diagnosis is not None
    assert diagnosis.cause == cause
    assert told in str(diagnosis)
    assert "hunter2" not in str(diagnosis)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"balance":1,"statusCode":"OK"}'),
        (200, b""),
        (200, b"garbage"),
        (400, b'{"balance":1,"statusCode":"ERR_UNKNOWN"}'),
        (404, b'{"balance":1,"statusCode":"ERR_INVALID_PLAYER_ID"}'),
        (418, b""),
    ],
)
def test_a_wallets_own_answer_is_left_to_the_judge(status, body):
    assert diagnose_response(status, body, (), URL) is None


def test_equal_causes_have_equal_summaries():
    first = diagnose_timeout(3, URL, Timings(open=50, reached_before=True))
    other = diagnose_late_answer(7.5, Timings(open=12))

    assert other is not None
    assert first.summary == other.summary
    assert first.text != other.text


@pytest.mark.parametrize(
    ("timings", "cause"),
    [
        (Timings(), Cause.TIMEOUT),
        (Timings(open=50), Cause.OVERLOAD),
        (Timings(connecting=True), Cause.UNREACHABLE),
        (Timings(connecting=True, open=50), Cause.UNREACHABLE),
        (Timings(connecting=True, open=50, reached_before=True), Cause.BACKLOG),
    ],
)
def test_a_timeout_is_told_by_how_far_the_callback_came(timings, cause):
    diagnosis = diagnose_timeout(10, URL, timings)

    assert diagnosis.cause == cause
    assert ("50 connections open" in diagnosis.text) == (cause in {Cause.OVERLOAD, Cause.BACKLOG})


@pytest.mark.parametrize(
    ("timings", "cause"),
    [
        (Timings(), None),
        (Timings(connect_seconds=3.05), None),
        (Timings(open=50, connect_seconds=0.01), Cause.OVERLOAD),
        (Timings(open=50, connect_seconds=3.05), Cause.BACKLOG),
    ],
)
def test_a_late_answer_is_told_by_what_it_waited_for(timings, cause):
    diagnosis = diagnose_late_answer(3.1, timings)

    assert (diagnosis and diagnosis.cause) == cause


@pytest.mark.parametrize("error", [ConnectionRefusedError, ConnectionResetError])
@pytest.mark.parametrize(
    ("timings", "is_backlog"),
    [
        (Timings(open=50, connecting=True, reached_before=True), True),
        (Timings(open=50, connect_seconds=0.01, reached_before=True), True),
        (Timings(open=50, reached_before=True), False),  # on a connection that was open before
        (Timings(open=50, connecting=True), False),
        (Timings(connecting=True, reached_before=True), False),
    ],
)
def test_new_connections_that_are_dropped_in_a_crowd_mean_a_short_backlog(error, timings, is_backlog):
    diagnosis = diagnose_exception(error(), URL, timings)

    assert (diagnosis.cause == Cause.BACKLOG) is is_backlog


@contextmanager
def answering(answer):
    """A server that answers each connection by a function of its socket, and closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def read(connection):
    """Read the request to its end: what is unread when a connection is closed resets it."""
    data = b""
    while not data.endswith(b"{}") and data[:1] != b"\x16":  # of a TLS handshake
        data += connection.recv(65_536)


def hang_up(connection):
    read(connection)


def reset(connection):
    read(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def greet(connection):
    read(connection)
    connection.sendall(b"220 mail.test ESMTP\r\n\r\n")


@contextmanager
def nobody():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{unused.getsockname()[1]}"


CASES = [
    pytest.param("http", nobody, Cause.REFUSED, "does the wallet run there?", id="nobody"),
    pytest.param("http", lambda: answering(hang_up), Cause.RESET, "worker", id="hangs up"),
    pytest.param("http", lambda: answering(reset), Cause.RESET, "worker", id="resets"),
    pytest.param("http", lambda: answering(greet), Cause.NOT_HTTP, "check the port", id="not HTTP"),
    pytest.param("https", lambda: answering(greet), Cause.TLS, "speaks plain HTTP", id="no TLS"),
]


async def diagnosis_of(target):
    transport = connect_to(target, "/")
    try:
        with pytest.raises(NoResponse) as caught:
            await transport.send(b"{}", None)
    finally:
        await transport.close()
    return caught.value.diagnosis


@pytest.mark.parametrize(("scheme", "server", "cause", "advice"), CASES)
def test_a_failure_to_get_an_answer_is_named(scheme, server, cause, advice):
    with server() as place:
        diagnosis = asyncio.run(diagnosis_of(f"{scheme}://{place}/callbacks"))

    assert diagnosis.cause == cause, str(diagnosis)
    assert advice in diagnosis.advice
    assert place in diagnosis.text


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "while decompressing data"),
        (b"Content-Length: 100\r\n\r\n{", "without sending complete message body"),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", "illegal chunk header"),
    ],
    ids=["not gzip", "half of it", "no chunks"],
)
def test_a_response_whose_body_cannot_be_read_is_http_all_the_same(response, reason):
    def answer(connection):
        read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + response)

    with answering(answer) as place:
        diagnosis = asyncio.run(diagnosis_of(f"http://{place}/callbacks"))

    assert diagnosis.cause == Cause.INVALID_RESPONSE
    assert reason in diagnosis.text
    assert "Content-Encoding" in diagnosis.advice


async def test_a_body_that_an_application_in_process_has_not_encoded_is_named():
    async def app(scope, receive, send):
        headers = [(b"content-encoding", b"gzip")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    diagnosis = await diagnosis_of(app)

    assert diagnosis.cause == Cause.INVALID_RESPONSE
    assert "None" not in str(diagnosis)


def post():
    timeouts = Timeouts(connect=5, total=5)
    return Request("POST", "/callbacks", Secret(()), b"{}", timeouts, Secret("t" * 32))


@pytest.mark.parametrize(("scheme", "server", "cause", "advice"), CASES)
def test_the_operators_transport_gets_the_same_diagnosis(scheme, server, cause, advice):
    with server() as place:
        url = f"{scheme}://{place}"
        failure = send_in_thread(url, post())
    assert isinstance(failure, TransportFailure)
    diagnosis = diagnose_transport_failure(failure, url, 5)

    assert diagnosis.cause == cause, str(diagnosis)
    assert advice in diagnosis.advice


def send_in_thread(url, request):
    transport = PooledTransport(url, "the callback URL")
    try:
        return transport.send(request)
    finally:
        transport.close()


def send_in_loop(url, request):
    async def send():
        transport = AsyncPooledTransport(url, "the callback URL")
        try:
            return await transport.send(request)
        finally:
            await transport.close()

    return asyncio.run(send())


def send_by_httpx2(url, request):
    with httpx2.HTTPTransport() as handed_in:
        return CustomTransport(url, handed_in).send(request)


@pytest.mark.parametrize("send", [send_in_thread, send_in_loop, send_by_httpx2])
def test_the_operators_transports_name_a_host_without_an_address(send):
    url = "http://wallet.invalid"
    failure = send(url, post())

    assert diagnose_transport_failure(failure, url, 5).cause == Cause.DNS, failure


@pytest.mark.parametrize("send", [send_in_thread, send_in_loop])
def test_a_host_that_no_dns_can_hold_has_no_address_either(send):
    url = f"http://{'a' * 64}.invalid"
    failure = send(url, post())

    assert diagnose_transport_failure(failure, url, 5).cause == Cause.DNS, failure


@pytest.mark.parametrize("send", [send_in_thread, send_in_loop])
def test_a_proxy_without_an_address_is_not_taken_for_the_wallets_host(send, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    url = "http://wallet.test"
    failure = send(url, post())

    diagnosis = diagnose_transport_failure(failure, url, 5)
    assert diagnosis.cause == Cause.UNREACHABLE, str(diagnosis)
    assert "proxy.invalid" in diagnosis.text


def test_a_name_without_an_address_is_named():
    async def send():
        transport = connect_to("http://wallet.invalid/", "")
        try:
            await transport.send(b"{}", None)
        finally:
            await transport.close()

    with pytest.raises(NoResponse) as caught:
        asyncio.run(send())

    assert caught.value.diagnosis.cause == Cause.DNS
    assert "wallet.invalid" in str(caught.value)


def test_the_connections_that_are_open_at_once_are_counted():
    arrived = []
    release = asyncio.Event()

    async def app(scope, receive, send):
        arrived.append(scope["path"])
        if len(arrived) == 5:
            release.set()
        await release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def send():
        transport = connect_to(app, "/")
        timings = [Timings() for _ in range(5)]
        await asyncio.gather(*(transport.send(b"{}", None, each) for each in timings))
        await transport.close()
        return timings

    assert [each.open for each in asyncio.run(send())] == [5] * 5


def test_a_certificate_that_is_not_trusted_is_tls():
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.reason, error.verify_message = "CERTIFICATE_VERIFY_FAILED", "self-signed certificate"
    outer = OSError("no connection")
    outer.__context__ = error
    diagnosis = diagnose_exception(outer, "https://wallet.test/")

    assert diagnosis.cause == Cause.TLS
    assert "public authority" in diagnosis.advice
