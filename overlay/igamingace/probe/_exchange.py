"""What a probe sends and what comes back: data of the account, which does not leave the probe."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from igamingace._client.response import ErrorResponse, InvalidResponse, parse_response
from igamingace._common import json as exact_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, tzinfo

    from igamingace_bindings.rest.client import Operation

    from igamingace._client.drift_recording import FieldDifference
    from igamingace._transport.base import Response
    from igamingace.errors import IGamingAceError

__all__ = ["Exchange", "HeaderChange", "Pause", "Refusal", "Send"]

HeaderChange: TypeAlias = Literal["wrong token", "Authorization", "Accept", "Content-Type"]
"""A token that is nobody's, or the header that is left out."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The refusal that the contract expects for a request.

    Attributes:
        codes: names of the response codes; empty where the contract states none.
        http_status: the HTTP status where no code is stated.
    """

    codes: tuple[str, ...] = ()
    http_status: int | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """One GET request.

    Attributes:
        name: the operation, or "request" for a path that the contract lacks.
        situation: what is special about the request, in words; empty for nothing.
        call: makes the call with an agent's raw view.
        time_zone: the zone in which times are written; None: as the agent writes them.
        change: what is wrong with the headers on purpose.
        refusal: set where the request is sent to be refused; empty where nobody states how.
    """

    name: str
    call: Callable[[Any], Any] = field(repr=False)
    situation: str = ""
    time_zone: tzinfo | None = None
    change: HeaderChange | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause, in seconds."""

    seconds: float


@dataclass(slots=True)
class Exchange:
    """A request, and what came of it.

    Attributes:
        send: the request.
        sent_at: when it was sent, by the clock of this host.
        operation: its operation.
        response: the last response; None when none came.
        data: the answer's data, as a call returns it; None for an error.
        error: what the call raised.
        differences: what the client saw otherwise than the contract says; places hold names as they came.
    """

    send: Send
    sent_at: datetime
    operation: Operation[Any] | None = None
    response: Response | None = field(default=None, repr=False)
    data: Any = field(default=None, repr=False)
    error: IGamingAceError | None = field(default=None, repr=False)
    differences: list[FieldDifference] = field(default_factory=list["FieldDifference"], repr=False)

    @property
    def verdict(self) -> Mapping[str, Any] | ErrorResponse | InvalidResponse | None:
        """What the response is: a mapping for a success."""
        return None if self.response is None else parse_response(self.response)

    @property
    def body(self) -> object:
        """The parsed body; None when it is not JSON."""
        try:
            return None if self.response is None else exact_json.decode_response(self.response.body)
        except ValueError:
            return None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the response, their names in lower case; of one that came twice, the last."""
        pairs = () if self.response is None else self.response.headers
        return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}

    @property
    def server_time(self) -> datetime | None:
        """The time of the header `Date`; None without a valid one."""
        try:
            moment = parsedate_to_datetime(self.headers.get("date", ""))
        except (ValueError, TypeError, OverflowError):
            return None
        return moment if moment.tzinfo is not None else None
