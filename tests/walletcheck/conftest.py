"""Runs of the checks against wallets of the tests."""

import socket
import threading

import pytest
import uvicorn
from igamingace._common.secret import Secret
from igamingace.walletcheck._run import run_async
from igamingace.walletcheck._settings import Settings
from igamingace.walletcheck.checks import CHECKS

from .wallets import PLAYER, TOKEN


@pytest.fixture
def checked():
    """Return a function that runs checks against a target."""

    async def check(target, *, checks=CHECKS, **settings):
        return await run_async(
            Settings(
                **{"target": target, "token": Secret(TOKEN), "player": PLAYER, "checks": checks, **settings}
            )
        )

    return check


@pytest.fixture
def served():
    """Return a function that serves an ASGI app on a port for the length of the test, and gives its URL."""
    running = []

    def serve(app):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # for TCP_NODELAY
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # or a check that comes before the server has started is turned away
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        running.append((server, thread, listener))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/callbacks"

    yield serve
    for server, thread, listener in running:
        server.should_exit = True
        thread.join()
        listener.close()
