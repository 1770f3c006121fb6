"""What people import, and what it costs them."""

from __future__ import annotations

import inspect
import subprocess
import sys

import igamingace
import pytest
from igamingace import Agent, AsyncAgent
from igamingace_bindings import contract


@pytest.mark.parametrize("operation", contract.OPERATIONS)
@pytest.mark.parametrize("make", [Agent, AsyncAgent])
def test_every_operation_of_the_contract_is_a_method(make, operation):
    resource, method = operation.split(".")
    agent = make("token")

    for view in (agent, agent.raw, agent.with_options(urgent=True)):
        call = getattr(getattr(view, resource), method)
        assert inspect.iscoroutinefunction(call) == (make is AsyncAgent)


def test_importing_the_package_loads_no_http_library():
    heavy = "aiohttp", "httpx2", "httpcore2", "pydantic", "rich", "typer", "starlette", "redis", "asyncio"
    script = f"import sys, igamingace; print([name for name in {heavy!r} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout

    assert set(eval(loaded)) <= {"asyncio"}


@pytest.mark.parametrize("make", ["Agent", "AsyncAgent"])
def test_an_agent_loads_no_http_library_that_it_does_not_send_through(make, monkeypatch):
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):  # which are read at once, so that errors in them are told
        monkeypatch.delenv(name, raising=False)
    unused = "aiohttp", "httpx2", "httpcore2"
    script = f"import sys, igamingace; igamingace.{make}('token'); "
    script += f"print([name for name in {unused!r} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout

    assert loaded == "[]\n"


def test_the_user_agent_names_package_contract_and_python(client, server, answers):
    server.answers(answers.success())

    client.list()

    python = ".".join(map(str, sys.version_info[:3]))
    wanted = f"igamingace/{igamingace.__version__} (contract {contract.VERSION}; python {python})"
    assert server.seen[0].headers["user-agent"] == wanted


def test_a_view_is_made_without_a_connection_of_its_own(client, server, answers):
    server.answers(answers.success())

    if client.kind == "threads":
        client.use(lambda agent: [agent.providers.list(), agent.with_options(timeout=5).providers.list()])
    else:
        client.use(both)

    assert [request.connection for request in server.seen] == [1, 1]


async def both(agent):
    return [await agent.providers.list(), await agent.with_options(timeout=5).providers.list()]
