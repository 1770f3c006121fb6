"""Rejects HTTP requests that cannot be callbacks: wrong method, source address or size."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_network
from typing import ClassVar, Final

from igamingace._common.ip_addresses import Network, in_networks
from igamingace._common.numbers import is_integer
from igamingace.errors import ConfigurationError

DEFAULT_MAX_BODY: Final = 65_536
_MAX_LENGTH_DIGITS: Final = 12


class RequestRejected(Exception):  # noqa: N818 -- becomes a response; nobody outside sees it
    """A request that gets an HTTP error and never reaches the handler.

    Attributes:
        status: the HTTP status.
        body: a line of text for the sender.
    """

    media_type: ClassVar[str] = "text/plain; charset=utf-8"

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.body = f"{text}\n".encode("utf-8", "replace")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Additional header fields. An unread body makes the connection unusable, so it is closed."""
        not_allowed = self.status == HTTPStatus.METHOD_NOT_ALLOWED
        return (("allow", "POST"),) if not_allowed else (("connection", "close"),)


def check_request(allowed: tuple[Network, ...] | None, peer: str | None, method: str) -> None:
    """Raise RequestRejected for a peer that is not in the allow list, and for any method but POST."""
    if allowed is not None and not in_networks(peer, allowed):
        raise RequestRejected(403, f"callbacks are not accepted from {peer}")
    if method != "POST":
        raise RequestRejected(405, "callbacks are sent by POST")


def body_too_large(limit: int) -> RequestRejected:
    """Return the error for a body of more than `limit` bytes."""
    return RequestRejected(413, f"a callback has at most {limit} bytes")


def content_length(field: str) -> int:
    """Return the value of a Content-Length field; 0 when it is missing or invalid."""
    return int(field[:_MAX_LENGTH_DIGITS]) if field.isascii() and field.isdigit() else 0


def check_max_body(max_body: object) -> None:
    """Raise ConfigurationError for what is no number of bytes, 1 or more."""
    if not (is_integer(max_body) and max_body >= 1):
        raise ConfigurationError(f"max_body is {max_body!r}; use 1 byte or more")


def parse_networks(allowed: Iterable[str | Network] | None) -> tuple[Network, ...] | None:
    """Return the networks of an allow list; None, which allows everybody, for None.

    Raises:
        ConfigurationError: an entry is not a valid address or network, or the list is empty.
    """
    if allowed is None:
        return None
    if isinstance(allowed, str) or not isinstance(allowed, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
        kind = type(allowed).__name__
        raise ConfigurationError(f"allowed_addresses is {kind}; use a list, for example ['203.0.113.7']")
    try:
        networks = tuple(ip_network(entry) for entry in allowed)
    except ValueError as error:
        reason = f"allowed_addresses: {error}"
    else:
        if networks:
            return networks
        reason = "allowed_addresses is empty, which would refuse everybody; leave it out, or add an address"
    raise ConfigurationError(reason)
