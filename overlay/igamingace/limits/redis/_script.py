"""The text of the script that runs in Redis: `lease.lua`, with the constants of the Python side before it."""

from __future__ import annotations

from dataclasses import asdict
from importlib.resources import files

from igamingace.limits._backpressure import RULES

__all__ = ["RECONNECT", "lease_script", "script_constants"]

RECONNECT = 0.2
"""Seconds between attempts to connect."""
_RECONNECT_TIME = 2.0
"""Processes that hold permits have connected again so many seconds after the start of a server."""
_TURN = 0.2
"""How many seconds a permit above the fair share stays with one process."""
_MAX_GRACE = 1.0
"""A process whose lease is over but that still listens has so many seconds to show that it lives, or a
quarter of a lease: it may be Redis' clock that was put forward."""
_KEEP = 86_400.0
"""So many seconds after its last use the state of an account is deleted that nobody has given back."""


def script_constants() -> dict[str, int]:
    """The script's constants by name; times in milliseconds."""
    seconds = {
        "RECONNECT_TIME": _RECONNECT_TIME,
        "TURN": _TURN,
        "MAX_GRACE": _MAX_GRACE,
        "KEEP": _KEEP,
    }
    constants = asdict(RULES.in_ms()) | {name: 1000 * value for name, value in seconds.items()}
    return {name.upper(): round(value) for name, value in constants.items()}


def lease_script() -> str:
    """The script; the constants are in its first line, so that line numbers in errors are right."""
    constants = script_constants()
    names, values = ", ".join(constants), ", ".join(map(str, constants.values()))
    text = files("igamingace.limits.redis").joinpath("lease.lua").read_text(encoding="utf-8")
    return f"local {names} = {values} {text}"
