"""Faults on demand: what goes wrong, for whom, how often; the same again with the same seed."""

from __future__ import annotations

from igamingace.sandbox.faults._book import Faults, Met
from igamingace.sandbox.faults._deliver import CLOSE, ConnectionClosed
from igamingace.sandbox.faults._fault import CALLBACK_KINDS, KINDS, Fault, Kind
from igamingace.sandbox.faults._text import parse_fault

__all__ = [
    "CALLBACK_KINDS",
    "CLOSE",
    "KINDS",
    "ConnectionClosed",
    "Fault",
    "Faults",
    "Kind",
    "Met",
    "parse_fault",
]
