"""An API of its own making that counts: at most 50 requests of a token in flight, the next one is refused.

It runs as a process of its own and knows nothing of limiters. A request is a line `TOKEN MS`; it is in
flight for so many milliseconds from its arrival, whatever becomes of its caller: a request of a process that
was killed goes on here. The answer is a line `ok` or `1018`. The line `stats TOKEN` asks for the figures;
`reset TOKEN`, too, and forgets the peak; `ends TOKEN` asks for the times at which requests ended.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict


class Token:
    def __init__(self) -> None:
        self.in_flight = self.peak = self.refused = 0
        self.ends: list[float] = []

    def end(self) -> None:
        self.in_flight -= 1
        self.ends.append(time.monotonic())

    def stats(self) -> dict[str, int]:
        figures = {"in_flight": self.in_flight, "peak": self.peak, "refused": self.refused}
        return figures | {"served": len(self.ends)}


class CountingServer:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.tokens: defaultdict[str, Token] = defaultdict(Token)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(await self.answer(*line.decode().split()))
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def answer(self, first: str, second: str) -> bytes:
        if first == "stats":
            return json.dumps(self.tokens[second].stats()).encode() + b"\n"
        if first == "reset":
            figures = self.tokens[second].stats()
            self.tokens[second].peak = 0
            return json.dumps(figures).encode() + b"\n"
        if first == "ends":
            return json.dumps(self.tokens[second].ends).encode() + b"\n"
        token = self.tokens[first]
        if token.in_flight >= self.limit:
            token.refused += 1
            return b"1018\n"
        token.in_flight += 1
        token.peak = max(token.peak, token.in_flight)
        seconds = float(second) / 1000
        asyncio.get_running_loop().call_later(seconds, token.end)
        await asyncio.sleep(seconds)
        return b"ok\n"


async def main(limit: int) -> None:
    server = await asyncio.start_server(CountingServer(limit).serve, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - its parent reads it
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
