"""Whether a write that failed may have been carried out all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.errors import APIError, ServerError, TransportError, UnexpectedResponse

if TYPE_CHECKING:
    from igamingace.errors import IGamingAceError


def may_have_been_done(error: IGamingAceError) -> bool:
    """Whether what failed like this may have been done: the answer is lost, or the server failed."""
    if isinstance(error, TransportError):
        return error.may_have_arrived
    # A code that nobody knows is one whose outcome nobody knows.
    return isinstance(error, UnexpectedResponse | ServerError) or type(error) is APIError
