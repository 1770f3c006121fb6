"""Which limiters this process has, for those who watch them all."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from igamingace.limits._protocol import Limiter

__all__ = ["know", "known_limiters"]

_known: WeakSet[Limiter] = WeakSet()


def know(limiter: Limiter) -> None:
    """Count a limiter in, as long as it lives."""
    _known.add(limiter)


def known_limiters() -> list[Limiter]:
    """All that live."""
    return list(_known)
