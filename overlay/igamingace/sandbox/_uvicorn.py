"""uvicorn's server, started and stopped without waiting for its clock, and a way for a fault to close."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from igamingace.sandbox.faults import CLOSE

if TYPE_CHECKING:
    import socket
    from types import FrameType

_LAST_ANSWERS: Final = 2.0
"""How many seconds answers under way are given at the end."""
_A_MOMENT: Final = 0.002


class SandboxProtocol(HttpToolsProtocol):
    """Offers the extension `CLOSE` in the scope: called, it closes the connection once all is written."""

    def on_message_begin(self) -> None:
        """Start the scope of a request."""
        super().on_message_begin()
        extensions: dict[str, Any] = {CLOSE: self.transport.close}
        self.scope["extensions"] = extensions


class PromptServer(uvicorn.Server):
    """A server that stops when it is told, where uvicorn's looks ten times a second whether it was."""

    def __init__(self, config: uvicorn.Config) -> None:
        """Make a server that does not run yet."""
        super().__init__(config)
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Stop soon; callable from any thread, and from a signal's handler."""
        self.should_exit = True
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._told.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, since a signal says so."""
        super().handle_exit(sig, frame)
        self.stop()

    async def main_loop(self) -> None:
        """Run until told to stop; the date in answers is set each second."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more requests, give those under way a little time, and end."""
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_ANSWERS):
                # nothing tells when the last of them has gone
                while (self.server_state.tasks or self.server_state.connections) and not self.force_exit:  # noqa: ASYNC110
                    await asyncio.sleep(_A_MOMENT)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()
