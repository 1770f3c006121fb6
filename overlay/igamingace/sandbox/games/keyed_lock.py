"""One thing at a time for each player, in the order of asking; players do not wait for each other."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

Key: TypeAlias = tuple[str, str]


class KeyedLock:
    """A line for each key that somebody waits for or holds."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._lines: dict[Key, tuple[asyncio.Lock, int]] = {}

    def taken(self, key: Key) -> bool:
        """Tell whether somebody waits for the turn of `key`, or holds it."""
        return key in self._lines

    def expect(self, key: Key) -> asyncio.Lock:
        """Say that somebody is about to wait for the turn of `key`, until `leave`."""
        lock, waiting = self._lines.get(key, (asyncio.Lock(), 0))
        self._lines[key] = lock, waiting + 1
        return lock

    def leave(self, key: Key) -> None:
        """Take one `expect` back."""
        lock, waiting = self._lines[key]
        if waiting > 1:
            self._lines[key] = lock, waiting - 1
        else:
            del self._lines[key]

    @asynccontextmanager
    async def of(self, key: Key) -> AsyncGenerator[None]:
        """Wait for the turn of `key`, and hold it in the block."""
        lock = self.expect(key)
        try:
            async with lock:
                yield
        finally:
            self.leave(key)
