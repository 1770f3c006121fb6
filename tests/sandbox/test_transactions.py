"""Transactions: windows, order, pages, filters, and the page of a round."""

from __future__ import annotations

import copy
from datetime import timedelta, timezone

import pytest
from igamingace.sandbox import ContractError, create_app

LIST = "/v1/transaction/list"
ROUND = "/v1/transaction/round"


@pytest.fixture
def korea(clock):
    """The text of the clock's time, moved, in Korea: the zone that the contract takes for transactions."""

    def text(hours=0, **moved):
        return clock.text(hours=9 + hours, **moved)

    return text


@pytest.fixture
def window(korea):
    return {"startTime": korea(minutes=-30), "endTime": korea(), "offset": 0, "limit": 100}


@pytest.fixture
def deposit(agent):
    async def make(transaction_id, amount=1, player="user123"):
        await agent.data(
            agent.post(
                "/v1/player/wallet/deposit",
                playerExternalId=player,
                currency="USD",
                amount=amount,
                transactionId=transaction_id,
            )
        )

    return make


async def test_what_happened_is_listed_oldest_first(agent, window, deposit, korea):
    await deposit("t-1", 12.5)

    page = await agent.data(agent.get(LIST, **window))
    linked = await agent.data(agent.get("/v1/player/info", playerExternalId="user123"))

    times = [entry["createdAt"] for entry in page["list"]]
    assert times == sorted(times)
    assert page["total"] == page["count"] == len(page["list"])
    assert page["list"][-1] == {
        "transId": page["list"][-1]["transId"],
        "transType": 4,
        "userCode": linked["playerCode"],
        "userExternalId": "user123",
        "amount": 12.5,
        "balance": 12.5,
        "createdAt": korea(),
    }


async def test_an_entry_of_a_round_has_the_fields_of_the_facts(agent, window):
    entry = (await agent.data(agent.get(LIST, **window)))["list"][0]

    assert {**entry, "transId": "", "userCode": 0, "createdAt": ""} == {
        "transId": "",
        "transType": 1,
        "userCode": 0,
        "userExternalId": "user123",
        "roundId": "7300120045000",
        "roundType": "spin",
        "providerId": 1,
        "providerName": "Northern Reels",
        "gameCode": "655",
        "gameName": "Fjord Fortune",
        "amount": 1.5,
        "createdAt": "",
    }
    assert isinstance(entry["transId"], str)


async def test_a_round_without_a_win_still_has_a_win_of_nothing(agent, window):
    listed = (await agent.data(agent.get(LIST, **window)))["list"]

    rounds = {}
    for entry in listed:
        rounds.setdefault(entry["roundId"], {})[entry["transType"]] = entry["amount"]
    assert all(set(of_round) == {1, 2} for of_round in rounds.values())
    assert 0 in {of_round[2] for of_round in rounds.values()}


async def test_both_ends_of_the_window_belong_to_it(agent, clock, korea, window, deposit):
    clock.pass_time(hours=1)
    await deposit("t-1")
    clock.pass_time(minutes=30)
    await deposit("t-2")
    clock.pass_time(minutes=30)

    async def total(start, end):
        sent = {**window, "startTime": korea(minutes=start), "endTime": korea(minutes=end)}
        return (await agent.data(agent.get(LIST, **sent)))["total"]

    assert await total(-60, -30) == 2
    assert await total(-59, -30) == 1
    assert await total(-60, -31) == 1


async def test_pages_together_are_the_window(agent, window, deposit):
    for number in range(5):
        await deposit(f"t-{number}")
    whole = await agent.data(agent.get(LIST, **window))

    pages = [
        await agent.data(agent.get(LIST, **{**window, "offset": at, "limit": 4})) for at in (0, 4, 8, 12)
    ]

    assert [page["count"] for page in pages] == [4, 4, 3, 0]
    assert {page["total"] for page in pages} == {whole["total"]} == {11}
    assert [entry for page in pages for entry in page["list"]] == whole["list"]


async def test_a_player_or_a_round_can_be_asked_for(agent, window, deposit):
    await deposit("t-1", player="p-1")
    listed = (await agent.data(agent.get(LIST, **window)))["list"]
    round_id = listed[0]["roundId"]

    of_player = await agent.data(agent.get(LIST, **window, playerExternalId="p-1"))
    of_round = await agent.data(agent.get(LIST, **window, roundId=round_id))

    assert [entry["userExternalId"] for entry in of_player["list"]] == ["p-1"]
    assert of_round["list"] == [entry for entry in listed if entry.get("roundId") == round_id]


async def test_an_agent_sees_only_its_own(agent, other_agent, window, deposit):
    before = (await other_agent.data(other_agent.get(LIST, **window)))["total"]

    await deposit("t-1")

    assert (await other_agent.data(other_agent.get(LIST, **window)))["total"] == before


@pytest.mark.parametrize(
    "start", [{"hours": -1, "seconds": -1}, {"seconds": 1}], ids=["too long", "backwards"]
)
async def test_a_window_that_cannot_be_is_refused(agent, korea, window, refusal, start):
    sent = {**window, "startTime": korea(**start)}

    assert await refusal(agent.get(LIST, **sent)) == (400, "PARAMETERS_INVALID")


async def test_an_hour_to_the_second_is_a_window(agent, korea, window):
    assert await agent.data(agent.get(LIST, **{**window, "startTime": korea(hours=-1)}))


async def test_a_day_that_does_not_exist_is_refused(agent, window, refusal):
    sent = {**window, "startTime": "2030-02-29 00:00:00"}

    assert await refusal(agent.get(LIST, **sent)) == (400, "PARAMETERS_INVALID")


async def test_times_are_read_and_written_in_the_zone_that_is_set(clock, caller):
    app = create_app(clock=clock, time_zone=timezone(timedelta(hours=-3)))
    agent = caller(app.token, app=app)
    window = {"startTime": clock.text(hours=-3.5), "endTime": clock.text(hours=-3), "offset": 0, "limit": 10}

    page = await agent.data(agent.get(LIST, **window))

    assert page["total"] == 6
    assert page["list"][-1]["createdAt"] == clock.text(hours=-3, minutes=-5)


async def test_times_are_in_the_zone_of_the_contract_when_none_is_set(clock, caller, contract):
    edited = copy.deepcopy(contract)
    operation = edited["paths"][LIST]["get"]
    for parameter in operation["parameters"]:
        parameter.get("schema", {}).pop("x-time-zone", None)
    created = edited["components"]["schemas"]["Transaction"]["properties"]["createdAt"]
    created["x-time-zone"] = {"offset": "-03:30", "standing": "assumed"}
    app = create_app(edited, clock=clock)
    window = {"startTime": clock.text(minutes=-30), "endTime": clock.text(), "offset": 0, "limit": 10}

    page = await caller(app.token, app=app).get(LIST, **window)

    assert page.json()["data"]["total"] == 6
    assert page.json()["data"]["list"][-1]["createdAt"] == clock.text(hours=-3.5, minutes=-5)


def test_a_zone_that_is_no_offset_is_told(contract):
    edited = copy.deepcopy(contract)
    zone = edited["paths"][LIST]["get"]["parameters"][0]["schema"]["x-time-zone"]
    zone["offset"] = "Asia/Seoul"

    with pytest.raises(ContractError, match="x-time-zone/offset: 'Asia/Seoul' is not an offset such as"):
        create_app(edited)


async def test_a_round_has_a_page(agent, window):
    entry = (await agent.data(agent.get(LIST, **window)))["list"][-1]
    wanted = {key: entry[key] for key in ("roundId", "providerId", "gameCode")}
    wanted["playerExternalId"] = entry["userExternalId"]

    (found,) = await agent.data(agent.get(ROUND, **wanted))
    page = await agent.client.get(found["url"])

    assert page.status_code == 200
    assert f"Round {entry['roundId']}" in page.text
    assert "+3.00</td>" in page.text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"roundId": 1}, (404, "ROUND_NOT_FOUND")),
        ({"roundId": "07300120045000"}, (404, "ROUND_NOT_FOUND")),
        ({"roundId": "SP215202"}, (404, "ROUND_NOT_FOUND")),
        ({"gameCode": "0655"}, (404, "ROUND_NOT_FOUND")),
        ({"gameCode": "655,656"}, (400, "VALIDATION_ERROR")),
        ({"roundId": "x" * 129}, (400, "VALIDATION_ERROR")),
        ({"gameCode": 656}, (404, "ROUND_NOT_FOUND")),
        ({"playerExternalId": "p-1"}, (404, "ROUND_NOT_FOUND")),
        ({"playerExternalId": "nobody"}, (404, "USER_NOT_FOUND")),
    ],
)
async def test_a_round_that_was_not_played_is_not_found(agent, refusal, change, expected):
    played = {"playerExternalId": "user123", "roundId": 7_300_120_045_000, "providerId": 1, "gameCode": 655}
    assert await agent.data(agent.get(ROUND, **played))

    assert await refusal(agent.get(ROUND, **{**played, **change})) == expected
