"""The record of a difference, and the sentence that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["REST", "Difference", "Direction", "Key", "Kind", "explain"]

Direction = Literal["answer", "callback", "*"]
"""The answer to a call, or a callback of the platform; `*` only in the record that counts the rest."""

Kind = Literal[
    "missing",
    "other type",
    "other spelling",
    "unknown field",
    "unknown value",
    "unknown code",
    "other status",
    "reused id",
    "*",
]
"""What differs; `*` only in the record that counts the rest."""


class Key(NamedTuple):
    """What tells one difference from another."""

    operation: str
    direction: Direction
    place: str
    kind: Kind
    standing: str
    value: int | None = None


REST: Final = Key("*", "*", "*", "*", "*")
"""The key of the record that counts what no other record is left for."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which what came differs from the contract, and how often it came.

    Where `operation`, `direction`, `place`, `kind` and `standing` are all `*`, the record counts the
    differences for which no other record was left.
    """

    operation: str
    """The operation (`games.list`), or the command of the callback (`bet`)."""
    direction: Direction
    place: str
    """JSON pointer from the root of the body, empty for the whole answer. `*` stands for the index of an
    array, `?` for a name that does not look like a field's."""
    kind: Kind
    standing: str
    """How well the fact that differs is known: documented, probed, sister, observed, older or assumed."""
    count: int
    first: datetime
    """When it was first seen, in UTC."""
    last: datetime
    """When it was last seen, in UTC."""
    value: int | None = None
    """The integer of an unknown value or code, or the HTTP status. None for other kinds, for texts, and for
    integers of more than nine digits."""

    def __str__(self) -> str:
        """A sentence."""
        key = Key(self.operation, self.direction, self.place, self.kind, self.standing, self.value)
        return f"{explain(key)} Seen {self.count} times." if self.count > 1 else explain(key)


_FIELD: Final = "Only code that uses this field is affected."
_CALL: Final = "The call raises UnexpectedResponse."
_AS_IT_CAME: Final = "Only code that uses this field as it came is affected."
_WHOLE_DATA: Final = frozenset({"/data", "/data/*"})
"""What cannot be missing or of another type without being missing as a whole."""
_SENTENCES: Final[Mapping[Kind, str]] = {
    "missing": "{what} lacks {place}, which {contract} requires. {affected}",
    "other type": "{what} has {place} {came}, which cannot be read as {expected}. {affected}",
    "other spelling": f"{{what}} has {{place}} {{came}}, read without loss as {{expected}}. {_AS_IT_CAME}",
    "unknown field": f"{{what}} has the field {{place}}, which the contract lacks. {_AS_IT_CAME}",
    "unknown value": f"{{what}} has {{value}} at {{place}}, which {{contract}} does not list. {_FIELD}",
    "unknown code": (
        "{what} is an error {code}; its HTTP status decided what was raised. "
        "Only code that handles this error is affected."
    ),
    "other status": (
        "{what} came with the HTTP status {value}, where {contract} states {expected}. "
        "Only code that uses the HTTP status is affected."
    ),
    "reused id": (
        "{what} has an id at {place} that came before with another command or content; it was refused. "
        "Only this change of a balance is affected."
    ),
    "*": "There are more kinds of differences from the contract than are recorded; the rest is only counted.",
}


def explain(key: Key, expected: str | None = None, came: str | None = None) -> str:
    """What came, what the contract says, and who is affected.

    Args:
        key: the difference.
        expected: the JSON type that the contract states, or the HTTP status.
        came: the JSON type that came.
    """
    what = "callback" if key.direction == "callback" else "answer of"
    contract = f"the contract ({key.standing})"
    if key.kind == "other status":
        expected = expected or "another"
    else:
        expected = f"the {expected or 'type'} of {contract}"
    number = "another value" if key.value is None else str(key.value)
    code = f"with {number} as its code at {key.place}, which the contract does not list"
    return _SENTENCES[key.kind].format(
        what=f"The {what} {key.operation}",
        place=key.place,
        value=number,
        code=code if key.place else "without a code",
        contract=contract,
        came="as another type" if came is None else f"as JSON type {came}",
        expected=expected,
        affected=_CALL if key.place in _WHOLE_DATA else _FIELD,
    )
