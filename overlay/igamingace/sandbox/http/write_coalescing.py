"""Joins the writes of one event loop iteration into one send."""

from __future__ import annotations

import asyncio
from typing import Any


class WriteCoalescingTransport(asyncio.Transport):
    """A transport that sends what is written in one turn of the event loop at the end of that turn.

    uvicorn writes the head of an answer and its body one after the other. Sent as they come they are two
    packets, two calls of the system, and often two awakenings of the caller. Without this a core gives a
    quarter fewer answers to GET, and the sandbox is as slow beside Starlette as its benchmark allows.
    """

    def __init__(self, below: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        """Write to `below`, which keeps control of the protocol's flow."""
        super().__init__()
        self._below = below
        self._loop = loop
        self._written: list[bytes | bytearray | memoryview] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send `data` soon, after what was written before."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def _send(self) -> None:
        if self._written:
            self._below.write(b"".join(self._written))
            self._written.clear()

    def close(self) -> None:
        """Send what was written, and close."""
        self._send()
        self._below.close()

    def abort(self) -> None:
        """Close at once, without what was not sent yet."""
        self._written.clear()
        self._below.abort()

    def is_closing(self) -> bool:
        """Tell whether it is being closed, or is closed."""
        return self._below.is_closing()

    def pause_reading(self) -> None:
        """Read no more for now."""
        self._below.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._below.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as asyncio's
        """Return what is known of the connection."""
        return self._below.get_extra_info(name, default)
