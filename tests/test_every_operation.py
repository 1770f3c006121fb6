"""The main job: a real client calls every operation of the contract against the sandbox, in both worlds."""

import inspect
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from igamingace import Agent, AsyncAgent
from igamingace.sandbox import Sandbox
from igamingace.sandbox.handlers import HANDLERS
from igamingace_bindings.contract import OPERATIONS
from igamingace_bindings.rest.models import FreeSpins

TOMORROW = datetime.now(UTC) + timedelta(days=1)


def last_hour():
    """The window of an hour that ends now; the sandbox's transactions are of the minutes before its start."""
    now = datetime.now(UTC)
    return {"start_time": now - timedelta(minutes=59), "end_time": now + timedelta(minutes=1)}


def game_of(seen):
    """What games.list gives, other operations take."""
    return {"provider_id": 1, "game_id": seen["games.list"][0].game_id}


# In an order in which each finds what the ones before it made; `seen` holds their answers by operationId.
CALLS = {
    "providers.list": lambda agent, seen: agent.providers.list(),
    "providers.list_settings": lambda agent, seen: agent.providers.list_settings(),
    "providers.settings": lambda agent, seen: agent.providers.settings(1, "USD"),
    "games.list": lambda agent, seen: agent.games.list(seen["providers.list"][0].provider_id),
    "players.create": lambda agent, seen: agent.players.create(player_external_id="p-7"),
    "games.launch": lambda agent, seen: agent.games.launch(
        **game_of(seen),
        player_id="p-7",
        language="en",
        return_url="https://casino.example/lobby",
        is_streamer=False,
    ),
    "games.kick": lambda agent, seen: agent.games.kick(player_external_id="p-7"),
    "players.deposit": lambda agent, seen: agent.players.deposit(
        player_external_id="p-7", currency="USD", amount=Decimal("10.25"), transaction_id="d-1"
    ),
    "players.withdraw": lambda agent, seen: agent.players.withdraw(
        player_external_id="p-7", currency="USD", amount=Decimal("0.20"), transaction_id="w-1"
    ),
    "players.info": lambda agent, seen: agent.players.info(player_external_id="p-7"),
    "bonus_calls.register": lambda agent, seen: agent.bonus_calls.register(
        **game_of(seen),
        platform_id="b-1",
        player_id="p-7",
        bonus_type=1,
        call_amount=Decimal(50),
        expire_at=TOMORROW,
        meta_data=FreeSpins(spin_amount=10, base_bet_amount=Decimal("0.5")),
    ),
    "bonus_calls.detail": lambda agent, seen: agent.bonus_calls.detail(seen["bonus_calls.register"].issue_id),
    "bonus_calls.cancel": lambda agent, seen: agent.bonus_calls.cancel(
        player_id="p-7", issue_id=seen["bonus_calls.register"].issue_id
    ),
    "transactions.list": lambda agent, seen: agent.transactions.list(**last_hour(), offset=0, limit=100),
    "transactions.round": lambda agent, seen: agent.transactions.round(
        player_external_id="user123",
        round_id=seen["transactions.list"].list_[0].round_id,
        provider_id=seen["transactions.list"].list_[0].provider_id,
        game_code=seen["transactions.list"].list_[0].game_code,
    ),
    "operators.info": lambda agent, seen: agent.operators.info(),
    "operators.update": lambda agent, seen: agent.operators.update(rtp=Decimal("92.5")),
}
OPERATOR_CALLS = {
    "operators.create": lambda agent, seen: agent.operators.create(
        operator_id="newcasino",
        password="Correct-Horse-9",
        name="New Casino",
        currency=["USD"],
        ggr_rate=Decimal("12.5"),
        level="agent",
    ),
    "operators.transfer_balance": lambda agent, seen: agent.operators.transfer_balance(
        target_operator_id="newcasino", currency="USD", amount=Decimal("100.10")
    ),
}


async def call_all(kind):
    """Call every operation with agents of this kind; return the answers by operationId."""
    seen = {}
    with Sandbox() as sandbox:
        for token, calls in ((sandbox.token, CALLS), (sandbox.operator_token, OPERATOR_CALLS)):
            agent = kind(token, base_url=sandbox.url, strict=True)
            for operation, call in calls.items():
                answer = call(agent, seen)
                seen[operation] = await answer if inspect.isawaitable(answer) else answer
            await agent.aclose() if kind is AsyncAgent else agent.close()
        bodies = [request.answer_body for request in sandbox.requests]
    # The contract only says that `success` is a boolean, since a `const` breaks generated PHP clients.
    assert len(bodies) == len(seen)
    assert all(re.match(rb'{"success": ?true,', body) for body in bodies)
    return seen


def test_no_operation_that_the_sandbox_handles_is_left_out():
    assert {*CALLS, *OPERATOR_CALLS} == set(HANDLERS) <= set(OPERATIONS)


@pytest.mark.parametrize("kind", [Agent, AsyncAgent])
async def test_every_operation_answers_and_the_answers_agree(kind):
    seen = await call_all(kind)

    assert seen.keys() == set(HANDLERS)
    assert seen["players.deposit"].balance == Decimal("10.25")
    assert seen["players.withdraw"].balance == Decimal("10.05")
    assert [money.amount for money in seen["players.info"].balance] == [Decimal("10.05")]
    assert seen["players.info"].player_code == seen["players.create"].player_code
    assert seen["games.list"][0].game_id == "655"
    assert isinstance(seen["games.launch"], str)
    assert seen["bonus_calls.detail"].issue_id == seen["bonus_calls.register"].issue_id
    assert seen["bonus_calls.detail"].meta_data.expire_at == TOMORROW.replace(microsecond=0)
    assert abs(seen["bonus_calls.detail"].created_at - datetime.now(UTC)) < timedelta(hours=1)
    listed = seen["transactions.list"].list_
    assert seen["transactions.list"].count == len(listed) == 8
    window = last_hour()
    assert all(window["start_time"] <= entry.created_at <= window["end_time"] for entry in listed)
    assert {type(entry.trans_id) for entry in listed} == {str}
    assert {entry.trans_type.name for entry in listed} == {"BET", "WIN", "DEPOSIT", "WITHDRAW"}
    transfer = seen["operators.transfer_balance"]
    assert transfer.my_pre_balance - transfer.my_after_balance == Decimal("100.10")
    assert transfer.target_after_balance - transfer.target_pre_balance == Decimal("100.10")
    assert seen["operators.create"].token not in repr(seen["operators.create"])
