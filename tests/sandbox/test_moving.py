"""The state of a sandbox, written down and taken up again; what cannot be taken up changes nothing."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from igamingace.sandbox import DataError, create_app
from igamingace.sandbox.data import as_json, parse_casino


async def test_the_state_moves_to_another_sandbox(app, agent, caller, clock, *, launch, bonus):
    bonus |= {"playerId": "p-1", "metaData": {"spinAmount": 10, "baseBetAmount": 1}}
    issue = (await agent.data(agent.post("/v1/bonus-call/register", **bonus)))["issueId"]
    deposit = {"playerExternalId": "p-1", "currency": "USD", "amount": 7.25, "transactionId": "t-1"}
    await agent.data(agent.post("/v1/player/wallet/deposit", **deposit))
    url = await agent.data(agent.post("/v1/game/launch", **launch))
    await agent.client.post("/_sandbox/clock", json={"advance": 90})
    saved = (await agent.client.get("/_sandbox/export")).json()

    other = create_app(clock=clock)
    there = caller(app.token, app=other)
    loaded = await there.client.post("/_sandbox/import", json=saved)

    assert loaded.json()["accounts"][1]["points"] == {"USD": "24992.75"}
    assert other.clock() == app.clock()
    assert (await there.data(there.get(f"/v1/bonus-call/detail/{issue}")))["roundsRemaining"] == 10
    assert (await there.data(there.post("/v1/player/wallet/deposit", **deposit)))["balance"] == 7.25
    assert len(other.account("mycasino").transactions) == len(app.account("mycasino").transactions) == 7
    assert (await there.client.get(url)).status_code < 400
    assert (await there.client.get("/_sandbox/export")).json()["next"] == saved["next"]


async def test_the_largest_that_calls_admit_can_be_taken_up_again(app, agent, operator, clock, launch):
    account = {"password": "x", "name": 128 * "n", "currency": ["USD"], "ggrRate": 100, "level": "agent"}
    url = f"https://casino.example/{2_025 * 'x'}"
    calls = [
        operator.post("/v1/operator/create", operatorId=64 * "o", callbackURL=url, **account),
        agent.post("/v1/player/create", playerExternalId=128 * "p"),
        agent.post(
            "/v1/player/wallet/deposit",
            playerExternalId=128 * "p",
            currency="USD",
            amount=10**4,
            transactionId=128 * "t",
        ),
        agent.post("/v1/game/launch", **{**launch, "playerId": 128 * "p", "returnUrl": url}),
        agent.post(
            "/v1/bonus-call/register",
            platformId=128 * "b",
            providerId=1,
            gameId=655,
            playerId=128 * "p",
            bonusType=1,
            callAmount=10**15,
            expireAt=clock.text(hours=1),
            metaData={"spinAmount": 100, "baseBetAmount": 10**15},
        ),
    ]
    app.set_points("mycasino", 10**18)
    for call in calls:
        await agent.data(call)
    saved = (await agent.client.get("/_sandbox/export")).json()

    answer = await agent.client.post("/_sandbox/import", json=saved)

    assert answer.status_code == 200
    again = (await agent.client.get("/_sandbox/export")).json()
    assert parse_casino(json.dumps(again), "x", is_json=True) == parse_casino(
        json.dumps(saved), "x", is_json=True
    )


async def test_what_was_saved_twice_is_the_same(app, agent):
    first = (await agent.client.get("/_sandbox/export")).json()
    await agent.client.post("/_sandbox/import", json=first)

    assert (await agent.client.get("/_sandbox/export")).json() == first


async def test_a_reset_leads_back_to_the_start(app, agent):
    app.account("mycasino").players.clear()

    await agent.client.post("/_sandbox/reset")

    assert list(app.account("mycasino").players) == ["guest", "user123", "p-1"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "body:1: column 1: not JSON: Expecting value"),
        (b"\xff", "not UTF-8"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"accounts": [{"id": "x"}]}', "missing required field `currencies`"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"accounts": [{"id": "\\ud800", "currencies": ["USD"]}]}', "half of a surrogate pair"),
        (b'{"accounts": [], "accounts": []}', "appears twice"),
    ],
)
async def test_a_state_that_cannot_be_taken_up_changes_nothing(app, agent, content, message):
    before = as_json(app.runtime.save())

    answer = await agent.client.post("/_sandbox/import", content=content)

    assert answer.status_code == 400
    assert message in answer.json()["message"]
    assert as_json(app.runtime.save()) == before


@pytest.mark.parametrize("ahead", [1e12, float("inf"), float("nan")])
async def test_a_state_whose_clock_cannot_be_reached_changes_nothing(app, agent, ahead):
    app.clock.advance(90)
    saved = as_json(app.runtime.save())
    state = app.runtime.state
    saved["accounts"][1]["players"], saved["clock_ahead"] = [], ahead

    answer = await agent.client.post("/_sandbox/import", content=json.dumps(saved))

    assert answer.status_code == 400
    assert app.runtime.state is state
    assert app.clock.ahead == 90


async def test_an_import_begins_the_logs_anew(app, agent):
    token = app.token
    await agent.post("/v1/player/create", playerExternalId=token)
    saved = as_json(app.runtime.save())
    saved["accounts"][1]["token"] = "another-token-altogether"

    await agent.client.post("/_sandbox/import", json=saved)

    assert app.requests == []
    assert token not in (await agent.client.get("/_sandbox/requests")).text


BOOKS: dict[str, Any] = {
    "transactions": {
        "id": 1,
        "type": 2,
        "player": "p-1",
        "currency": "USD",
        "at": "2030-05-01T12:00:00Z",
        "amount": "1",
        "balance": "1",
    },
    "movements": {"id": "m", "type": 4, "player": "p-1", "currency": "USD", "amount": "1"},
    "bonus_calls": {
        **dict.fromkeys(("id", "rounds", "provider", "game", "remaining"), 1),
        **dict.fromkeys(("amount", "base_bet", "won"), "1"),
        "player": "p-1",
        "expires": "2030-05-01T12:00:00Z",
    },
}


@pytest.mark.parametrize(
    ("books", "name"),
    [
        ("transactions", "amount"),
        ("transactions", "balance"),
        ("movements", "amount"),
        ("bonus_calls", "amount"),
        ("bonus_calls", "base_bet"),
        ("bonus_calls", "won"),
    ],
)
@pytest.mark.parametrize("amount", ["NaN", "-Infinity", "1e24", "1E+9999999", "-1E+9999999", "0E-9999999999"])
def test_amounts_in_the_books_are_amounts(app, books, name, amount):
    saved = as_json(app.runtime.save())
    saved["accounts"][1][books] = [dict(BOOKS[books])]
    parse_casino(json.dumps(saved), "x", is_json=True)
    saved["accounts"][1][books][0][name] = amount

    with pytest.raises(DataError, match=rf"accounts\[1\]\.{books}\[0\]\.{name}: expected an amount"):
        parse_casino(json.dumps(saved), "x", is_json=True)


@pytest.mark.parametrize(
    ("books", "name", "value", "expected"),
    [
        ("transactions", "at", "2030-05-01T12:00:00", "Expected `datetime` with a timezone"),
        ("transactions", "type", 3, "expected 1, 2, 4, 8, 16, 32, not 3"),
        ("movements", "type", 3, "expected 1, 2, 4, 8, 16, 32, not 3"),
        ("movements", "id", 129 * "t", "longer than 128"),
        ("bonus_calls", "expires", "2030-05-01T12:00:00", "Expected `datetime` with a timezone"),
        ("bonus_calls", "remaining", 2**31, "greater than the maximum"),
        ("bonus_calls", "rounds", 2**31, "greater than the maximum"),
        ("bonus_calls", "provider", 2**31, "greater than the maximum"),
        ("bonus_calls", "game", "a,b", "does not match"),
        ("bonus_calls", "expires", "0001-01-01T00:00:00Z", "expected a time from 1971 to 8999"),
        ("bonus_calls", "created", "9999-01-01T00:00:00Z", "expected a time from 1971 to 8999"),
        ("transactions", "provider", 2**31, "greater than the maximum"),
        ("transactions", "game", "a,b", "does not match"),
        ("transactions", "player", 129 * "p", "longer than 128"),
    ],
)
async def test_what_no_answer_could_tell_is_not_taken_into_the_books(
    app, agent, *, books, name, value, expected
):
    saved = as_json(app.runtime.save())
    saved["accounts"][1][books] = [{**BOOKS[books], name: value}]

    answer = await agent.client.post("/_sandbox/import", json=saved)

    assert answer.status_code == 400
    assert f"accounts[1].{books}[0].{name}: " in answer.json()["message"]
    assert expected in answer.json()["message"]


async def test_a_launch_without_a_zone_is_not_taken_up(app, agent, launch):
    await agent.data(agent.post("/v1/game/launch", **launch))
    saved = as_json(app.runtime.save())
    saved["launches"][0]["expires"] = "2030-05-01T12:00:00"

    answer = await agent.client.post("/_sandbox/import", json=saved)

    assert "launches[0].expires: Expected `datetime` with a timezone" in answer.json()["message"]


async def test_what_the_largest_amounts_add_up_to_is_taken_up_again(app, agent):
    largest = Decimal(10) ** 18
    app.set_points("mycasino", largest)
    app.account("mycasino").points["USD"] += 1_000 * largest + Decimal("0.01")
    saved = (await agent.client.get("/_sandbox/export")).json()

    answer = await agent.client.post("/_sandbox/import", json=saved)

    assert answer.status_code == 200
    assert app.account("mycasino").points["USD"] == 1_001 * largest + Decimal("0.01")


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59+00:00", "9999-12-31T23:59:59-14:00"]
)
def test_times_in_the_books_are_those_that_the_clock_tells(app, at):
    saved = as_json(app.runtime.save())
    saved["accounts"][1]["transactions"] = [{**BOOKS["transactions"], "at": at}]

    with pytest.raises(DataError, match=r"transactions\[0\].at: expected a time from 1971 to 8999"):
        parse_casino(json.dumps(saved), "x", is_json=True)


def test_numbers_that_are_given_out_next_do_not_run_out(app):
    saved = as_json(app.runtime.save())
    saved["next"]["player_code"] = 2**63 - 1

    with pytest.raises(DataError, match=r"next\.player_code"):
        parse_casino(json.dumps(saved), "x", is_json=True)


def _numbers(data, path=()):
    """Yield where numbers stand in JSON data."""
    children = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in children:
        if isinstance(value, dict | list):
            yield from _numbers(value, (*path, key))
        elif isinstance(value, int) and not isinstance(value, bool):
            yield (*path, key)


@pytest.mark.parametrize("value", [0, 2**31 - 1, 2**31, 2**63 - 1])
async def test_a_number_is_refused_with_its_place_or_told_by_every_answer(app, agent, operator, clock, value):
    saved = as_json(app.runtime.save())
    books = {name: [dict(entry)] for name, entry in BOOKS.items()}
    saved["accounts"][1] |= books | {"players": [{"id": "p-1", "code": 7}], "token": agent.token}
    saved["accounts"][1]["transactions"][0] |= {"round": 5, "provider": 1, "game": 655}
    for path in _numbers(saved):
        changed = json.loads(json.dumps(saved))
        target = changed
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value

        answer = await agent.client.post("/_sandbox/import", json=changed)

        if answer.status_code != 200:
            assert answer.status_code == 400, path
            assert re.match(r"body: [a-z]+[.[]", answer.json()["message"]), path  # where it stands
            continue
        for sent in (
            agent.get("/v1/provider/list"),
            agent.get("/v1/provider/settings"),
            agent.get("/v1/game/list/1"),
            agent.get("/v1/operator/info"),
            agent.get("/v1/player/info", playerExternalId="p-1"),
            agent.get("/v1/bonus-call/detail/1"),
            agent.get(
                "/v1/transaction/list",
                startTime=clock.text(hours=9, minutes=-30),
                endTime=clock.text(hours=9, minutes=30),
                offset=0,
                limit=100,
            ),
            operator.get("/v1/operator/info"),
            agent.client.get("/_sandbox/state"),
            agent.client.get("/_sandbox/export"),
        ):
            assert (await sent).status_code != 500, path


@pytest.mark.parametrize(
    "path",
    [
        "/_sandbox/renderer/%ff",
        "/_sandbox/static/%ff",
        "/_sandbox/play/%ff",
        "/_sandbox/play/%c3",
        "/_sandbox/launch?token=%ff",
        "/_sandbox/round?token=%ff",
        "/_sandbox/%ff",
    ],
)
async def test_a_path_that_is_not_utf_8_leads_nowhere(agent, path):
    assert (await agent.client.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["accounts", "providers"])
async def test_a_name_that_is_not_utf_8_is_not_found(agent, path):
    assert (await agent.client.patch(f"/_sandbox/{path}/%ff", json={})).status_code == 404
