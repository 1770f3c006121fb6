"""A server for each route, and a caller that runs the same test code over threads, asyncio and uvloop."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import ssl
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import igamingace
import pytest

from .concurrent import loop_factory
from .servers import ORIGIN, ROUTES, RawServer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

LONGEST = 8.0
"""Seconds after which a call that has not ended counts as one that never does."""


@dataclass
class Caller:
    """An agent of either kind, called from ordinary code, one call after another.

    Between the calls of an asyncio agent its loop stands still, as if it was blocked; `rest` lets it run.
    """

    kind: str
    options: dict[str, Any]
    agents: list[Any] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._runner = (
            None if self.kind == "threads" else asyncio.Runner(loop_factory=loop_factory(self.kind))
        )
        self.agent = self.new()
        return self

    def new(self, **options: Any) -> Any:
        """Another agent with the same options, changed by these; it is closed with the caller."""
        make = igamingace.Agent if self.kind == "threads" else igamingace.AsyncAgent
        agent = make(**{**self.options, **options})
        self.agents.append(agent)
        return agent

    def __exit__(self, *_: object) -> None:
        try:
            for agent in self.agents:
                if self._runner is None:
                    agent.close()
                else:
                    self._runner.run(agent.aclose())
        finally:
            if self._runner is not None:
                self._runner.close()

    def run(self, call: Callable[[], Any]) -> Any:
        """Make a call; what it returns is awaited where that is needed."""
        if self._runner is None:
            return call()
        return self._runner.run(self._bounded(call()))

    @staticmethod
    async def _bounded(awaitable: Awaitable[Any]) -> Any:
        task = asyncio.ensure_future(awaitable)
        await asyncio.wait({task}, timeout=LONGEST)
        if not task.done():
            task.cancel()
            pytest.fail(f"the call has not ended after {LONGEST:g} s")
        return task.result()

    def read(self, number: int, **options: Any) -> int:
        """Ask for a player; returns the number in the answer."""
        agent = self.agent.with_options(**options) if options else self.agent
        return self.run(lambda: agent.players.info(player_external_id=str(number))).player_code

    def write(self, number: int, **options: Any) -> int:
        """Launch a game for a player; returns the number in the answer."""
        agent = self.agent.with_options(**options) if options else self.agent
        url = self.run(
            lambda: agent.games.launch(
                player_id=str(number),
                provider_id=1,
                game_id=655,
                language="en",
                return_url="https://casino.example/lobby",
                is_streamer=False,
            )
        )
        return int(url.rpartition("/")[2])

    def call(self, method: str, number: int, **options: Any) -> int:
        """A read ("GET") or a write ("POST")."""
        return (self.read if method == "GET" else self.write)(number, **options)

    def rest(self, seconds: float = 0.05) -> None:
        """Let some time pass, and the loop run."""
        if self._runner is None:
            time.sleep(seconds)
        else:
            self._runner.run(asyncio.sleep(seconds))


@dataclass
class Certificate:
    """A certificate for the servers of the tests, which nobody trusts by default."""

    file: Path
    context: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    if shutil.which("openssl") is None:
        assert not os.environ.get("CI"), "CI must have openssl"
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    file, key = folder / "certificate.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    command += f" -subj /CN=localhost -addext subjectAltName=DNS:localhost,DNS:{ORIGIN},IP:127.0.0.1"
    subprocess.run([*command.split(), "-keyout", key, "-out", file], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return Certificate(file, context)


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """The certificate, trusted by clients."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    # What reads the environment once for the whole process may have done so in an earlier test.
    for one in gc.get_objects():
        if issubclass(type(one), ssl.SSLContext) and one.verify_mode == ssl.CERT_REQUIRED:
            one.load_verify_locations(certificate.file)
    return certificate


@pytest.fixture(autouse=True)
def no_proxies(no_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


# Over TLS and through a proxy much is the same: once, and not on each version of Python.
@pytest.fixture(
    params=[pytest.param(route, marks=[pytest.mark.proof] if route != "plain" else []) for route in ROUTES]
)
def route(request: pytest.FixtureRequest) -> str:
    return request.param


# uvloop uses the code of asyncio: once, and not on each version of Python. What differs is in test_uvloop.py.
@pytest.fixture(params=["threads", "asyncio", pytest.param("uvloop", marks=pytest.mark.proof)])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=["GET", "POST"])
def method(request: pytest.FixtureRequest) -> str:
    return request.param


def use_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Have the environment name this proxy for all schemes."""
    monkeypatch.setenv("http_proxy", url)
    monkeypatch.setenv("https_proxy", url)


@pytest.fixture
def server(
    route: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RawServer]:
    """The server of a route; where the route leads through a proxy, the environment names it."""
    context = request.getfixturevalue("trusted").context if route in ("tls", "tunnel") else None
    server = RawServer(route, context)
    if route in ("proxy", "tunnel"):
        use_proxy(monkeypatch, f"http://127.0.0.1:{server.port}")
    yield server
    server.close()


@pytest.fixture
def options(server: RawServer, token: str, slots: Any) -> dict[str, Any]:
    """The options of the agents: no retries, so that one call is one request."""
    return {
        "token": token,
        "base_url": server.url,
        "limiter": slots,
        "backoff": 0,
        "max_retries": 0,
        "timeout": LONGEST / 2,
    }


@pytest.fixture
def caller(kind: str, options: dict[str, Any]) -> Iterator[Caller]:
    with Caller(kind, options) as caller:
        yield caller


@pytest.fixture
def address(server: RawServer) -> str:
    """The host and port that the client names in errors: the server's, or the origin's behind a proxy."""
    return urlsplit(server.url).netloc


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What goes through a proxy is a proof, wherever a test names the route itself."""
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            route = str(item.callspec.params.get("unreachable") or item.callspec.params.get("route", ""))
            if route.startswith(("proxy", "tunnel")):
                item.add_marker(pytest.mark.proof)
