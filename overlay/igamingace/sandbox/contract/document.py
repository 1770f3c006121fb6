"""The contract as a JSON document: nodes that follow references, and compiled validators."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

import jsonschema_rs

from igamingace.sandbox._json import members

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from igamingace.sandbox._json import JSON, Object

Validator: TypeAlias = jsonschema_rs.Validator

_URI = "urn:contract"
_MAX_MESSAGE = 300


class ContractError(ValueError):
    """The contract cannot be served; the message names the place in it and says what is wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One OpenAPI document whose schemas can be compiled where they stand."""

    root: Object
    _registry: jsonschema_rs.Registry = field(init=False, repr=False)
    _compiled: dict[str, Validator] = field(init=False, repr=False, default_factory=dict[str, Validator])
    _known: dict[tuple[str, str], dict[str, int]] = field(
        init=False, repr=False, default_factory=dict[tuple[str, str], dict[str, int]]
    )
    _zones: dict[tuple[str, str], timezone] = field(
        init=False, repr=False, default_factory=dict[tuple[str, str], timezone]
    )
    _fields: dict[tuple[str, str], Validator | None] = field(
        init=False, repr=False, default_factory=dict[tuple[str, str], "Validator | None"]
    )

    def __post_init__(self) -> None:
        """Register the document under the URI by which its schemas are compiled."""
        registry = jsonschema_rs.Registry([(_URI, self.root)], draft=jsonschema_rs.Draft202012)
        object.__setattr__(self, "_registry", registry)

    def node(self) -> Node:
        """Return the whole document."""
        return Node(self, "", self.root)

    def known_values(self, schema: str, name: str) -> Mapping[str, int]:
        """Return the numbers that the field `name` is known to have, by meaning; empty when none are."""
        known = self._known.get((schema, name))
        if known is None:
            node = self.node().at("components", "schemas", schema, "properties", name, "x-known-values")
            listed = members(node.value) if node is not None else {}
            known = self._known[schema, name] = {meaning: int(number) for number, meaning in listed.items()}
        return known

    def time_zone(self, schema: str, name: str) -> timezone:
        """Return the zone of the time field `name` of a schema; UTC when the document names none.

        Raises:
            ContractError: what it names is not an offset such as `+09:00`.
        """
        zone = self._zones.get((schema, name))
        if zone is None:
            node = self.node().at("components", "schemas", schema, "properties", name)
            zone = self._zones[schema, name] = UTC if node is None else node.time_zone()
        return zone

    def field(self, schema: str, name: str) -> Validator | None:
        """Return the compiled form of the field `name` of a schema; None when the document has none."""
        if (schema, name) not in self._fields:
            node = self.node().at("components", "schemas", schema, "properties", name)
            self._fields[schema, name] = None if node is None else self.validator(node)
        return self._fields[schema, name]

    def number(self, schema: str, name: str, meaning: str) -> int:
        """Return the number by which the field `name` says `meaning`.

        Raises:
            ContractError: the contract knows of none.
        """
        try:
            return self.known_values(schema, name)[meaning]
        except KeyError:
            raise ContractError(
                f"contract /components/schemas/{schema}/properties/{name}: x-known-values has no {meaning!r}"
            ) from None

    def validator(self, schema: Node) -> Validator:
        """Return the compiled form of `schema`, formats checked.

        Raises:
            ContractError: it is not a valid JSON Schema, or has a reference without a target.
        """
        found = self._compiled.get(schema.pointer)
        if found is None:
            found = self._compiled[schema.pointer] = self._compile(schema.reference(), schema.pointer)
        return found

    def object_validator(self, place: str, schemas: Mapping[str, Node], required: list[str]) -> Validator:
        """Return a validator of a closed object whose properties have the given schemas."""
        properties = {name: schema.reference() for name, schema in schemas.items()}
        return self._compile(
            {"type": "object", "properties": properties, "required": required, "additionalProperties": False},
            place,
        )

    def _compile(self, schema: Object, place: str) -> Validator:
        try:
            return jsonschema_rs.validator_for(schema, registry=self._registry, validate_formats=True)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            raise ContractError(f"contract {place or '/'}: {error}") from error


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the document and where it stands, a reference already followed."""

    document: Document
    pointer: str
    value: JSON

    def get(self, key: str | int) -> Node | None:
        """Return the child at `key`, its references followed, or None.

        Raises:
            ContractError: a reference does not exist in the document.
        """
        try:
            value = self.value[key]
        except (KeyError, IndexError, TypeError):
            return None
        token = str(key).replace("~", "~0").replace("/", "~1")
        return Node(self.document, f"{self.pointer}/{token}", value).followed()

    def at(self, *keys: str | int) -> Node | None:
        """Return the descendant at `keys`, or None when any of them is missing."""
        node: Node | None = self
        for key in keys:
            node = node.get(key) if node is not None else None
        return node

    def need(self, *keys: str | int) -> Node:
        """Return the descendant at `keys`.

        Raises:
            ContractError: it is not there.
        """
        node = self.at(*keys)
        if node is None:
            raise ContractError(f"contract {self.pointer or '/'}: {'/'.join(map(str, keys))} is missing")
        return node

    def time_zone(self) -> timezone:
        """Return the zone that the schema of a time names; UTC when it names none.

        Raises:
            ContractError: what it names is not an offset such as `+09:00`.
        """
        offset = self.at("x-time-zone", "offset")
        if offset is None:
            return UTC
        try:
            return timezone(datetime.strptime(offset.value, "%z").utcoffset() or timedelta())
        except (TypeError, ValueError):
            raise ContractError(
                f"contract {offset.pointer}: {offset.value!r} is not an offset such as +09:00"
            ) from None

    def children(self) -> Iterator[tuple[str, Node]]:
        """Yield the members of an object or the items of an array with their keys."""
        keys: list[str | int] = [*members(self.value)] or [*range(len(self.value))]
        for key in keys:
            child = self.get(key)
            if child is not None:
                yield str(key), child

    def followed(self, hops: int = 20) -> Node:
        """Return what this node refers to, itself when it is no reference."""
        target = members(self.value).get("$ref")
        if not isinstance(target, str):
            return self
        if not target.startswith("#/") or not hops:
            raise ContractError(
                f"contract {self.pointer}: cannot follow {target!r}; give the bundled contract"
            )
        node = self.document.node()
        for token in target[2:].split("/"):
            key = token.replace("~1", "/").replace("~0", "~")
            value = members(node.value).get(key)
            if value is None:
                raise ContractError(f"contract {self.pointer}: {target!r} does not exist in the document")
            node = Node(self.document, f"{node.pointer}/{token}", value)
        return node.followed(hops - 1)

    def reference(self) -> Object:
        """Return a schema that refers to this node."""
        return {"$ref": f"{_URI}#{quote(self.pointer, safe='/~')}"}


def violations(validator: Validator, instance: JSON, place: str) -> list[str]:
    """Return what is wrong with `instance`, each as `place.of.it: what`; empty when nothing is."""
    try:
        if validator.is_valid(instance):
            return []
        return [text for error in validator.iter_errors(instance) for text in _texts(error, place)]
    except UnicodeEncodeError:
        return [f"{place}: has half of a surrogate pair, which is not valid UTF-8"]
    except ValueError as error:  # the validator's own limit of recursion, lower than that of the parser
        unsupported = "Unsupported" in str(error)  # by Python's API only
        return [f"{place}: is of a type that JSON has not" if unsupported else f"{place}: nested too deeply"]


def _texts(error: jsonschema_rs.ValidationError, place: str) -> list[str]:
    path = place + "".join(
        f"[{key}]" if isinstance(key, int) else f".{_short(key)}" for key in error.instance_path
    )
    kind = error.kind.as_dict()
    if error.kind.name == "required":
        return [f"{path}.{kind['property']}: is required"]
    if error.kind.name in {"additionalProperties", "unevaluatedProperties"}:
        return [f"{path}.{_short(name)}: is not known here" for name in kind["unexpected"]]
    return [f"{path}: {_short(error.message)}"]


def _short(text: str) -> str:
    """Leave out the middle of what is too long: a message begins with the value, and ends with its reason."""
    if len(text) <= _MAX_MESSAGE:
        return text
    half = _MAX_MESSAGE // 2
    return f"{text[:half]}…{text[-half:]}"
