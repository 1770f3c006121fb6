"""A server in its own process that answers every GET with the same bytes, to measure clients against."""

import asyncio
import json
import sys

BODY = json.dumps(
    {
        "success": True,
        "message": "OK",
        "data": [
            {
                "providerId": n,
                "providerName": f"Provider {n}",
                "logo": f"https://a.example/{n}.png",
                "status": 1,
            }
            for n in range(1, 11)
        ],
    }
).encode()
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(BODY),
    BODY,
)


class Constant(asyncio.Protocol):
    """Answers each request, delayed by what the command line says."""

    def __init__(self, latency):
        self.latency = latency
        self.seen = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.seen += data
        while (end := self.seen.find(b"\r\n\r\n")) >= 0:
            self.seen = self.seen[end + 4 :]
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self.answer)
            else:
                self.answer()

    def answer(self):
        if not self.transport.is_closing():
            self.transport.write(ANSWER)


async def main(latency):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Constant(latency), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
