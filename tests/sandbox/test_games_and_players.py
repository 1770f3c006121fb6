"""Players, their wallets, and the games they play: the operations answer each other."""

from __future__ import annotations

from decimal import Decimal

import pytest

CREATE = "/v1/player/create"
INFO = "/v1/player/info"
LAUNCH = "/v1/game/launch"
DEPOSIT = "/v1/player/wallet/deposit"
WITHDRAW = "/v1/player/wallet/withdraw"


def movement(transaction_id, amount, currency="USD"):
    return {
        "playerExternalId": "user123",
        "currency": currency,
        "amount": amount,
        "transactionId": transaction_id,
    }


async def test_a_player_can_be_launched_once_it_is_linked(agent, launch, refusal):
    launch["playerId"] = "newcomer"
    before = await refusal(agent.post(LAUNCH, **launch))

    await agent.data(agent.post(CREATE, playerExternalId="newcomer"))
    url = await agent.data(agent.post(LAUNCH, **launch))

    assert before == (404, "USER_NOT_FOUND")
    assert url.startswith("http://sandbox.test/_sandbox/launch?token=")


async def test_linking_a_player_again_gives_the_same_code(agent):
    first = await agent.data(agent.post(CREATE, playerExternalId="newcomer"))
    again = await agent.data(agent.post(CREATE, playerExternalId="newcomer"))

    assert first == again


async def test_two_agents_may_use_the_same_player_id_for_two_players(agent, other_agent):
    mine = await agent.data(agent.post(CREATE, playerExternalId="newcomer"))
    theirs = await other_agent.data(other_agent.post(CREATE, playerExternalId="newcomer"))

    assert mine != theirs


async def test_another_agents_player_is_out_of_reach(agent, other_agent, refusal):
    await other_agent.data(other_agent.post(CREATE, playerExternalId="theirs"))

    assert await refusal(agent.get(INFO, playerExternalId="theirs")) == (403, "PERMISSION_ERROR")
    assert await refusal(agent.get(INFO, playerExternalId="nobodys")) == (404, "USER_NOT_FOUND")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"gameId": 1}, (404, "GAME_NOT_FOUND")),
        ({"providerId": 2}, (404, "GAME_NOT_FOUND")),
        ({"providerId": 99}, (404, "PROVIDER_NOT_FOUND")),
        ({"providerId": 3, "gameId": 2301}, (503, "UNDER_MAINTENANCE")),
        ({"gameId": 657}, (503, "UNDER_MAINTENANCE")),
        ({"providerId": 4, "gameId": 3101}, (400, "CURRENCY_NOT_SUPPORTED")),
    ],
    ids=[
        "unknown game",
        "another provider's game",
        "unknown provider",
        "provider in maintenance",
        "game in maintenance",
        "provider not in this currency",
    ],
)
async def test_a_game_that_cannot_be_played_is_not_launched(agent, launch, refusal, change, expected):
    assert await refusal(agent.post(LAUNCH, **{**launch, **change})) == expected


async def test_what_is_listed_as_playable_can_be_launched(agent, launch, refusal):
    outcomes = set()
    for provider in await agent.data(agent.get("/v1/provider/list")):
        settings = await agent.data(agent.get(f"/v1/provider/settings/{provider['providerId']}/USD"))
        for game in await agent.data(agent.get(f"/v1/game/list/{provider['providerId']}")):
            playable = settings["enabled"] and not game["inMaintenance"]
            response = await agent.post(
                LAUNCH, **{**launch, "providerId": provider["providerId"], "gameId": game["gameID"]}
            )
            assert response.is_success == playable
            outcomes.add(playable)

    assert outcomes == {True, False}


async def test_an_agent_without_points_cannot_launch(app, agent, launch, refusal):
    app.runtime.state.accounts["mycasino"].points["USD"] = Decimal(0)

    assert await refusal(agent.post(LAUNCH, **launch)) == (402, "POINT_NOT_ENOUGH")


async def test_an_operator_has_no_players_to_launch(operator, launch, refusal):
    assert await refusal(operator.post(LAUNCH, **launch)) == (403, "PERMISSION_ERROR")


async def test_a_launch_url_works_once(agent, launch):
    url = await agent.data(agent.post(LAUNCH, **launch))

    first, second = await agent.client.get(url), await agent.client.get(url)

    assert (first.status_code, second.status_code) == (303, 410)


async def test_a_launch_url_is_of_no_use_after_ten_minutes(agent, launch, clock):
    url = await agent.data(agent.post(LAUNCH, **launch))

    clock.pass_time(minutes=10)

    assert (await agent.client.get(url)).status_code == 410


async def test_a_launch_url_that_nobody_made_is_not_found(agent):
    assert (await agent.client.get("/_sandbox/launch?token=guess")).status_code == 404


async def test_a_kick_ends_the_launches_of_that_player_only(agent, launch):
    kicked = await agent.data(agent.post(LAUNCH, **launch))
    other = await agent.data(agent.post(LAUNCH, **{**launch, "playerId": "p-1"}))

    await agent.data(agent.post("/v1/game/kick", playerExternalId="user123"))

    assert (await agent.client.get(kicked)).status_code == 410
    assert (await agent.client.get(other)).status_code == 303


async def test_kicking_an_unknown_player_is_refused(agent, refusal):
    assert await refusal(agent.post("/v1/game/kick", playerExternalId="nobody")) == (404, "USER_NOT_FOUND")


async def test_a_deposit_and_a_withdrawal_move_money_between_agent_and_player(app, agent):
    points = app.runtime.state.accounts["mycasino"].points
    before = points["USD"]

    deposited = await agent.data(agent.post(DEPOSIT, **movement("t-1", 100.50)))
    withdrawn = await agent.data(agent.post(WITHDRAW, **movement("t-2", 30.25)))
    info = await agent.data(agent.get(INFO, playerExternalId="user123"))

    assert deposited == {"balance": 100.5, "currency": "USD"}
    assert withdrawn == {"balance": 70.25, "currency": "USD"}
    assert info["balance"] == [{"currency": "USD", "amount": 70.25}]
    assert before - points["USD"] == Decimal("70.25")


async def test_a_tenth_and_two_tenths_are_three_tenths(agent):
    await agent.data(agent.post(DEPOSIT, **movement("t-1", 0.1)))

    response = await agent.post(DEPOSIT, **movement("t-2", 0.2))

    assert b'"balance":0.3,' in response.content


@pytest.mark.parametrize("path", [DEPOSIT, WITHDRAW])
async def test_the_same_transaction_again_moves_nothing_and_answers_the_balance(agent, path):
    await agent.data(agent.post(DEPOSIT, **movement("t-0", 50)))
    first = await agent.data(agent.post(path, **movement("t-1", 20)))
    await agent.data(agent.post(DEPOSIT, **movement("t-2", 5)))

    again = await agent.data(agent.post(path, **movement("t-1", 20)))

    assert again["balance"] == first["balance"] + 5


async def test_a_transaction_id_stands_for_one_movement(agent, refusal):
    await agent.data(agent.post(DEPOSIT, **movement("t-1", 20)))

    assert await refusal(agent.post(DEPOSIT, **movement("t-1", 21))) == (400, "PARAMETERS_INVALID")
    assert await refusal(agent.post(WITHDRAW, **movement("t-1", 20))) == (400, "PARAMETERS_INVALID")


async def test_a_refused_movement_leaves_its_transaction_id_free(agent, refusal):
    assert await refusal(agent.post(WITHDRAW, **movement("t-1", 20))) == (402, "BALANCE_NOT_ENOUGH")

    assert await agent.data(agent.post(DEPOSIT, **movement("t-1", 20)))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ((DEPOSIT, movement("t", 25_000.01)), (402, "POINT_NOT_ENOUGH")),
        ((WITHDRAW, movement("t", 0.01)), (402, "BALANCE_NOT_ENOUGH")),
        ((DEPOSIT, movement("t", 1, "EUR")), (400, "CURRENCY_NOT_SUPPORTED")),
        ((DEPOSIT, movement("t", 0.001)), (400, "PARAMETERS_INVALID")),
    ],
    ids=["more than the agent has", "more than the player has", "another currency", "a tenth of a cent"],
)
async def test_a_movement_that_cannot_be_is_refused_and_changes_nothing(app, agent, refusal, sent, expected):
    path, body = sent
    points = dict(app.runtime.state.accounts["mycasino"].points)

    assert await refusal(agent.post(path, **body)) == expected

    info = await agent.data(agent.get(INFO, playerExternalId="user123"))
    assert info["balance"] == [{"currency": "USD", "amount": 0}]
    assert app.runtime.state.accounts["mycasino"].points == points


async def test_a_seamless_account_has_no_wallets_here(agent, refusal):
    await agent.data(agent.patch("/v1/operator/update", callbackURL="https://wallet.casino.example/cb"))

    assert await refusal(agent.post(DEPOSIT, **movement("t-1", 1))) == (403, "PERMISSION_ERROR")
