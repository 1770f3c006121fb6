"""Answers a second over 64 connections: by wrk where it is installed, else by this file's own client.

`load.py METHOD URL TOKEN SECONDS BODY`, as it runs itself, prints them.
"""

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 64
JSON = "application/json"


def headers(token):
    return {"Authorization": f"Bearer {token}", "Accept": JSON, "Content-Type": JSON}


def measure(method, url, body, *, token, seconds, pin):
    """Return the answers a second; raises when any was no success."""
    return (_wrk if shutil.which("wrk") else _own)(method, url, body, token=token, seconds=seconds, pin=pin)


def _wrk(method, url, body, *, token, seconds, pin):
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "request.lua")
        script.write_text(f'wrk.method = "{method}"\nwrk.body = {lua(body)}\n')
        fields = [part for name, value in headers(token).items() for part in ("-H", f"{name}: {value}")]
        command = [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "--timeout",
            "60s",
            "-s",
            str(script),
            *fields,
            url,
        ]
        said = subprocess.run(command, check=True, capture_output=True, text=True, preexec_fn=pin).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    return float(re.findall(r"Requests/sec:\s*([\d.]+)", said)[0])


def lua(body):
    return "nil" if body is None else f"[[{body}]]"


def _own(method, url, body, *, token, seconds, pin):
    command = [sys.executable, __file__, method, url, token, str(seconds), body or ""]
    done = subprocess.run(command, check=True, capture_output=True, text=True, preexec_fn=pin)
    return float(done.stdout)


class Connection(asyncio.Protocol):
    """Sends one request after the other."""

    def __init__(self, request, count):
        self.request = request
        self.count = count
        self.seen = b""

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data):
        self.seen += data
        end = self.seen.find(b"\r\n\r\n")
        if end < 0:
            return
        length = re.search(rb"content-length: (\d+)", self.seen[:end], re.IGNORECASE)
        if len(self.seen) < end + 4 + int(length[1]):  # type: ignore[index]
            return
        if not self.seen.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(self.seen.decode())
        self.seen = b""
        self.count[0] += 1
        self.transport.write(self.request)


async def client(method, url, body, *, token, seconds):
    parts = urlsplit(url)
    fields = {"Host": parts.netloc, **headers(token), "Content-Length": len(body)}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    request = f"{method} {parts.path} HTTP/1.1\r\n{head}\r\n{body}".encode()
    count, loop = [0], asyncio.get_running_loop()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Connection(request, count), parts.hostname, parts.port)
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    return count[0] / (time.perf_counter() - started)


if __name__ == "__main__":
    method, url, token, seconds, body = sys.argv[1:]
    print(asyncio.run(client(method, url, body, token=token, seconds=float(seconds))))
