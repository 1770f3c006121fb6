"""How the thread that speaks to Redis sleeps, and is woken by calls as well as by messages."""

from __future__ import annotations

import math
import selectors
import socket
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import HasFileno

__all__ = ["Bell"]

_SELECTOR: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""`select` takes no file whose number is above 1023; those but `poll` need a file of their own."""


class Bell:
    """Rung from any thread, finaliser or signal handler; one thread sleeps at it."""

    def __init__(self) -> None:
        """Hang it up."""
        self._sleeper, self._ringer = socket.socketpair()
        self._sleeper.setblocking(False)
        self._ringer.setblocking(False)
        self._asleep = False

    def ring(self) -> None:
        """Wake who sleeps; it costs next to nothing when nobody does."""
        if self._asleep:
            self._asleep = False
            try:
                self._ringer.send(b"\0")
            except OSError:  # full: it rings already; or closed
                pass
            except BaseException:  # Ctrl-C: it may not have rung
                self._asleep = True
                raise

    def sleep(self, until: float, unless: Callable[[], object], other: HasFileno | None) -> None:
        """Wait for a ring, for the time `until` of `time.monotonic`, or for something to read at `other`.

        `unless` is asked once a ring would be heard: where it says true, there is nothing to wait for.
        """
        self._asleep = True
        if not unless():
            with _SELECTOR() as selector:
                selector.register(self._sleeper, selectors.EVENT_READ)
                if other is not None:
                    selector.register(other, selectors.EVENT_READ)
                selector.select(None if until == math.inf else max(0.0, until - monotonic()))
        self._asleep = False
        with suppress(BlockingIOError):
            while self._sleeper.recv(1024):
                pass

    def close(self) -> None:
        """Take it down."""
        self._sleeper.close()
        self._ringer.close()
