"""The parts of uvicorn that the sandbox builds on, none of which its documentation promises.

Where one is gone or is called at another time, these tests say so.
"""

from __future__ import annotations

import asyncio
import inspect

import pytest
import uvicorn
from igamingace.sandbox.http.connection import SandboxProtocol
from igamingace.sandbox.server import SandboxServer
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState


def config():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    return uvicorn.Config(app, http=HttpToolsProtocol, log_config=None, lifespan="off", limit_concurrency=9)


class Connection(asyncio.Transport):
    """A connection that writes nothing."""

    def write(self, data):
        pass

    def is_closing(self):
        return False


@pytest.fixture
async def protocol():
    """One of uvicorn's own connections with a request whose head has arrived."""
    settings = config()
    settings.load()
    made = HttpToolsProtocol(config=settings, server_state=ServerState(), app_state={})
    made.connection_made(Connection())
    made.data_received(b"GET /v1 HTTP/1.1\r\nHost: a\r\n\r\n")
    yield made
    await asyncio.gather(*made.tasks)
    made.timeout_keep_alive_task.cancel()


@pytest.mark.parametrize(
    "name",
    ["app", "connections", "cycle", "headers", "limit_concurrency", "loop", "scope", "transport", "url"],
)
async def test_a_connection_of_uvicorn_has_what_the_sandboxes_reads_and_sets(protocol, name):
    assert hasattr(protocol, name), (
        f"uvicorn's HttpToolsProtocol has no attribute {name!r} any more, which SandboxProtocol uses"
    )


async def test_a_request_of_uvicorn_tells_whether_it_is_answered(protocol):
    assert hasattr(protocol.cycle, "response_complete"), (
        "uvicorn's RequestResponseCycle has no attribute 'response_complete' any more: SandboxProtocol reads "
        "it to see whether a connection waits for a head"
    )


@pytest.mark.parametrize("kind", [SandboxProtocol, SandboxServer])
def test_what_the_sandbox_overrides_is_there_and_takes_the_same_arguments(kind):
    base = kind.__mro__[1]
    own = {"stop"}  # and names with an underscore
    overridden = {name for name in vars(kind) if inspect.isfunction(vars(kind)[name])}
    overridden = {name for name in overridden if not name.startswith("_")} - own
    assert overridden

    for name in overridden:
        assert hasattr(base, name), f"uvicorn's {base.__name__} has no {name} any more: nothing calls ours"
        theirs, ours = (list(inspect.signature(getattr(each, name)).parameters) for each in (base, kind))
        assert ours == theirs, f"uvicorn calls {base.__name__}.{name} with other arguments"


async def test_uvicorn_takes_the_app_of_a_request_after_its_head_is_complete():
    seen = []

    class Watched(HttpToolsProtocol):
        def on_message_begin(self):
            super().on_message_begin()
            seen.append("begin")

        def on_headers_complete(self):
            seen.append("head")
            self.app = refuse
            super().on_headers_complete()

    async def refuse(scope, receive, send):
        seen.append("refused")
        await send({"type": "http.response.start", "status": 431, "headers": []})
        await send({"type": "http.response.body"})

    settings = config()
    settings.load()
    protocol = Watched(config=settings, server_state=ServerState(), app_state={})
    protocol.connection_made(Connection())
    protocol.data_received(b"GET /v1 HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.gather(*protocol.tasks)
    protocol.timeout_keep_alive_task.cancel()

    assert seen == ["begin", "head", "refused"], (
        "uvicorn's HttpToolsProtocol does not run the app that is set when the head is complete: "
        "SandboxProtocol refuses a head that is too large so"
    )


@pytest.mark.parametrize(
    "name", ["lifespan", "on_tick", "server_state", "servers", "should_exit", "force_exit"]
)
async def test_a_server_of_uvicorn_has_what_the_sandboxes_stops_by(name):
    server = uvicorn.Server(config())
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets=[])

    assert hasattr(server, name), f"uvicorn's Server has no {name!r} any more: SandboxServer stops by it"


def test_a_server_of_uvicorn_knows_its_connections_and_requests():
    for name in ("connections", "tasks"):
        assert hasattr(ServerState(), name), (
            f"uvicorn's ServerState has no {name!r} any more: SandboxServer waits for them to end"
        )
