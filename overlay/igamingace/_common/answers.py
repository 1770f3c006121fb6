"""Reads fields of answers that nothing depends on."""

from __future__ import annotations

from typing import Any

from igamingace.errors import UnexpectedField

__all__ = ["field_of"]


def field_of(model: object, name: str) -> Any:  # noqa: ANN401 -- of the model's field
    """Return a field of an answer; None where it has none, or none that can be read."""
    try:
        return getattr(model, name)
    except UnexpectedField:
        return None
