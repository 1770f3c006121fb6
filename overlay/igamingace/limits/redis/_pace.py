"""After 1018, where several processes share a limit: only all of them together can end a drain."""

from __future__ import annotations

import math

from igamingace.limits._pace import Pace

__all__ = ["GovernedPace"]


class GovernedPace(Pace):
    """A refusal holds new requests back until `reopen`; the working limit is the ruler's business."""

    __slots__ = ()

    def start_drain(self, in_use: int, now: float) -> None:
        """Hold new requests back."""
        super().start_drain(in_use, now)
        self.opens_at = math.inf

    def drained(self, in_use: int, now: float) -> None:
        """Go on waiting: other processes may not be done."""

    def reopen(self) -> None:
        """All processes are done."""
        self.draining = self.troubled = False
        self.opens_at = 0.0
