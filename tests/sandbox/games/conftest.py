"""A sandbox whose wallet is in the test's hand: it answers as scripted, and remembers what came."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from igamingace.callbacks import verify
from igamingace.sandbox import create_app

PLAYER = "user123"


@dataclass
class ScriptedWallet:
    """An ASGI application that answers OK with `balance`, unless its script has something else."""

    token: str = ""
    balance: float = 100
    script: dict[str, list[Any]] = field(default_factory=dict)
    received: list[dict[str, Any]] = field(default_factory=list)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)
    headers: list[dict[bytes, bytes]] = field(default_factory=list)

    def answer(self, command, *answers):
        """Answer the next callbacks of `command` so: statusCode, status and body, or an event to wait for."""
        self.script.setdefault(command, []).extend(answers)

    async def has(self, command):
        """Wait until a callback with that command has come."""
        async with self.came:
            await self.came.wait_for(lambda: command in self.commands)

    @property
    def commands(self):
        return [callback["command"] for callback in self.received]

    async def __call__(self, scope, receive, send):
        body = (await receive())["body"]
        headers = dict(scope["headers"])
        verify(body, headers[b"x-request-signature"], self.token)
        callback = json.loads(body)
        self.received.append(callback)
        async with self.came:
            self.came.notify_all()
        self.headers.append(headers)
        status, said = await self._said(callback["command"])
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": said})

    async def _said(self, command):
        scripted = self.script.get(command)
        answer = scripted.pop(0) if scripted else "OK"
        if isinstance(answer, asyncio.Event):
            await answer.wait()
            answer = "OK"
        if isinstance(answer, str):
            answer = 200, json.dumps({"balance": self.balance, "statusCode": answer}).encode()
        return answer


@pytest.fixture
def wallet():
    return ScriptedWallet()


@dataclass
class SettableClock:
    now: datetime = datetime(2030, 5, 1, 12, 0, 0, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
async def app(wallet):
    app = create_app(wallet=wallet, clock=SettableClock(), seed=7)
    wallet.token = app.token
    yield app
    await app.aclose()
    assert not app.runtime.breaches


@pytest.fixture
async def session(app, wallet):
    """Return a game that is open, its first balance asked for already."""
    session = await app.async_play(PLAYER)
    await app.async_settle()
    wallet.received.clear()
    wallet.headers.clear()
    app.runtime.callback_log.clear()
    return session


@pytest.fixture
async def browser(app):
    async with httpx2.AsyncClient(transport=app.async_transport(), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def listed(app):
    """Return a function that gives the agent's transactions as the API lists them: type and amount."""
    return lambda: [(int(entry.type), entry.amount) for entry in played(app)]


def played(app):
    state = app.runtime.state
    return [entry for entry in state.accounts["mycasino"].transactions if entry.id > 10**15]
