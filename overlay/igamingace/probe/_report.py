"""The report of a probe: what was compared, what differs. It holds nothing of the account."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from igamingace.probe._shape import Presence

__all__ = ["CallFindings", "FieldFinding", "Finding", "FindingKind", "ProbeReport", "ZoneFinding"]

FORMAT: Final = 1
"""The version of the JSON form."""

Outcome: TypeAlias = Literal["as stated", "differs", "refused", "no answer", "not tried", "not told"]
"""`refused`: with an error that the contract lists, so that there was no answer to compare. `not told`: the
contract has no rule to compare with, or what came says nothing."""

FindingKind: TypeAlias = Literal[
    "missing",
    "other type",
    "other spelling",
    "unknown field",
    "unknown value",
    "unknown code",
    "other code",
    "other place",
    "other status",
    "not refused",
    "unreadable",
    "other time zone",
]
"""What differs: the kinds of `igamingace.drift`, and those of refusals and time zones."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which the platform differs from the contract.

    Attributes:
        operation: the operation, or "request" for a path that the contract lacks.
        situation: what was special about the request; empty for nothing.
        place: JSON pointer in the body, `*` for indices, `?` for names not shown; empty for the whole answer.
        kind: what differs.
        standing: how well the contract knows what it says there.
        stated: what the contract says.
        came: what came.
    """

    operation: str
    situation: str
    place: str
    kind: FindingKind
    standing: str
    stated: str
    came: str

    def __str__(self) -> str:
        """A sentence."""
        where = f"{self.operation}{f' ({self.situation})' if self.situation else ''}"
        place = f" {self.place}" if self.place else ""
        return f"{where}:{place} {self.kind}: {self.came}; stated: {self.stated} ({self.standing})"


@dataclass(frozen=True, slots=True)
class FieldFinding:
    """One field of an answer.

    Attributes:
        place: JSON pointer in the body.
        stated: the type that the contract states; None for a field that it lacks.
        standing: how well that is known; None as above.
        required: whether the contract requires it.
        came: the JSON types that came, texts by their form.
        presence: whether the objects that may have it had it.
        differs: the kinds of differences there.
    """

    place: str
    stated: str | None
    standing: str | None
    required: bool
    came: tuple[str, ...]
    presence: Presence
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallFindings:
    """One request of the probe.

    Attributes:
        operation: the operation, or "request" for a path that the contract lacks.
        situation: what was special about the request; empty for nothing.
        result: how it compares with the contract.
        http_status: the HTTP status that came; None when no response did.
        code: number of the response code of an error, if it is known or small.
        name: its name, if it is known or looks like one.
        place: JSON pointer of the code; empty where there was none.
        media_type: of the body.
        headers: which of the headers came that say something about the API.
        fields: the fields of the body.
        note: why there is no answer.
    """

    operation: str
    situation: str
    result: Outcome
    http_status: int | None = None
    code: int | None = None
    name: str | None = None
    place: str = ""
    media_type: str | None = None
    headers: tuple[str, ...] = ()
    fields: tuple[FieldFinding, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ZoneFinding:
    """What was learned of the zone of a time that comes without one.

    Attributes:
        operation: the operation.
        place: JSON pointer of the time.
        stated: the offset of the zone that the contract takes, as `+09:00`.
        standing: how well that is known.
        at_least: the westernmost offset that fits what came; None when it tells nothing.
        likely: the offset that fits best; None when nothing came of just now.
        same_clock: whether the ends of a window are in the zone of its transactions; None when none came.
        result: "as stated", "differs", or "not told".
    """

    operation: str
    place: str
    stated: str
    standing: str
    at_least: str | None
    likely: str | None
    same_clock: bool | None
    result: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """The report of a probe. It holds no token, player, amount, name, id or address of the account.

    Attributes:
        platform: the API's address in the contract, or "another address".
        standing: "probed" for what was seen on iGamingAce itself, else None.
        date: the day, as 2026-01-31, in UTC.
        package: version of this package.
        contract: version of the contract.
        calls: the requests.
        time_zones: what was learned of time zones.
        differences: all that differs.
        order: how the transactions of a page are sorted; None when too few came to tell.
        server_date: whether answers have a valid `Date` header.
        stopped: why the probe ended early; None when it did not.
    """

    platform: str
    standing: Literal["probed"] | None
    date: str
    package: str
    contract: str
    calls: tuple[CallFindings, ...]
    time_zones: tuple[ZoneFinding, ...]
    differences: tuple[Finding, ...]
    order: Literal["oldest first", "newest first", "neither"] | None
    server_date: bool
    stopped: str | None

    @property
    def ok(self) -> bool:
        """Whether nothing differs from the contract, as far as was seen."""
        return not self.differences

    @property
    def complete(self) -> bool:
        """Whether the probe came to its end; operations for which data was missing are left out of this."""
        return self.stopped is None

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return {
            "report": "igamingace contract probe",
            "format": FORMAT,
            "ok": self.ok,
            "complete": self.complete,
            **asdict(self),
        }

    def json(self) -> bytes:
        """The report as JSON, indented, with a line end."""
        return msgspec.json.format(msgspec.json.encode(self.to_json()), indent=2) + b"\n"
