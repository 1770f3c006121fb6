"""Instrumentation hooks for calls. Disabled unless `igamingace.otel.instrument()` was called."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from igamingace._client.response import ErrorResponse, InvalidResponse
from igamingace._transport.base import Response, TransportFailure
from igamingace.errors import Timeout, TransportError, UnexpectedResponse, api_error_class

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from igamingace_bindings.rest.client import Operation

__all__ = ["Attempt", "CallObserver", "Instrumentation", "attempt_of", "observe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What is told of one attempt: nothing of the request or the answer that could be anybody's data."""

    waited: float
    """Seconds from asking for the slot to having it."""
    retry: bool
    """Whether the request was refused with 1018 before."""
    sent_for: float | None
    """Seconds from sending until the answer was read; None where no answer came."""
    http_status: int | None
    error: str | None
    """The name of the class of error that this attempt alone would raise; None for a success."""
    code: int | None
    """The number of the vendor's error."""


class CallObserver(Protocol):
    """Observes one call from its start to its end."""

    def begins(self) -> None:
        """A slot is asked for."""

    def attempted(self, attempt: Attempt) -> None:
        """It was had, and what was sent with it has ended."""

    def gave_up(self, error: BaseException | None) -> None:
        """It was not had: the wait took too long, or was cancelled."""


class Instrumentation(Protocol):
    """Observes all calls of the process."""

    def call(
        self, operation: Operation[Any], base_url: str, account: str
    ) -> AbstractContextManager[CallObserver | None]:
        """Observe one call, within the block; `account` is a hash."""
        ...


instrumentation: Instrumentation | None = None
_not_observed = nullcontext[CallObserver | None](None)


def observe(
    operation: Operation[Any], base_url: str, account: str
) -> AbstractContextManager[CallObserver | None]:
    """Have one call observed, within the block."""
    return _not_observed if instrumentation is None else instrumentation.call(operation, base_url, account)


def attempt_of(
    outcome: Response | TransportFailure | None,
    verdict: Mapping[str, Any] | ErrorResponse | InvalidResponse | TransportFailure | None,
    *,
    waited: float,
    retry: bool,
    given_up: type[BaseException] | None,
) -> Attempt:
    """What is told of an attempt; without an outcome, it was given up with an exception of that class."""
    answer = outcome if isinstance(outcome, Response) else None
    code = None
    if outcome is None:
        error = None if given_up is None else given_up.__qualname__
    elif isinstance(verdict, ErrorResponse):
        error, code = api_error_class(verdict.kind).__qualname__, verdict.code
    elif isinstance(verdict, InvalidResponse):
        error = UnexpectedResponse.__qualname__
    elif isinstance(verdict, TransportFailure):
        error = (TransportError if verdict.limit is None else Timeout).__qualname__
    else:
        error = None
    return Attempt(
        waited=waited,
        retry=retry,
        sent_for=None if answer is None else answer.elapsed,
        http_status=None if answer is None else answer.http_status,
        error=error,
        code=code,
    )
