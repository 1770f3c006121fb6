"""The wallet as a WSGI application: alone, or inside Flask or Django."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from igamingace.callbacks._handler import Arrival, Desk
from igamingace.callbacks._http import Rejected, check, declared_length, too_large
from igamingace.callbacks._signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import InputStream, StartResponse, WSGIEnvironment

    from igamingace.callbacks._addresses import Network

_SIGNATURE: Final = "HTTP_" + SIGNATURE_HEADER.upper().replace("-", "_")


class WalletWSGI:
    """What `wallet_wsgi` returns: a WSGI application."""

    def __init__(self, desk: Desk, max_body: int, allowed: tuple[Network, ...] | None) -> None:
        """Take the desk that answers, and what is let in."""
        self._desk: Final = desk
        self._max_body: Final = max_body
        self._allowed: Final = allowed
        self._loop: Final = _LoopThread()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        at = time.perf_counter()
        peer: str | None = environ.get("REMOTE_ADDR") or None
        try:
            check(self._allowed, peer, environ["REQUEST_METHOD"])
            body = self._body(environ)
        except Rejected as rejected:
            return _respond(
                start_response, rejected.status, rejected.media_type, rejected.body, rejected.headers
            )
        signature: str | None = environ.get(_SIGNATURE)
        raw = None if signature is None else signature.encode("latin-1", "replace")
        answer = self._loop.run(self._desk, Arrival(body, raw, peer, at))
        return _respond(start_response, 200, "application/json", answer)

    def close(self) -> None:
        """End the threads of this application; the next callback would start them anew."""
        self._desk.close()
        self._loop.close()

    def _body(self, environ: WSGIEnvironment) -> bytes:
        field: str = environ.get("CONTENT_LENGTH") or ""
        stream: InputStream = environ["wsgi.input"]
        if not field and not environ.get("wsgi.input_terminated"):
            raise Rejected(411, "the length of the body is missing")
        length = declared_length(field) if field else self._max_body + 1
        if field and length > self._max_body:
            raise too_large(self._max_body)
        body = stream.read(length)
        if len(body) > self._max_body:
            raise too_large(self._max_body)
        return body


class _LoopThread:
    """An event loop in a thread of its own, started when first needed, in each process anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, desk: Desk, arrival: Arrival) -> bytes:
        """Let the desk answer in the loop, and wait for it. Context variables are the caller's."""
        return asyncio.run_coroutine_threadsafe(desk.answer(arrival), self._running()).result()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._process != os.getpid():
                self._process = os.getpid()
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="igamingace-wallet-loop", daemon=True
                )
                self._thread.start()
            return self._loop

    def close(self) -> None:
        """Stop the loop and its thread."""
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


def _respond(
    start_response: StartResponse,
    status: int,
    media_type: str,
    body: bytes,
    more: tuple[tuple[str, str], ...] = (),
) -> list[bytes]:
    fields = [("Content-Type", media_type), ("Content-Length", str(len(body)))]
    # WSGI leaves the connection to the server: an application must not send hop-by-hop fields.
    fields += [(name, value) for name, value in more if name != "connection"]
    start_response(f"{status} {HTTPStatus(status).phrase}", fields)
    return [body]
