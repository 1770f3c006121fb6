"""Cells of CSV files that people open in a spreadsheet."""

from __future__ import annotations

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> object:
    """Return a name or an id for a cell; one that a spreadsheet would run begins with an apostrophe.

    What a player or a partner has chosen must not be executed.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
