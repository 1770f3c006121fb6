"""A proxy that refuses, fails or is named wrongly: the error names the proxy, and never its password."""

from __future__ import annotations

import asyncio
import inspect
import logging
import pickle
import traceback
from base64 import b64decode
from contextlib import suppress
from pathlib import Path

import igamingace
import pytest
from igamingace import errors
from igamingace.operators import Account

from .conftest import Caller, use_proxy
from .servers import ORIGIN, RawServer, http

USER, PASSWORD = "mallory", "hunter2secret"
BASIC = "bWFsbG9yeTpodW50ZXIyc2VjcmV0"
"""The two in base64, as the proxy gets them."""
SECRETS = (USER, PASSWORD, BASIC)
TESTS_OWN = {str(path) for path in Path(__file__).parent.glob("*.py")}
"""The files whose frames know the password."""


def shown(error):
    """All that an error may show somewhere: text, repr, attributes, causes, pickle, and what frames hold."""
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in found.stack if frame.filename not in TESTS_OWN]
    parts = [
        str(error),
        repr(error),
        repr(vars(error)),
        repr([(frame.filename, frame.name, frame.locals) for frame in frames]),
        repr(error.__cause__),
        repr(error.__context__),
        pickle.dumps(error).decode("latin-1"),
    ]
    return "\n".join(parts)


@pytest.fixture
def log(caplog):
    """What was logged, by whomever, at whatever level."""
    caplog.set_level(logging.DEBUG)
    return caplog


def assert_no_secrets(error, log):
    for secret in SECRETS:
        assert secret not in shown(error)
        assert secret not in log.text
        assert secret not in repr([record.__dict__ for record in log.records])


@pytest.fixture
def proxy(route, trusted, monkeypatch):
    """A proxy with a password, and the server behind it."""
    server = RawServer(route, trusted.context)
    use_proxy(monkeypatch, f"http://{USER}:{PASSWORD}@127.0.0.1:{server.port}")
    yield server
    server.close()


@pytest.fixture
def proxied(kind, token, slots, proxy):
    options = {"token": token, "base_url": proxy.url, "limiter": slots, "backoff": 0, "max_retries": 0}
    with Caller(kind, options) as caller:
        yield caller


@pytest.mark.parametrize("route", ["tunnel"])
def test_a_tunnel_gets_the_password_and_the_server_does_not(proxied, proxy, token):
    assert proxied.write(1) == 1

    [connect], [request] = proxy.connects, proxy.requests
    assert ("Proxy-Authorization", f"Basic {BASIC}") in connect.headers
    assert (connect.method, connect.target) == ("CONNECT", f"{ORIGIN}:443")
    assert token not in repr(connect)
    names = {name.lower() for name, _ in request.headers}
    assert "proxy-authorization" not in names
    assert ("Host", ORIGIN) in request.headers


PAGE = b"<html>mallory:hunter2secret may not " + b"x" * 200

REFUSALS = {
    "407": http(PAGE, status=407, extra_headers='Proxy-Authenticate: Basic realm="a"\r\n'),
    "403": http(PAGE, status=403),
    "502": http(PAGE, status=502),
    "503": http(b"", status=503, extra_headers="Connection: close\r\n"),
    "a redirect": http(b"", status=302, extra_headers="Location: https://login.example/\r\n"),
    "a long head": http(b"", status=502, extra_headers=f"X: {'y' * 70_000}\r\n"),
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "half a head": b"HTTP/1.1 200 Conn",
    "nothing": b"",
    "an echo of what it was sent": f"HTTP/1.1 407 Basic {BASIC} {USER}:{PASSWORD}\r\n\r\n".encode(),
}


@pytest.mark.parametrize("route", ["tunnel"])
@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_what_a_proxy_answers_to_connect_becomes_an_error_that_names_it(
    proxied, proxy, slots, log, method, refusal
):
    def connect(request):
        request.connection.send(refusal)
        request.connection.close()
        return False

    proxy.connect = connect

    with pytest.raises(errors.TransportError) as caught:
        proxied.call(method, 1)

    assert f"127.0.0.1:{proxy.port}" in str(caught.value)
    assert "proxy" in str(caught.value)
    assert not caught.value.may_have_arrived
    assert caught.value.retryable
    assert slots.events == ["acquire", "done"]
    assert_no_secrets(caught.value, log)
    status = refusal[9:12].decode() if refusal.endswith(b"\r\n\r\n") or PAGE in refusal else ""
    assert status in str(caught.value)


@pytest.mark.parametrize("route", ["tunnel"])
def test_a_proxy_that_keeps_a_refused_connection_open_holds_nothing_up(proxied, proxy, slots):
    """A refusal whose body never comes whole: the status is answer enough."""

    def connect(request):
        request.connection.send(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\n")
        while request.connection.receive():
            pass
        return False

    proxy.connect = connect

    with pytest.raises(errors.TransportError, match="502") as caught:
        proxied.write(1)

    assert not isinstance(caught.value, errors.Timeout)
    assert slots.events == ["acquire", "done"]


@pytest.mark.parametrize("route", ["tunnel"])
@pytest.mark.parametrize(
    "accepted",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 201 Connected\r\nX: y\r\n\r\n",
        b"HTTP/1.1 200 Connected\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 Connected\r\nContent-Length: 10\r\n\r\n",
        b"HTTP/1.1 200 Connected\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_tunnel_is_made_however_the_proxy_says_yes(proxied, proxy, accepted):
    """The body that a 2xx announces to CONNECT does not exist (RFC 9110, 9.3.6)."""

    def connect(request):
        for byte in accepted:
            request.connection.send(bytes([byte]))
        return True

    proxy.connect = connect

    assert [proxied.write(1), proxied.read(2)] == [1, 2]
    assert len(proxy.connects) == 1


@pytest.mark.parametrize("route", ["proxy", "tunnel"])
def test_a_proxy_that_is_not_there_is_named_without_its_password(proxied, proxy, slots, log):
    proxy.close()

    with pytest.raises(errors.TransportError) as caught:
        proxied.write(1)

    assert f"127.0.0.1:{proxy.port}" in str(caught.value)
    assert not caught.value.may_have_arrived
    assert slots.events == ["acquire", "done"]
    assert_no_secrets(caught.value, log)


@pytest.mark.parametrize("route", ["tunnel"])
def test_a_server_behind_a_tunnel_that_nobody_trusts_is_named_without_the_password(
    kind, token, proxy, slots, log
):
    options = {"token": token, "base_url": "https://other.example", "limiter": slots, "max_retries": 0}

    with Caller(kind, options) as caller, pytest.raises(errors.TransportError, match="certificate") as caught:
        caller.write(1)

    assert not caught.value.may_have_arrived
    assert slots.events == ["acquire", "done"]
    assert_no_secrets(caught.value, log)


MALFORMED = {
    "a raw #": f"http://{USER}:{PASSWORD}#1@127.0.0.1:3128",
    "port 0": f"http://{USER}:{PASSWORD}@127.0.0.1:0",
    "a raw # first": f"http://{USER}:#{PASSWORD}@127.0.0.1:3128",
    "a raw /": f"http://{USER}:{PASSWORD}/1@127.0.0.1:3128",
    "a raw ?": f"http://{USER}:{PASSWORD}?1@127.0.0.1:3128",
    "a letter outside ASCII": f"http://{USER}:{PASSWORD}ü@127.0.0.1:3128",
    "a user outside ASCII": f"http://{USER}é:{PASSWORD}@127.0.0.1:3128",
    "a host outside ASCII that is no name": f"http://{USER}:{PASSWORD}@\u2100.example:3128",
    "a space": f"http://{USER}:{PASSWORD} 1@127.0.0.1:3128",
    "a line feed": f"http://{USER}:{PASSWORD}\n1@127.0.0.1:3128",
    "no port number": f"http://{USER}:{PASSWORD}@127.0.0.1:port",
    "a port too high": f"http://{USER}:{PASSWORD}@127.0.0.1:99999",
    "no host": f"http://{USER}:{PASSWORD}@",
    "half an address": f"http://{USER}:{PASSWORD}@[::1:3128",
    "an address within a name": f"http://{USER}:{PASSWORD}@proxy[::1]:3128",
    "a raw [": f"http://{USER}:{PASSWORD}[@[::1]:3128",
    "no such scheme": f"gopher://{USER}:{PASSWORD}@127.0.0.1:3128",
    "socks": f"socks5://{USER}:{PASSWORD}@127.0.0.1:1080",
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("url", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_proxy_is_a_configuration_error_that_does_not_show_it(
    kind, token, slots, log, monkeypatch, scheme, url
):
    use_proxy(monkeypatch, url)
    options = {"token": token, "base_url": f"{scheme}://{ORIGIN}", "limiter": slots, "max_retries": 0}

    with (
        pytest.raises(errors.ConfigurationError, match=r"(?i)proxy") as caught,
        Caller(kind, options) as caller,
    ):
        caller.write(1)

    assert slots.events in ([], ["acquire", "done"])
    assert_no_secrets(caught.value, log)


@pytest.mark.parametrize("kind", ["threads"])
@pytest.mark.parametrize("make", [igamingace.Operator, igamingace.AsyncOperator])
def test_a_malformed_proxy_of_an_operator_is_a_configuration_error_too(make, token, log, monkeypatch, kind):
    use_proxy(monkeypatch, MALFORMED["a raw #"])

    async def use():
        operator = make([Account(name="a1", token=token, currency="EUR")], base_url=f"https://{ORIGIN}")
        try:
            called = operator.agent("a1").providers.list()
            await called if inspect.isawaitable(called) else called
        finally:
            closed = operator.aclose() if hasattr(operator, "aclose") else operator.close()
            with suppress(TypeError):
                await closed

    with pytest.raises(errors.ConfigurationError, match=r"(?i)proxy") as caught:
        asyncio.run(use())

    assert_no_secrets(caught.value, log)


PASSWORDS = {
    "percent-encoded": ("us%40er", "p%23ss%2Fw%3Ard", b"us@er:p#ss/w:rd"),
    "percent-encoded UTF-8": ("user", "p%C3%BC", "user:pü".encode()),
    "no password": ("user", None, b"user:"),
    "an empty password": ("user", "", b"user:"),
    "no user": ("", "secret", b":secret"),
}


@pytest.mark.parametrize("route", ["proxy", "tunnel"])
@pytest.mark.parametrize(("user", "password", "decoded"), PASSWORDS.values(), ids=PASSWORDS)
def test_a_proxy_gets_user_and_password_decoded(
    kind, token, slots, proxy, monkeypatch, user, password, decoded
):
    userinfo = user if password is None else f"{user}:{password}"
    use_proxy(monkeypatch, f"http://{userinfo}@127.0.0.1:{proxy.port}")
    options = {"token": token, "base_url": proxy.url, "limiter": slots, "max_retries": 0}

    with Caller(kind, options) as caller:
        assert caller.write(1) == 1

    [asked] = proxy.connects or proxy.requests
    sent = {name.lower(): value for name, value in asked.headers}["proxy-authorization"]
    assert b64decode(sent.removeprefix("Basic ")) == decoded


@pytest.mark.parametrize("route", ["proxy"])
def test_a_forward_proxy_gets_the_whole_target_and_one_host(proxied, proxy):
    assert [proxied.read(1), proxied.write(2)] == [1, 2]

    assert [request.target for request in proxy.requests] == [
        f"http://{ORIGIN}/v1/player/info?playerExternalId=1",
        f"http://{ORIGIN}/v1/game/launch",
    ]
    for request in proxy.requests:
        assert [value for name, value in request.headers if name.lower() == "host"] == [ORIGIN]
    assert len(proxy.connections) == 1
