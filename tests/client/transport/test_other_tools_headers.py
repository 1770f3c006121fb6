"""Only our headers are sent, whatever tools for tracing and monitoring the process uses beside us.

Such tools change the HTTP libraries for the whole process: they have aiohttp, httpx, http.client and urllib3
add headers for tracing. What they add went to the vendor. The stand-ins here do what sentry-sdk and
OpenTelemetry's instrumentations do.
"""

from __future__ import annotations

import http.client
import importlib
import importlib.util

import pytest

from .conftest import Caller
from .servers import answer

TRACING = {"sentry-trace": "1-2-1", "baggage": "sentry-environment=production", "traceparent": "00-1-2-01"}
OURS = {"Host", "Authorization", "Accept", "Accept-Encoding", "Content-Type", "User-Agent"}


def patch_aiohttp(monkeypatch):
    """As sentry-sdk and opentelemetry-instrumentation-aiohttp-client: a trace config in each session."""
    if importlib.util.find_spec("aiohttp") is None:
        return
    aiohttp = importlib.import_module("aiohttp")

    async def on_request_start(session, context, params):
        params.headers.update(TRACING)

    init = aiohttp.ClientSession.__init__

    def patched(self, *args, **kwargs):
        config = aiohttp.TraceConfig()
        config.on_request_start.append(on_request_start)
        kwargs["trace_configs"] = [*(kwargs.get("trace_configs") or ()), config]
        init(self, *args, **kwargs)

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", patched)


def patch_http_client(monkeypatch):
    """As sentry-sdk for the standard library."""
    endheaders = http.client.HTTPConnection.endheaders

    def patched(self, *args, **kwargs):
        for name, value in TRACING.items():
            self.putheader(name, value)
        return endheaders(self, *args, **kwargs)

    monkeypatch.setattr(http.client.HTTPConnection, "endheaders", patched)


def patch_httpx(monkeypatch):
    """As the instrumentations of httpx: around its transports, and the same for what goes on under it."""

    def adds_headers(handle):
        def patched(self, request, *args, **kwargs):
            extra = TRACING.items()
            if hasattr(request.headers, "update"):
                request.headers.update(TRACING)
            else:
                request.headers = [*request.headers, *((n.encode(), v.encode()) for n, v in extra)]
            return handle(self, request, *args, **kwargs)

        return patched

    for library in ("httpx", "httpx2"):
        if importlib.util.find_spec(library) is None:
            continue
        module = importlib.import_module(library)
        for name, method in (
            ("HTTPTransport", "handle_request"),
            ("AsyncHTTPTransport", "handle_async_request"),
            ("Client", "send"),
            ("AsyncClient", "send"),
        ):
            owner = getattr(module, name)
            monkeypatch.setattr(owner, method, adds_headers(getattr(owner, method)))


@pytest.fixture
def tools(monkeypatch):
    """Both tools, set up before any agent is made."""
    patch_aiohttp(monkeypatch)
    patch_http_client(monkeypatch)
    patch_httpx(monkeypatch)


@pytest.mark.usefixtures("tools")
def test_no_header_of_another_tool_is_sent(server, kind, token, slots, options):
    with Caller(kind, options) as caller:
        assert [caller.read(1), caller.write(2), caller.read(3)] == [1, 2, 3]

    for request in server.requests:
        names = [name for name, _ in request.headers]
        length = {"Content-Length"} if request.method == "POST" else set()
        assert sorted(names) == sorted(OURS | length)
    assert {name.lower() for connect in server.connects for name, _ in connect.headers} <= {
        "host",
        "accept",
        "user-agent",
    }


def test_the_headers_have_the_contracts_values(caller, server, token):
    caller.write(1)

    [request] = server.requests
    headers = dict(request.headers)
    assert headers["Authorization"] == f"Bearer {token}"
    assert headers["Accept"] == headers["Content-Type"] == "application/json"
    assert headers["Host"] == server.url.partition("//")[2]
    assert headers["Content-Length"] == str(len(request.body))
    assert headers["User-Agent"].startswith("igamingace/")


@pytest.mark.parametrize("route", ["plain"])
def test_no_cookie_of_an_answer_is_sent_back(caller, server):
    server.script = lambda request: request.connection.send(
        answer(request.number, extra_headers="Set-Cookie: session=1; Path=/\r\n")
    )

    assert [caller.read(number) for number in (1, 2)] == [1, 2]

    assert not [
        name for request in server.requests for name, _ in request.headers if name.lower() == "cookie"
    ]


@pytest.mark.parametrize("route", ["plain"])
def test_no_password_of_netrc_is_sent(kind, server, options, monkeypatch, tmp_path, token):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login mallory password hunter2\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))

    with Caller(kind, options) as caller:
        caller.read(1)

    [request] = server.requests
    assert dict(request.headers)["Authorization"] == f"Bearer {token}"
