"""Path, query and header parameters: from text to the types of the contract, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from igamingace._common.json import InvalidJSON, parse_strict_number
from igamingace._common.text import is_text
from igamingace.sandbox._json import JSON, Object, members
from igamingace.sandbox.contract.document import ContractError, Node, Validator, violations

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timezone

IGNORED_HEADERS: Final = frozenset({"accept", "authorization", "content-type"})
"""Header parameters that OpenAPI tells tools to ignore; `x-required-headers` speaks of them instead."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,999})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,999})(?:\.[0-9]{1,999})?(?:[eE][+-]?[0-9]{1,9})?")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Location:
    """The parameters of one place (path, query or header) of an operation."""

    place: str
    types: Mapping[str, frozenset[str]]
    time_zones: Mapping[str, timezone]
    validator: Validator

    def read(self, given: Mapping[str, list[str]]) -> tuple[Object, list[str]]:
        """Return the values by name, and what is wrong with them."""
        values: Object = {}
        wrong: list[str] = []
        for name, texts in given.items():
            types = self.types.get(name, frozenset())
            if not is_text(name) or not all(map(is_text, texts)):
                wrong.append(f"{self.place}.{name.encode(errors='replace').decode()}: is not UTF-8")
            elif "array" in types:
                values[name] = texts
            elif len(texts) > 1:
                wrong.append(f"{self.place}.{name}: stands there {len(texts)} times")
            else:
                values[name] = coerce(texts[0], types)
        return values, wrong or violations(self.validator, values, self.place)


@dataclass(slots=True)
class _ParameterGroup:
    schemas: dict[str, Node] = field(default_factory=dict[str, Node])
    required: list[str] = field(default_factory=list[str])


def compile_locations(operation: Node, path_item: Node) -> dict[str, Location]:
    """Return the parameters of `operation`, and those its path shares, by where they stand; always a query.

    Raises:
        ContractError: a parameter has no schema, or stands in a cookie.
    """
    found = {"path": _ParameterGroup(), "query": _ParameterGroup(), "header": _ParameterGroup()}
    for owner in (path_item, operation):  # the operation's own come last and win
        parameters = owner.get("parameters")
        for _, parameter in parameters.children() if parameters is not None else ():
            _add(parameter, found)
    return {
        place: Location(
            place,
            {name: types_of(schema) for name, schema in of_place.schemas.items()},
            {name: schema.time_zone() for name, schema in of_place.schemas.items()},
            operation.document.object_validator(
                f"{operation.pointer}/parameters ({place})", of_place.schemas, of_place.required
            ),
        )
        for place, of_place in found.items()
        if of_place.schemas or place == "query"  # an undeclared query parameter is refused
    }


def _add(parameter: Node, found: Mapping[str, _ParameterGroup]) -> None:
    name, place = parameter.need("name").value, parameter.need("in").value
    if place not in found:
        raise ContractError(f"contract {parameter.pointer}: a parameter in {place!r} cannot be served")
    if place == "header":
        name = name.lower()
        if name in IGNORED_HEADERS:
            return
    of_place = found[place]
    of_place.schemas[name] = parameter.need("schema")
    if name in of_place.required:
        of_place.required.remove(name)
    if place == "path" or parameter.value.get("required"):
        of_place.required.append(name)


def types_of(schema: Node) -> frozenset[str]:
    """Return the JSON types that `schema` names."""
    declared: str | list[str] = members(schema.value).get("type", [])
    return frozenset([declared] if isinstance(declared, str) else declared)


def coerce(text: str, types: frozenset[str]) -> JSON:
    """Return `text` as one of `types`; as it is when a text is allowed, or it can be none of them."""
    if "string" in types:
        return text
    if types & {"integer", "number"} and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in types and _DECIMAL.fullmatch(text):
        try:
            return parse_strict_number(text)
        except InvalidJSON:
            return text
    if "boolean" in types:
        return _BOOLEANS.get(text, text)
    return text


def parse_query(raw: bytes) -> dict[str, list[str]]:
    """Return the names and values of a query string; bytes that are no UTF-8 come as lone surrogates."""
    found: dict[str, list[str]] = {}
    for pair in raw.split(b"&") if raw else ():
        if pair:
            name, _, value = pair.partition(b"=")
            found.setdefault(_decoded(name), []).append(_decoded(value))
    return found


def _decoded(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    return (unquote_to_bytes(raw) if b"%" in raw else raw).decode(errors="surrogateescape")
