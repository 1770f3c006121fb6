"""What is not let in: requests that are no callbacks get a plain HTTP error."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Final

from igamingace.callbacks._addresses import admits

if TYPE_CHECKING:
    from igamingace.callbacks._addresses import Network

DEFAULT_MAX_BODY: Final = 65_536
_LONGEST_LENGTH: Final = 12


class Rejected(Exception):  # noqa: N818 -- an answer, not an error of ours
    """A request that is turned away before it is looked into.

    Attributes:
        status: the HTTP status.
        body: a line of text for whoever sent it.
    """

    media_type: ClassVar[str] = "text/plain; charset=utf-8"

    def __init__(self, status: int, text: str) -> None:
        """Take the HTTP status and why."""
        super().__init__(text)
        self.status = status
        self.body = f"{text}\n".encode("utf-8", "replace")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Header fields beside the usual ones. A body that was not read to its end spoils the connection."""
        not_allowed = self.status == HTTPStatus.METHOD_NOT_ALLOWED
        return (("allow", "POST"),) if not_allowed else (("connection", "close"),)


def check(allowed: tuple[Network, ...] | None, peer: str | None, method: str) -> None:
    """Raise Rejected for a peer that callbacks are not accepted from, or for another method than POST."""
    if not admits(allowed, peer):
        raise Rejected(403, f"callbacks are not accepted from {peer}")
    if method != "POST":
        raise Rejected(405, "callbacks are sent by POST")


def too_large(limit: int) -> Rejected:
    """Return the error for a body of more than `limit` bytes."""
    return Rejected(413, f"a callback has at most {limit} bytes")


def declared_length(field: str) -> int:
    """Return the value of a Content-Length field; 0 when it says nothing."""
    return int(field[:_LONGEST_LENGTH]) if field.isascii() and field.isdigit() else 0
