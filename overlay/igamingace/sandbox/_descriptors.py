"""How many connections the process can hold open: each takes one of its file descriptors."""

from __future__ import annotations

import sys
from typing import Final

if sys.platform != "win32":
    import resource

_OTHERS: Final = 64
"""How many descriptors are left for all else: files, the event loop, callbacks, connections to be closed."""


def connections_that_fit(most: int) -> int:
    """Return how many connections can be open at once: `most`, or as many as there are descriptors for."""
    if sys.platform == "win32":  # which has no such limit
        return most
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most if soft == resource.RLIM_INFINITY else max(1, min(most, soft - _OTHERS))


def raise_limit(most: int) -> None:
    """Let this process have descriptors for `most` connections, or as many as it may allow itself."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + _OTHERS if hard == resource.RLIM_INFINITY else min(most + _OTHERS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
