"""Log entries of requests to the contract's operations: cheap to write, masked and cut when read."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from igamingace._common.json import decode_strict
from igamingace.sandbox.store.masking import abbreviate_token, mask_text

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import datetime

    from igamingace.sandbox._json import JSON, Object

MAX_REQUESTS: Final = 500
"""How many requests are remembered."""
MAX_SHOWN_CHARACTERS: Final = 4_096
"""How many characters of a body, a path or a header field are shown."""
MAX_LOGGED_BYTES: Final = MAX_SHOWN_CHARACTERS + 512
"""How many bytes of a body, a path or a header field are remembered."""
MAX_HEADERS: Final = 100
"""How many header fields are remembered."""

_SECRET_FIELDS: Final = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})


@dataclass(slots=True)  # not frozen: that would triple what making one costs
class LoggedRequest:
    """A request and its answer.

    Attributes:
        at: When it came, by the sandbox's clock.
        account: Whose token it carried; None without a valid token.
        operation: The operationId; None when the contract has nothing there.
        method: The HTTP method.
        target: Path and query, their first bytes.
        status: The HTTP status of the answer; 0 when none was sent.
        code: The number of the response code, be it a fault's; None when the answer has none.
        seconds: From the arrival of the request to the end of the answer.
        fields: The first header fields, the first bytes of each.
        request_body: The first bytes of the body.
        answer_body: The same of the answer.
        fault: The kind of the fault it met; None for none.
    """

    at: datetime
    account: str | None
    operation: str | None
    method: str
    target: bytes = field(repr=False)
    status: int
    code: int | None
    seconds: float
    fields: Iterable[tuple[bytes, bytes]] = field(repr=False)
    request_body: bytes = field(repr=False)
    answer_body: bytes = field(repr=False)
    fault: str | None

    @property
    def path(self) -> str:
        """The path and the query."""
        return self.target.decode("latin-1")

    def json(self) -> JSON:
        """Return the request's body, read as JSON; None without one.

        Raises:
            InvalidJSON: it is not JSON, or was too long to be kept whole.
        """
        return decode_strict(self.request_body) if self.request_body else None

    def to_json(self, number: int, tokens: Container[str]) -> Object:
        """Return it for people, as entry `number`, with `tokens` and other secrets masked."""
        return {
            "seq": number,
            "at": self.at.isoformat(timespec="milliseconds"),
            "account": self.account,
            "operation": self.operation,
            "method": self.method,
            "path": _text(self.target, tokens, "latin-1"),
            "status": self.status,
            "code": self.code,
            "milliseconds": round(self.seconds * 1000, 3),
            "request_headers": {
                name: _masked_field(name, value.decode("latin-1"), tokens)
                for name, value in ((name.decode("latin-1"), value) for name, value in self.fields)
            },
            "request_body": _text(self.request_body, tokens),
            "answer_body": _text(self.answer_body, tokens),
            "fault": self.fault,
        }


def _masked_field(name: str, value: str, tokens: Container[str]) -> str:
    if name not in _SECRET_FIELDS:
        return _cut(mask_text(value, tokens))
    scheme, space, secret = value.rpartition(" ")
    return f"{scheme}{space}{abbreviate_token(secret)}"


def _text(raw: bytes, tokens: Container[str], encoding: str = "utf-8") -> str:
    return _cut(mask_text(raw.decode(encoding, "replace"), tokens))  # whole first: half a token is in no list


def _cut(text: str) -> str:
    return f"{text[:MAX_SHOWN_CHARACTERS]}…" if len(text) > MAX_SHOWN_CHARACTERS else text


def truncate_headers(fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return what is remembered of the header fields of a request."""
    return [
        (name[:MAX_LOGGED_BYTES], value[:MAX_LOGGED_BYTES]) for name, value in islice(fields, MAX_HEADERS)
    ]
