"""A platform that answers by a table, and probes of it in threads and in tasks."""

from __future__ import annotations

import asyncio
import copy
import json
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import httpx2
from igamingace import Agent, AsyncAgent, probe
from igamingace.limits import LocalLimiter

TOKEN = "60349266c8d9487eab7531b1a15d2480"
KOREA = timezone(timedelta(hours=9))
PLAYER = "user123"

# As the pages of a sister deployment have them (api-facts section 2).
PROVIDER = {"providerId": 1, "providerName": "Nova", "logo": "https://cdn.example/nova.png", "status": 1}
GAME = {
    "gameID": "vswaysdogs",
    "gameName": "Dogs",
    "gameImage": "https://cdn.example/dogs.png",
    "gameType": 0,
    "inMaintenance": False,
}
SETTING = {"providerId": 1, "currency": "USD", "enabled": True}
OPERATOR = {
    "id": "mycasino",
    "name": "My Casino",
    "parentId": "bigoperator",
    "balance": [{"currency": "USD", "amount": 25000.5}],
    "rtp": 92,
    "callbackURL": "https://wallet.casino.example/cb",
    "allowedIPs": ["203.0.113.7"],
    "providers": [1],
    "ggrRate": 12.5,
    "level": "agent",
    "paymentMethod": "deposit",
}
PLAYER_INFO = {"playerCode": 10482, "balance": [{"currency": "USD", "amount": 17.25}]}
TRANSACTION = {
    "transId": "SP215202",
    "transType": 1,
    "userCode": 10482,
    "userExternalId": PLAYER,
    "roundId": "r-77",
    "roundType": "spin",
    "providerId": 1,
    "providerName": "Nova",
    "gameCode": "vswaysdogs",
    "gameName": "Dogs",
    "amount": 1.5,
    "balance": 148.5,
}
BONUS_CALL = {
    "issueId": "i3746",
    "operatorId": "mycasino",
    "providerId": 1,
    "gameCode": "vswaysdogs",
    "playerExternalId": PLAYER,
    "currency": "USD",
    "bonusType": 1,
    "callAmount": 50,
    "metaData": {
        "spinAmount": 20,
        "playedAmount": 8,
        "betLevel": 0.2,
        "expireAt": "2030-12-31T23:59:59.000Z",
        "maxWinAmount": 50,
    },
    "status": 1,
    "totalWinAmount": 3.2,
}
NOT_FOUND = (404, {"statusCode": 404, "message": "Cannot GET /x", "error": "Not Found"})
TIME = "%Y-%m-%d %H:%M:%S"


def refusal(name: str, status: int) -> tuple[int, Any]:
    """An error as a sister sends it: the name of the code in `errorCode`."""
    return status, {"success": False, "message": "refused", "errorCode": name}


class Platform:
    """Answers as a sister deployment; a test changes what it wants otherwise.

    `answers` has data by operation; `refusals` a status and a body by situation, or None for a success.
    """

    def __init__(self, zone: timezone = KOREA, minutes_ago: tuple[float, ...] = (7, 1)) -> None:
        self.requests: list[httpx2.Request] = []
        self.in_flight = self.peak = 0
        self.zone, self.minutes_ago = zone, minutes_ago
        self.headers: dict[str, str] = {}
        self.answers: dict[str, Any] = copy.deepcopy(
            {
                "providers.list": [PROVIDER, PROVIDER],
                "operators.info": OPERATOR,
                "providers.list_settings": [SETTING],
                "providers.settings": SETTING,
                "games.list": [GAME, GAME],
                "transactions.list": TRANSACTION,
                "transactions.round": [{"url": "https://games.example/round?token=0a1b2c"}],
                "players.info": PLAYER_INFO,
                "bonus_calls.detail": BONUS_CALL,
            }
        )
        self.refusals: dict[str, tuple[int, Any] | None] = {
            "unknown provider": refusal("PROVIDER_NOT_FOUND", 404),
            "unknown player": refusal("USER_NOT_FOUND", 404),
            "no parameters": refusal("VALIDATION_ERROR", 400),
            "unknown path": NOT_FOUND,
            "no Accept": None,
            "no Content-Type": None,
            "no Authorization": refusal("TOKEN_NOT_FOUND", 401),
            "wrong token": refusal("TOKEN_INVALID", 401),
        }
        self.bodies: dict[str, tuple[int, Any]] = {}
        """Whole answers by operation, instead of those of `answers`."""

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        situation = situation_of(request)
        refused = self.refusals.get(situation)
        status, body = (200, {}) if refused is None else refused
        if refused is None:
            operation = operation_of(request)
            status, body = self.bodies.get(operation) or (
                200,
                {"success": True, "message": "OK", "data": self.data(operation, request)},
            )
        headers = {"date": format_datetime(datetime.now(UTC), usegmt=True), **self.headers}
        if isinstance(body, str):
            return httpx2.Response(status, text=body, headers=headers)
        return httpx2.Response(status, json=body, headers=headers)

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        await asyncio.sleep(0)
        self.in_flight -= 1
        return self(request)

    def data(self, operation: str, request: httpx2.Request) -> Any:
        data = self.answers[operation]
        if operation == "bonus_calls.detail" and isinstance(data, dict):
            return {"createdAt": datetime.now(UTC).strftime(TIME), **data}
        if operation != "transactions.list" or not isinstance(data, dict):
            return data
        query = request.url.params
        start, end = (
            datetime.strptime(query[name], TIME).replace(tzinfo=self.zone)
            for name in ("startTime", "endTime")
        )
        times = [datetime.now(UTC) - timedelta(minutes=minutes) for minutes in self.minutes_ago]
        found = [time for time in times if start <= time <= end]
        rows = [{"createdAt": time.astimezone(self.zone).strftime(TIME), **data} for time in found]
        offset, limit = int(query["offset"]), int(query["limit"])
        page = rows[offset : offset + limit]
        return {"total": len(rows), "offset": offset, "count": len(page), "list": page}


def situation_of(request: httpx2.Request) -> str:
    """Which of the refusals a request is meant for; empty for none."""
    path, headers = request.url.path, request.headers
    for name in ("Authorization", "Accept", "Content-Type"):
        if name not in headers:
            return f"no {name}"
    if headers["Authorization"] != f"Bearer {TOKEN}":
        return "wrong token"
    if path == "/v1/game/list/2147483647":
        return "unknown provider"
    if path == "/v1/transaction/list" and not request.url.params:
        return "no parameters"
    if path == "/v1/player/info" and request.url.params["playerExternalId"].startswith("igamingace-probe"):
        return "unknown player"
    return "unknown path" if path.startswith("/v1/igamingace-probe") else ""


def operation_of(request: httpx2.Request) -> str:
    path = request.url.path.removeprefix("/v1")
    return {
        "/provider/list": "providers.list",
        "/operator/info": "operators.info",
        "/provider/settings": "providers.list_settings",
        "/provider/settings/1/USD": "providers.settings",
        "/game/list/1": "games.list",
        "/transaction/list": "transactions.list",
        "/transaction/round": "transactions.round",
        "/player/info": "players.info",
        "/bonus-call/detail/i3746": "bonus_calls.detail",
    }[path]


def probed(platform: Platform, kind: str = "threads", **options: Any) -> probe.ProbeReport:
    """The report of a probe of a platform; without pauses."""
    given: dict[str, Any] = {"window_pause": 0, "bonus_call": "i3746"} | options
    common: dict[str, Any] = {"base_url": "https://api.example", "limiter": LocalLimiter(), "backoff": 0}
    if kind == "threads":
        with Agent(TOKEN, transport=httpx2.MockTransport(platform), **common) as agent:
            return probe.run(agent, **given)

    async def run() -> probe.ProbeReport:
        async with AsyncAgent(TOKEN, transport=httpx2.MockTransport(platform.answer), **common) as agent:
            return await probe.run_async(agent, **given)

    return asyncio.run(run())


def told(report: probe.ProbeReport) -> list[tuple[str, str, str, str]]:
    """The differences of a report: operation, place, kind, what came."""
    return [(each.operation, each.place, each.kind, each.came) for each in report.differences]


def call_of(report: probe.ProbeReport, operation: str, situation: str = "") -> probe.CallFindings:
    (found,) = (
        each
        for each in report.calls
        if each.operation == operation
        and each.situation.startswith(situation)
        and bool(each.situation) == bool(situation)
    )
    return found


def json_of(report: probe.ProbeReport) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(report.json())
    return document
