"""The shape of JSON bodies: which fields they have and in which form, without any value."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from igamingace_bindings.scalars import json_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace.probe._names import NameFilter

__all__ = ["Presence", "Shape", "Slot"]

Presence: TypeAlias = Literal["always", "sometimes", "never"]
"""Whether the objects that may have a field have it. No count: that of transactions is the account's."""

_MAX_DEPTH: Final = 12
_MAX_NAMES: Final = 200
"""The most unknown names of one object; more are data."""

# In this order: the first that the whole text matches is its form.
_FORMS: Final = (
    ("empty string", re.compile(r"")),
    ("string of digits", re.compile(r"0|[1-9][0-9]*")),
    ("string of a number", re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")),
    ("string of a boolean", re.compile(r"true|false", re.IGNORECASE)),
    ("time without zone", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")),
    ("ISO 8601 time with Z", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]+)?Z")),
    (
        "ISO 8601 time with offset",
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(?:\.[0-9]+)?[+-][0-9]{2}:?[0-9]{2}"),
    ),
    ("ISO 8601 time without zone", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{5,8}(?:\.[0-9]+)?")),
    ("URL", re.compile(r"https?://\S+", re.IGNORECASE)),
)


@dataclass(slots=True)
class Slot:
    """One place of the bodies.

    Attributes:
        forms: JSON types, and forms of texts, in the order in which they came.
        seen: how often the place was filled.
        parents: how often the object that may have it came; for an item or the root as often as itself.
        raw: the places, with their names as they came, that are shown as this one.
    """

    forms: dict[str, None] = field(default_factory=dict[str, None])
    seen: int = 0
    parents: int = 0
    raw: set[str] = field(default_factory=set[str], repr=False)

    @property
    def presence(self) -> Presence:
        """Whether it was there."""
        return "never" if not self.seen else "always" if self.seen >= self.parents else "sometimes"


class Shape:
    """The places of bodies by JSON pointer, `*` in place of indices and `?` in place of names not shown."""

    def __init__(self, stated: Mapping[str, object], names: NameFilter) -> None:
        """Set up.

        Args:
            stated: the places that the contract states; their names are shown.
            names: decides which others are.
        """
        self.slots: dict[str, Slot] = {}
        self._objects: Counter[str] = Counter()
        self._stated = stated
        self._names = names

    def add(self, body: object, pointer: str = "") -> Shape:
        """Add a body, or the part of one that stands at a pointer."""
        self._add(body, pointer, pointer, 0)
        for place, slot in self.slots.items():
            parent, _, name = place.rpartition("/")
            slot.parents = slot.seen if name == "*" or not place else self._objects[parent]
        return self

    def objects_at(self, place: str) -> bool:
        """Whether an object came at a place."""
        return self._objects[place] > 0

    def shown(self, raw: str) -> str:
        """The place, fit to be shown, of a pointer with names as they came."""
        if raw in self._stated or not raw:
            return raw
        for place, slot in self.slots.items():
            if raw in slot.raw:
                return place
        parent, _, name = raw.rpartition("/")
        return f"{self.shown(parent)}/{'*' if name == '*' else '?'}"

    def _add(self, value: object, place: str, raw: str, depth: int) -> None:
        slot = self.slots.setdefault(place, Slot())
        slot.seen += 1
        slot.raw.add(raw)
        slot.forms.setdefault(_form(value))
        if depth == _MAX_DEPTH:
            return
        if isinstance(value, dict):
            self._add_object(cast("dict[str, object]", value), place, raw, depth)
        elif isinstance(value, list):
            for item in cast("list[object]", value):
                self._add(item, f"{place}/*", f"{raw}/*", depth + 1)

    def _add_object(self, value: dict[str, object], place: str, raw: str, depth: int) -> None:
        self._objects[place] += 1
        hidden = False
        for name, inner in value.items():
            pointer = f"{place}/{name}"
            raw_pointer = f"{raw}/{name.replace('~', '~0').replace('/', '~1')}"
            if pointer not in self._stated:
                shown = "?" if len(value) > _MAX_NAMES else self._names.shown(name)
                pointer = f"{place}/{shown}"
            # Several hidden names count once an object: their number may be that of players.
            known = self.slots.get(pointer)
            self._add(inner, pointer, raw_pointer, depth + 1)
            if pointer == f"{place}/?":
                if hidden and known is not None:
                    known.seen -= 1
                hidden = True


def _form(value: object) -> str:
    if not isinstance(value, str):
        return json_type(value)
    return next((name for name, pattern in _FORMS if pattern.fullmatch(value)), "string")
