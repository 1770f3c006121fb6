"""Fault injection: what fails, for whom and how often; the same again with the same seed."""

from __future__ import annotations

from igamingace.sandbox.faults.apply import CLOSE, ConnectionClosed
from igamingace.sandbox.faults.fault import (
    CALLBACK_KINDS,
    CONTENT_COMMANDS,
    CONTENT_KINDS,
    KINDS,
    RECORD_KINDS,
    Fault,
    Kind,
)
from igamingace.sandbox.faults.parse import parse_fault
from igamingace.sandbox.faults.registry import FaultRegistry, InjectedFault

__all__ = [
    "CALLBACK_KINDS",
    "CLOSE",
    "CONTENT_COMMANDS",
    "CONTENT_KINDS",
    "KINDS",
    "RECORD_KINDS",
    "ConnectionClosed",
    "Fault",
    "FaultRegistry",
    "InjectedFault",
    "Kind",
    "parse_fault",
]
