"""Asyncio locks by key, which exist only while a task holds them or waits for them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

Key: TypeAlias = tuple[str, str]


class KeyedLock:
    """A first-in, first-out lock for each key; keys do not wait for each other."""

    def __init__(self) -> None:
        self._locks: dict[Key, tuple[asyncio.Lock, int]] = {}

    def in_use(self, key: Key) -> bool:
        """Tell whether a task holds the lock of `key`, waits for it or has reserved it."""
        return key in self._locks

    def reserve(self, key: Key) -> asyncio.Lock:
        """Keep the lock of `key` until `release`, for a task that will wait for it."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = lock, users + 1
        return lock

    def release(self, key: Key) -> None:
        """Undo one `reserve`."""
        lock, users = self._locks[key]
        if users > 1:
            self._locks[key] = lock, users - 1
        else:
            del self._locks[key]

    @asynccontextmanager
    async def hold(self, key: Key) -> AsyncGenerator[None]:
        """Wait for the lock of `key`, and hold it in the block."""
        lock = self.reserve(key)
        try:
            async with lock:
                yield
        finally:
            self.release(key)
