"""Compares two schemas: does the newer one admit less (narrower), or more (wider)?

Who is hurt depends on who writes the value: a writer by what is narrower, a reader by what is wider.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from .document import Document, Object, text

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind: TypeAlias = Literal["narrower", "wider", "both", "gone", "noted"]
Finding: TypeAlias = "tuple[str, Kind, str]"
"""Place within the schema, kind, what changed."""

_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_STRUCTURE = ("properties", "required", "items", "additionalProperties", "type", "enum", "const")
_ALTERNATIVES = ("oneOf", "anyOf")
_KNOWN_VALUES = "x-known-values"
_ANNOTATIONS = (
    *("title", "description", "example", "examples", "deprecated", "readOnly", "writeOnly", "externalDocs"),
    *("$comment", "summary", "xml"),
)


@dataclass
class SchemaComparison:
    """Compares schemas of two documents; remembers which pairs it is inside of, since schemas may recur."""

    before: Document
    after: Document
    inside: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def compare(self, old: Any, new: Any, place: str = "") -> Iterator[Finding]:
        """Yield what the schema `new` admits less or more than `old`."""
        pair = (text(old), text(new))
        if pair in self.inside:
            return
        self.inside.append(pair)
        left, right = _as_object(self.before.resolve(old)), _as_object(self.after.resolve(new))
        if left != right or "$ref" in pair[0]:
            yield from _types(left, right, place)
            yield from _values(left, right, place)
            yield from _bounds(left, right, place)
            yield from _others(left, right, place)
            yield from self._compositions(left, right, place)
            yield from self._properties(left, right, place)
            yield from self._members(left, right, place)
        self.inside.pop()

    def _properties(self, left: Object, right: Object, place: str) -> Iterator[Finding]:
        old: Object = left.get("properties", {})
        new: Object = right.get("properties", {})
        must, must_now = set(left.get("required", [])), set(right.get("required", []))
        for name in sorted(old.keys() | new.keys() | must | must_now):
            here = f"{place}.{name}" if place else name
            if name in old and name not in new:
                yield here, "gone", "removed"
            elif name not in old and name in new:
                required = name in must_now
                yield here, _come(left, required=required), f"added, {'required' if required else 'optional'}"
            else:
                if name in must_now - must:
                    yield here, "narrower", "is now required"
                if name in must - must_now:
                    yield here, "wider", "is no longer required, so it may be missing"
                if name in old:
                    yield from self.compare(old[name], new[name], here)

    def _members(self, left: Object, right: Object, place: str) -> Iterator[Finding]:
        yield from self.compare(left.get("items", True), right.get("items", True), f"{place}[]")
        old, new = left.get("additionalProperties", True), right.get("additionalProperties", True)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self.compare(old, new, f"{place}.*" if place else "*")
        elif _openness(old) != _openness(new):
            narrower = _openness(new) < _openness(old)
            yield (
                place,
                "narrower" if narrower else "wider",
                f"additionalProperties {text(old)} -> {text(new)}",
            )

    def _compositions(self, left: Object, right: Object, place: str) -> Iterator[Finding]:
        for keyword in (*_ALTERNATIVES, "allOf"):
            old, new = _entries(left, keyword), _entries(right, keyword)
            gone = [entry for entry in old if entry not in new]
            come = [entry for entry in new if entry not in old]
            if len(gone) == len(come):
                for one, other in zip(gone, come, strict=True):
                    yield from self.compare(one, other, f"{place} ({keyword})".strip())
            else:
                yield place, _composed(keyword, old, new), f"{keyword}: {len(old)} -> {len(new)} schemas"


def _as_object(schema: Any) -> Object:
    if isinstance(schema, bool):
        return {} if schema else {"enum": []}
    return cast("Object", schema)


def _come(old: Object, *, required: bool) -> Kind:
    """Tell what a new property does; in an open object it is no surprise to readers."""
    closed = old.get("additionalProperties", True) is False
    if required:
        return "both" if closed else "narrower"
    return "wider" if closed else "noted"


def _openness(additional: Any) -> int:
    """Order what additionalProperties can be: closed, some, anything."""
    return {False: 0, True: 2}[additional] if isinstance(additional, bool) else 1


def _entries(schema: Object, keyword: str) -> list[Any]:
    return cast("list[Any]", schema.get(keyword, []))


def _composed(keyword: str, old: list[Any], new: list[Any]) -> Kind:
    """Tell what another number of schemas does: alternatives admit more, conditions admit less."""
    if keyword == "allOf" or not old or not new:
        return "narrower" if len(new) > len(old) else "wider"
    return "wider" if len(new) > len(old) else "narrower"


def _types(left: Object, right: Object, place: str) -> Iterator[Finding]:
    old, new = _admitted(left), _admitted(right)
    if old != new:
        kind: Kind = "narrower" if new < old else "wider" if old < new else "both"
        yield place, kind, f"type {text(left.get('type', 'any'))} -> {text(right.get('type', 'any'))}"


def _admitted(schema: Object) -> set[str]:
    declared = schema.get("type", list(_TYPES))
    types = set(cast("list[str]", declared) if isinstance(declared, list) else [cast("str", declared)])
    return types | {"integer"} if "number" in types else types


def _values(left: Object, right: Object, place: str) -> Iterator[Finding]:
    old, new = _listed(left), _listed(right)
    if old == new:
        return
    if old is None or new is None:
        limited = f"limited to {', '.join(new)}" if new is not None else "no longer limited to listed values"
        yield place, "narrower" if old is None else "wider", limited
        return
    if gone := [value for value in old if value not in new]:
        yield place, "narrower", f"no longer admits {', '.join(gone)}"
    if come := [value for value in new if value not in old]:
        yield place, "wider", f"admits {', '.join(come)} too"


def _listed(schema: Object) -> list[str] | None:
    """Return the values that a schema lists, as JSON; None when it lists none."""
    if "const" in schema:
        return [text(schema["const"])]
    return [text(value) for value in schema["enum"]] if "enum" in schema else None


def _bounds(left: Object, right: Object, place: str) -> Iterator[Finding]:
    for keywords, sign in ((_LOWER, 1), (_UPPER, -1)):
        for keyword in keywords:
            old, new = left.get(keyword), right.get(keyword)
            if old == new:
                continue
            narrower = old is None or (new is not None and sign * (new - old) > 0)
            yield place, "narrower" if narrower else "wider", f"{keyword} {_shown(old)} -> {_shown(new)}"


def _others(left: Object, right: Object, place: str) -> Iterator[Finding]:
    """Compare what is left: keywords whose two values cannot be ordered."""
    known = {*_STRUCTURE, *_LOWER, *_UPPER, *_ANNOTATIONS, *_ALTERNATIVES, "allOf"}
    for keyword in sorted(left.keys() | right.keys()):
        old, new = left.get(keyword), right.get(keyword)
        if old == new or keyword in known or (keyword.startswith("x-") and keyword != _KNOWN_VALUES):
            continue
        if keyword == _KNOWN_VALUES:
            yield place, "noted", f"known values {_shown(old)} -> {_shown(new)}; the list is open"
            continue
        kind: Kind = "narrower" if old is None else "wider" if new is None else "both"
        yield place, "both" if keyword == "default" else kind, f"{keyword} {_shown(old)} -> {_shown(new)}"


def _shown(value: Any) -> str:
    return "none" if value is None else text(value)
