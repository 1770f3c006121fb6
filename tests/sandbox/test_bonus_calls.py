"""Bonus calls: one active a player, ended by cancelling or by time."""

from __future__ import annotations

import pytest

REGISTER = "/v1/bonus-call/register"
CANCEL = "/v1/bonus-call/cancel"


def detail(issue_id):
    return f"/v1/bonus-call/detail/{issue_id}"


async def test_a_registered_bonus_call_is_active_with_all_its_rounds(agent, bonus):
    issue_id = (await agent.data(agent.post(REGISTER, **bonus)))["issueId"]

    stands = await agent.data(agent.get(detail(issue_id)))

    assert {name: stands[name] for name in ("issueId", "status", "roundsRemaining")} == {
        "issueId": issue_id,
        "status": 1,
        "roundsRemaining": 20,
    }


async def test_the_detail_has_the_fields_of_both_pages(agent, bonus, clock):
    issue_id = (await agent.data(agent.post(REGISTER, **bonus)))["issueId"]
    registered = clock.text()

    stands = await agent.data(agent.get(detail(issue_id)))

    assert stands == {
        "issueId": issue_id,
        "operatorId": "mycasino",
        "providerId": bonus["providerId"],
        "gameCode": str(bonus["gameId"]),
        "playerExternalId": bonus["playerId"],
        "currency": "USD",
        "bonusType": 1,
        "callAmount": bonus["callAmount"],
        "metaData": {
            "spinAmount": 20,
            "playedAmount": 0,
            "betLevel": bonus["metaData"]["baseBetAmount"],
            "expireAt": bonus["expireAt"].replace(" ", "T") + ".000Z",
            "maxWinAmount": bonus["callAmount"],
        },
        "status": 1,
        "roundsRemaining": 20,
        "totalWinAmount": 0,
        "createdAt": registered,
    }


@pytest.mark.parametrize("spelling", [int, str])
async def test_a_bonus_call_is_found_by_its_id_as_a_number_and_as_a_text(agent, bonus, spelling):
    issue_id = (await agent.data(agent.post(REGISTER, **{**bonus, "gameId": spelling(bonus["gameId"])})))[
        "issueId"
    ]

    await agent.data(agent.post(CANCEL, playerId="user123", issueId=spelling(issue_id)))

    assert (await agent.data(agent.get(detail(issue_id))))["status"] == 2


@pytest.mark.parametrize("spelling", ["0{}", "i{}", "{} "])
async def test_another_text_is_another_bonus_call(agent, bonus, refusal, spelling):
    issue_id = (await agent.data(agent.post(REGISTER, **bonus)))["issueId"]
    other = spelling.format(issue_id)

    assert await refusal(agent.get(detail(other))) == (400, "PARAMETERS_INVALID")
    assert await refusal(agent.post(CANCEL, playerId="user123", issueId=other)) == (400, "PARAMETERS_INVALID")


async def test_a_player_has_one_active_bonus_call(agent, bonus, refusal):
    await agent.data(agent.post(REGISTER, **bonus))

    assert await refusal(agent.post(REGISTER, **bonus)) == (409, "BONUSCALL_DOUBLE")
    assert await agent.data(agent.post(REGISTER, **{**bonus, "playerId": "p-1"}))


async def test_a_cancelled_bonus_call_has_ended_for_good(agent, bonus, refusal):
    issue_id = (await agent.data(agent.post(REGISTER, **bonus)))["issueId"]
    await agent.data(agent.post(CANCEL, playerId="user123", issueId=issue_id))

    assert await refusal(agent.post(CANCEL, playerId="user123", issueId=issue_id)) == (
        409,
        "BONUSCALL_ALEADY_ENDED",
    )
    assert (await agent.data(agent.get(detail(issue_id))))["roundsRemaining"] == 0
    assert await agent.data(agent.post(REGISTER, **bonus))


async def test_an_expired_bonus_call_has_ended_and_makes_room(agent, bonus, clock, refusal):
    issue_id = (await agent.data(agent.post(REGISTER, **bonus)))["issueId"]
    clock.pass_time(hours=1)

    assert await refusal(agent.post(CANCEL, playerId="user123", issueId=issue_id)) == (
        409,
        "BONUSCALL_ALEADY_ENDED",
    )
    assert (await agent.data(agent.get(detail(issue_id))))["status"] == 3
    assert await agent.data(agent.post(REGISTER, **{**bonus, "expireAt": clock.text(hours=1)}))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"playerId": "nobody"}, (404, "USER_NOT_FOUND")),
        ({"gameId": 1}, (404, "GAME_NOT_FOUND")),
        ({"providerId": 3, "gameId": 2301}, (503, "UNDER_MAINTENANCE")),
        ({"bonusType": 2}, (400, "PARAMETERS_INVALID")),
        ({"expireAt": "2030-05-01 12:00:00"}, (400, "PARAMETERS_INVALID")),
        ({"expireAt": "2030-02-30 12:00:00"}, (400, "PARAMETERS_INVALID")),
        ({"callAmount": 0.001}, (400, "PARAMETERS_INVALID")),
        ({"metaData": {"spinAmount": 20, "baseBetAmount": 0.001}}, (400, "PARAMETERS_INVALID")),
        ({"metaData": {"spinAmount": 101, "baseBetAmount": 1}}, (400, "VALIDATION_ERROR")),
    ],
    ids=[
        "unknown player",
        "unknown game",
        "provider in maintenance",
        "type that is not active",
        "expired already",
        "30 February",
        "a tenth of a cent to win",
        "a tenth of a cent to bet",
        "too many spins",
    ],
)
async def test_a_bonus_call_that_cannot_be_is_not_registered(agent, bonus, refusal, change, expected):
    assert await refusal(agent.post(REGISTER, **{**bonus, **change})) == expected
    assert await agent.data(agent.post(REGISTER, **bonus))


async def test_free_spins_need_their_meta_data(agent, bonus, refusal):
    del bonus["metaData"]

    assert await refusal(agent.post(REGISTER, **bonus)) == (400, "VALIDATION_ERROR")


async def test_another_agents_bonus_call_is_out_of_reach(agent, other_agent, bonus, refusal):
    issue_id = (await agent.data(agent.post(REGISTER, **bonus)))["issueId"]

    assert await refusal(other_agent.get(detail(issue_id))) == (400, "PARAMETERS_INVALID")
    assert await refusal(other_agent.post(CANCEL, playerId="user123", issueId=issue_id)) == (
        400,
        "PARAMETERS_INVALID",
    )
    assert (await agent.data(agent.get(detail(issue_id))))["status"] == 1


async def test_a_bonus_call_is_cancelled_for_its_own_player(agent, bonus, refusal):
    issue_id = (await agent.data(agent.post(REGISTER, **bonus)))["issueId"]

    assert await refusal(agent.post(CANCEL, playerId="p-1", issueId=issue_id)) == (400, "PARAMETERS_INVALID")
