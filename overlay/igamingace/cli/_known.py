"""What the contract says that numbers in answers mean."""

from __future__ import annotations

import json
from importlib.resources import files


def known_values(schema: str, field: str) -> dict[str, str]:
    """Return the known values of a field by their text: {"1": "normal", ...}."""
    text = files("igamingace_bindings").joinpath("openapi.json").read_text(encoding="utf-8")
    described = json.loads(text)["components"]["schemas"][schema]["properties"][field]
    return {str(value): str(meaning) for value, meaning in described["x-known-values"].items()}
