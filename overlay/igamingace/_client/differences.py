"""What a call tells the drift log: codes and HTTP statuses that are not the contract's."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from igamingace_bindings import contract

from igamingace._client.response import ErrorResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace.drift import DriftLog

__all__ = ["record_status"]

# No page says under which HTTP status a code comes, or a success.
_STANDING_OF_STATUS: Final = "assumed"


def record_status(
    log: DriftLog, operation: str, verdict: Mapping[str, Any] | ErrorResponse, http_status: int
) -> None:
    """Record a code that the contract does not list, and an HTTP status other than that of the code."""
    if not isinstance(verdict, ErrorResponse):
        expected = HTTPStatus.OK.value
    elif verdict.code is not None and verdict.code in contract.CODES:
        expected = contract.CODES[verdict.code].http_status
    else:
        log.record(
            operation=operation,
            direction="answer",
            place=verdict.place,
            kind="unknown code",
            standing=standing_of(operation),
            value=verdict.code,
        )
        return
    if http_status != expected:
        log.record(
            operation=operation,
            direction="answer",
            place="",
            kind="other status",
            standing=_STANDING_OF_STATUS,
            expected=str(expected),
            value=http_status,
        )


def standing_of(operation: str) -> str:
    """How well an operation is known; one that is not the contract's is nobody's knowledge."""
    known = contract.OPERATIONS.get(operation)
    return "assumed" if known is None else known.standing
