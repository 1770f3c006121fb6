"""How users call the clients, for mypy and pyright: types are read, wrong calls are refused. Never run."""

# A comment that ignores an error fails here where there is none.
# pyright: reportUnnecessaryTypeIgnoreComment=error

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, assert_type

from igamingace import Agent, AsyncAgent, RawAnswer, Timeouts, errors
from igamingace.limits import Limiter, LocalLimiter
from igamingace.models import Game, GameType, PlayerLink, Provider, TransactionPage

NOW = datetime.now(UTC)


def an_agent_reads_and_writes() -> None:
    with Agent(
        token="t", base_url="https://api.example", timeout=10, limiter=LocalLimiter(limit=25)
    ) as agent:
        assert_type(agent.providers.list(), list[Provider])
        assert_type(agent.games.list(1), list[Game])
        assert_type(agent.players.create(player_external_id="p-1"), PlayerLink)
        address = agent.games.launch(
            player_id="p-1",
            provider_id=1,
            game_id=655,
            language="en",
            return_url="https://casino.example/lobby",
            is_streamer=False,
        )
        assert_type(address, str)
        moved = agent.players.deposit(
            player_external_id="p-1", currency="USD", amount=Decimal("1.50"), transaction_id="d-1"
        )
        assert_type(moved.balance, Decimal | None)


def what_one_call_answers_the_next_one_takes(agent: Agent) -> None:
    for provider in agent.providers.list():
        assert_type(provider.provider_id, int)
        for game in agent.games.list(provider.provider_id):
            assert_type(game.game_id, str)
            assert_type(game.game_type, GameType | None)
            agent.games.launch(
                player_id="p-1",
                provider_id=provider.provider_id,
                game_id=game.game_id,
                language="en",
                return_url="https://casino.example/lobby",
                is_streamer=False,
            )
    call = agent.bonus_calls.detail("i3746")
    assert_type(call.issue_id, str)
    assert_type(call.created_at, datetime | None)
    agent.bonus_calls.cancel(player_id="p-1", issue_id=call.issue_id)
    agent.bonus_calls.cancel(player_id="p-1", issue_id=90211)
    agent.bonus_calls.cancel(player_id="p-1", issue_id=1.5)  # type: ignore[arg-type]


async def an_async_agent_is_awaited(agent: AsyncAgent) -> None:
    assert_type(await agent.providers.list(), list[Provider])
    page = await agent.transactions.list(
        start_time=datetime(2026, 1, 1, tzinfo=UTC),
        end_time=datetime(2026, 1, 1, 0, 59, 59, tzinfo=UTC),
        offset=0,
        limit=100,
    )
    await agent.transactions.list(start_time="2026-01-01 00:00:00", end_time=NOW, offset=0, limit=1)  # type: ignore[arg-type]
    assert_type(page, TransactionPage)


def the_raw_view_keeps_status_and_data(agent: Agent) -> None:
    answer = agent.raw.providers.list()
    assert_type(answer, RawAnswer[list[Provider]])
    assert_type(answer.http_status, int)
    assert_type(answer.data, list[Provider])


def options_are_those_of_one_call(agent: Agent) -> None:
    assert_type(agent.with_options(timeout=2, urgent=True).providers.list(), list[Provider])
    Agent("t", timeout=Timeouts(connect=1, total=5))


def what_the_contract_lacks_is_untyped(agent: Agent) -> None:
    values: dict[str, int] = {"page": 1}
    assert_type(agent.request("GET", "/v1/x", query=values), Any)
    assert_type(agent.raw.request("POST", "/v1/x", json={"a": [Decimal(1)]}), RawAnswer[Any])
    view = agent.with_options(extra_query={"a": 1, "b": "c"}, extra_body={"d": {"e": None}})
    assert_type(view.providers.list(), list[Provider])
    agent.request("GET", "/v1/x", query={"a": 1.5})  # type: ignore[dict-item]
    agent.request("GET", "/v1/x", {})  # type: ignore[call-arg]


async def what_the_contract_lacks_is_awaited(agent: AsyncAgent) -> None:
    assert_type(await agent.request("GET", "/v1/x"), Any)
    assert_type(await agent.raw.request("GET", "/v1/x"), RawAnswer[Any])


def errors_tell_what_happened(agent: Agent) -> None:
    try:
        agent.providers.list()
    except errors.ServerIsBusy as error:
        assert_type(error.code, int | None)
    except errors.RateLimited as error:
        assert_type(error.retry_after, float | None)
    except errors.APIError as error:
        assert_type(error.operation, str)
        assert_type(error.retryable, bool)


def a_limiter_is_any_that_has_the_methods(limiter: Limiter) -> Agent:
    return Agent("t", limiter=limiter)


def wrong_calls_are_refused(agent: Agent) -> None:
    agent.games.list("one")  # type: ignore[arg-type]
    agent.games.lunch()  # type: ignore[attr-defined]
    agent.players.create()  # type: ignore[call-arg]
    Agent(5)  # type: ignore[arg-type]
    number: int = agent.providers.list()  # type: ignore[assignment]
    assert_type(number, int)
