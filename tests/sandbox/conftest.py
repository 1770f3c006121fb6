"""A sandbox in process, its clock in the test's hand, and a caller that sends what the contract wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from igamingace.sandbox import SandboxApp, create_app
from igamingace.sandbox.contract.contract import bundled_contract

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


@dataclass
class SettableClock:
    """Stands still until it is told otherwise."""

    now: datetime = field(default=datetime(2030, 5, 1, 12, 0, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def text(self, **ahead: float) -> str:
        return (self.now + timedelta(**ahead)).strftime("%Y-%m-%d %H:%M:%S")


class Caller:
    """Sends requests of one account to a sandbox in process."""

    def __init__(self, client: httpx2.AsyncClient, token: str) -> None:
        self.client = client
        self.token = token

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str | bytes] | None = None, **sent: Any
    ) -> httpx2.Response:
        given: Any = (
            {**HEADERS, "Authorization": f"Bearer {self.token}"} if headers is None else dict(headers)
        )
        return await self.client.request(method, path, headers=given, **sent)

    async def get(self, path: str, **query: Any) -> httpx2.Response:
        return await self.request("GET", path, params=query)

    async def post(self, path: str, **body: Any) -> httpx2.Response:
        return await self.request("POST", path, json=body)

    async def patch(self, path: str, **body: Any) -> httpx2.Response:
        return await self.request("PATCH", path, json=body)

    async def data(self, sending: Any) -> Any:
        """Return the `data` of an answer that must be a success."""
        response: httpx2.Response = await sending
        assert response.status_code == 200, response.text
        answer = response.json()
        assert answer["success"] is True
        return answer["data"]


async def refusal(sending: Any) -> tuple[int, str]:
    """Return HTTP status and code name of an answer that must be a refusal."""
    response: httpx2.Response = await sending
    answer = response.json()
    assert answer["success"] is False, answer
    return response.status_code, answer["errorCode"]


@pytest.fixture(name="refusal")
def refusal_fixture() -> Any:
    return refusal


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def app(clock: SettableClock) -> SandboxApp:
    return create_app(clock=clock)


@pytest.fixture
async def client(app: SandboxApp) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox.test") as client:
        yield client


@pytest.fixture
def agent(app: SandboxApp, client: httpx2.AsyncClient) -> Caller:
    return Caller(client, app.token)


@pytest.fixture
def operator(app: SandboxApp, client: httpx2.AsyncClient) -> Caller:
    return Caller(client, app.operator_token)


@pytest.fixture
def other_agent(app: SandboxApp, client: httpx2.AsyncClient) -> Caller:
    return Caller(client, app.runtime.tokens["mycasino-eu"])


@pytest.fixture
def launch() -> dict[str, Any]:
    """Return the body of a launch that the demo admits."""
    return {
        "playerId": "user123",
        "providerId": 1,
        "gameId": 655,
        "language": "en",
        "returnUrl": "https://casino.example/lobby",
        "isStreamer": False,
    }


@pytest.fixture
def bonus(clock: SettableClock) -> dict[str, Any]:
    """Return what registers a bonus call."""
    return {
        "platformId": "promo-1",
        "providerId": 1,
        "gameId": 655,
        "playerId": "user123",
        "bonusType": 1,
        "callAmount": 50,
        "expireAt": clock.text(hours=1),
        "metaData": {"spinAmount": 20, "baseBetAmount": 0.2},
    }


@pytest.fixture(scope="session")
def contract() -> dict[str, Any]:
    """Return the contract that the package ships."""
    return bundled_contract()


@pytest.fixture
async def caller(app: SandboxApp) -> AsyncIterator[Callable[..., Caller]]:
    """Return what makes a caller with a token, at an address of its own."""
    clients: list[httpx2.AsyncClient] = []

    def make(token: str, address: str = "127.0.0.1", app: SandboxApp = app) -> Caller:
        transport = httpx2.ASGITransport(app=app, client=(address, 123))
        clients.append(httpx2.AsyncClient(transport=transport, base_url="http://sandbox.test"))
        return Caller(clients[-1], token)

    yield make
    for client in clients:
        await client.aclose()
