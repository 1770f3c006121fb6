"""What the contract says that numbers in answers mean."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from igamingace._common import json as exact_json

__all__ = ["known_values"]


@cache
def known_values(schema: str, field: str) -> dict[str, str]:
    """Return the known values of a field by their text: {"1": "normal", ...}; reads the contract once."""
    from importlib.resources import files  # noqa: PLC0415 -- keeps the import of operators light

    text = files("igamingace_bindings").joinpath("openapi.json").read_bytes()
    contract = cast("dict[str, Any]", exact_json.decode(text))
    described = contract["components"]["schemas"][schema]["properties"][field]
    return {str(value): str(meaning) for value, meaning in described["x-known-values"].items()}
