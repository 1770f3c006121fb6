"""The script that Redis runs: `lease.lua`, with the rules of back-pressure that a single process follows."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from igamingace.limits import _backpressure as rules

__all__ = ["lease_script"]

_CONSTANTS: Final = {
    "STORM_GAP": round(1000 * rules.STORM_GAP),
    "MAX_DRAIN": round(1000 * rules.MAX_DRAIN),
    "FIRST_PAUSE": round(1000 * rules.FIRST_PAUSE),
    "MAX_PAUSE": round(1000 * rules.MAX_PAUSE),
    "MAX_DOUBLINGS": rules.MAX_DOUBLINGS,
    "MAX_STEP": rules.MAX_STEP,
}
"""By their names in the script; times in ms."""


def lease_script() -> str:
    """Return the script; the constants are in its first line, so that line numbers in errors are right."""
    names, values = ", ".join(_CONSTANTS), ", ".join(map(str, _CONSTANTS.values()))
    text = files("igamingace.limits.redis").joinpath("lease.lua").read_text(encoding="utf-8")
    return f"local {names} = {values} {text}"
