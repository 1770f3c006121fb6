"""Compares what a probe received with the contract, and makes the report, from which no value can be told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, cast

from igamingace_bindings import contract
from igamingace_bindings.rest.types import Object
from igamingace_bindings.scalars import Time, json_type

from igamingace._client.drift_recording import SUCCESS
from igamingace._client.response import ErrorResponse, InvalidResponse
from igamingace._version import __version__
from igamingace.probe._flow import created_at
from igamingace.probe._names import NameFilter
from igamingace.probe._report import CallFindings, FieldFinding, Finding, ProbeReport, ZoneFinding
from igamingace.probe._shape import Shape
from igamingace.probe._zones import Window, clock_times, likely_offset, offset_text

if TYPE_CHECKING:
    from igamingace_bindings.rest.client import Operation
    from igamingace_bindings.scalars import Type

    from igamingace.probe._exchange import Exchange
    from igamingace.probe._flow import Findings
    from igamingace.probe._report import FindingKind, Outcome

__all__ = ["make_report"]

OTHER_ADDRESS: Final = "another address"

_FIELD_KINDS: Final = ("missing", "other type", "other spelling", "unknown field", "unknown value")
_MAX_VALUE: Final = 10_000
"""Codes and values of enums are smaller; what is not may be an id."""
_MAX_VALUES: Final = 8
"""The most unknown values at one place; more are data."""
_MAX_DEPTH: Final = 8
_CODE_NAME: Final = re.compile(r"[A-Z]{2,}[0-9]{0,2}(?:_[A-Z]{1,}[0-9]{0,2}){1,7}")
_MEDIA_TYPES: Final = (
    "application/json",
    "application/problem+json",
    "text/html",
    "text/plain",
    "application/xml",
    "text/xml",
)
_HEADERS: Final = (
    *("cache-control", "content-encoding", "date", "etag", "last-modified", "retry-after", "vary", "via"),
    *("ratelimit", "ratelimit-limit", "ratelimit-policy", "ratelimit-remaining", "ratelimit-reset"),
    *("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id", "cf-ray"),
)
"""Headers whose presence says something about the API; no value is shown."""
_MADE_AT: Final[Mapping[str, str]] = {
    "transactions.list": "/data/list/*/createdAt",
    "bonus_calls.detail": "/data/createdAt",
}
"""Times of what has happened, which are not in the future."""
_ASSUMED: Final = "assumed"


@dataclass(frozen=True, slots=True)
class _Stated:
    """What the contract says of a place; `type` is set for places in an answer's data."""

    expected: str
    required: bool
    standing: str
    type: Type[Any] | None = None


def make_report(found: Findings, *, base_url: str | None, now: datetime) -> ProbeReport:
    """Return the report.

    Args:
        found: what the probe learned.
        base_url: the address that was probed; None where a transport was handed in that may lead anywhere.
        now: the time, in UTC.
    """
    names = NameFilter(_vocabulary())
    calls = [_Comparison(exchange, names) for exchange in found.exchanges]
    zones, differences = _zones(found)
    not_tried = [
        CallFindings(operation, "", "not tried", note=reason) for operation, reason in found.not_tried.items()
    ]
    is_vendor = base_url == contract.BASE_URL
    return ProbeReport(
        platform=contract.BASE_URL if is_vendor else OTHER_ADDRESS,
        standing="probed" if is_vendor else None,
        date=now.astimezone(UTC).date().isoformat(),
        package=__version__,
        contract=contract.VERSION,
        calls=(*(call.result() for call in calls), *not_tried),
        time_zones=tuple(zones),
        differences=tuple(dict.fromkeys([each for call in calls for each in call.findings] + differences)),
        order=_order(found),
        server_date=any(exchange.server_time is not None for exchange in found.exchanges),
        stopped=found.stopped,
    )


@dataclass(slots=True)
class _Comparison:
    """The comparison of one exchange with the contract."""

    exchange: Exchange
    names: NameFilter
    findings: list[Finding] = field(default_factory=list[Finding])
    fields: list[FieldFinding] = field(default_factory=list[FieldFinding])

    @property
    def has_rule(self) -> bool:
        """Whether the contract says what is to come."""
        refusal = self.exchange.send.refusal
        return refusal is None or bool(refusal.codes or refusal.http_status)

    def __post_init__(self) -> None:
        exchange = self.exchange
        verdict = exchange.verdict
        if isinstance(verdict, Mapping):
            self._compare_success()
        elif isinstance(verdict, ErrorResponse):
            self._compare_error(verdict)
        elif isinstance(verdict, InvalidResponse):
            came = f"JSON {json_type(exchange.body)}" if exchange.body is not None else "no JSON"
            self._differs("", "unreadable", _ASSUMED, "an answer in the envelope", came)

    def result(self) -> CallFindings:
        """What the report shows of it."""
        exchange, send = self.exchange, self.exchange.send
        response, verdict = exchange.response, exchange.verdict
        error = verdict if isinstance(verdict, ErrorResponse) else ErrorResponse(None, None, None)
        outcome: Outcome = "differs" if self.findings else "as stated" if self.has_rule else "not told"
        if response is None:
            outcome = "no answer"
        elif isinstance(verdict, ErrorResponse) and send.refusal is None and not self.findings:
            outcome = "refused"
        headers = exchange.headers
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        return CallFindings(
            send.name,
            send.situation,
            outcome,
            http_status=None if response is None else response.http_status,
            code=_shown_number(error.code),
            name=self._shown_name(error),
            place=self._error_place(error),
            media_type=media_type if media_type in _MEDIA_TYPES else "another" if media_type else None,
            headers=tuple(name for name in _HEADERS if name in headers),
            fields=tuple(self.fields),
            note=type(exchange.error).__name__ if response is None else "",
        )

    def _compare_success(self) -> None:
        exchange, refusal = self.exchange, self.exchange.send.refusal
        if refusal is not None and self.has_rule:
            stated = " or ".join(refusal.codes) or f"HTTP {refusal.http_status}"
            self._differs("", "not refused", _standing_of_codes(refusal.codes), stated, "a success")
            return
        stated_fields = _success_fields(exchange.operation)
        shape = self._compare_shape(stated_fields)
        if not self.has_rule:
            return
        self._compare_status(SUCCESS)
        values: dict[str, dict[int | None, None]] = {}
        for difference in exchange.differences:
            if difference.kind not in _FIELD_KINDS:
                continue
            kind = cast("FindingKind", difference.kind)
            place = shape.shown(difference.place)
            if kind == "unknown value":
                values.setdefault(place, {}).setdefault(_shown_number(difference.value))
                continue
            if kind == "unknown field":
                expected, came = "no such field", ", ".join(shape.slots[place].forms)
            else:
                expected = difference.expected or "nothing"
                came = self._forms(shape, place) if difference.came is not None else "missing"
            self._differs(place, kind, difference.standing or _ASSUMED, expected, came)
        for place, found in values.items():
            shown = (
                "other values" if None in found or len(found) > _MAX_VALUES else ", ".join(map(str, found))
            )
            standing = stated_fields[place].standing if place in stated_fields else _ASSUMED
            self._differs(place, "unknown value", standing, "a listed value", shown)
        self._add_fields(stated_fields, shape)

    def _compare_error(self, error: ErrorResponse) -> None:
        exchange, refusal = self.exchange, self.exchange.send.refusal
        stated_fields = _error_fields()
        shape = self._compare_shape(stated_fields)
        known = None if error.code is None else contract.CODES.get(error.code)
        if refusal is not None and refusal.http_status is not None:
            self._compare_status(refusal.http_status)
        elif known is not None:
            self._compare_status(known.http_status)
        if known is None:
            needs_code = refusal is None or bool(refusal.codes)
            if error.place or needs_code:
                came = self._shown_name(error) or _shown_number(error.code)
                stated = "a listed code" if refusal is None else " or ".join(refusal.codes) or "a listed code"
                came = "no code" if not error.place else "another code" if came is None else str(came)
                self._differs(self._error_place(error), "unknown code", "older", stated, came)
        else:
            info = contract.OPERATIONS.get(exchange.send.name)
            place = self._error_place(error)
            if refusal is not None and refusal.codes and known.name not in refusal.codes:
                standing = _standing_of_codes(refusal.codes)
                self._differs(place, "other code", standing, " or ".join(refusal.codes), known.name)
            elif refusal is None and info is not None and known.code not in info.error_codes:
                stated = "one of the operation's codes"
                self._differs(place, "other code", info.standing, stated, known.name)
        if error.place and error.place not in stated_fields:
            stated = " or ".join(name for name in stated_fields if name != "/success")
            self._differs("", "other place", "observed", stated, shape.shown(error.place))
        self._add_fields(stated_fields, shape)

    def _compare_shape(self, stated: Mapping[str, _Stated]) -> Shape:
        """The shape of the body; unknown fields of the envelope are differences."""
        shape = Shape(stated, self.names).add(self.exchange.body)
        refusal = self.exchange.send.refusal
        if refusal is not None and not refusal.codes:  # anybody's answer, such as a web framework's
            return shape
        for place, slot in shape.slots.items():
            if place and place.count("/") == 1 and place not in stated:
                self._differs(place, "unknown field", _ASSUMED, "no such field", ", ".join(slot.forms))
        return shape

    def _compare_status(self, expected: int) -> None:
        response = self.exchange.response
        if response is not None and self.has_rule and response.http_status != expected:
            self._differs("", "other status", _ASSUMED, f"HTTP {expected}", f"HTTP {response.http_status}")

    def _add_fields(self, stated: Mapping[str, _Stated], shape: Shape) -> None:
        kinds: dict[str, dict[str, None]] = {}
        for finding in self.findings:
            kinds.setdefault(finding.place, {}).setdefault(finding.kind)
        for place in dict.fromkeys((*stated, *shape.slots)):
            fact, slot = stated.get(place), shape.slots.get(place)
            if not place or (slot is None and not shape.objects_at(place.rpartition("/")[0])):
                continue
            self.fields.append(
                FieldFinding(
                    place,
                    stated=None if fact is None else fact.expected,
                    standing=None if fact is None else fact.standing,
                    required=fact is not None and fact.required,
                    came=() if slot is None else tuple(slot.forms),
                    presence="never" if slot is None else slot.presence,
                    differs=tuple(kinds.get(place, ())),
                )
            )

    def _differs(self, place: str, kind: FindingKind, standing: str, stated: str, came: str) -> None:
        send = self.exchange.send
        finding = Finding(send.name, send.situation, place, kind, standing, stated, came)
        if finding not in self.findings:
            self.findings.append(finding)

    @staticmethod
    def _forms(shape: Shape, place: str) -> str:
        slot = shape.slots.get(place)
        return "missing" if slot is None else ", ".join(slot.forms)

    def _error_place(self, error: ErrorResponse) -> str:
        if not error.place:
            return ""
        return Shape(_error_fields(), self.names).add(self.exchange.body).shown(error.place)

    def _shown_name(self, error: ErrorResponse) -> str | None:
        if error.name is None or (error.code is not None and error.code in contract.CODES):
            return error.name
        is_name = _CODE_NAME.fullmatch(error.name) is not None and self.names.is_shown(error.name)
        return error.name if is_name else None


def _zones(found: Findings) -> tuple[list[ZoneFinding], list[Finding]]:
    zones: list[ZoneFinding] = []
    differences: list[Finding] = []
    for operation, place in _MADE_AT.items():
        pages = [each for each in found.exchanges if each.send.name == operation and each.data is not None]
        fact = _success_fields(pages[0].operation).get(place) if pages else None
        if fact is None or not isinstance(fact.type, Time):
            continue
        windows = _windows(found, pages[0])
        least = max((each for window in windows if (each := window.least_offset) is not None), default=None)
        likely = likely_offset(windows) if operation == "transactions.list" else None
        same_clock = None
        if operation == "transactions.list" and windows:
            same_clock = all(window.holds_all for window in windows)
        stated, standing = fact.type.zone.utcoffset(None), fact.type.standing
        wrong: list[str] = []
        if likely is not None and likely != stated:
            wrong.append(offset_text(likely))
        elif least is not None and least > stated:
            wrong.append(f"at least {offset_text(least)}")
        if same_clock is False:
            wrong.append("times outside of the window that was asked for")
        differences += [
            Finding(operation, "", place, "other time zone", standing, offset_text(stated), came)
            for came in wrong
        ]
        zones.append(
            ZoneFinding(
                operation,
                place,
                offset_text(stated),
                standing,
                None if least is None else offset_text(least),
                None if likely is None else offset_text(likely),
                same_clock,
                "differs" if wrong else "as stated" if likely == stated else "not told",
            )
        )
    return zones, differences


def _windows(found: Findings, page: Exchange) -> list[Window]:
    """The windows with times; what is not listed by windows counts as one."""
    if page.send.name == "transactions.list":
        return [window for window in found.windows if window.times]
    body: Any = page.body
    made = clock_times([body["data"].get("createdAt")])
    return [Window(page.server_time or page.sent_at, UTC, made)] if made else []


def _order(found: Findings) -> Any:  # noqa: ANN401 -- a literal
    for page in found.exchanges:
        times = clock_times(created_at(page)) if page.send.name == "transactions.list" else []
        if len(set(times)) > 1:
            ascending = sorted(times)
            return (
                "oldest first"
                if times == ascending
                else "newest first"
                if times == ascending[::-1]
                else "neither"
            )
    return None


def _success_fields(operation: Operation[Any] | None) -> dict[str, _Stated]:
    """The places of an operation's success that the contract states."""
    found = {
        "/success": _Stated("boolean", required=True, standing="documented"),
        "/message": _Stated("string", required=False, standing="documented"),
    }
    info = None if operation is None else contract.OPERATIONS.get(operation.operation_id)
    if operation is None or info is None or operation.data is None:
        return {**found, "/data": _Stated("anything", required=False, standing="documented")}
    found["/data"] = _Stated(operation.data.name, required=True, standing=info.standing, type=operation.data)
    found.update(_fields_in(operation.data, "/data", info.standing))
    return found


def _fields_in(type_: Type[Any], place: str, standing: str, depth: int = 0) -> Iterator[tuple[str, _Stated]]:
    if depth == _MAX_DEPTH:
        return
    if type_.item is not None:
        inner = f"{place}/*"
        yield inner, _Stated(type_.item.name, required=True, standing=standing, type=type_.item)
        yield from _fields_in(type_.item, inner, standing, depth + 1)
    elif isinstance(type_, Object):
        for each in type_.model._fields:  # pyright: ignore[reportPrivateUsage] -- of the bindings
            inner, known = f"{place}/{each.name}", each.standing or standing
            yield inner, _Stated(each.type.name, each.required, known, each.type)
            yield from _fields_in(each.type, inner, known, depth + 1)


def _error_fields() -> dict[str, _Stated]:
    """The places of an error that the contract states."""
    schema = _schemas()["Error"]
    return {
        f"/{name}": _Stated(
            " or ".join([kinds] if isinstance(kinds := each["type"], str) else kinds),
            required=name in schema["required"],
            standing=each.get("x-standing", "documented"),
        )
        for name, each in schema["properties"].items()
    }


@cache
def _schemas() -> dict[str, Any]:
    """The schemas of the contract by name."""
    text = resources.files("igamingace_bindings").joinpath("openapi.json").read_text(encoding="utf-8")
    schemas: dict[str, Any] = json.loads(text)["components"]["schemas"]
    return schemas


def _vocabulary() -> frozenset[str]:
    return frozenset(name for schema in _schemas().values() for name in schema.get("properties", ()))


def _shown_number(value: int | None) -> int | None:
    return value if value is not None and abs(value) < _MAX_VALUE else None


def _standing_of_codes(names: tuple[str, ...]) -> str:
    standings = [info.standing for info in contract.CODES.values() if info.name in names]
    return standings[0] if standings else _ASSUMED
