"""What a sandbox starts with and what is kept of it: read from files, made into its state and back."""

from __future__ import annotations

from igamingace.sandbox.data.dump import casino_of
from igamingace.sandbox.data.load import state_of
from igamingace.sandbox.data.model import Casino
from igamingace.sandbox.data.read import DataError, as_json, default_casino, parse_casino, read_casino

__all__ = [
    "Casino",
    "DataError",
    "as_json",
    "casino_of",
    "default_casino",
    "parse_casino",
    "read_casino",
    "state_of",
]
