"""Accounts: levels, the tree, points handed down, the list of allowed addresses."""

from __future__ import annotations

import pytest

INFO = "/v1/operator/info"
CREATE = "/v1/operator/create"
UPDATE = "/v1/operator/update"
TRANSFER = "/v1/operator/transfer-balance"


def account(operator_id="new-casino", **change):
    return {
        "operatorId": operator_id,
        "password": "correct horse",
        "name": "New Casino",
        "currency": ["USD"],
        "ggrRate": 12.5,
        "level": "agent",
        **change,
    }


async def test_an_agent_sees_itself_and_its_parent(agent):
    info = await agent.data(agent.get(INFO))

    assert (info["id"], info["level"], info["parentId"]) == ("mycasino", "agent", "bigoperator")
    assert info["balance"] == [{"currency": "USD", "amount": 25_000}]


async def test_a_new_account_can_be_used_at_once(operator, caller):
    made = await operator.data(operator.post(CREATE, **account()))
    newcomer = caller(made["token"])

    info = await newcomer.data(newcomer.get(INFO))

    assert (info["id"], info["name"], info["parentId"]) == ("new-casino", "New Casino", "bigoperator")
    assert info["balance"] == [{"currency": "USD", "amount": 0}]
    assert info["ggrRate"] == 12.5


async def test_a_new_agent_can_launch_once_it_has_points(operator, caller, launch, refusal):
    made = await operator.data(operator.post(CREATE, **account()))
    newcomer = caller(made["token"])
    await newcomer.data(newcomer.post("/v1/player/create", playerExternalId="user123"))

    assert await refusal(newcomer.post("/v1/game/launch", **launch)) == (402, "POINT_NOT_ENOUGH")
    await operator.data(operator.post(TRANSFER, targetOperatorId="new-casino", currency="USD", amount=10))

    assert await newcomer.data(newcomer.post("/v1/game/launch", **launch))


async def test_an_operator_builds_a_tree(operator, caller, refusal):
    sub = await operator.data(operator.post(CREATE, **account("sub", level="operator")))
    below = caller(sub["token"])
    await below.data(below.post(CREATE, **account("leaf")))
    await operator.data(operator.post(CREATE, **account("leaf-2", parentId="sub")))

    assert await refusal(below.post(CREATE, **account("x", parentId="bigoperator"))) == (
        403,
        "PERMISSION_ERROR",
    )
    assert await refusal(operator.post(TRANSFER, targetOperatorId="leaf", currency="USD", amount=1)) == (
        403,
        "PERMISSION_ERROR",
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"operator_id": "mycasino"}, (400, "PARAMETERS_INVALID")),
        ({"parentId": "nobody"}, (404, "AGENT_NOT_FOUND")),
        ({"parentId": "mycasino"}, (403, "PERMISSION_ERROR")),
        ({"currency": ["USD", "GBP"]}, (400, "CURRENCY_NOT_SUPPORTED")),
        ({"allowedIPs": ["1.2.3.4.5"]}, (400, "PARAMETERS_INVALID")),
    ],
    ids=["id taken", "unknown parent", "an agent as parent", "a currency the parent lacks", "no address"],
)
async def test_an_account_that_cannot_be_is_not_made(app, operator, refusal, change, expected):
    accounts = set(app.runtime.state.accounts)

    assert await refusal(operator.post(CREATE, **account(**change))) == expected

    assert set(app.runtime.state.accounts) == accounts


async def test_an_agent_has_nobody_below_it(agent, refusal):
    assert await refusal(agent.post(CREATE, **account())) == (403, "PERMISSION_ERROR")
    assert await refusal(agent.post(TRANSFER, targetOperatorId="x", currency="USD", amount=1)) == (
        403,
        "PERMISSION_ERROR",
    )


async def test_an_update_changes_what_it_names_and_nothing_else(agent):
    before = await agent.data(agent.get(INFO))

    await agent.data(agent.patch(UPDATE, name="Renamed", rtp=92.5))

    assert await agent.data(agent.get(INFO)) == {**before, "name": "Renamed", "rtp": 92.5}


async def test_a_refused_update_changes_nothing(agent, refusal):
    before = await agent.data(agent.get(INFO))

    assert await refusal(agent.patch(UPDATE, name="Renamed", allowedIPs=["::::"])) == (
        400,
        "PARAMETERS_INVALID",
    )

    assert await agent.data(agent.get(INFO)) == before


async def test_a_transfer_moves_points_to_a_child(operator, agent):
    moved = await operator.data(
        operator.post(TRANSFER, targetOperatorId="mycasino", currency="USD", amount=0.1, remark="for April")
    )

    assert moved == {
        "currency": "USD",
        "myPreBalance": 1_000_000,
        "myAfterBalance": 999_999.9,
        "targetPreBalance": 25_000,
        "targetAfterBalance": 25_000.1,
    }
    assert (await agent.data(agent.get(INFO)))["balance"] == [{"currency": "USD", "amount": 25_000.1}]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (("nobody", "USD", 1), (404, "AGENT_NOT_FOUND")),
        (("bigoperator", "USD", 1), (403, "PERMISSION_ERROR")),
        (("mycasino", "EUR", 1), (400, "CURRENCY_NOT_SUPPORTED")),
        (("mycasino", "GBP", 1), (400, "CURRENCY_NOT_SUPPORTED")),
        (("mycasino", "USD", 1_000_000.01), (402, "POINT_NOT_ENOUGH")),
        (("mycasino-kr", "KRW", 1), (403, "PERMISSION_ERROR")),
        (("mycasino", "USD", 0.005), (400, "PARAMETERS_INVALID")),
    ],
    ids=[
        "nobody",
        "itself",
        "the child lacks it",
        "neither has it",
        "too much",
        "another's child",
        "half a cent",
    ],
)
async def test_a_transfer_that_cannot_be_moves_nothing(operator, refusal, wanted, expected):
    target, currency, amount = wanted
    before = await operator.data(operator.get(INFO))

    sent = operator.post(TRANSFER, targetOperatorId=target, currency=currency, amount=amount)
    assert await refusal(sent) == expected

    assert await operator.data(operator.get(INFO)) == before


@pytest.mark.parametrize(
    ("allowed", "address"),
    [
        (["203.0.113.7"], "203.0.113.7"),
        (["203.0.113.6", "203.0.113.7"], "203.0.113.7"),
        (["203.0.113.7"], "::ffff:203.0.113.7"),
        (["::ffff:203.0.113.7"], "203.0.113.7"),
        (["2001:DB8:0:0::1"], "2001:db8::1"),
        (["fe80::1"], "fe80::1%eth0"),
        ([], "198.51.100.1"),
    ],
)
async def test_a_listed_address_is_let_in_however_it_is_spelt(agent, caller, allowed, address):
    await agent.data(agent.patch(UPDATE, allowedIPs=allowed))

    assert (await caller(agent.token, address).get(INFO)).is_success


@pytest.mark.parametrize("address", ["203.0.113.70", "::1", "testclient", ""])
async def test_an_address_that_is_not_listed_is_kept_out(app, agent, caller, refusal, address):
    await agent.data(agent.patch(UPDATE, allowedIPs=["203.0.113.7"]))
    accepted = app.runtime.gauges.of("mycasino").accepted

    assert await refusal(caller(agent.token, address).get(INFO)) == (403, "IP_NOT_ALLOWED")

    assert app.runtime.gauges.of("mycasino").accepted == accepted


async def test_a_header_does_not_open_the_list(agent, refusal):
    await agent.data(agent.patch(UPDATE, allowedIPs=["203.0.113.7"]))
    headers = {"X-Forwarded-For": "203.0.113.7", "Authorization": f"Bearer {agent.token}"}

    assert await refusal(agent.request("GET", INFO, headers=headers)) == (403, "IP_NOT_ALLOWED")


async def test_the_list_of_one_account_binds_no_other(agent, other_agent):
    await agent.data(agent.patch(UPDATE, allowedIPs=["203.0.113.7"]))

    assert (await other_agent.get(INFO)).is_success
