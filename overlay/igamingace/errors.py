"""Everything this package raises on purpose: one root, and a class for each thing handled differently.

All of them pickle and copy with their attributes, so that they cross process borders whole.
None of them shows a token: text taken from a server or from a library is masked before it comes here.
"""

# ruff: noqa: N818 -- the names say what happened, and design.md fixes them

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

__all__ = [
    "APIError",
    "AcquireTimeout",
    "AgentClosed",
    "AuthenticationError",
    "ConfigurationError",
    "Conflict",
    "Headers",
    "IGamingAceError",
    "IPNotAllowed",
    "InsufficientFunds",
    "InvalidArgument",
    "InvalidRequest",
    "NotFound",
    "PermissionDenied",
    "RateLimited",
    "ResponseSnapshot",
    "ServerError",
    "ServerIsBusy",
    "Timeout",
    "TransportError",
    "UnderMaintenance",
    "UnexpectedField",
    "UnexpectedResponse",
    "api_error_class",
]


class Headers(Mapping[str, str]):
    """The headers of an answer: looked up in any case, repeated ones joined by a comma."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Mapping[str, str] | None = None) -> None:
        """Take names and values; names are kept in lower case."""
        self._values: dict[str, str] = {name.lower(): value for name, value in (pairs or {}).items()}

    def __getitem__(self, name: str) -> str:
        """The value; raises KeyError."""
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """The names, in lower case."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        """Whether the name is there, in any case."""
        return isinstance(name, str) and name.lower() in self._values

    def __repr__(self) -> str:
        """Names and values."""
        return f"Headers({self._values!r})"


@dataclass(frozen=True, slots=True)
class ResponseSnapshot:
    """What came over the wire, as far as it helps to understand an error.

    Attributes:
        http_status: the HTTP status.
        headers: the headers of the answer, the token masked.
        body_start: the start of the body as text, control characters escaped, the token masked.
    """

    http_status: int
    headers: Headers
    body_start: str


def _blank(cls: type[IGamingAceError], args: tuple[object, ...]) -> IGamingAceError:
    """An error of this class without its constructor run; pickle fills in the attributes."""
    error = cls.__new__(cls, *args)
    error.args = args
    return error


class IGamingAceError(Exception):
    """The root: `except IGamingAceError` catches everything this package raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle class, message and attributes, whatever the constructor of a subclass takes."""
        return _blank, (type(self), self.args), self.__dict__


class ConfigurationError(IGamingAceError, ValueError):
    """The token, the base URL or another setting is missing or malformed; the message says what to do."""


class InvalidArgument(IGamingAceError, ValueError):
    """An argument of a call cannot be sent (NaN as an amount, say); nothing was sent."""


class AgentClosed(IGamingAceError, RuntimeError):
    """A call was made through an agent that has been closed; nothing was sent."""


class AcquireTimeout(IGamingAceError, TimeoutError):
    """No slot of the account's budget became free within `acquire_timeout`; nothing was sent.

    Attributes:
        in_flight: requests in flight when the wait was given up, lingering ones left out.
        lingering: slots of abandoned requests that may still run at the server.
        waiting: callers that were waiting, this one left out.
        waited: how long this caller waited, in seconds.
        limit: the most requests that may be in flight at once.
    """

    def __init__(
        self,
        *,
        in_flight: int,
        lingering: int,
        waiting: int,
        waited: float,
        limit: int,
        reason: str | None = None,
    ) -> None:
        """Take the state of the budget at the moment of giving up, or another `reason` why none was free."""
        figures = (
            f"{in_flight} of {limit} requests in flight, {lingering} lingering after they were abandoned, "
            f"{waiting} more callers waiting. Nothing was sent. Raise acquire_timeout, or start fewer calls "
            "at once."
        )
        super().__init__(
            f"no slot became free within {waited:.3g} s: "
            + (figures if reason is None else f"{reason}. Nothing was sent.")
        )
        self.in_flight = in_flight
        self.lingering = lingering
        self.waiting = waiting
        self.waited = waited
        self.limit = limit


class APIError(IGamingAceError):
    """The server answered with an error.

    Attributes:
        code: the response code; None when the answer carried none.
        name: the code's name, for example "USER_NOT_FOUND"; None when neither contract nor answer names it.
        message: what the server said, the token masked; may be empty.
        http_status: the HTTP status the error came under.
        operation: the operationId, for example "games.launch".
        retryable: whether sending the same request again may go better, and cannot do anything twice.
            For UnderMaintenance: later, not at once.
        response: status, headers and start of the body.
        attempts: how many requests were sent for this call.
        elapsed: seconds from the start of the call to the error, waits included.
        retry_after: seconds that the server asks to wait (`Retry-After`); None when it does not.
    """

    kind: ClassVar[str] = ""
    advice: ClassVar[str] = ""
    _advice_without_code: ClassVar[str] = ""

    def __init__(
        self,
        message: str = "",
        *,
        code: int | None = None,
        name: str | None = None,
        http_status: int,
        operation: str,
        retryable: bool,
        response: ResponseSnapshot,
        attempts: int = 1,
        elapsed: float = 0.0,
        retry_after: float | None = None,
    ) -> None:
        """Take what was read from the answer and how the call went."""
        self.message = message
        self.code = code
        self.name = name
        self.http_status = http_status
        self.operation = operation
        self.retryable = retryable
        self.response = response
        self.attempts = attempts
        self.elapsed = elapsed
        self.retry_after = retry_after
        super().__init__(self._text())

    @property
    def summary(self) -> str:
        """The text without what may differ from account to account.

        That is what the server said beside a known code, and how often and how long it was tried.
        """
        return self._describe("" if self.name else self.message)

    def _text(self) -> str:
        return f"{self._describe(self.message)}{_asked(self.retry_after)}"

    def _describe(self, message: str) -> str:
        label = self.name or ("error without a code" if self.code is None else "unknown code")
        number = "" if self.code is None else f" {self.code}"
        said = f": {message}" if message and message != self.name else ""
        # A code of the contract has both number and name.
        by_status = self.code is None or self.name is None
        words = (by_status and self._advice_without_code) or self.advice
        advice = f" ({words})" if words else ""
        return f"{self.operation}: {label}{number}, HTTP {self.http_status}{said}{advice}"


def _asked(retry_after: float | None) -> str:
    return "" if retry_after is None else f"; the server asks to wait {retry_after:g} s"


class ServerIsBusy(APIError):
    """SERVER_IS_BUSY (1018), also when sent again after what was in flight had drained, `attempts` times."""

    kind = "busy"
    advice = (
        "too many requests of this agent in flight, though this client kept to the limit: "
        "does another program use the same token? Give them one RedisLimiter, or each its share"
    )

    def _text(self) -> str:
        return f"{super()._text()}; sent {self.attempts} times in {self.elapsed:.3g} s"


class RateLimited(APIError):
    """Too many requests in a time (HTTP 429 without a code of the API): send fewer, after `retry_after`.

    It is not the API's limit of requests in flight (`ServerIsBusy`). A read was sent again already.
    """

    kind = "rate-limit"
    advice = "too many requests in a time, which is not the limit of requests in flight: send fewer"


class AuthenticationError(APIError):
    """The token is missing or wrong."""

    kind = "authentication"
    advice = "check the token: the one of this very account, and of this base URL"


class IPNotAllowed(APIError):
    """The calling address is not registered."""

    kind = "address"
    advice = "add this server's public address to [Allowed IP] in the back office settings"


class PermissionDenied(APIError):
    """No access, or a business refusal; it does not mean that the token has expired."""

    kind = "permission"
    advice = "also sent for another agent's player, a currency not offered or an empty agent wallet"
    _advice_without_code = (
        "no code of the API came with it, so a firewall or gateway before it may have refused: "
        "is this server's address allowed?"
    )


class NotFound(APIError):
    """The agent, player, game, provider or round does not exist; without a known code, maybe only the URL.

    Whoever creates what was not found looks at `name` first (`"USER_NOT_FOUND"`): a gateway that does not
    know the path answers 404 as well, with no code of the API.
    """

    kind = "not-found"
    _advice_without_code = (
        "no code of the API came with it, so a gateway may have answered that does not know the path: "
        "is the base URL right? Only a code such as USER_NOT_FOUND says that something does not exist"
    )


class InsufficientFunds(APIError):
    """The agent's or the player's wallet is short."""

    kind = "funds"


class InvalidRequest(APIError):
    """The request was refused for its form or its parameters."""

    kind = "invalid-request"


class Conflict(APIError):
    """The request contradicts the present state: a bonus call already runs, or has ended."""

    kind = "conflict"


class UnderMaintenance(APIError):
    """The provider or the system is in maintenance: try again later, not at once."""

    kind = "maintenance"


class ServerError(APIError):
    """The server, the provider or your callback failed; the outcome of a write is unknown."""

    kind = "server-error"


_BY_KIND: Final[Mapping[str, type[APIError]]] = {
    cls.kind: cls
    for cls in (
        ServerIsBusy,
        RateLimited,
        AuthenticationError,
        IPNotAllowed,
        PermissionDenied,
        NotFound,
        InsufficientFunds,
        InvalidRequest,
        Conflict,
        UnderMaintenance,
        ServerError,
    )
}


def api_error_class(kind: str | None) -> type[APIError]:
    """The class for a `kind` of the contract, or "rate-limit"; APIError itself for one that nobody knows."""
    return _BY_KIND.get(kind or "", APIError)


class TransportError(IGamingAceError):
    """No answer came: the connection could not be made, broke, or took too long.

    Attributes:
        operation: the operationId, for example "games.launch".
        may_have_arrived: whether the request may have reached the server, and so may have been carried out.
        retryable: whether sending the same request again may go better, and cannot do anything twice.
        attempts: how many times it was tried.
        elapsed: seconds from the start of the call to the error, waits included.
    """

    def __init__(
        self,
        reason: str,
        *,
        operation: str,
        may_have_arrived: bool,
        retryable: bool,
        attempts: int = 1,
        elapsed: float = 0.0,
    ) -> None:
        """Take the reason in words, the token masked, and how the call went."""
        tried = "" if attempts == 1 else f" Tried {attempts} times."
        arrived = (
            "It may have reached the server: check before you send it again."
            if may_have_arrived and not retryable
            else "It may have reached the server; it only reads."
            if may_have_arrived
            else "It did not reach the server."
        )
        super().__init__(f"{operation}: {reason}. {arrived}{tried}")
        self.reason = reason
        self.operation = operation
        self.may_have_arrived = may_have_arrived
        self.retryable = retryable
        self.attempts = attempts
        self.elapsed = elapsed


class Timeout(TransportError, TimeoutError):
    """A time limit passed.

    Attributes:
        limit: which one: "connect" (making the connection) or "total" (from sending until the body was read).
        seconds: how long it was, in seconds.
    """

    def __init__(
        self,
        *,
        limit: str,
        seconds: float,
        place: str = "",
        operation: str,
        may_have_arrived: bool,
        retryable: bool,
        attempts: int = 1,
        elapsed: float = 0.0,
    ) -> None:
        """Take the limit that passed, the place that met it, and how the call went."""
        if limit == "connect":
            what = f"the connection{f' to {place}' if place else ''} was not made"
        else:
            what = f"no complete answer came{f' from {place}' if place else ''}"
        super().__init__(
            f"{what} within {seconds:g} s (the {limit} timeout)",
            operation=operation,
            may_have_arrived=may_have_arrived,
            retryable=retryable,
            attempts=attempts,
            elapsed=elapsed,
        )
        self.limit = limit
        self.seconds = seconds


class UnexpectedResponse(IGamingAceError):
    """An answer came that nobody can read: HTML, empty, cut short, of another shape, a redirect, ...

    Whether a write was carried out is unknown.

    Attributes:
        reason: what is wrong with it.
        http_status: the HTTP status.
        operation: the operationId, for example "games.launch".
        retryable: whether sending the same request again may go better, and cannot do anything twice.
        response: status, headers and start of the body.
        attempts: how many requests were sent for this call.
        elapsed: seconds from the start of the call to the error, waits included.
        retry_after: seconds that the server asks to wait (`Retry-After`); None when it does not.
    """

    def __init__(
        self,
        reason: str,
        *,
        operation: str,
        retryable: bool,
        response: ResponseSnapshot,
        attempts: int = 1,
        elapsed: float = 0.0,
        retry_after: float | None = None,
    ) -> None:
        """Take the reason in words and the answer."""
        asked = _asked(retry_after)
        body = f"; the body starts: {response.body_start}" if response.body_start else ""
        super().__init__(
            f"{operation}: unexpected answer, HTTP {response.http_status}: {reason}{asked}{body}"
        )
        self.reason = reason
        self.http_status = response.http_status
        self.operation = operation
        self.retryable = retryable
        self.response = response
        self.attempts = attempts
        self.elapsed = elapsed
        self.retry_after = retry_after


class UnexpectedField(IGamingAceError, AttributeError):
    """A field of an answer was used whose value is missing, or is not what the contract says it is.

    The rest of the answer can be used; what came is in `to_dict()` of the model.

    Attributes:
        operation: the operationId, for example "games.list".
        place: where in the answer, a JSON pointer with a star for an index, such as `/data/*/gameType`.
        expected: what belongs there: a JSON type, "id" or "time".
        came: the JSON type of what came; None when nothing did.
    """

    def __init__(self, *, operation: str, place: str, expected: str, came: str | None) -> None:
        """Take where it is, and the two types; never the value."""
        what = "is missing" if came is None else f"came as JSON type {came}"
        hint = "" if came is None else "; to_dict() of the model has what came"
        # With a name, Python adds no `obj`: the model, whose values no traceback is to show.
        super().__init__(
            f"{operation}: {place} should be of type {expected}, but {what}{hint}",
            name=place,
        )
        self.operation = operation
        self.place = place
        self.expected = expected
        self.came = came
