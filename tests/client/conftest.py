"""A server of raw bytes, a client of either kind, and a limiter that writes down what happens."""

from __future__ import annotations

import asyncio
import inspect
import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import igamingace
import pytest

TOKEN = "60349266c8d9487eab7531b1a15d2480"
PROVIDER = {"providerId": 1, "providerName": "Nova", "logo": "https://cdn.example/nova.png", "status": 1}
SUCCESS = {"success": True, "message": "OK", "data": [PROVIDER]}

Answer = Callable[[socket.socket], bool]
"""Answers one request on a connection; returns whether the connection stays open."""


@dataclass
class Seen:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Server:
    """Answers requests by a script, one answer for each; the last one stays."""

    script: list[Answer] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    in_flight: int = 0
    peak: int = 0
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self, *script: Answer) -> None:
        """From now on answer like this, in this order; the last one repeats."""
        self.script = list(script)

    def close(self) -> None:
        # Only a shutdown wakes the thread that sits in accept.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, len(self._open)), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError):
            reader = connection.makefile("rb")
            with reader:
                while (request := self._read(reader, number)) is not None:
                    with self._lock:
                        self.seen.append(request)
                        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                        self.in_flight += 1
                        self.peak = max(self.peak, self.in_flight)
                    self.arrived.release()
                    try:
                        stay = answer(connection)
                    finally:
                        with self._lock:
                            self.in_flight -= 1
                    if not stay:
                        return

    @staticmethod
    def _read(reader: Any, number: int) -> Seen | None:
        start = reader.readline().decode()
        if not start:
            return None
        method, target, _ = start.split(" ")
        headers: dict[str, str] = {}
        while (line := reader.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Seen(method, target, headers, reader.read(int(headers.get("content-length", 0))), number)


def http(status: int, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """The bytes of an HTTP answer."""
    lines = [
        f"HTTP/1.1 {status} Whatever",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Answers:
    """Makes answers for the script."""

    @staticmethod
    def raw(data: bytes, *, stay: bool = False) -> Answer:
        def answer(connection: socket.socket) -> bool:
            connection.sendall(data)
            return stay

        return answer

    def bytes(self, body: bytes, *headers: str, status: int = 200, length: int | None = None) -> Answer:
        return self.raw(http(status, body, *headers, length=length), stay=length is None)

    def json(self, body: object, *headers: str, status: int = 200) -> Answer:
        return self.bytes(
            json.dumps(body).encode(), "Content-Type: application/json", *headers, status=status
        )

    def success(self, data: object = (PROVIDER,)) -> Answer:
        return self.json({"success": True, "message": "OK", "data": data})

    def busy(self) -> Answer:
        return self.json({"success": False, "code": 1018, "message": "SERVER_IS_BUSY"}, status=429)

    @staticmethod
    def at_once(*several: Answer) -> Answer:
        """Answer one request several times, in one write."""

        def answer(connection: socket.socket) -> bool:
            written: list[bytes] = []
            stays = [one(cast("socket.socket", SimpleNamespace(sendall=written.append))) for one in several]
            connection.sendall(b"".join(written))
            return all(stays)

        return answer

    @staticmethod
    def reset(connection: socket.socket) -> bool:
        """Break the connection off without a word."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        return False

    @staticmethod
    def drip(start: bytes, piece: bytes) -> Answer:  # type: ignore[valid-type]
        """Send the start, then a piece now and then, without an end."""

        def answer(connection: socket.socket) -> bool:
            connection.sendall(start)
            while not threading.Event().wait(0.02):
                connection.sendall(piece)
            return False

        return answer

    @staticmethod
    def held(gate: threading.Event, then: Answer) -> Answer:
        """Answer once the gate is open."""

        def answer(connection: socket.socket) -> bool:
            gate.wait(30)
            return then(connection)

        return answer


@dataclass
class Client:
    """Runs one piece of code with an agent of either kind."""

    kind: str
    options: dict[str, Any]

    def agent(self, **options: Any) -> Any:
        """An agent that is not closed; strict, unless told otherwise."""
        make = igamingace.Agent if self.kind == "threads" else igamingace.AsyncAgent
        return make(**{"strict": True, **self.options, **options})

    def use(self, code: Callable[[Any], Any], **options: Any) -> Any:
        """Make an agent, run the code with it, awaiting what it returns where needed, and close the agent."""
        agent = self.agent(**options)
        if self.kind == "threads":
            with agent:
                return code(agent)

        async def run() -> Any:
            async with agent:
                result = code(agent)
                return await result if inspect.isawaitable(result) else result

        return asyncio.run(run())

    def list(self, **options: Any) -> Any:
        """One read."""
        return self.use(lambda agent: agent.providers.list(), **options)

    def launch(self, **options: Any) -> Any:
        """One write."""
        return self.use(launch, **options)


def launch(agent: Any, **changes: Any) -> Any:
    arguments = {
        "player_id": "p-1",
        "provider_id": 1,
        "game_id": 655,
        "language": "en",
        "return_url": "https://casino.example/lobby",
        "is_streamer": False,
    }
    return agent.games.launch(**{**arguments, **changes})


class Slots:
    """A limiter without a limit, which writes down what happens."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.ended = threading.Semaphore(0)
        self.refuse_after: int | None = None
        self.waits: list[float | None] = []

    def budget(self, account: str) -> Slots:
        del account
        return self

    def stats(self) -> Any:
        return None

    def acquire(self, *, timeout: float | None = None, urgent: bool = False, retry: bool = False) -> Slot:
        self.waits.append(timeout)
        granted = sum(event.startswith("acquire") for event in self.events)
        if self.refuse_after is not None and granted >= self.refuse_after:
            raise igamingace.errors.AcquireTimeout(in_flight=50, lingering=0, waiting=3, waited=0.5, limit=50)
        self.events.append("acquire" + " urgent" * urgent + " retry" * retry)
        return Slot(self)

    async def acquire_async(self, **how: Any) -> Slot:
        return self.acquire(**how)


class Slot:
    waited = 0.0

    def __init__(self, slots: Slots) -> None:
        self._slots = slots

    def _end(self, how: str) -> None:
        self._slots.events.append(how)
        self._slots.ended.release()

    def done(self) -> None:
        self._end("done")

    def refused(self) -> None:
        self._end("refused")

    def abandoned(self) -> None:
        self._end("abandoned")


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def slots() -> Slots:
    return Slots()


@pytest.fixture(params=["threads", "asyncio"])
def kind(request) -> str:
    return request.param


@pytest.fixture
def client(kind: str, server: Server, slots: Slots) -> Client:
    """A client of either kind for the server, with retries that do not pause."""
    return Client(kind, {"token": TOKEN, "base_url": server.url, "limiter": slots, "backoff": 0})


@pytest.fixture
def token() -> str:
    return TOKEN


@pytest.fixture(name="launch")
def launch_of_an_agent() -> Callable[..., Any]:
    return launch


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "IGAMINGACE_API_TOKEN",
        "IGAMINGACE_BASE_URL",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
