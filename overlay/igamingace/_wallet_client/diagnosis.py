"""Tells what is not a wallet's logic: the way to it, its server, a proxy before it.

One diagnosis for the wallet check, the sandbox and the operators' probe of callback URLs.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias, cast
from urllib.parse import urljoin, urlsplit

from igamingace._common.clock import perf_counter
from igamingace._common.json import InvalidJSON, decode_strict
from igamingace._common.masking import without_userinfo
from igamingace._common.secret import Secret
from igamingace._common.text import sanitize
from igamingace._common.urls import parse_url
from igamingace._transport.base import find_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from igamingace._transport.base import TransportFailure

__all__ = [
    "OVERLOAD",
    "Cause",
    "Diagnosis",
    "Timings",
    "diagnose_exception",
    "diagnose_late_answer",
    "diagnose_response",
    "diagnose_timeout",
    "diagnose_transport_failure",
    "too_few_workers",
]


class Cause(StrEnum):
    """Why a callback failed, other than by the wallet's own logic."""

    DNS = "dns"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    RESET = "reset"
    NOT_HTTP = "not_http"
    INVALID_RESPONSE = "invalid_response"
    TIMEOUT = "timeout"
    BACKLOG = "backlog"
    WORKERS = "workers"
    OVERLOAD = "overload"
    REDIRECT = "redirect"
    NOT_FOUND = "not_found"
    BLOCKED = "blocked"
    HTML = "html"
    GATEWAY = "gateway"
    SERVER_ERROR = "server_error"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong. No text ends with a full stop, and none holds a token or a password.

    Attributes:
        cause: The cause.
        summary: The cause in words: equal for equal causes, without times and counts.
        text: What happened.
        advice: What to do.
    """

    cause: Cause
    summary: str
    text: str
    advice: str

    @property
    def is_hosting(self) -> bool:
        """Whether the wallet's own program is not to blame: its code need not be changed."""
        return self.cause not in {Cause.SERVER_ERROR, Cause.TIMEOUT}

    def __str__(self) -> str:
        """Return what happened, and what to do."""
        return f"{self.text}: {self.advice}"


@dataclass(slots=True, eq=False)
class Timings:
    """How far one callback came, and what went on beside it.

    Attributes:
        open: How many callbacks were under way at the same time, at most: as many connections were open.
        connecting: Whether a TCP connection is being made.
        connect_seconds: How long that took; None when an open one was used.
        reached_before: Whether an answer had come from there before.
        response_started: Whether the status and the headers of a response have come.
    """

    open: int = 1
    connecting: bool = False
    connect_seconds: float | None = None
    reached_before: bool = False
    response_started: bool = False
    _connect_start: float = 0.0

    @property
    def is_new(self) -> bool:
        """Whether a connection was opened for it, or was to be."""
        return self.connecting or self.connect_seconds is not None

    def start_connecting(self) -> None:
        """Note that a connection is being opened."""
        self.connecting, self._connect_start = True, perf_counter()

    def end_connecting(self) -> None:
        """Note that it is open."""
        self.connecting, self.connect_seconds = False, perf_counter() - self._connect_start


# --- No response -------------------------------------------------------------------------------------------

_SYN_RETRY: Final = 0.9
"""Seconds. A connection that takes longer has waited for the first repetition of its SYN, after 1 s: the
first was dropped, on the way or since the listen backlog was full."""
_MANY: Final = 2

_BACKLOG_SUMMARY: Final = "The server's listen backlog is too short for the connections that come at once"
_BACKLOG_ADVICE: Final = (
    "the server accepts too few connections at once: raise its listen backlog (gunicorn, uvicorn: --backlog;"
    " nginx: listen … backlog=; PHP-FPM: listen.backlog; Python's socketserver: request_queue_size; Linux:"
    " net.core.somaxconn), and accept in a thread or loop that does nothing else"
)
_WORKERS_SUMMARY: Final = "The server has too few workers for the callbacks that come at once"
_WORKERS_ADVICE: Final = (
    "start more workers or threads (gunicorn: --workers, --threads; PHP-FPM: pm.max_children; php -S:"
    " PHP_CLI_SERVER_WORKERS; Flask: threaded=True), or use a server that one callback does not block"
)
OVERLOAD: Final = "Callbacks that come at once are not answered in time"
"""The summary of an overload, of which `count_workers` may find the cause."""
_OVERLOAD_ADVICE: Final = (
    "too few workers behind a proxy, too few database connections, or locks that are held for too long: the"
    " callbacks of one player come at once, too"
)
_FAILURES: Final[dict[Cause, tuple[str, str, str]]] = {
    Cause.DNS: (
        "The name {host} has no address",
        "the name {host} has no address ({reason})",
        "check the host of the callback URL, and that this machine's DNS knows it",
    ),
    Cause.REFUSED: (
        "The connection to {place} is refused",
        "the connection to {place} is refused",
        (
            "does the wallet run there? Start it, and check the address and the port; in a container it must"
            " listen on 0.0.0.0"
        ),
    ),
    Cause.UNREACHABLE: (
        "No connection to {place} can be opened",
        "no connection to {place} ({reason})",
        "check the address and the port, and the firewalls on the way",
    ),
    Cause.TLS: (
        "TLS with {place} fails",
        "TLS with {place} fails ({reason})",
        "check the server's certificate and its versions of TLS",
    ),
    Cause.RESET: (
        "{place} closes connections without an answer",
        "the connection to {place} was closed before an answer came ({reason})",
        "did a worker of the server die (see its log), or does a proxy before it give it too little time?",
    ),
    Cause.NOT_HTTP: (
        "What answers at {place} is not HTTP",
        "what answers at {place} is not HTTP ({reason})",
        "check the port, and http against https",
    ),
    Cause.INVALID_RESPONSE: (
        "The body of the answer cannot be read",
        "the body of the answer cannot be read ({reason})",
        (
            "it must be complete, as long as Content-Length says and encoded as Content-Encoding and"
            " Transfer-Encoding say: check the wallet, and a proxy before it"
        ),
    ),
}
"""Summary, text and advice."""
_TLS_ADVICE: Final = (
    ("WRONG_VERSION_NUMBER", "the server speaks plain HTTP on this port: use http://, or the port of TLS"),
    ("expired", "renew the certificate"),
    ("self-signed", "use a certificate of a public authority"),
    ("self signed", "use a certificate of a public authority"),
    ("unable to get local issuer", "send the intermediate certificates along: the full chain"),
    ("ostname mismatch", "the certificate must name the host of the callback URL"),
    ("IP address mismatch", "the certificate must name the address of the callback URL"),
)


def diagnose_exception(error: BaseException, url: str, timings: Timings | None = None) -> Diagnosis:
    """Return the diagnosis of an exception of httpx2, or of the system, when no response came."""
    kind, origin = find_failure(error)
    return _diagnose(kind or _cause_of(error, timings), _reason(origin), url, timings)


def _cause_of(error: BaseException, timings: Timings | None) -> Cause:
    """Return the cause of an exception that neither the system nor TLS is behind."""
    name = type(error).__name__
    if "disconnected" in str(error) or name in {"ReadError", "WriteError", "CloseError"}:
        return Cause.RESET
    if timings is not None and timings.response_started:
        return Cause.INVALID_RESPONSE
    return Cause.NOT_HTTP if "Protocol" in name else Cause.UNREACHABLE


def diagnose_transport_failure(failure: TransportFailure, url: str, seconds: float) -> Diagnosis:
    """Return the diagnosis of a failure of our own transports; `seconds` is the time limit it was given."""
    if failure.limit == "total":
        return diagnose_timeout(seconds, url, Timings())
    if failure.limit == "connect":
        return diagnose_timeout(seconds, url, Timings(connecting=True))
    return _diagnose(failure.kind or "reset", failure.reason, url, None)


def diagnose_timeout(seconds: float, url: str, timings: Timings) -> Diagnosis:
    """Return the diagnosis of a callback that was not answered within so many seconds.

    Without a URL the wallet is an application in process.
    """
    many = bool(url) and timings.open >= _MANY
    if timings.connecting and many and timings.reached_before:
        text = f"no connection within {seconds:g} s with {_crowd(timings)}, though one alone is accepted"
        return Diagnosis(Cause.BACKLOG, _BACKLOG_SUMMARY, text, _BACKLOG_ADVICE)
    if timings.connecting:
        return Diagnosis(
            Cause.UNREACHABLE,
            f"No connection to {_place(url)} can be opened",
            f"no connection to {_place(url)} within {seconds:g} s",
            "a firewall may drop the packets: check the address and the port, and who may connect",
        )
    if many:
        return _overload(f"no answer within {seconds:g} s with {_crowd(timings)}")
    return Diagnosis(
        Cause.TIMEOUT,
        "The wallet does not answer in time",
        f"no answer within {seconds:g} s",
        "give up earlier than that yourself, and answer with ERR_UNKNOWN",
    )


def diagnose_late_answer(seconds: float, timings: Timings) -> Diagnosis | None:
    """Return why an answer took too long; None when the wallet itself has, as far as can be told."""
    if timings.open < _MANY:
        return None
    waited = timings.connect_seconds
    if waited is not None and waited > _SYN_RETRY:
        text = (
            f"the answer took {seconds:.2f} s with {_crowd(timings)}: the connection was accepted after"
            f" {waited:.2f} s"
        )
        return Diagnosis(Cause.BACKLOG, _BACKLOG_SUMMARY, text, _BACKLOG_ADVICE)
    return _overload(f"the answer took {seconds:.2f} s with {_crowd(timings)}")


def too_few_workers(workers: int) -> Diagnosis:
    """Return the diagnosis of an overload of a server that serves so many connections at a time."""
    served = "one connection" if workers == 1 else f"{workers} connections"
    text = f"the server serves {served} at a time"
    return Diagnosis(Cause.WORKERS, _WORKERS_SUMMARY, text, _WORKERS_ADVICE)


def _overload(text: str) -> Diagnosis:
    return Diagnosis(Cause.OVERLOAD, OVERLOAD, text, _OVERLOAD_ADVICE)


def _crowd(timings: Timings) -> str:
    return f"{timings.open} connections open"


def _diagnose(kind: str, reason: str, url: str, timings: Timings | None) -> Diagnosis:
    crowd = ""
    if timings is not None and timings.open >= _MANY and timings.reached_before:
        crowd = f", with {_crowd(timings)}"
        # A full backlog refuses connections, or resets those that the client believes to be open.
        if kind in {"refused", "reset"} and timings.is_new:
            text = f"the connection was {kind}{crowd}, though one alone is accepted"
            return Diagnosis(Cause.BACKLOG, _BACKLOG_SUMMARY, text, _BACKLOG_ADVICE)
    cause = Cause(kind)
    words = {"place": _place(url), "host": urlsplit(url).hostname or "", "reason": reason}
    summary, text, advice = (sentence.format_map(words) for sentence in _FAILURES[cause])
    if cause == Cause.TLS:
        advice = next((better for mark, better in _TLS_ADVICE if mark in reason), advice)
    return Diagnosis(cause, summary, text + crowd, advice)


def _place(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{port}"


def _reason(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{error.reason}: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return error.reason or str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return sanitize(str(error) or type(error).__name__, Secret(""), _SHOWN)


Mask: TypeAlias = "Callable[[str], str]"

# --- A response that is not the wallet's -------------------------------------------------------------------

_SHOWN: Final = 120
_SHORT: Final = 40
_HIDDEN_ELEMENTS: Final = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title\s*>", re.IGNORECASE | re.DOTALL)
_TAGS: Final = re.compile(r"<[^>]*>?")
_LOGIN: Final = re.compile(r"log-?in|sign-?in|sso|oauth|auth/", re.IGNORECASE)
_READ: Final = 8_192  # bytes of the body

_NO_LOGIN: Final = "the callback URL must need no login: the signature is the proof"
_NOT_FOUND: Final = (
    Cause.NOT_FOUND,
    "Nothing is served at {path} (HTTP {status})",
    "is {path} the path of the callback URL, and does it take POST?",
)
_STATUSES: Final[dict[int, tuple[Cause, str, str]]] = {
    404: _NOT_FOUND,
    410: _NOT_FOUND,
    405: (
        Cause.NOT_FOUND,
        "{path} does not take POST (HTTP {status})",
        "is {path} the path of the callback URL, and does it take POST?",
    ),
    401: (Cause.BLOCKED, "A login is asked for (HTTP {status})", _NO_LOGIN),
    403: (
        Cause.BLOCKED,
        "Callbacks are blocked before the wallet (HTTP {status})",
        "a firewall, a CSRF filter or a list of allowed addresses blocks callbacks: let them through",
    ),
    413: (
        Cause.BLOCKED,
        "Callbacks are blocked before the wallet (HTTP {status})",
        "a callback has a few hundred bytes: raise the limit of the body's size",
    ),
    429: (
        Cause.BLOCKED,
        "Callbacks are limited by their rate (HTTP {status})",
        "take the callback URL out of the limit: the platform sends callbacks as games are played",
    ),
    **dict.fromkeys(
        (502, 503, 504),
        (
            Cause.GATEWAY,
            "HTTP {status}: the wallet's server is not available to the proxy before it",
            "a proxy got no answer from the wallet, or the server has no worker free; see both logs",
        ),
    ),
}
"""Cause, summary and advice of an answer that is no wallet's, by HTTP status."""
_SERVER_ERROR: Final = (
    Cause.SERVER_ERROR,
    "HTTP {status} from the wallet's server",
    "the wallet, or a proxy before it, broke down; see its log",
)


def diagnose_response(
    http_status: int,
    body: bytes,
    headers: Iterable[tuple[bytes, bytes]] = (),
    url: str = "",
    mask: Mask = str,
) -> Diagnosis | None:
    """Return what is wrong with a response that is not the wallet's own; None for one that may be.

    Args:
        http_status: Its HTTP status.
        body: Its body, or the beginning.
        headers: Its headers, of which Location and Server are looked at.
        url: The callback URL.
        mask: Masks secrets in what the response says, before it is shortened: a page may repeat them.
    """
    fields = {name.lower(): mask(value.decode("latin-1")) for name, value in headers}
    if HTTPStatus.MULTIPLE_CHOICES <= http_status < HTTPStatus.BAD_REQUEST:
        return _redirect(http_status, fields.get(b"location", ""), url)
    if http_status == HTTPStatus.OK:
        return _html(_quoted(body, fields, mask)) if _is_html(body) else None
    if http_status < HTTPStatus.INTERNAL_SERVER_ERROR and _is_wallets(body):
        return None
    known = _STATUSES.get(http_status)
    if known is None and http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        known = _SERVER_ERROR
    if known is None:
        return None
    words = {"status": http_status, "path": _visible(urlsplit(url).path or "/") if url else "this"}
    cause, summary, advice = known
    text = f"HTTP {http_status} counts as failed{_quoted(body, fields, mask)}"
    return Diagnosis(cause, summary.format_map(words), text, advice.format_map(words))


def _redirect(http_status: int, location: str, url: str) -> Diagnosis:
    failed = f"HTTP {http_status} counts as failed, and redirects are not followed"
    target = _redirect_target(location.strip(), url)
    if not target:
        advice = "make the callback URL the one that answers"
    elif _LOGIN.search(urlsplit(target).path):
        advice = _NO_LOGIN
    else:
        advice = f"make {target} the callback URL{_difference(url, target)}"
    where = f" to {target}" if target else ""
    text = f"{failed}; it leads{where or ' nowhere'}"
    return Diagnosis(Cause.REDIRECT, f"HTTP {http_status} redirects{where}", text, advice)


def _redirect_target(location: str, url: str) -> str:
    """Return the URL that a redirect leads to; empty where there is none, or the Location is not a URL."""
    if not location:
        return ""
    try:
        target = _visible(without_userinfo(urljoin(url, location)))
        parse_url(target)
    except ValueError:
        return ""
    return target


def _difference(url: str, target: str) -> str:
    """Return in a few words how the target of a redirect differs; empty when in more than one way."""
    old, new = urlsplit(without_userinfo(url)), urlsplit(target)
    if old.path.rstrip("/") != new.path.rstrip("/"):
        return ""
    changes = [
        what
        for changed, what in (
            (old.scheme != new.scheme, f"{new.scheme}"),
            (old.hostname != new.hostname, f"the host {new.hostname}"),
            (
                old.path != new.path,
                "a slash at the end" if new.path.endswith("/") else "no slash at the end",
            ),
        )
        if changed
    ]
    return f", with {' and '.join(changes)}" if changes else ""


def _html(quoted: str) -> Diagnosis:
    return Diagnosis(
        Cause.HTML,
        "A page in HTML is answered, not JSON",
        f"the body is HTML, not JSON{quoted}",
        "is this the wallet, or the page of a proxy or a login?",
    )


def _is_html(body: bytes) -> bool:
    return body.lstrip()[:1] == b"<"


def _is_wallets(body: bytes) -> bool:
    """Return whether a body has a statusCode: a wallet that does not keep to HTTP 200, but a wallet."""
    try:
        answer = decode_strict(body)
    except InvalidJSON:
        return False
    return isinstance(answer, dict) and isinstance(cast("dict[str, object]", answer).get("statusCode"), str)


def _quoted(body: bytes, headers: dict[bytes, str], mask: Mask) -> str:
    """Return who answered and how the body begins, as the continuation of a sentence."""
    server = _visible(headers.get(b"server", ""), _SHORT)
    text = body[:_READ].decode("utf-8", "replace")
    if _is_html(body):
        title = _TITLE.search(text)
        text = _TAGS.sub(" ", _HIDDEN_ELEMENTS.sub(" ", text)).strip() or (title[1] if title else "")
    start = _visible(mask(" ".join(text.split())))
    if not start:
        return f"; {server} answers without a body" if server else "; the answer has no body"
    return f"; {f'{server} answers' if server else 'the answer begins'} {start!r}"


def _visible(text: str, limit: int = _SHOWN) -> str:
    return sanitize(text, Secret(""), limit)
