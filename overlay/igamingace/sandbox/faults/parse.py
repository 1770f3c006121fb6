"""Parses a fault as it is written on the command line: `busy:share=0.1:agent=mycasino`."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, cast

from igamingace.sandbox.faults.fault import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "share": float,
    "count": int,
    "seconds": float,
    "spread": float,
    "status": int,
    "agent": str,
    "operation": str,
    "code": str,
}
OPTIONS: Final = (*_READERS, "after")
"""What may be said of a fault, besides its kind."""


def parse_fault(text: str) -> Fault:
    """Read a fault: its kind, then `name=value` for what else `Fault` says, parted by colons.

    >>> parse_fault("latency:operation=games.launch:seconds=0.2:spread=0.5").spread
    0.5

    Raises:
        ValueError: it cannot be read.
    """
    kind, *parts = text.split(":")
    options: dict[str, Any] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if name in options:
            raise ValueError(f"{name}: is given twice")
        if name == "after" and not equals:
            options[name] = True
        elif name in _READERS:
            options[name] = _read(name, value)
        else:
            raise ValueError(f"{part!r} is unknown; use {', '.join(OPTIONS)}")
    return Fault(kind=cast("Kind", kind.replace("-", "_")), **options)


def fault_of(values: Mapping[str, object]) -> Fault:
    """Return the fault of these attributes, whose types are not known yet.

    Raises:
        ValueError: one of them is unknown, or has another type than it must have.
    """
    settable = {each.name for each in fields(Fault)} - {"id", "met"}
    for name in values:
        if name not in settable:
            raise ValueError(f"{name}: is unknown; use {', '.join(sorted(settable))}")
    given: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    if "kind" not in given:
        raise ValueError("kind: is required")
    return Fault(**given)


def _read(name: str, value: str) -> object:
    reader = _READERS[name]
    try:
        return reader(value)
    except ValueError:
        kind = "whole number" if reader is int else "number"
        raise ValueError(f"{name}: {value!r} is not a valid {kind}") from None
