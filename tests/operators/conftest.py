"""An operator of either kind, a sandbox with a tree of three levels, and a bank whose answers get lost."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx2
import igamingace
import pytest
from igamingace.limits import LocalLimiter
from igamingace.operators import Account
from igamingace.sandbox import Sandbox
from igamingace.sandbox._state import Account as SandboxAccount


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
        providers = tuple(sandbox.app.world.state.providers)
        for account in tree:
            sandbox.app.world.state.add_account(
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


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Bank:
    """Answers operators.info and transfer-balance; what becomes of a transfer is up to the test.

    `fates` holds for each transfer to come what happens to it: "done" (the default), or "lost done", "lost"
    (nothing was moved), "lost late" (moved after a few more reads), "refused", "crash" and "crash done".
    """

    accounts: list[Account]
    points: dict[str, Decimal]
    fates: list[str] = field(default_factory=list)
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    reads: int = 0
    meanwhile: Any = None
    late: list[Any] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    unreadable_after: bool = False

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self.answer)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        (account,) = (one for one in self.accounts if one.open_token() == token)
        if request.url.path == "/v1/operator/info":
            return self._info(account)
        return self._transfer(account, json.loads(request.content, parse_float=Decimal))

    def _info(self, account: Account) -> httpx2.Response:
        self.reads += 1
        if self.late and self.reads >= self.late[0]:
            self.late.pop(0)
            self.late.pop(0)()
        if account.name in self.unreadable or (self.unreadable_after and self.sent):
            return self._error(1009)
        data = {
            "id": account.name,
            "name": account.name,
            "level": account.level,
            "balance": [{"currency": account.currency, "amount": float(self.points[account.name])}],
        }
        if account.parent:
            data["parentId"] = account.parent
        return httpx2.Response(200, json={"success": True, "message": "OK", "data": data})

    def _transfer(self, source: Account, body: dict[str, Any]) -> httpx2.Response:
        target, amount = body["targetOperatorId"], Decimal(body["amount"])
        fate = self.fates.pop(0) if self.fates else "done"
        self.sent[source.name, target] += 1

        def move() -> None:
            self.points[source.name] -= amount
            self.points[target] += amount

        if fate == "refused":
            return self._error(2005)
        if fate == "lost late":
            self.late = [self.reads + 3, move]
        elif fate not in ("lost", "crash"):
            move()
        if self.meanwhile is not None:
            self.meanwhile()
        if fate.startswith("crash"):
            raise Crash
        if fate.startswith("lost"):
            raise httpx2.ReadTimeout("")
        data = dict.fromkeys(("myPreBalance", "myAfterBalance", "targetPreBalance", "targetAfterBalance"), 0)
        data["currency"] = body["currency"]
        return httpx2.Response(200, json={"success": True, "message": "OK", "data": data})

    @staticmethod
    def _error(code: int) -> httpx2.Response:
        return httpx2.Response(400, json={"success": False, "code": code})


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
