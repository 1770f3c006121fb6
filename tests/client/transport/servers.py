"""Servers of raw bytes: the tests decide each byte, when it is sent, and how a connection ends.

One `RawServer` plays all parts of a route, so that nothing is relayed and nothing buffered on the way:

- "plain": an HTTP server;
- "tls": an HTTPS server;
- "proxy": a forward proxy, which gets requests with absolute targets and answers them itself;
- "tunnel": a proxy that is sent CONNECT, and then the HTTPS server at the other end of the tunnel.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, urlsplit

ROUTES = ["plain", "tls", "proxy", "tunnel"]
ORIGIN = "api.casino.example"
"""The server's name behind a proxy: only the proxy is ever connected to."""

_CHUNK = 65536
_LINGER_0 = struct.pack("ii", 1, 0)


def answer(number: int, *, write: bool = False, extra_headers: str = "", version: str = "1.1") -> bytes:
    """The answer to a call about this player: of `players.info`, or of `games.launch`."""
    data: object = {"playerCode": number, "balance": []}
    if write:
        data = f"https://games.example/{number}"
    body = json.dumps({"success": True, "message": "OK", "data": data}).encode()
    return http(body, extra_headers=extra_headers, version=version)


def http(body: bytes, *, status: int = 200, extra_headers: str = "", version: str = "1.1") -> bytes:
    """An answer with a body; `extra_headers` are whole lines, each with its CRLF."""
    head = f"HTTP/{version} {status} Whatever\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n{extra_headers}\r\n".encode("latin-1") + body


def chunked(body: bytes, *, trailer: bytes = b"") -> bytes:
    """An answer in two chunks."""
    middle = len(body) // 2
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:middle], body[middle:]))
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n" + trailer + b"\r\n"


@dataclass
class Request:
    """A request as the server has read it; `headers` are names and values as they came."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: Connection

    @property
    def number(self) -> int:
        """The number of the player that the call is about; 0 where it is about none."""
        if self.body:
            return int(json.loads(self.body).get("playerId", 0))
        return int(parse_qs(urlsplit(self.target).query).get("playerExternalId", ["0"])[0])

    @property
    def answer(self) -> bytes:
        """The answer to this very request."""
        return answer(self.number, write=self.method == "POST")


Script = Callable[[Request], object]
"""Answers a request through `request.connection`."""


def echo(request: Request) -> None:
    """Answer as the API would."""
    request.connection.send(request.answer)


def just(*pieces: bytes) -> Script:
    """Answer with these bytes, a segment each."""

    def script(request: Request) -> None:
        for piece in pieces:
            request.connection.send(piece)

    return script


def last(data: bytes) -> Script:
    """Answer with these bytes, then close the connection."""

    def script(request: Request) -> None:
        request.connection.send(data)
        request.connection.close()

    return script


def reset(request: Request) -> None:
    """Break the connection off without an answer."""
    request.connection.reset()


class Connection:
    """A connection that the server has accepted; any thread may send on it and end it.

    Attributes:
        number: how many were accepted before.
        closed: whether it has ended.
        idle: whether no request on it is being answered.
    """

    def __init__(self, raw: socket.socket, number: int) -> None:
        self.number = number
        self.closed = False
        self.idle = True
        self._raw = raw
        self._lock = threading.RLock()
        self._tls: ssl.SSLObject | None = None
        self._received = bytearray()

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Shake hands; raises OSError or ssl.SSLError where the client does not."""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                self._raw.sendall(self._outgoing.read())
                data = self._raw.recv(_CHUNK)
                if not data:
                    raise ConnectionResetError from None
                self._incoming.write(data)
            else:
                self._raw.sendall(self._outgoing.read())
                self._tls = tls
                return

    def encrypted(self, data: bytes) -> bytes:
        """The bytes that carry this data on the wire; they must be sent with `send_raw`, in their order."""
        if self._tls is None:
            return data
        self._tls.write(data)
        return self._outgoing.read()

    def send_raw(self, data: bytes) -> None:
        """Send bytes below TLS."""
        with self._lock:
            self._raw.sendall(data)

    def send(self, data: bytes) -> None:
        """Send data, all of it in one write."""
        with self._lock:
            if data:
                self._raw.sendall(self.encrypted(data))

    @property
    def speaks_tls(self) -> bool:
        """Whether TLS has been started; the client may have left before."""
        return self._tls is not None

    def notify(self) -> None:
        """Say by TLS's close_notify that no more data comes; the connection itself stays open."""
        assert self._tls is not None
        with self._lock:
            with suppress(ssl.SSLError):
                self._tls.unwrap()
            self._raw.sendall(self._outgoing.read())

    def end(self) -> None:
        """Send FIN; under TLS without a close_notify."""
        with suppress(OSError):
            self._raw.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the connection as servers do: close_notify where there is TLS, then FIN."""
        self.closed = True
        with suppress(OSError):
            if self._tls is not None:
                self.notify()
            self._raw.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Send RST."""
        self.closed = True
        with suppress(OSError):
            self._raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
            # Only a shutdown wakes the thread that reads; the close of that thread then resets.
            self._raw.shutdown(socket.SHUT_RD)

    def receive(self) -> bytes:
        """Data of the client, as soon as there is some; b"" at its end."""
        while True:
            if self._tls is not None:
                with self._lock:
                    try:
                        return self._tls.read(_CHUNK)
                    except ssl.SSLWantReadError:
                        pass
                    except ssl.SSLError:
                        return b""
            data = self._raw.recv(_CHUNK)
            if self._tls is None or not data:
                return data
            with self._lock:
                self._incoming.write(data)

    def _more(self) -> bool:
        data = b"" if self.closed else self.receive()
        self._received += data
        return bool(data)

    def read_request(self) -> Request | None:
        """The next request, read whole; None when the client sends no more."""
        while b"\r\n\r\n" not in self._received:
            if not self._more():
                return None
        head, _, rest = bytes(self._received).partition(b"\r\n\r\n")
        start, *lines = head.decode("latin-1").split("\r\n")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        length = int({name.lower(): value for name, value in headers}.get("content-length", 0))
        self._received[:] = rest
        while len(self._received) < length:
            if not self._more():
                return None
        body = bytes(self._received[:length])
        del self._received[:length]
        method, target, _ = start.split(" ")
        return Request(method, target, headers, body, self)


@dataclass
class RawServer:
    """Answers each request by a script, and plays the proxy of its route.

    Attributes:
        route: one of ROUTES.
        context: its certificate.
        script: what answers; `then` puts others before it, for one request each.
        connect: what answers CONNECT; the tunnel is made when it returns True.
        accept: what a new connection meets first; it is served when it returns True.
        requests: those that were read, in their order, CONNECT left out.
        connections: those that were accepted, in their order.
    """

    route: str = "plain"
    context: ssl.SSLContext | None = None
    script: Script = echo
    requests: list[Request] = field(default_factory=list)
    connects: list[Request] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connect: Callable[[Request], bool] = self._connected
        self.accept: Callable[[Connection], bool] = lambda connection: True
        self._next: list[Script] = []
        self._lock = threading.Lock()
        self._raw: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port = 0
        self.open()

    def open(self) -> None:
        """Listen, again on the same port where there was one."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=512)
        self.port = self._listener.getsockname()[1]
        thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop_listening(self) -> None:
        """Refuse new connections; those there are stay."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # a close alone does not wake the thread in accept
        self._listener.close()

    def close(self) -> None:
        """Close all, and wait for the threads."""
        self.stop_listening()
        for raw in self._raw:
            with suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def then(self, *scripts: Script) -> None:
        """Answer the next requests by these, one each."""
        with self._lock:
            self._next += scripts

    @property
    def url(self) -> str:
        """The base URL for the client."""
        scheme = "https" if self.route in ("tls", "tunnel") else "http"
        direct = self.route in ("plain", "tls")
        return f"{scheme}://127.0.0.1:{self.port}" if direct else f"{scheme}://{ORIGIN}"

    @property
    def numbers(self) -> list[int]:
        """The numbers in the requests that were read, in their order."""
        return [request.number for request in self.requests]

    def _connected(self, request: Request) -> bool:
        request.connection.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        return True

    @staticmethod
    def silence(connection: Connection) -> bool:
        """Meet a connection with silence, until the client ends it; for `accept`."""
        while connection.receive():
            pass
        return False

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._raw.append(raw)
            connection = Connection(raw, len(self.connections))
            self.connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(raw, connection), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, raw: socket.socket, connection: Connection) -> None:
        try:
            with raw, suppress(OSError):
                self._converse(connection)
        finally:
            connection.closed = True

    def _converse(self, connection: Connection) -> None:
        if not self.accept(connection):
            return
        if self.route == "tls":
            connection.start_tls(self._certificate())
        while (request := connection.read_request()) is not None:
            if request.method == "CONNECT":
                self.connects.append(request)
                if not self.connect(request):
                    return
                connection.start_tls(self._certificate())
                continue
            with self._lock:
                self.requests.append(request)
                script = self._next.pop(0) if self._next else self.script
            connection.idle = False
            script(request)
            connection.idle = True
            if connection.closed:
                return

    def _certificate(self) -> ssl.SSLContext:
        assert self.context is not None
        return self.context


class FullPort:
    """A port whose queue is full: a connection to it is neither made nor refused."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family)
        self._listener.bind((host, port))
        self._listener.listen(0)
        self.port: int = self._listener.getsockname()[1]
        self._fillers = [socket.socket(family) for _ in range(4)]
        for filler in self._fillers:
            filler.setblocking(False)
            filler.connect_ex(self._listener.getsockname())

    def close(self) -> None:
        for one in (self._listener, *self._fillers):
            one.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
