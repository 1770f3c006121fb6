"""The sister's dialect: what differs from iGamingAce's, row by row of docs/sandbox-dialects.md."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from igamingace import Agent
from igamingace._wallet_client import dialects
from igamingace.callbacks import parse
from igamingace.sandbox import ContractBreach, Sandbox, create_app
from igamingace_bindings.contract import CALLBACKS

BONUS = "bet", "win", "betwin"


@pytest.fixture
def sister(clock):
    return create_app(clock=clock, dialect="sister", seed=3)


@pytest.fixture
def agent_of(caller):
    return lambda app: caller(app.token, app=app)


async def test_games_have_texts_as_ids_and_are_launched_by_number_or_text(sister, agent_of, launch):
    agent = agent_of(sister)

    games = await agent.data(agent.get("/v1/game/list/1"))
    by_number = await agent.data(agent.post("/v1/game/launch", **launch))
    by_text = await agent.data(agent.post("/v1/game/launch", **{**launch, "gameId": "655"}))

    assert [game["gameID"] for game in games] == ["655", "656", "657"]
    for launched in (by_number, by_text):
        assert sorted(launched) == ["gameUrl", "sessionId"]
        assert (await agent.client.get(launched["gameUrl"])).status_code == 303


async def test_a_bonus_calls_id_is_a_text_that_is_taken_back(sister, agent_of, bonus):
    agent = agent_of(sister)

    issue = (await agent.data(agent.post("/v1/bonus-call/register", **bonus)))["issueId"]
    detail = await agent.data(agent.get(f"/v1/bonus-call/detail/{issue}"))
    bare = await agent.get(f"/v1/bonus-call/detail/{issue[1:]}")
    cancelled = await agent.post("/v1/bonus-call/cancel", playerId="user123", issueId=issue)

    assert issue == "i90211"
    assert detail["issueId"] == issue
    assert bare.status_code == 400
    assert cancelled.status_code == 200


async def test_the_first_dialect_knows_no_such_texts(agent, bonus):
    issue = (await agent.data(agent.post("/v1/bonus-call/register", **bonus)))["issueId"]

    assert issue == 90211
    assert (await agent.get("/v1/bonus-call/detail/i90211")).status_code == 400
    assert (await agent.get("/v1/bonus-call/detail/90211")).status_code == 200
    assert (await agent.get("/v1/bonus-call/detail/090211")).status_code == 400


async def test_times_are_utc(sister, agent_of, clock):
    agent = agent_of(sister)
    window = {"startTime": clock.text(minutes=-20), "endTime": clock.text(), "offset": 0, "limit": 10}

    page = await agent.data(agent.get("/v1/transaction/list", **window))

    assert page["list"][-1]["createdAt"] == clock.text(minutes=-5)


class Keeper:
    """A wallet that says OK to all and keeps what came."""

    def __init__(self, balance=1000):
        self.bodies = []
        self.signatures = []
        self.balance = balance

    async def __call__(self, scope, receive, send):
        self.bodies.append((await receive())["body"])
        self.signatures.append(dict(scope["headers"])[b"x-request-signature"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        body = json.dumps({"balance": self.balance, "statusCode": "OK"}).encode()
        await send({"type": "http.response.body", "body": body})

    @property
    def callbacks(self):
        return [json.loads(body, parse_float=Decimal) for body in self.bodies]

    def of(self, command):
        return [callback for callback in self.callbacks if callback["command"].lower() == command]


async def played(app, rounds=1):
    """Play rounds with every command."""
    game = await app.async_play("12345")
    for _ in range(rounds):
        await game.read_balance()
        await game.bet("1.50")
        await game.win("2.50", finished=False)
        await game.win(3)
        await game.bet(2)
        await game.cancel()
        await game.betwin(1, 4)
        await game.bet("0.75")
        await game.lose()
        await game.bet("0.25", lost=True)
    await app.async_settle()
    return game


async def test_every_callback_of_the_sister_is_read_and_means_the_same():
    wallet = Keeper()
    app = create_app(wallet=wallet, dialect="sister", seed=1)
    game = await played(app, 30)
    bets: set[str] = set()
    cancelled = []

    for body, signature in zip(wallet.bodies, wallet.signatures, strict=True):
        callback = parse(body, signature, app.token)
        assert callback.player_id == "12345"
        assert callback.currency == "USD"
        assert callback.model_extra == {}
        if callback.command == "bet":
            assert callback.amount in {Decimal("1.5"), 2, Decimal("0.75"), Decimal("0.25")}
            assert callback.is_round_finished is (callback.amount == Decimal("0.25"))
            assert callback.bonus_id == "0"
            assert (callback.provider_name, callback.game_name) == ("Northern Reels", "Fjord Fortune")
            assert callback.is_call is False
            bets.add(callback.transaction_id)
        if callback.command == "cancel":
            cancelled.append(callback.bet_id)
            assert callback.amount == 2
            assert callback.transaction_id is None
        if callback.command in BONUS:
            assert callback.transaction_id.startswith("SP")
    assert len(cancelled) == 30
    assert set(cancelled) <= bets
    assert game.round_id is None
    await app.aclose()


async def test_every_spelling_that_was_seen_is_sent():
    wallet = Keeper()
    app = create_app(wallet=wallet, dialect="sister", seed=1)
    await played(app, 60)
    await app.aclose()
    types = {
        (name, type(value).__name__) for callback in wallet.callbacks for name, value in callback.items()
    }

    assert {callback["command"] for callback in wallet.callbacks} >= {"bet", "BET", "Bet", "WIN", "Cancel"}
    for name in ("amount", "betAmount", "winAmount"):
        assert {"str"} < {kind for field, kind in types if field == name} <= {"Decimal", "int", "str"}
    for name in ("providerId", "playerId", "timestamp"):
        assert {kind for field, kind in types if field == name} == {"int", "str"}
    for name in ("roundId", "gameCode"):
        assert {kind for field, kind in types if field == name} == {"str", "NoneType"}
        assert any(name not in callback for callback in wallet.of("bet"))
    assert {(type(value), value) for value in (win["isRoundFinished"] for win in wallet.of("win"))} >= {
        (bool, True),
        (bool, False),
        (int, 1),
        (int, 0),
        (str, "1"),
        (str, "0"),
        (str, "true"),
        (str, "false"),
    }
    assert any("timestamp" not in bet for bet in wallet.of("bet"))
    assert all("timestamp" in win for win in wallet.of("win"))
    ids = {"transactionId", "referenceId"}
    assert {tuple(ids & set(cancel)) for cancel in wallet.of("cancel")} == {(name,) for name in ids}


async def test_a_lost_round_has_no_win_of_nothing():
    wallet = Keeper()
    app = create_app(wallet=wallet, dialect="sister")
    game = await app.async_play("p-1")
    await app.async_settle()

    await game.bet(1)
    lost = await game.lose()
    at_once = await game.bet(2, lost=True)
    await game.bet(3)
    await game.end()
    await app.async_settle()

    assert (lost.accepted, lost.deliveries) == (True, [])
    assert len(at_once.deliveries) == 1
    assert wallet.of("win") == []
    assert [bet["isRoundFinished"] in {True, "1", "true"} for bet in wallet.of("bet")] == [
        False,
        True,
        False,
    ]
    await app.aclose()


async def test_a_lost_round_of_the_first_dialect_ends_with_a_win_of_nothing():
    wallet = Keeper()
    app = create_app(wallet=wallet)
    game = await app.async_play("p-1")

    await game.bet(1)
    await game.lose()
    await game.bet(2, lost=True)
    await app.async_settle()

    assert [(win["amount"], win["isRoundFinished"]) for win in wallet.of("win")] == [(0, True), (0, True)]
    assert all("isRoundFinished" not in bet for bet in wallet.of("bet"))
    await app.aclose()


async def test_the_same_seed_spells_alike_and_another_does_not():
    async def bodies(seed):
        wallet = Keeper()
        app = create_app(wallet=wallet, dialect="sister", seed=seed)
        await played(app, 3)
        await app.aclose()
        return [
            {name: type(value).__name__ for name, value in callback.items()}
            | {"command": callback["command"]}
            for callback in wallet.callbacks
        ]

    first = await bodies(1)

    assert await bodies(1) == first
    assert await bodies(2) != first


async def test_a_retry_is_the_same_callback():
    class Failing(Keeper):
        async def __call__(self, scope, receive, send):
            await super().__call__(scope, receive, self.swallow)
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        @staticmethod
        async def swallow(_message):
            pass

    wallet = Failing()
    app = create_app(wallet=wallet, dialect="sister", seed=1)
    game = await app.async_play("p-1")
    await game.bet(1)
    await app.async_settle()
    cancels = [body for body in wallet.bodies if json.loads(body)["command"].lower() == "cancel"]

    assert len(cancels) == 3
    assert len(set(cancels)) == 1
    await app.aclose()


async def test_transactions_have_the_ids_of_the_callbacks(agent_of, clock):
    wallet = Keeper()
    app = create_app(wallet=wallet, dialect="sister", clock=clock)
    game = await app.async_play("p-1")
    bet = (await game.bet(1)).deliveries[0]
    round_id = game.round_id
    await game.win(2)
    agent = agent_of(app)
    window = {"startTime": clock.text(minutes=-1), "endTime": clock.text(), "offset": 0, "limit": 10}

    listed = (await agent.data(agent.get("/v1/transaction/list", **window, roundId=str(round_id))))["list"]
    page = await agent.data(
        agent.get(
            "/v1/transaction/round",
            playerExternalId="p-1",
            roundId=str(round_id),
            providerId=1,
            gameCode="655",
        )
    )

    sent = parse(bet.request_body, bet.signature, app.token)
    assert listed[0]["transId"] == sent.transaction_id
    assert len(listed) == 2
    assert page[0]["url"]
    await app.aclose()


async def test_a_state_moves_between_the_dialects(agent_of, bonus, clock, app, agent):
    issue = (await agent.data(agent.post("/v1/bonus-call/register", **bonus)))["issueId"]
    saved = (await agent.client.get("/_sandbox/export")).json()
    sister = create_app(dialect="sister", clock=clock, token=app.token)
    other = agent_of(sister)

    assert (await other.client.post("/_sandbox/import", json=saved)).status_code == 200

    assert (await other.get(f"/v1/bonus-call/detail/i{issue}")).status_code == 200
    assert (await other.client.get("/_sandbox/state")).json()["dialect"] == "sister"


def test_a_dialect_that_nobody_speaks_is_refused():
    with pytest.raises(ValueError, match="dialect: 'v4' is invalid; use igamingace or sister"):
        create_app(dialect="v4")  # type: ignore[arg-type]


def test_a_running_sandbox_and_a_client_speak_it():
    with (
        Sandbox(dialect="sister") as sandbox,
        Agent(sandbox.token, base_url=sandbox.url, time_zone=UTC) as agent,
    ):
        assert agent.games.list(1)[0].game_id == "655"
        url = agent.games.launch(
            player_id="user123",
            provider_id=1,
            game_id="655",
            language="en",
            return_url="https://casino.example/",
            is_streamer=False,
        )
        assert url.startswith(sandbox.url)
        assert agent.drift() == []


# The fault `spelling` in the first dialect


async def test_the_fault_misspells_callbacks_of_the_first_dialect():
    wallet = Keeper()
    app = create_app(wallet=wallet, seed=2)
    fault = app.faults.add("spelling", operation="bet", count=20)
    await played(app, 5)
    misspelt = [delivery for delivery in app.callbacks if delivery.fault == "spelling"]

    assert {delivery.command for delivery in misspelt} == {"bet"}
    assert len(misspelt) == fault.met == 20
    assert any(isinstance(bet["amount"], str) for bet in wallet.of("bet"))
    assert all("providerName" not in bet for bet in wallet.of("bet"))
    assert not any(isinstance(win["amount"], str) for win in wallet.of("win"))
    for body, signature in zip(wallet.bodies, wallet.signatures, strict=True):
        assert parse(body, signature, app.token).player_id == "12345"
    await app.aclose()


async def test_misspelt_answers_are_read_as_what_they_say(clock):
    app = create_app(clock=clock, seed=4)
    with Agent(app.token, transport=app.transport()) as agent:
        right = read_all(agent, clock)
        app.faults.add("spelling")
        for _ in range(5):
            assert read_all(agent, clock) == right
        assert {difference.kind for difference in agent.drift()} == {"other spelling"}
    assert {request.fault for request in app.requests} == {None, "spelling"}
    assert app.runtime.breaches == []
    app.close()


def read_all(agent, clock):
    return [
        agent.providers.list(),
        agent.providers.list_settings(),
        agent.games.list(1),
        agent.players.info(player_external_id="guest"),
        agent.operators.info(),
        agent.transactions.list(
            start_time=clock() - timedelta(minutes=30), end_time=clock(), offset=0, limit=100
        ),
    ]


async def test_only_what_is_misspelt_on_purpose_escapes_the_check(app, agent):
    app.faults.add("spelling")
    app.provider(1).name = 5  # a fault of the sandbox itself

    with pytest.raises(ContractBreach, match=r"providers\.list 200: answer\.data\[0\]\.providerName: 5"):
        await agent.get("/v1/provider/list")
    app.runtime.breaches.clear()


def test_the_fault_names_operations_and_commands():
    app = create_app()

    assert app.faults.add("spelling", operation="games.list").operation == "games.list"
    assert {app.faults.add("spelling", operation=command).operation for command in CALLBACKS} == set(
        CALLBACKS
    )
    with pytest.raises(ValueError, match="the contract has no 'bets'"):
        app.faults.add("spelling", operation="bets")


# The pause between windows


async def test_the_next_window_has_to_wait_where_a_pause_is_enforced(agent_of, clock):
    app = create_app(clock=clock, window_pause=30, time_zone=UTC)
    agent = agent_of(app)

    def window(minutes, **page):
        times = {"startTime": clock.text(minutes=-minutes), "endTime": clock.text(minutes=10 - minutes)}
        return agent.get("/v1/transaction/list", **times, **{"offset": 0, "limit": 10, **page})

    assert (await window(30)).status_code == 200
    assert (await window(30, offset=10)).status_code == 200  # a page of the same window
    clock.pass_time(seconds=29)
    moved = await window(20)
    assert moved.status_code == 429
    assert moved.headers["retry-after"] == "1"
    assert "in 1 s" in moved.json()["message"]
    clock.pass_time(seconds=1)
    assert (await window(20)).status_code == 200


async def test_no_pause_is_asked_for_otherwise(app, agent, clock):
    for minutes in (30, 20, 10):
        times = {"startTime": clock.text(minutes=-minutes), "endTime": clock.text(minutes=10 - minutes)}
        assert (await agent.get("/v1/transaction/list", **times, offset=0, limit=1)).status_code == 200


@pytest.mark.parametrize("pause", [-1, float("nan"), "30", True])
def test_a_pause_that_is_no_number_of_seconds_is_refused(pause):
    with pytest.raises(ValueError, match="window_pause: must be a number of seconds"):
        create_app(window_pause=pause)


@pytest.mark.parametrize("igamingace_sandbox_options", [{"dialect": "sister"}, {"dialect": "igamingace"}])
def test_the_fixtures_take_a_dialect(
    igamingace_sandbox_options, igamingace_sandbox, igamingace_sandbox_server
):
    for sandbox in (igamingace_sandbox, igamingace_sandbox_server):
        assert sandbox.runtime.dialect.name == igamingace_sandbox_options["dialect"]


async def test_the_back_office_launches_in_the_sisters_dialect(sister, agent_of, launch):
    agent = agent_of(sister)

    answer = await agent.client.post("/_sandbox/launch", json={**launch, "account": "mycasino"})

    assert (await agent.client.get(answer.json()["url"])).status_code == 303


async def test_the_json_api_plays_a_lost_round(sister, agent_of):
    agent = agent_of(sister)
    opened = await agent.client.post("/_sandbox/play", json={"player": "guest", "game": 655})
    session = opened.json()["session"]["id"]

    lost = await agent.client.post(f"/_sandbox/play/{session}/bet", json={"amount": 1, "lost": True})
    wrong = await agent.client.post(f"/_sandbox/play/{session}/bet", json={"amount": 1, "lost": 1})

    assert lost.json()["session"]["round"] is None
    assert wrong.status_code == 400


def test_the_documentation_names_every_field_that_differs():
    text = (Path(__file__).parents[2] / "docs" / "sandbox-dialects.md").read_text(encoding="utf-8")
    misspelt = {name for name, kind in dialects._TYPES.items() if kind in {"boolean", "integer", "number"}}
    fields = dialects._TEXTS.keys() | misspelt | {*dialects._LEFT_OUT}

    assert [name for name in sorted(fields) if f"`{name}`" not in text] == []
    assert [name for name in dialects.DIALECTS if f"`{name}`" not in text] == []
