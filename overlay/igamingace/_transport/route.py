"""Where requests go: the server, the proxy that the environment names for it, and how errors call both."""

from __future__ import annotations

import os
import re
import ssl
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote, urlsplit

from igamingace._common.secret import Secret
from igamingace._common.text import sanitize
from igamingace._common.urls import parse_url
from igamingace._transport.base import TransportFailure, failure_kind
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from igamingace._transport.base import FailureKind, Request

__all__ = ["Endpoint", "Route", "route_to"]

_PORTS: Final = {"http": 80, "https": 443}
_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a connection.

    Attributes:
        host: its name or address, without brackets.
        port: its port.
        tls: whether TLS is spoken with it.
        source: where its URL came from, in words.
    """

    host: str
    port: int
    tls: bool
    source: str

    def __str__(self) -> str:
        """Host and port as errors show them."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a server.

    Attributes:
        server: the server.
        proxy: the proxy before it, if any.
        proxy_headers: what the proxy alone is to read, sealed since it may hold a password.
        host_header: the value of Host.
        prefix: what stands before each request's target.
    """

    server: Endpoint
    proxy: Endpoint | None
    proxy_headers: Secret[tuple[tuple[str, str], ...]]
    host_header: str
    prefix: str

    @property
    def first_hop(self) -> Endpoint:
        """What connections are made to."""
        return self.proxy or self.server

    @property
    def tunnelled(self) -> bool:
        """Whether the proxy only connects, and the server is spoken to through it."""
        return self.proxy is not None and self.server.tls

    @property
    def place(self) -> str:
        """What connections are made to, for errors."""
        return f"{'the proxy ' if self.proxy else ''}{self.first_hop} ({self.first_hop.source})"

    @property
    def headers(self) -> Secret[tuple[tuple[str, str], ...]]:
        """The headers that each request needs for a proxy that reads it."""
        return Secret(()) if self.tunnelled else self.proxy_headers

    def tls_context(self) -> ssl.SSLContext:
        """The settings of TLS; raises ConfigurationError if the environment's certificates cannot be read."""
        return _tls_context(*(os.environ.get(name) for name in _CERTIFICATES))

    def not_connected(self, endpoint: Endpoint, reason: str | OSError, request: Request) -> TransportFailure:
        """The failure to connect to the proxy or the server, in words."""
        proxy = self.proxy
        kind: FailureKind | Literal[""] = "unreachable"
        if isinstance(reason, OSError):
            # What is wrong with the way to a proxy says nothing about the server, its name or its TLS.
            kind = "unreachable" if endpoint is proxy else failure_kind(reason) or kind
            reason = describe(reason)
        if proxy is None or endpoint is proxy:
            text = f"no connection to {self.place}: {reason}"
        else:
            text = f"the proxy {proxy} ({proxy.source}) made no connection to {endpoint}: {reason}"
        return TransportFailure.not_sent(sanitize(text, request.secret), kind=kind)

    def tunnel_refused(self, http_status: int, request: Request) -> TransportFailure:
        """A proxy's response to CONNECT that is no success."""
        reason = (
            f"it answered HTTP {http_status}"
            if http_status
            else "it hung up, or what it answered is not HTTP"
        )
        if http_status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            reason += ": its URL needs a user and a password, or others"
        return self.not_connected(self.server, reason, request)


def describe(error: Exception) -> str:
    """What a system's or TLS error says, in one clause."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message} ({error.reason})"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason or error})"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def route_to(base_url: str, source: str) -> Route:
    """The way to a server, as base URL and environment say.

    Raises:
        ConfigurationError: a proxy or certificates of the environment cannot be used.
    """
    parts = urlsplit(base_url)
    server = Endpoint(
        parts.hostname or "",
        _PORTS[parts.scheme] if parts.port is None else parts.port,
        parts.scheme == "https",
        source,
    )
    if server.tls and any(os.environ.get(name) for name in _CERTIFICATES):
        Route(server, None, Secret(()), "", "").tls_context()
    name, url = _environment_proxy(parts)
    if url is None:
        return Route(server, None, Secret(()), parts.netloc, parts.path)
    proxy, headers = _proxy(name, url)
    prefix = parts.path if server.tls else f"{parts.scheme}://{parts.netloc}{parts.path}"
    return Route(server, proxy, headers, parts.netloc, prefix)


def _environment_proxy(server: SplitResult) -> tuple[str, Secret[str] | None]:
    """The proxy that the environment names for a server, and the name of the variable."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 -- slow, and the sandbox needs none

    proxies = getproxies()
    for kind in (server.scheme, "all"):
        if proxies.get(kind):
            # The name alone, and as it stands in the URL: NO_PROXY may have a port, or brackets.
            if proxy_bypass(server.hostname or "") or proxy_bypass(server.netloc):
                break
            names = (f"{kind}_proxy", f"{kind}_proxy".upper())
            name = next((name for name in names if os.environ.get(name)), "the system's settings")
            return name, Secret(proxies[kind])
    return "", None


def _proxy(name: str, url: Secret[str]) -> tuple[Endpoint, Secret[tuple[tuple[str, str], ...]]]:
    """A proxy and the headers that are for it alone."""
    text = url if re.match(r"[a-z0-9]+://", url.reveal(), re.IGNORECASE) else Secret(f"http://{url.reveal()}")
    scheme = text.reveal().partition(":")[0].lower()
    if scheme not in _PORTS:
        raise ConfigurationError(
            f"{name} names a {scheme} proxy: "
            "give Agent(transport=httpx2.HTTPTransport(proxy=...)) or "
            "AsyncAgent(transport=httpx2.AsyncHTTPTransport(proxy=...)) for it"
        )
    proxy = _endpoint(text, scheme, f"from {name}")
    if proxy is None:
        raise ConfigurationError(
            f"{name} is not a valid proxy URL: it needs the form http://user:password@host:port, with "
            "percent-encoding for every character of user and password that is not a letter or a digit; "
            "a port is from 1 to 65535"
        )
    return proxy, _proxy_headers(text)


def _endpoint(url: Secret[str], scheme: str, source: str) -> Endpoint | None:
    if not re.fullmatch(r"[!-~]+", url.reveal()):
        return None
    try:
        parts = parse_url(url.reveal())
        port = parts.port
    except ValueError:
        return None
    if (
        not parts.hostname
        or port == 0
        or parts.path not in ("", "/")
        or "?" in url.reveal()
        or "#" in url.reveal()
    ):
        return None
    return Endpoint(parts.hostname, _PORTS[scheme] if port is None else port, scheme == "https", source)


def _proxy_headers(url: Secret[str]) -> Secret[tuple[tuple[str, str], ...]]:
    parts = Secret(urlsplit(url.reveal()))
    if parts.reveal().username is None:
        return Secret(())
    user = Secret(f"{unquote(parts.reveal().username or '')}:{unquote(parts.reveal().password or '')}")
    return Secret((("Proxy-Authorization", f"Basic {b64encode(user.reveal().encode()).decode()}"),))


@lru_cache(maxsize=8)  # reading the authorities' certificates takes tens of milliseconds
def _tls_context(file: str | None, folder: str | None) -> ssl.SSLContext:
    import httpcore2  # noqa: PLC0415 -- slow, and only TLS needs it

    try:
        context = httpcore2.default_ssl_context()
    except (OSError, ValueError) as error:
        reason = describe(error)
    else:
        context.set_alpn_protocols(["http/1.1"])
        return context
    name, value = (_CERTIFICATES[0], file) if file else (_CERTIFICATES[1], folder)
    raise ConfigurationError(
        f"{name} is {value!r}, from which no certificates can be read ({reason}): "
        "name a PEM file or folder of trusted authorities, or unset it"
    )
