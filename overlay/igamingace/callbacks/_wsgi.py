"""The wallet as a WSGI application: alone, or inside Flask or Django."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from igamingace._common.clock import perf_counter
from igamingace._common.loop_thread import LoopThread
from igamingace.callbacks._handler import CallbackHandler, IncomingCallback
from igamingace.callbacks._http import RequestRejected, body_too_large, check_request, content_length
from igamingace.callbacks._signature import SIGNATURE_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import InputStream, StartResponse, WSGIEnvironment

    from igamingace._common.ip_addresses import Network

_SIGNATURE: Final = "HTTP_" + SIGNATURE_HEADER.upper().replace("-", "_")


class WalletWSGI:
    """What `wallet_wsgi` returns: a WSGI application."""

    def __init__(self, handler: CallbackHandler, max_body: int, allowed: tuple[Network, ...] | None) -> None:
        """Internal: use `wallet_wsgi`."""
        self._handler: Final = handler
        self._max_body: Final = max_body
        self._allowed: Final = allowed
        self._loop_thread: Final = LoopThread("igamingace-wallet-loop", self)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        received_at = perf_counter()
        peer: str | None = environ.get("REMOTE_ADDR") or None
        try:
            check_request(self._allowed, peer, environ["REQUEST_METHOD"])
            body = self._read_body(environ)
        except RequestRejected as rejected:
            return _respond(
                start_response, rejected.status, rejected.media_type, rejected.body, rejected.headers
            )
        field: str | None = environ.get(_SIGNATURE)
        signature = None if field is None else field.encode("latin-1", "replace")
        request = IncomingCallback(body, signature, peer, received_at)
        answer = self._loop_thread.run(self._handler.handle(request))
        return _respond(start_response, 200, "application/json", answer)

    def close(self) -> None:
        """Stop the threads of this application. The next callback starts new ones."""
        self._handler.close()
        self._loop_thread.close()

    def _read_body(self, environ: WSGIEnvironment) -> bytes:
        field: str = environ.get("CONTENT_LENGTH") or ""
        stream: InputStream = environ["wsgi.input"]
        if not field and not environ.get("wsgi.input_terminated"):
            raise RequestRejected(411, "the length of the body is missing")
        length = content_length(field) if field else self._max_body + 1
        if field and length > self._max_body:
            raise body_too_large(self._max_body)
        body = stream.read(length)
        if len(body) > self._max_body:
            raise body_too_large(self._max_body)
        return body


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
