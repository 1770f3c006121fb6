"""A casino from a file, and the state written down and taken up again."""

from __future__ import annotations

import copy
import json
from decimal import Decimal

import pytest
from igamingace.sandbox import DataError, create_app, read_casino
from igamingace.sandbox._state import LEAST_KEPT, MOST_ACCOUNTS, MOST_KEPT, Account
from igamingace.sandbox.data import as_json, parse_casino

CASINO = """\
[[providers]]
id = 7
name = "Lone Pine"
games = [
    { id = 70, name = "Cone Drop", type = "live" },
    { id = 71, name = "Needle Rush", type = 2, in_maintenance = true },
]

[[accounts]]
id = "top"
level = "operator"
currencies = ["USD"]

[[accounts]]
id = "site"
parent = "top"
token = "given-token"
currencies = ["USD", "EUR"]
points = { USD = "12.50", EUR = 3 }
allowed_ips = ["127.0.0.1"]
mode = "seamless"
players = ["ann", { id = "bob", wallet = { EUR = "1.25" } }]
rounds = [{ player = "ann", provider = 7, game = 70, bet = "2", win = "5", minutes_ago = 3 }]
"""
MISTAKES = [
    ('name = "Lone Pine"', "name = 5", 3, "providers[0].name: Expected `str`, got `int`"),
    ('level = "operator"', 'level = "boss"', 11, "accounts[0].level: Invalid enum value 'boss'"),
    (
        'parent = "top"',
        'parent = "bottom"',
        16,
        "accounts[1].parent: expected the id of an operator above it",
    ),
    ('token = "given-token"', 'tokn = "x"', 14, "accounts[1]: Object contains unknown field `tokn`"),
    ('token = "given-token"', 'token = "two words"', 17, "accounts[1].token: Expected `str` matching regex"),
    ('USD = "12.50"', 'USD = "12.505"', 19, "accounts[1].points: the amount 12.505: USD has 2 minor digits"),
    ('USD = "12.50"', 'KRW = "12"', 19, "accounts[1].points: expected amounts in USD, EUR, not KRW"),
    ('USD = "12.50"', 'USD = "-1"', 19, "accounts[1].points: expected an amount of at least 0"),
    ("EUR = 3", 'EUR = "1E+9999999"', 19, "accounts[1].points: the amount 1E+9999999: is larger"),
    ('type = "live"', 'type = "slots"', 4, "providers[0].games[0].type: expected slot, live, other"),
    (
        "type = 2",
        f"type = {2**31}",
        4,
        "providers[0].games[1].type: expected what the contract has as gameType",
    ),
    ("id = 7\n", f"id = {2**31}\n", 2, "providers[0].id: expected what the contract has as providerId"),
    ('"ann", {', f'"{129 * "a"}", {{', 22, "accounts[1].players[0]: expected what the contract has as"),
    ("EUR = 3", "EUR = nan", 19, "accounts[1].points: expected an amount of at least 0"),
    ('["127.0.0.1"]', '["here"]', 20, "accounts[1].allowed_ips: expected IP addresses, not 'here'"),
    ('mode = "seamless"', 'rtp = "101"', 21, "accounts[1].rtp: expected a percentage from 0 to 100"),
    ('"ann", {', '"bob", {', 22, "accounts[1].players: expected each id once; 'bob' stands there before"),
    ('EUR = "1.25"', 'KRW = "1"', 22, "accounts[1].players[1].wallet: expected amounts in USD, EUR"),
    (
        "game = 70, bet",
        "game = 72, bet",
        23,
        "accounts[1].rounds[0]: expected a game of a provider, not 7/72",
    ),
    ('player = "ann"', 'player = "cid"', 23, "accounts[1].rounds[0]: expected a player of this account"),
    ("id = 71", "id = 70", 4, "providers[0].games: expected each id once; 70 stands there before"),
    ('id = "site"', 'id = "top"', 15, "accounts[1].id: expected each id once; 'top' stands there before"),
    (
        'mode = "seamless"',
        "providers = [8]",
        21,
        "accounts[1].providers: expected ids of [[providers]], not 8",
    ),
    (
        'currencies = ["USD"]',
        'currencies = ["dollar"]',
        12,
        "accounts[0].currencies[0]: Expected `str` matching",
    ),
    ('level = "operator"', 'level = "operator"\nplayers = ["x"]', 12, "accounts[0].players: expected none"),
    ('name = "Lone Pine"', "name = Lone", 3, "Invalid value"),
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "casino.toml"
    path.write_text(CASINO)
    return path


@pytest.fixture
def site(file, caller):
    app = create_app(casino=read_casino(file))
    return app, caller(app.token, app=app)


async def test_a_file_describes_accounts_catalogue_and_players(site):
    app, agent = site

    providers = (await agent.get("/v1/provider/list")).json()["data"]
    games = (await agent.get("/v1/game/list/7")).json()["data"]
    bob = (await agent.get("/v1/player/info", playerExternalId="bob")).json()["data"]

    assert app.token == "given-token"
    assert [provider["providerName"] for provider in providers] == ["Lone Pine"]
    assert [(game["gameID"], game["gameType"], game["inMaintenance"]) for game in games] == [
        (70, 1, False),
        (71, 2, True),
    ]
    assert bob["balance"] == [{"currency": "USD", "amount": 0}, {"currency": "EUR", "amount": 1.25}]
    assert app.account("site").points == {"USD": Decimal("12.50"), "EUR": 3}
    assert (app.account("site").mode, app.account("top").name) == ("seamless", "top")


def test_rounds_of_a_file_were_played_before_the_start(site):
    app, _ = site

    played = [(entry.type.name, entry.amount) for entry in app.account("site").transactions]

    assert played == [("BET", 2), ("WIN", 5)]
    age = app.clock() - app.account("site").transactions[0].at
    assert 180 <= age.total_seconds() < 240


def test_a_token_given_at_the_start_is_that_of_the_first_agent(file):
    app = create_app(casino=read_casino(file), token="other")

    assert app.token == "other"
    assert app.operator_token != "other"


def test_a_token_needs_an_agent():
    casino = parse_casino('[[accounts]]\nid = "top"\nlevel = "operator"\ncurrencies = ["USD"]\n', "x")

    with pytest.raises(LookupError, match="no agent"):
        create_app(casino=casino, token="other")
    with pytest.raises(LookupError, match="no agent"):
        _ = create_app(casino=casino).token


@pytest.mark.parametrize(("before", "after", "line", "message"), MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_is_expected(file, before, after, line, message):
    assert before in CASINO
    file.write_text(CASINO.replace(before, after, 1))

    with pytest.raises(DataError) as raised:
        read_casino(file)

    assert str(raised.value).startswith(f"{file}:{line}: ")
    assert message in str(raised.value)
    assert "given-token" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "is not UTF-8"),
        (b"", "expected at least one account"),
        (b"a = " + b"[" * 5_000, "casino.toml"),
        (b"providers = 1", "Expected `array`, got `int`"),
    ],
)
def test_a_file_that_is_no_casino_is_explained(file, content, message):
    file.write_bytes(content)

    with pytest.raises(DataError, match=message):
        read_casino(file)


def test_a_file_that_is_not_there_is_explained(tmp_path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_casino(tmp_path / "nothing.toml")


def test_an_unknown_type_of_game_is_explained(file):
    file.write_text(CASINO.replace('type = "live"', 'type = "bingo"'))

    with pytest.raises(DataError, match=r"games\[0\]\.type: expected slot, live, other, not 'bingo'"):
        read_casino(file)


async def test_a_casino_is_read_by_the_contract_that_it_is_served_by(file, contract, caller):
    other = copy.deepcopy(contract)
    other["components"]["schemas"]["Game"]["properties"]["gameType"]["x-known-values"] = {"7": "bingo"}
    text = CASINO.replace('type = "live"', 'type = "bingo"')
    file.write_text(text)

    app = create_app(other, casino=read_casino(file, other))
    agent = caller(app.token, app=app)

    assert [game["gameType"] for game in (await agent.get("/v1/game/list/7")).json()["data"]] == [7, 2]
    with pytest.raises(ValueError, match="'bingo'"):
        create_app(other, casino=read_casino(file))
    with pytest.raises(ValueError, match="expected slot, live, other"):
        create_app(casino=read_casino(file, other))


async def test_the_state_moves_to_another_sandbox(app, agent, caller, clock, launch):
    bonus = {
        "platformId": "b-1",
        "providerId": 1,
        "gameId": 655,
        "playerId": "p-1",
        "bonusType": 1,
        "callAmount": 100,
        "expireAt": clock.text(hours=1),
        "metaData": {"spinAmount": 10, "baseBetAmount": 1},
    }
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
        (b'{"accounts": [], "accounts": []}', "stands twice"),
    ],
)
async def test_a_state_that_cannot_be_taken_up_changes_nothing(app, agent, content, message):
    before = as_json(app.world.save())

    answer = await agent.client.post("/_sandbox/import", content=content)

    assert answer.status_code == 400
    assert message in answer.json()["message"]
    assert as_json(app.world.save()) == before


@pytest.mark.parametrize("ahead", [1e12, float("inf"), float("nan")])
async def test_a_state_whose_clock_cannot_be_reached_changes_nothing(app, agent, ahead):
    app.clock.advance(90)
    saved = as_json(app.world.save())
    state = app.world.state
    saved["accounts"][1]["players"], saved["clock_ahead"] = [], ahead

    answer = await agent.client.post("/_sandbox/import", content=json.dumps(saved))

    assert answer.status_code == 400
    assert app.world.state is state
    assert app.clock.ahead == 90


async def test_an_import_begins_the_logs_anew(app, agent):
    token = app.token
    await agent.post("/v1/player/create", playerExternalId=token)
    saved = as_json(app.world.save())
    saved["accounts"][1]["token"] = "another-token-altogether"

    await agent.client.post("/_sandbox/import", json=saved)

    assert app.requests == []
    assert token not in (await agent.client.get("/_sandbox/requests")).text


BOOKS = {
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
@pytest.mark.parametrize("amount", ["NaN", "-Infinity", "1e24", "1E+9999999", "-1E+9999999"])
def test_amounts_in_the_books_are_amounts(app, books, name, amount):
    saved = as_json(app.world.save())
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
    ],
)
async def test_what_no_answer_could_tell_is_not_taken_into_the_books(
    app, agent, *, books, name, value, expected
):
    saved = as_json(app.world.save())
    saved["accounts"][1][books] = [{**BOOKS[books], name: value}]

    answer = await agent.client.post("/_sandbox/import", json=saved)

    assert answer.status_code == 400
    assert f"accounts[1].{books}[0].{name}: " in answer.json()["message"]
    assert expected in answer.json()["message"]


async def test_a_launch_without_a_zone_is_not_taken_up(app, agent, launch):
    await agent.data(agent.post("/v1/game/launch", **launch))
    saved = as_json(app.world.save())
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


def test_ten_thousand_agents_fit(app):
    for number in range(10_000):
        app.world.state.add_account(Account(f"a{number}", "x", "agent", f"t{number}", ("USD",), (1,)))

    kept = [account.players.most for account in app.world.state.accounts.values()]
    assert (kept[0], min(kept)) == (MOST_KEPT, LEAST_KEPT)
    assert len(kept) < MOST_ACCOUNTS


def test_what_is_shown_of_the_data_has_no_token(app, file):
    casino = read_casino(file)

    assert "given-token" not in repr(casino) + repr(casino.accounts) + repr(create_app(casino=casino).world)


def test_the_data_are_json(app):
    assert json.loads(json.dumps(as_json(app.world.save())))["accounts"][1]["id"] == "mycasino"
