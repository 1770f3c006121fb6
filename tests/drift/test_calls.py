"""What an agent's calls report: codes and HTTP statuses other than the contract's."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpx2
import pytest
from igamingace import Agent, AsyncAgent, AsyncOperator, Operator, drift, errors
from igamingace.limits import LocalLimiter, account_key
from igamingace.operators import Account

if TYPE_CHECKING:
    from igamingace.drift import Difference

TOKEN = "60349266c8d9487eab7531b1a15d2480"
PROVIDER = {"providerId": 1, "providerName": "Nova", "logo": "https://cdn.example/nova.png", "status": 1}
SUCCESS = {"success": True, "message": "OK", "data": [PROVIDER]}
BUSY = {"success": False, "code": 1018, "message": "SERVER_IS_BUSY"}
UNKNOWN = {"success": False, "code": 1099, "message": "SOMETHING_NEW"}


class World:
    """Calls in threads or in tasks, to a server that answers by a script; the last answer stays."""

    def __init__(self, kind):
        self.kind = kind
        self.script = [(200, SUCCESS)]

    def answer(self, request):
        status, body = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return httpx2.Response(status, json=body)

    async def answer_async(self, request):
        return self.answer(request)

    def options(self, options):
        in_threads = self.kind == "threads"
        answer = self.answer if in_threads else self.answer_async
        return {
            "transport": httpx2.MockTransport(answer),
            "base_url": "https://api.example",
            "limiter": LocalLimiter(),
            "backoff": 0,
        } | options

    def call(self, code=lambda agent: agent.providers.list(), **options):
        """The agent's differences after the code was run with it; errors of the API are ignored."""
        if self.kind == "threads":
            with Agent(TOKEN, **self.options(options)) as agent:
                with contextlib.suppress(errors.APIError):
                    code(agent)
                return agent.drift()

        async def run():
            async with AsyncAgent(TOKEN, **self.options(options)) as agent:
                with contextlib.suppress(errors.APIError):
                    await code(agent)
                return agent.drift()

        return asyncio.run(run())

    def call_all(self, accounts, **options):
        """The operator's differences after a call for each account."""
        if self.kind == "threads":
            with Operator(accounts, **self.options(options)) as operator:
                operator.map(lambda agent: agent.providers.list())
                return operator.drift()

        async def run():
            async with AsyncOperator(accounts, **self.options(options)) as operator:
                await operator.map(lambda agent: agent.providers.list())
                return operator.drift()

        return asyncio.run(run())


@pytest.fixture(params=["threads", "asyncio"])
def world(request, monkeypatch):
    for name in ("IGAMINGACE_API_TOKEN", "IGAMINGACE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return World(request.param)


def told(differences: list[Difference]):
    return [(each.place, each.kind, each.value, each.count) for each in differences]


@pytest.mark.parametrize("answer", [(200, SUCCESS), (429, BUSY)])
def test_what_the_contract_says_is_no_difference(answer, world):
    world.script = [answer]

    assert world.call(busy_retries=0) == drift.differences() == []


def test_a_code_that_the_contract_does_not_list_is_one(world):
    world.script = [(400, UNKNOWN)]

    (difference,) = world.call()

    assert told([difference]) == [("/code", "unknown code", 1099, 1)]
    assert (difference.operation, difference.direction) == ("providers.list", "answer")
    assert drift.differences() == [difference]


@pytest.mark.parametrize(
    ("body", "place", "value"),
    [
        ({"error": {"code": 1099}}, "/error/code", 1099),
        ({"errors": [{"code": "1099"}]}, "/errors/*/code", 1099),
        ({"success": False, "message": "SOMETHING_NEW"}, "/message", None),
        ({"success": False, "message": "no luck for alice"}, "", None),
        ({"statusCode": 404, "message": "Cannot GET /v1/x", "error": "Not Found"}, "", None),
    ],
)
def test_a_code_is_told_by_its_place_and_its_number_but_not_by_its_text(body, place, value, world, warnings):
    world.script = [(404, body)]

    assert told(world.call()) == [(place, "unknown code", value, 1)]
    assert not any(text in "".join(warnings()) for text in ("SOMETHING_NEW", "alice", "Cannot"))


def test_a_known_code_under_another_status_is_a_difference(world, warnings):
    world.script = [(200, {"success": False, "code": 2002, "message": "USER_NOT_FOUND"})]

    (difference,) = world.call()

    assert told([difference]) == [("", "other status", 200, 1)]
    assert difference.standing == "assumed"
    assert "HTTP status 200, where the contract (assumed) states 404" in warnings()[0]


def test_a_success_under_another_status_is_a_difference(world):
    world.script = [(201, SUCCESS)]

    assert told(world.call()) == [("", "other status", 201, 1)]


def test_each_attempt_counts(world):
    world.script = [(200, BUSY), (200, BUSY), (200, SUCCESS)]

    assert told(world.call()) == [("", "other status", 200, 2)]


def test_a_call_that_gives_up_waiting_counts_its_last_answer_once(world):
    limiter = LocalLimiter(2)
    other_request = limiter.budget(account_key("https://api.example", TOKEN)).acquire()
    world.script = [(200, BUSY)]

    # The second attempt waits for the other request to end, longer than it may.
    assert told(world.call(acquire_timeout=0.01, limiter=limiter)) == [("", "other status", 200, 1)]
    other_request.done()


def test_views_report_to_their_agent(world):
    world.script = [(201, SUCCESS)]

    assert told(world.call(lambda agent: agent.with_options(timeout=5).raw.providers.list())) == [
        ("", "other status", 201, 1)
    ]


def test_the_hook_is_called_without_holding_a_slot(world):
    limiter = LocalLimiter(1)
    world.script = [(400, UNKNOWN)]
    in_flight = []

    world.call(limiter=limiter, on_drift=lambda difference: in_flight.append(limiter.stats().in_flight))

    assert in_flight == [0]


def test_a_hook_that_raises_does_not_break_the_call(world):
    def hook(difference):
        raise RuntimeError("no disk")

    world.script = [(201, SUCCESS)]
    seen = []

    async def call_async(agent):
        seen.extend(await agent.providers.list())

    def call(agent):
        seen.extend(agent.providers.list())

    world.call(call if world.kind == "threads" else call_async, on_drift=hook)

    assert [each.provider_id for each in seen] == [1]


def test_an_operator_has_the_differences_of_all_its_agents_and_its_hook_sees_each_once(world):
    world.script = [(201, SUCCESS)]
    seen: list[Difference] = []
    accounts = [
        Account(name=f"a{number}", currency="USD", level="agent", token=f"{number}" * 32)
        for number in range(1, 5)
    ]

    differences = world.call_all(accounts, on_drift=seen.append)

    assert told(differences) == [("", "other status", 201, 4)]
    assert told(seen) == [("", "other status", 201, 1)]


def test_what_cannot_be_called_is_refused(world):
    with pytest.raises(errors.ConfigurationError, match="on_drift"):
        world.call(on_drift="log")
    with pytest.raises(errors.ConfigurationError, match="on_drift"):
        world.call_all([], on_drift="log")
