"""Which limiters this process has, for those who watch them all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

if TYPE_CHECKING:
    from igamingace.limits._protocol import Limiter

__all__ = ["know", "known_limiters"]

_known: set[ref[Limiter]] = set()  # no WeakSet: one cannot be read while another thread adds to it


def know(limiter: Limiter) -> None:
    """Count a limiter in, as long as it lives."""
    _known.add(ref(limiter, _known.discard))


def known_limiters() -> list[Limiter]:
    """All that live."""
    return [limiter for each in _known.copy() if (limiter := each()) is not None]
