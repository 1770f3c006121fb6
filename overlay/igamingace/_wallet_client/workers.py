"""Finds out how many connections a server serves at a time, when callbacks that come at once are late.

A worker that serves one connection at a time waits for the rest of a request that was begun. So requests are
begun and held, one, two, four and so on, until the server answers no other connection. A proxy that buffers
requests hides its workers from this.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx2

from igamingace._common.clock import timeout
from igamingace._wallet_client.client import ssl_context

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["count_workers"]

_MOST: Final = 32
_PATIENCE: Final = 2.0
"""Seconds in which a server that is not blocked answers."""


async def count_workers(url: str, seconds: float) -> int | None:
    """Return how many connections the server of `url` serves at a time; None for more than 32, or unknown.

    It is given `seconds` to become idle first.
    """
    if not await _answers(url, seconds):  # it may still be at work on what came before
        return None
    patience = min(seconds, _PATIENCE)
    count = 0
    try:
        async with AsyncExitStack() as held:
            for wanted in (1, 2, 4, 8, 16, _MOST):
                await _hold(held, url, wanted - count, patience)
                if not await _answers(url, patience):
                    break
                count = wanted
            else:
                return None
        return await _between(url, count, wanted, patience)
    except (OSError, TimeoutError):  # a connection was refused, or not accepted in time
        return None


async def _between(url: str, low: int, high: int, patience: float) -> int:
    """Return the exact number: with `low` held connections another was answered, with `high` none."""
    while high - low > 1:
        middle = (low + high) // 2
        async with AsyncExitStack() as held:
            await _hold(held, url, middle, patience)
            if await _answers(url, patience):
                low = middle
            else:
                high = middle
    return high


async def _hold(held: AsyncExitStack, url: str, count: int, patience: float) -> None:
    """Begin so many requests, which are held until `held` is closed."""
    for _ in range(count):
        async with timeout(patience):
            await held.enter_async_context(_begun_request(url))


@asynccontextmanager
async def _begun_request(url: str) -> AsyncGenerator[None]:
    """Hold a connection on which the head of a request was sent, and not its body."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    _, writer = await asyncio.open_connection(
        parts.hostname, parts.port or (443 if secure else 80), ssl=ssl_context() if secure else None
    )
    try:
        host = parts.netloc.rpartition("@")[2]
        target = httpx2.URL(url).raw_path.decode()
        fields = f"Host: {host}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
        writer.write(f"POST {target} HTTP/1.1\r\n{fields}".encode())
        await writer.drain()
        yield
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _answers(url: str, seconds: float) -> bool:
    """Return whether a request on a connection of its own is answered; a wallet books nothing for it."""
    headers = {"Content-Type": "application/json"}
    try:
        async with (
            timeout(seconds),
            httpx2.AsyncClient(verify=ssl_context(), trust_env=False) as client,
        ):
            await client.post(url, content=b"{}", headers=headers, timeout=seconds)
    except (httpx2.HTTPError, TimeoutError):
        return False
    return True
