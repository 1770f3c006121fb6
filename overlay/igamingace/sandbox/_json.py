"""Types of JSON values, and access to values that may have another type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, cast

JSON: TypeAlias = Any
"""A JSON value: dict, list, str, int, Decimal, bool or None."""

Object: TypeAlias = dict[str, Any]
"""A JSON object."""

ReadOnlyObject: TypeAlias = Mapping[str, Any]
"""A JSON object that its reader leaves as it is."""


def members(value: JSON) -> Object:
    """Return `value` when it is an object, else an object without members."""
    return cast("Object", value) if isinstance(value, dict) else {}


def items(value: JSON) -> list[JSON]:
    """Return the items of `value` when it is an array, else none."""
    return list(cast("Iterable[JSON]", value)) if isinstance(value, list) else []
