"""Validators of the fields in requests to the control API."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeVar

from igamingace.sandbox._errors import SandboxError, validation_error
from igamingace.sandbox.store.amounts import read_number

if TYPE_CHECKING:
    from collections.abc import Collection

    from igamingace.sandbox._json import JSON, Object
    from igamingace.sandbox.control.router import ControlRequest

T = TypeVar("T", str, int, bool)

_NAMES: Final[dict[type, str]] = {str: "a text", int: "a whole number", bool: "true or false"}


def only(body: Object, known: Collection[str]) -> Object:
    """Return `body` when it has no members but the `known` ones.

    Raises:
        SandboxError: VALIDATION_ERROR that names the others.
    """
    wrong = [f"body.{name}: is unknown; use {', '.join(known)}" for name in body if name not in known]
    if wrong:
        raise validation_error(wrong)
    return body


def typed(value: JSON, kind: type[T], place: str) -> T:
    """Return `value` when it is a text (`str`), a whole number (`int`) or true or false (`bool`).

    Raises:
        SandboxError: VALIDATION_ERROR.
    """
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise SandboxError("VALIDATION_ERROR", f"{place}: must be {_NAMES[kind]}")
    return value


def text(value: JSON, place: str) -> str:
    """Return `value` when it is a text.

    Raises:
        SandboxError: VALIDATION_ERROR.
    """
    return typed(value, str, place)


def boolean(value: JSON, place: str) -> bool:
    """Return `value` when it is true or false.

    Raises:
        SandboxError: VALIDATION_ERROR.
    """
    return typed(value, bool, place)


def seconds(value: JSON, place: str) -> float:
    """Return a finite number of seconds.

    Raises:
        SandboxError: VALIDATION_ERROR.
    """
    try:
        read = float(read_number(value, place))
    except OverflowError:
        read = math.inf
    if not math.isfinite(read):
        raise SandboxError("VALIDATION_ERROR", f"{place}: must be a number of seconds")
    return read


def number_after(request: ControlRequest) -> int:
    """Return the query's `after`; 0 when it is not given.

    Raises:
        SandboxError: VALIDATION_ERROR.
    """
    text = request.query.get("after", "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):  # noqa: PLR2004 - no log gets as far
        raise SandboxError("VALIDATION_ERROR", "query.after: must be the number of an entry")
    return int(text)
