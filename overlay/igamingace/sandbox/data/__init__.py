"""A casino as data: read from a file, validated, loaded into the state, and dumped from it."""

from __future__ import annotations

from igamingace.sandbox.data.dump import dump_state
from igamingace.sandbox.data.load import load_state
from igamingace.sandbox.data.model import Casino
from igamingace.sandbox.data.read import DataError, as_json, default_casino, parse_casino, read_casino

__all__ = [
    "Casino",
    "DataError",
    "as_json",
    "default_casino",
    "dump_state",
    "load_state",
    "parse_casino",
    "read_casino",
]
