"""A casino from a file: what it describes, and how mistakes in it are told."""

from __future__ import annotations

import copy
import json
from decimal import Decimal

import pytest
from igamingace.sandbox import DataError, create_app, read_casino
from igamingace.sandbox.data import as_json, default_casino, parse_casino
from igamingace.sandbox.store.models import MAX_RECORDS, Account
from igamingace.sandbox.store.state import MAX_ACCOUNTS, MIN_RECORDS

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
TEXT_IDS = CASINO.replace("id = 70,", 'id = "vswaysdogs",').replace("game = 70,", 'game = "vswaysdogs",')


async def ok_wallet(scope, receive, send):
    """A wallet that says OK to everything."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b'{"balance": 5, "statusCode": "OK"}'})


MISTAKES = [
    ("id = 71", 'id = "70"', 4, "providers[0].games: expected each id once; 70 appears before"),
    ("id = 71", 'id = "7,1"', 4, "providers[0].games[1].id: expected what the contract has as gameID"),
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
    ('["127.0.0.1"]', '["here"]', 20, "accounts[1].allowed_ips: 'here' is not an IP address"),
    ('mode = "seamless"', 'rtp = "101"', 21, "accounts[1].rtp: expected a percentage from 0 to 100"),
    ('"ann", {', '"bob", {', 22, "accounts[1].players: expected each id once; 'bob' appears before"),
    ('EUR = "1.25"', 'KRW = "1"', 22, "accounts[1].players[1].wallet: expected amounts in USD, EUR"),
    (
        "game = 70, bet",
        "game = 72, bet",
        23,
        "accounts[1].rounds[0]: expected a game of a provider, not 7/72",
    ),
    ('player = "ann"', 'player = "cid"', 23, "accounts[1].rounds[0]: expected a player of this account"),
    ("id = 71", "id = 70", 4, "providers[0].games: expected each id once; 70 appears before"),
    ('id = "site"', 'id = "top"', 15, "accounts[1].id: expected each id once; 'top' appears before"),
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


def test_ten_thousand_agents_fit(app):
    for number in range(10_000):
        app.runtime.state.add_account(Account(f"a{number}", "x", "agent", f"t{number}", ("USD",), (1,)))

    kept = [account.players.max_size for account in app.runtime.state.accounts.values()]
    assert (kept[0], min(kept)) == (MAX_RECORDS, MIN_RECORDS)
    assert len(kept) < MAX_ACCOUNTS


def test_what_is_shown_of_the_data_has_no_token(app, file):
    casino = read_casino(file)

    assert "given-token" not in repr(casino) + repr(casino.accounts) + repr(create_app(casino=casino).runtime)


def test_the_data_are_json(app):
    assert json.loads(json.dumps(as_json(app.runtime.save())))["accounts"][1]["id"] == "mycasino"


async def test_a_game_whose_id_is_a_text_is_listed_launched_played_and_recorded(caller, clock):
    app = create_app(casino=parse_casino(TEXT_IDS, "casino.toml"), clock=clock, wallet=ok_wallet)
    agent = caller("given-token", app=app)
    launch = {
        "playerId": "ann",
        "providerId": 7,
        "language": "en",
        "returnUrl": "https://x/",
        "isStreamer": False,
    }
    window = {"startTime": clock.text(hours=8.5), "endTime": clock.text(hours=9), "offset": 0, "limit": 9}

    games = await agent.data(agent.get("/v1/game/list/7"))
    url = await agent.data(agent.post("/v1/game/launch", **launch, gameId="vswaysdogs"))
    session = await app.async_open(url)
    await session.betwin(1, 2)
    again = create_app(
        casino=parse_casino(json.dumps(as_json(app.runtime.save())), "x", is_json=True), clock=clock
    )
    listed = (await agent.data(agent.get("/v1/transaction/list", **window)))["list"]
    after = (await caller("given-token", app=again).get("/v1/transaction/list", **window)).json()["data"][
        "list"
    ]
    played = {name: listed[-1][name] for name in ("roundId", "providerId", "gameCode")}
    pages = await agent.data(agent.get("/v1/transaction/round", **played, playerExternalId="ann"))
    await app.aclose()

    assert [game["gameID"] for game in games] == ["vswaysdogs", 71]
    assert {entry["gameCode"] for entry in listed} == {"vswaysdogs"}
    assert {entry["gameName"] for entry in listed} == {"Cone Drop"}
    assert len(listed) == 4
    assert after == listed
    assert len(pages) == 1


@pytest.mark.parametrize(
    ("game", "status"), [("71", 503), (71, 503), ("071", 404), ("71.0", 404), ("dogs", 404)]
)
async def test_a_number_and_its_text_are_one_game_and_other_texts_are_others(caller, game, status):
    app = create_app(casino=parse_casino(CASINO, "casino.toml"))
    body = {
        "playerId": "ann",
        "providerId": 7,
        "language": "en",
        "returnUrl": "https://x/",
        "isStreamer": False,
    }

    answer = await caller("given-token", app=app).post("/v1/game/launch", **body, gameId=game)

    assert answer.status_code == status


def test_the_demo_obeys_one_account_one_currency():
    accounts = {account.id: account for account in default_casino().accounts}

    assert {currency for account in accounts.values() for currency in account.currencies} == {
        "USD",
        "EUR",
        "KRW",
    }
    for account in accounts.values():
        assert len(account.currencies) == 1, account.id
        if account.parent is not None:
            assert accounts[account.parent].currencies == account.currencies, account.id
