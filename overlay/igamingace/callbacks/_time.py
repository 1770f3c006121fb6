"""The time that a wallet has left for a callback."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Final

__all__ = ["seconds_left"]

answer_at: Final[ContextVar[float | None]] = ContextVar("igamingace_answer_at", default=None)
"""When ERR_UNKNOWN is answered for the wallet, by the clock `time.perf_counter`."""


def seconds_left() -> float | None:
    """Return how long `wallet_app` or `wallet_wsgi` still waits for the method that calls this, in seconds.

    At 0 or below, the answer has said, or is about to say, that the callback failed: roll back instead of
    committing. Give it to what may block, such as a lock or a request of your own. It works in asynchronous
    methods, in those that run in threads, and in what they call.

    None where no limit holds: for `balance`, for which the contract states none, and outside of a callback.
    """
    at = answer_at.get()
    return None if at is None else at - time.perf_counter()
