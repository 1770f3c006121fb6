"""Cells of CSV files that people open in a spreadsheet."""

from __future__ import annotations

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> object:
    """Return a cell; a text that a spreadsheet would take for a formula begins with an apostrophe.

    What a player or a partner has chosen, such as an id, must not be executed. A negative number stays one.
    """
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    number = value[1:].replace(".", "", 1)
    return value if value[0] == "-" and number.isascii() and number.isdigit() else f"'{value}"
