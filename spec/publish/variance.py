"""Variance: partners write requests and read answers; of callbacks it is the other way round."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from .changes import Level

if TYPE_CHECKING:
    from .schemas import Kind


class Variance(Enum):
    """What a partner does with a value."""

    WRITES = "written by partners"
    READS = "read by partners"

    def level(self, kind: Kind) -> Level:
        """Return what a change of the admitted values asks of partners."""
        hurts = "narrower" if self is Variance.WRITES else "wider"
        if kind in {"both", "gone"}:
            return Level.BREAKING
        return Level.BREAKING if kind == hurts else Level.ADDITION

    def why(self, kind: Kind) -> str:
        """Say what a breaking change does to a partner."""
        if self is Variance.WRITES:
            return "what partners send today would be refused"
        if kind == "gone":
            return "partners that read it find nothing"
        return "partners may meet a value they do not expect"
