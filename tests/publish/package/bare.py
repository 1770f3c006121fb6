"""Tries the package without extras: client and callbacks work, the rest says which extra it needs."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

from igamingace import Agent, AsyncAgent, callbacks
from igamingace.limits import LocalLimiter

EXTRAS = ("redis", "rich", "sqlalchemy", "typer", "uvicorn", "jsonschema_rs", "aiohttp", "pytest")
PROVIDER = {"providerId": 1, "providerName": "Ace", "logo": "https://casino.example/l.png", "status": 1}


class OneProvider(BaseHTTPRequestHandler):
    """Answers every GET with one provider."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        body = json.dumps({"success": True, "message": "OK", "data": [PROVIDER]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def clients_work() -> None:
    """Call once with each client."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), OneProvider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"

    async def ask() -> list[str | None]:
        async with AsyncAgent("0" * 32, base_url=url, limiter=LocalLimiter()) as agent:
            return [provider.provider_name for provider in await agent.providers.list()]

    with Agent("0" * 32, base_url=url) as agent:
        assert [provider.provider_name for provider in agent.providers.list()] == ["Ace"]
    assert asyncio.run(ask()) == ["Ace"]
    server.shutdown()
    server.server_close()


def callbacks_work() -> None:
    """Sign and read a callback."""
    body = b'{"command":"balance","playerId":"p-1","timestamp":1713792000}'
    signature = callbacks.sign(body, "token")
    callbacks.verify(body, signature, "token")
    assert callbacks.parse(body, signature, "token").player_id == "p-1"


def uses_redis() -> None:
    """Import what needs the extra `redis`."""
    from igamingace.limits import RedisLimiter  # noqa: F401


def uses_ledger() -> None:
    """Import what needs the extra `ledger`."""
    from igamingace.ledger import Ledger  # noqa: F401


def uses_sandbox() -> None:
    """Make what needs the extra `sandbox`."""
    from igamingace.sandbox import Sandbox

    Sandbox()


def asks_for(extra: str, use: Callable[[], None]) -> None:
    """Fail unless using the feature tells which extra to install."""
    message = "nothing was missing"
    try:
        use()
    except ImportError as error:
        message = str(error)
    assert f"igamingace[{extra}]" in message, f"{extra}: {message}"


def program_asks_for(extra: str, *arguments: str) -> None:
    """Fail unless the program tells which extra to install."""
    command = [sys.executable, "-m", "igamingace", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"igamingace[{extra}]" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr, done.stderr


def main() -> None:
    """Fail loudly, or say what worked."""
    there = [name for name in EXTRAS if find_spec(name)]
    assert not there, f"this is no bare environment: {there}"
    clients_work()
    callbacks_work()
    asks_for("redis", uses_redis)
    asks_for("ledger", uses_ledger)
    asks_for("sandbox", uses_sandbox)
    program_asks_for("sandbox", "sandbox")
    program_asks_for("cli", "tree")
    print("without extras: clients and callbacks work, five features name their extra")


if __name__ == "__main__":
    main()
