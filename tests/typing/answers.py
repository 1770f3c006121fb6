"""How users take answers and give arguments, for mypy and pyright. Never run."""

# A comment that ignores an error fails here where there is none.
# pyright: reportUnnecessaryTypeIgnoreComment=error

from datetime import datetime
from decimal import Decimal
from typing import Any, assert_type

from igamingace import Agent, AsyncAgent, Operator, errors
from igamingace.models import BonusType, FreeSpins, Game, GameType, ProviderStatus, TransactionType


def the_first_loop_of_the_readme(agent: Agent) -> dict[int, str | None]:
    return {provider.provider_id: provider.provider_name for provider in agent.providers.list()}


def what_games_list_gives_games_launch_takes(agent: Agent, game: Game, player_id: str) -> str:
    assert_type(game.game_id, str)
    return agent.games.launch(
        player_id=player_id,
        provider_id=1,
        game_id=game.game_id,
        language="en",
        return_url="https://casino.example/lobby",
        is_streamer=False,
    )


def enums_are_open_and_are_integers(agent: Agent, game: Game) -> None:
    assert_type(game.game_type, GameType | None)
    assert_type(agent.providers.list()[0].status, ProviderStatus | None)
    name: str = GameType(99).name
    assert_type(int.bit_length(GameType[name]), int)


def amounts_and_times(agent: Agent, start: datetime, end: datetime) -> None:
    page = agent.transactions.list(start_time=start, end_time=end, offset=0, limit=100, round_id="r-1")
    for transaction in page.list_ or []:
        assert_type(transaction.trans_id, str | None)
        assert_type(transaction.trans_type, TransactionType | None)
        assert_type(transaction.amount, Decimal | None)
        assert_type(transaction.created_at, datetime | None)


def nested_arguments_are_models_or_mappings(agent: Agent, until: datetime) -> None:
    for spins in (
        FreeSpins(spin_amount=20, base_bet_amount=Decimal("0.2")),
        {"spin_amount": 20, "base_bet_amount": Decimal("0.2")},
    ):
        agent.bonus_calls.register(
            platform_id="promo-1",
            provider_id=1,
            game_id=655,
            player_id="p-1",
            bonus_type=BonusType.FREE_SPINS,
            call_amount=50,
            expire_at=until,
            meta_data=spins,
        )


def models_are_values(game: Game) -> None:
    assert_type(dict(game), dict[str, Any])
    assert_type(game.to_dict(), dict[str, Any])
    assert_type(game.to_json(), str)


def a_field_that_differs_raises_where_it_is_used(game: Game) -> None:
    try:
        game.to_dict().update(type=game.game_type)
    except errors.UnexpectedField as error:
        assert_type(error.place, str)
        assert_type(error.came, str | None)


async def both_kinds_take_the_same_options() -> None:
    Agent("t", strict=True, time_zone="Asia/Seoul")
    AsyncAgent("t", strict=True, time_zone="+09:00")
    Operator([], strict=True, time_zone="UTC")


def wrong_uses_are_refused(agent: Agent, game: Game) -> None:
    game.game_id = "6"  # type: ignore[misc]
    game.gamename.lower()  # type: ignore[attr-defined]
    agent.transactions.round(player_external_id="p", round_id=1.5, provider_id=1, game_code="x")  # type: ignore[arg-type]
    agent.transactions.list(start_time="2026-01-01 00:00:00", end_time="", offset=0, limit=1)  # type: ignore[arg-type]
