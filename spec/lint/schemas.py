"""Rules of schemas: texts, examples, bounds, money, times, ids, open lists, open and closed objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .contract import STANDINGS, Contract, Node, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .problems import Problem

WIDTHS = {"int32": 2**31 - 1, "int64": 2**63 - 1}
CURRENCY = "^[A-Z]{3}$"
LONGEST_ID = 128
ARTICLES = {"integer": "an integer", "number": "a number", "string": "a text", "array": "an array"}
# A name alone says that a text is a time; so does a pattern that begins with a year.
_TIME_NAME = re.compile(r"(?:At|Time)$")
_TIME_PATTERN = re.compile(r"\^\[0-9\]\{4\}-")
_OFFSET = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d")
_BRANCHES = ("oneOf", "anyOf", "allOf")


def check_schemas(contract: Contract) -> Iterator[Problem]:
    """Check every component schema with what stands inside it, and the schemas of all parameters."""
    for name, schema in contract.root.get("components", "schemas").children():
        sent = name in contract.sent
        if not schema.get("description").text:
            yield schema.problem(name, "a schema needs a description")
        if sent and name in contract.received:
            yield schema.problem(
                name,
                "it is both sent and received, but what is sent is closed and what is received is open: "
                "make two schemas of it",
            )
        yield from _check_object(schema, name, sent=sent)
        yield from _check_inner(contract, schema, name, sent=sent)
    for operation in (*contract.operations, *contract.callbacks):
        for parameter in contract.parameters(operation):
            schema = parameter.get("schema")
            place = f"{operation.name}, parameter {parameter.get('name').text}"
            description = parameter.get("description").text
            yield from check_value(schema, place, parameter.get("name").text, description, sent=True)
    yield from _check_enum_names(contract)


def _check_inner(contract: Contract, schema: Node, place: str, *, sent: bool) -> Iterator[Problem]:
    """Check properties, items and alternatives; those that are references are checked where they stand."""
    for name, value in schema.get("properties").children():
        where = f"{place}.{name}"
        target = contract.resolve(value)
        description = value.get("description").text or target.get("description").text
        lacking = list(_lacking(target, sent=sent))
        lacking += ["a description"] if not description else []
        lacking += ["an example"] if not (target.get("examples").items or value.get("examples").items) else []
        if lacking:
            yield value.problem(where, f"{_kind(target)} needs {listed(lacking)}")
        if target is value:
            yield from check_value(value, where, name, description, sent=sent)
            yield from _check_object(value, where, sent=sent)
            yield from _check_inner(contract, value, where, sent=sent)
    for name in map(str, schema.get("required").items):
        if name not in schema.get("properties").members and "properties" in schema.members:
            yield schema.get("required").problem(
                place, f"required names {name!r}, which is none of its properties"
            )
    nested = [(f"{place}[]", schema.get("items"))] if "items" in schema.members else []
    for word in _BRANCHES:
        nested += [(f"{place}, {word} {index}", branch) for index, branch in schema.get(word).children()]
    for where, value in nested:
        if "$ref" in value.members:
            continue
        if lacking := list(_lacking(value, sent=sent)):
            yield value.problem(where, f"{_kind(value)} needs {listed(lacking)}")
        name = place.rpartition(".")[2]
        yield from check_value(value, where, name, schema.get("description").text, sent=sent)
        yield from _check_object(value, where, sent=sent)
        yield from _check_inner(contract, value, where, sent=sent)


def _kind(schema: Node) -> str:
    if "x-opaque-id" in schema.members:
        return "an opaque id"
    return ARTICLES.get(schema.get("type").text, "a property")


def _lacking(schema: Node, *, sent: bool) -> Iterator[str]:
    """Yield the keywords that a value of this type must have and has not."""
    if "x-opaque-id" in schema.members:
        needed = ("minLength", "maxLength", "pattern", "minimum", "maximum")
        yield from (word for word in needed if word not in schema.members)
        return
    closed = {"enum", "const"} & set(schema.members)
    match schema.get("type").value:
        case "integer":
            bounds = () if closed else ("minimum", "maximum")
            yield from (word for word in ("format", *bounds) if word not in schema.members)
        case "number" if "format" not in schema.members:
            yield "format: decimal"
        case "string" if sent and not closed and not {"maxLength", "pattern"} & set(schema.members):
            yield "maxLength, since our side sends it"
        case _:
            pass


def _check_object(schema: Node, place: str, *, sent: bool) -> Iterator[Problem]:
    """Objects that we send are closed, so that a mistyped name is found; what the vendor sends is open."""
    if schema.get("type").value != "object":
        return
    if sent and schema.get("additionalProperties").value is not False:
        yield schema.problem(place, "our side sends it: write `additionalProperties: false`")
    if not sent and schema.get("additionalProperties").value is not True:
        yield schema.problem(
            place, "the vendor sends it and may add fields: write `additionalProperties: true`"
        )


def check_value(schema: Node, place: str, name: str, description: str, *, sent: bool) -> Iterator[Problem]:
    """Check what a value's keywords say, whatever it is a part of.

    Args:
        schema: The value's schema.
        place: What to call it in a problem.
        name: The property's or the parameter's name, which tells currencies, amounts and times.
        description: What describes it.
        sent: Whether our side sends it.
    """
    yield from _check_words(schema, place, sent=sent)
    match schema.get("type").value:
        case "integer":
            yield from _check_integer(schema, place)
        case "number":
            yield from _check_number(schema, place, name, description, sent=sent)
        case _:
            pass
    if name == "currency":
        yield from _check_currency(schema, place, description)
    yield from _check_time(schema, place, name, description)
    if "x-opaque-id" in schema.members:
        yield from _check_opaque_id(schema, place)
    if "x-known-values" in schema.members or "x-enum-name" in schema.members:
        yield from _check_known_values(schema, place, description)


def _check_words(schema: Node, place: str, *, sent: bool) -> Iterator[Problem]:
    """Check for keywords that do not belong here."""
    if "nullable" in schema.members:
        message = "nullable is not a keyword of OpenAPI 3.1: write `type: [..., 'null']`"
        yield schema.get("nullable").problem(place, message)
    if not sent and "enum" in schema.members:
        message = "the vendor may send values that nobody knows yet: write x-known-values instead of enum"
        yield schema.get("enum").problem(place, message)
    if not sent and isinstance(schema.get("const").value, bool):
        message = "leave out const: the PHP client of openapi-generator throws on a constant boolean"
        yield schema.get("const").problem(place, message)


def _check_integer(schema: Node, place: str) -> Iterator[Problem]:
    width = schema.get("format").text
    if not schema.get("format").among((None, *WIDTHS)):
        yield schema.get("format").problem(
            place, f"format {width!r} is no width: use {listed(list(WIDTHS), 'or')}"
        )
    least, most = schema.get("minimum").value, schema.get("maximum").value
    if (
        isinstance(least, int)
        and isinstance(most, int)
        and width in WIDTHS
        and not least < most <= WIDTHS[width]
    ):
        yield schema.problem(
            place, f"minimum must be less than maximum, and maximum at most {WIDTHS[width]}, for {width}"
        )


def _check_number(schema: Node, place: str, name: str, description: str, *, sent: bool) -> Iterator[Problem]:
    if not schema.get("format").among((None, "decimal")):
        yield schema.get("format").problem(place, "write `format: decimal`: binary fractions lose money")
    if not any(words in description for words in ("major units", "percent", "unit is not stated")):
        yield schema.problem(
            place, "the description of a number must say its unit: `in major units of ...`, or percent"
        )
    elif "major units" in description and "USD 2" not in description:
        yield schema.problem(place, "the description of an amount must say its digits: `(USD 2, KRW 0)`")
    if (
        sent
        and name.lower().endswith("amount")
        and (schema.get("exclusiveMinimum").value != 0 or "maximum" not in schema.members)
    ):
        yield schema.problem(place, "an amount that we send needs `exclusiveMinimum: 0` and a maximum")


def _check_currency(schema: Node, place: str, description: str) -> Iterator[Problem]:
    text = schema.get("items") if schema.get("type").value == "array" else schema
    if text.get("pattern").value != CURRENCY:
        yield text.problem(place, f"a currency needs `pattern: {CURRENCY}`")
    if "ISO 4217" not in description:
        yield schema.problem(place, "the description of a currency must say that it is an ISO 4217 code")


def _check_time(schema: Node, place: str, name: str, description: str) -> Iterator[Problem]:
    pattern, zone = schema.get("pattern").text, schema.get("x-time-zone")
    is_time = schema.get("type").value == "string" and (
        _TIME_NAME.search(name) or _TIME_PATTERN.match(pattern)
    )
    if not is_time and zone.value is None:
        return
    if zone.value is None:
        yield schema.problem(place, "a time needs `x-time-zone` with offset and standing, and a pattern")
        return
    if not _TIME_PATTERN.match(pattern):
        yield schema.problem(place, "a time needs a pattern that begins with the year: ^[0-9]{4}-...")
    if not _OFFSET.fullmatch(zone.get("offset").text):
        yield zone.problem(place, "x-time-zone needs an offset in quotes, such as '+09:00'")
    standing = zone.get("standing").value
    if not zone.get("standing").among(STANDINGS):
        yield zone.problem(place, f"x-time-zone needs a standing: {listed(list(STANDINGS), 'or')}")
    if "HH:mm:ss" not in description and "ISO 8601" not in description:
        yield schema.problem(
            place, "the description of a time must say its format: yyyy-MM-dd HH:mm:ss, or ISO 8601"
        )
    if (
        standing != "documented"
        and "ISO 8601" not in description
        and "zone is not documented" not in description
    ):
        yield schema.problem(place, "the description must say that the time zone is not documented")


def _check_opaque_id(schema: Node, place: str) -> Iterator[Problem]:
    mark = schema.get("x-opaque-id")
    if not mark.among(("number", "text")):
        yield mark.problem(place, "x-opaque-id says how our side sends the id: number or text")
    kinds = schema.get("type").items
    if sorted(map(str, kinds)) != ["integer", "string"]:
        yield schema.problem(place, "an opaque id needs `type: [string, integer]`: either may come")
    if "format" in schema.members:
        yield schema.get("format").problem(
            place, "an opaque id has no format: it may be longer than an int64"
        )
    if "minLength" in schema.members and "maxLength" in schema.members:
        least, most = schema.get("minLength").value, schema.get("maxLength").value
        if (least, most) != (1, LONGEST_ID):
            yield schema.problem(place, f"an opaque id has 1 to {LONGEST_ID} characters")


def _check_known_values(schema: Node, place: str, description: str) -> Iterator[Problem]:
    known, name = schema.get("x-known-values"), schema.get("x-enum-name")
    if not known.members:
        yield known.problem(
            place, "x-enum-name needs x-known-values: an object of the values and their names"
        )
        return
    number = schema.get("type").value == "integer"
    if number and not re.fullmatch(r"[A-Z][A-Za-z0-9]+", name.text):
        yield known.problem(place, "known values of an integer need x-enum-name, such as TransactionType")
    if not number and name.value is not None:
        yield name.problem(place, "x-enum-name is for integers alone")
    if number and "The list is open" not in description:
        yield schema.problem(place, "the description of an open enum must say: The list is open.")
    for value, meaning in known.members.items():
        if number and not re.fullmatch(r"0|-?[1-9][0-9]*", str(value)):
            yield known.problem(place, f"x-known-values: {value!r} is no integer")
        # Generators that do not know the extension keep the description.
        if number and not re.search(
            rf"(?<!\w){re.escape(str(value))} (?:is )?{re.escape(str(meaning))}", description
        ):
            yield schema.problem(place, f"the description must name the known value too: `{value} {meaning}`")
        if not number and not re.search(rf"(?<!\w){re.escape(str(value))}(?!\w)", description):
            yield schema.problem(place, f"the description must name the known value too: `{value}`")


def _check_enum_names(contract: Contract) -> Iterator[Problem]:
    """One name is one class in Python, so its values are the same wherever it stands."""
    first: dict[str, object] = {}
    for node in contract.walk():
        name, known = node.members.get("x-enum-name"), node.members.get("x-known-values")
        if isinstance(name, str) and first.setdefault(name, known) != known:
            message = "has different x-known-values at different places: make them the same, or rename one"
            yield node.get("x-enum-name").problem(name, message)
