"""Pauses between attempts: doubled, bounded, and jittered."""

from __future__ import annotations

import random
from typing import Final

_MAX_DOUBLINGS: Final = 64  # more of them overflow a float in the end


def backoff(first: float, longest: float, failures: int) -> float:
    """Return the seconds to wait after so many failures in a row, 1 or more.

    The pause doubles from `first` to `longest`. Of that, a random half to whole is waited, so that callers
    that failed together do not come back together.
    """
    pause: float = min(first * 2.0 ** min(failures - 1, _MAX_DOUBLINGS), longest)
    return pause * random.uniform(0.5, 1.0)  # noqa: S311 -- no secret
