"""An operator of either kind, a sandbox with a tree of three levels, and servers that do not answer."""

from __future__ import annotations

import asyncio
import inspect
import socket
import threading
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import igamingace
import pytest
from igamingace.limits import LocalLimiter
from igamingace.operators import Account
from igamingace.sandbox import Sandbox
from igamingace.sandbox.store.models import Account as SandboxAccount

from .bank import Bank, Crash


@dataclass
class World:
    """Runs code with an operator in threads or in asyncio."""

    kind: str

    def operator(self, accounts: Any, **options: Any) -> Any:
        make = igamingace.Operator if self.kind == "threads" else igamingace.AsyncOperator
        # A limiter of its own: the process's keeps in mind what accounts of other tests were refused.
        return make(accounts, **{"backoff": 0, "limiter": LocalLimiter(), **options})

    def use(self, code: Any, accounts: Any, **options: Any) -> Any:
        """Make an operator, run the code with it, awaiting what it returns, and close the operator."""
        if self.kind == "threads":
            with self.operator(accounts, **options) as operator:
                return code(operator)

        async def run() -> Any:
            async with self.operator(accounts, **options) as operator:
                result = code(operator)
                return await result if inspect.isawaitable(result) else result

        return asyncio.run(run())

    def stream(self, operator: Any, see: Any, *arguments: Any, **options: Any) -> Any:
        """Hand each result of a stream to `see`, which may end it by returning True."""
        stream = operator.stream(*arguments, **options)
        if self.kind == "threads":
            for result in stream:
                if see(result):
                    break
            return None

        async def run() -> None:
            async for result in stream:
                if see(result):
                    break

        return run()


@pytest.fixture(params=["threads", "asyncio"])
def world(request) -> World:
    return World(request.param)


@pytest.fixture(autouse=True)
def nothing_left():
    """Whatever a test does, none of an operator's threads outlives it."""
    yield
    left = [thread for thread in threading.enumerate() if thread.name == "igamingace-operator"]
    for thread in left:
        thread.join(10)
    assert not any(thread.is_alive() for thread in left)


def token_of(name: str) -> str:
    return f"token-of-{name}"


@pytest.fixture(scope="session")
def tree() -> list[Account]:
    """Three levels: two operators at the top, one in between, agents of two currencies."""

    def account(name: str, currency: str, parent: str | None, level: Any = "agent", **more: Any) -> Account:
        token = token_of(name)
        return Account(name=name, token=token, currency=currency, parent=parent, level=level, **more)

    return [
        account("world", "USD", None, "operator"),
        account("asia", "USD", "world", "operator"),
        account("lotus", "USD", "asia", site="lotus.example"),
        account("tiger", "USD", "asia"),
        account("eagle", "USD", "world"),
        account("europe", "EUR", None, "operator"),
        account("lotus-eu", "EUR", "europe", site="lotus.example"),
    ]


POINTS = {
    "world": 100_000,
    "asia": 1_000,
    "lotus": 40,
    "tiger": 700,
    "eagle": 5,
    "europe": 9_000,
    "lotus-eu": 0,
}


@pytest.fixture
def sandbox(tree):
    """A sandbox in which the accounts of the tree are, with their points."""
    with Sandbox() as sandbox:
        providers = tuple(sandbox.app.runtime.state.providers)
        for account in tree:
            sandbox.app.runtime.state.add_account(
                SandboxAccount(
                    id=f"id-{account.name}",
                    name=account.name.title(),
                    level=account.level,
                    token=account.open_token(),
                    currencies=(account.currency,),
                    provider_ids=providers,
                    parent_id=account.parent and f"id-{account.parent}",
                    points={account.currency: Decimal(POINTS[account.name])},
                )
            )
        yield sandbox


@pytest.fixture
def bank(tree) -> Bank:
    return Bank(tree, {name: Decimal(points) for name, points in POINTS.items()})


@pytest.fixture(name="crash", scope="session")
def crash_class() -> type[BaseException]:
    return Crash


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IGAMINGACE_API_TOKEN", "IGAMINGACE_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def use(world, sandbox, tree):
    """Run code with an operator of the tree in the sandbox."""
    return lambda code, accounts=tree, **options: world.use(code, accounts, base_url=sandbox.url, **options)


@pytest.fixture
def silent():
    """The address of a server that takes connections and never answers, and how many it has taken."""
    taken = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", taken
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)
    for connection in taken:
        connection.close()
