"""Validates a request against the contract; all violations in one message, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from igamingace._common.json import InvalidJSON, decode_strict
from igamingace.sandbox._errors import validation_error
from igamingace.sandbox.contract.document import violations
from igamingace.sandbox.contract.parameters import Location, parse_query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace.sandbox._json import JSON, Object
    from igamingace.sandbox.contract.contract import Contract, Operation


@dataclass(slots=True)  # not frozen: that would triple what making one costs
class RequestInput:
    """The validated input of a request."""

    path: Object
    query: Object
    body: Object


def validate_request(
    contract: Contract,
    *,
    operation: Operation,
    path: Mapping[str, str],
    query_string: bytes,
    fields: Mapping[bytes, bytes],
    raw_body: bytes,
) -> RequestInput:
    """Read the parameters and the body of a request to `operation`.

    Raises:
        SandboxError: VALIDATION_ERROR that names every violation; with status 406 or 415 for a media type.
    """
    wrong, status = contract.required_headers.violations(fields)
    values: dict[str, Object] = {}
    for place, location in operation.locations.items():
        values[place], of_place = location.read(_given(place, location, path, query_string, fields))
        wrong += of_place
    body: Object = {}
    if status is None:  # a body of another media type cannot be read
        body, of_body = _read_body(operation, raw_body)
        wrong += of_body
    if wrong:
        raise validation_error(wrong, status)
    return RequestInput(values.get("path", {}), values["query"], body)


def _given(
    place: str, location: Location, path: Mapping[str, str], query: bytes, fields: Mapping[bytes, bytes]
) -> dict[str, list[str]]:
    """Return the texts that stand in `place`, by name."""
    if place == "query":
        return parse_query(query)
    if place == "path":
        return {name: [value] for name, value in path.items()}
    values = {name: fields.get(name.encode()) for name in location.types}
    return {name: [value.decode("latin-1")] for name, value in values.items() if value is not None}


def _read_body(operation: Operation, raw: bytes) -> tuple[JSON, list[str]]:
    if operation.body is None:
        return {}, []
    if not raw:
        return {}, ["body: is required"] if operation.body_required else []
    try:
        body = decode_strict(raw)
    except InvalidJSON as problem:
        return {}, [f"body: {problem}"]
    return body, violations(operation.body, body, "body")
