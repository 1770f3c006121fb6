"""The JSON API of the sandbox itself: the state to look at and to change, the log of requests, the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from igamingace.sandbox import create_app
from igamingace.sandbox.store.collections import RingLog
from igamingace.sandbox.store.masking import abbreviate_token, mask_text

LIST = "/v1/provider/list"
TOKEN = "60349266c8d9487eab7531b1a15d2480"


@pytest.fixture
def api(agent):
    return agent.client


async def test_the_state_shows_accounts_with_masked_tokens(app, api):
    state = (await api.get("/_sandbox/state")).json()

    by_id = {account["id"]: account for account in state["accounts"]}
    assert state["limit"] == 50
    assert (state["error_style"], state["code_field"], state["faults"]) == ("status", "all", [])
    assert datetime.fromisoformat(state["now"]) == app.clock()
    assert by_id["mycasino"] == {
        "id": "mycasino",
        "name": "My Casino",
        "level": "agent",
        "parent_id": "bigoperator",
        "currencies": ["USD"],
        "points": {"USD": "25000"},
        "allowed_ips": [],
        "callback_url": None,
        "mode": "transfer",
        "token": f"{app.token[:4]}…{app.token[-4:]}",
        "in_flight": 0,
        "peak_in_flight": 0,
        "busy": 0,
        "accepted": 0,
        "players": ["guest", "user123", "p-1"],
    }
    assert app.token not in str(state)


async def test_the_state_shows_the_catalogue(api):
    provider = (await api.get("/_sandbox/state")).json()["providers"][0]

    assert (provider["id"], provider["name"], provider["in_maintenance"]) == (1, "Northern Reels", False)
    assert provider["games"][0] == {"id": 655, "name": "Fjord Fortune", "type": 0, "in_maintenance": False}


async def test_an_account_is_changed(app, api):
    changed = await api.patch(
        "/_sandbox/accounts/mycasino",
        json={
            "points": {"USD": "12.34"},
            "allowed_ips": "10.0.0.1\n10.0.0.2",
            "callback_url": "http://wallet.test/callbacks",
        },
    )

    account = app.account("mycasino")
    assert changed.json()["points"] == {"USD": "12.34"}
    assert changed.json()["mode"] == "seamless"
    assert account.allowed_ips == ("10.0.0.1", "10.0.0.2")
    assert account.callback_url == "http://wallet.test/callbacks"


async def test_the_mode_is_chosen_whatever_the_callback_url(api, agent, refusal):
    await api.patch("/_sandbox/accounts/mycasino", json={"mode": "seamless"})

    sent = {"playerExternalId": "p-1", "currency": "USD", "amount": 1, "transactionId": "t-1"}
    assert await refusal(agent.post("/v1/player/wallet/deposit", **sent)) == (403, "PERMISSION_ERROR")


@pytest.mark.parametrize("body", [{"callback_url": None}, {"callback_url": ""}])
async def test_a_callback_url_is_taken_away(app, api, body):
    app.account("mycasino").callback_url = "http://wallet.test/"

    await api.patch("/_sandbox/accounts/mycasino", json=body)

    assert app.account("mycasino").callback_url is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"balance": 1}, "body.balance: is unknown"),
        ({"points": 5}, "body.points: must be an object"),
        ({"points": {"EUR": "1"}}, "body.points.EUR: mycasino has USD"),
        ({"points": {"USD": "1.005"}}, "USD has 2 minor digits"),
        ({"points": {"USD": "1E+9999999"}}, "body.points.USD: is larger than any wallet"),
        ({"points": {"USD": "1e-9999999999"}}, "USD has 2 minor digits"),
        ({"points": {"USD": "0e-9999999999"}}, "USD has 2 minor digits"),
        ({"points": {"USD": "-1"}}, "must not be negative"),
        ({"points": {"USD": "much"}}, "body.points.USD: must be a number"),
        ({"points": {"USD": True}}, "body.points.USD: must be a number"),
        ({"allowed_ips": ["localhost"]}, "is not an IP address"),
        ({"allowed_ips": [1]}, "body.allowed_ips[0]: must be a text"),
        ({"allowed_ips": 1}, "must be an array of texts"),
        ({"callback_url": "ftp://x"}, "must be a URL"),
        ({"callback_url": "http://"}, "must be a URL"),
        ({"callback_url": "http://[::1"}, "must be a URL"),
        ({"callback_url": "http://a b/c"}, "must be a URL"),
        ({"callback_url": "http://127.0.0.1:99999/"}, "must be a URL"),
        ({"callback_url": 1}, "body.callback_url: must be a text"),
        ({"mode": "both"}, "must be seamless or transfer"),
    ],
)
async def test_a_wrong_change_is_explained_and_changes_nothing(app, api, body, message):
    before = (await api.get("/_sandbox/state")).json()["accounts"]

    answer = await api.patch("/_sandbox/accounts/mycasino", json={"allowed_ips": ["10.0.0.1"], **body})

    assert answer.status_code == 400
    assert message in answer.json()["message"]
    assert (await api.get("/_sandbox/state")).json()["accounts"] == before


async def test_a_whole_token_is_told_to_whoever_asks_for_one_account(app, api):
    answer = await api.get("/_sandbox/accounts/mycasino/token")

    assert answer.json() == {"token": app.token}
    assert answer.headers["cache-control"] == "no-store"
    assert (await api.get("/_sandbox/accounts/nobody/token")).status_code == 404


async def test_an_account_that_is_not_there_cannot_be_changed(api):
    assert (await api.patch("/_sandbox/accounts/nobody", json={})).status_code == 404


async def test_a_provider_goes_into_maintenance_and_out_of_it(api, agent, launch):
    into = (await api.patch("/_sandbox/providers/1", json={"in_maintenance": True})).json()
    during = await agent.post("/v1/game/launch", **launch)
    await api.patch("/_sandbox/providers/1", json={"in_maintenance": False})

    assert into["in_maintenance"] is True
    assert during.json()["errorCode"] == "UNDER_MAINTENANCE"
    assert (await agent.post("/v1/game/launch", **launch)).status_code == 200


@pytest.mark.parametrize("provider", ["99", "x", "9" * 30, "²"])
async def test_a_provider_that_is_not_there_cannot_be_changed(api, provider):
    assert (await api.patch(f"/_sandbox/providers/{provider}", json={})).status_code == 404


async def test_the_log_tells_what_was_asked_and_answered(api, agent):
    await agent.post("/v1/player/create", playerExternalId="newcomer")
    await agent.get("/v1/player/info", playerExternalId="nobody")

    told = (await api.get("/_sandbox/requests")).json()
    first, second = told["entries"]

    assert told["last"] == 2
    assert (first["seq"], first["account"], first["operation"]) == (1, "mycasino", "players.create")
    assert (first["method"], first["path"], first["status"]) == ("POST", "/v1/player/create", 200)
    assert first["request_body"] == '{"playerExternalId":"newcomer"}'
    assert '"playerCode"' in first["answer_body"]
    assert (first["code"], first["fault"]) == (None, None)
    assert first["milliseconds"] > 0
    assert (second["status"], second["code"]) == (404, 2002)
    assert second["path"] == "/v1/player/info?playerExternalId=nobody"


async def test_whoever_reads_the_log_sees_that_another_run_has_begun(app, api):
    async def run():
        told = [(await api.get(f"/_sandbox/{log}")).json()["run"] for log in ("requests", "callbacks")]
        assert told[0] == told[1]
        return told[0]

    runs = [await run(), await run()]
    app.reset()
    runs.append(await run())
    await api.post("/_sandbox/import", json=(await api.get("/_sandbox/export")).json())
    runs.append(await run())

    assert runs[0] == runs[1]
    assert len(set(runs)) == 3


async def test_the_log_is_read_on_from_where_one_was(api, agent):
    await agent.get(LIST)
    last = (await api.get("/_sandbox/requests")).json()["last"]
    await agent.get("/v1/nothing")

    new = (await api.get("/_sandbox/requests", params={"after": last})).json()

    assert [entry["path"] for entry in new["entries"]] == ["/v1/nothing"]
    assert (new["entries"][0]["operation"], new["entries"][0]["account"]) == (None, None)
    assert (await api.get("/_sandbox/requests", params={"after": "x"})).status_code == 400


async def test_the_log_shows_no_token(app, api, agent, operator, launch):
    await agent.get(LIST)
    await agent.request("GET", LIST, headers={"Authorization": f"Bearer {TOKEN}"})
    made = await operator.data(
        operator.post(
            "/v1/operator/create",
            operatorId="fresh",
            password="Secret-1234",
            name="Fresh",
            currency=["USD"],
            ggrRate=5,
            level="agent",
        )
    )
    url = await agent.data(agent.post("/v1/game/launch", **launch))
    await agent.request("GET", f"{LIST}?token={app.token}")

    told = (await api.get("/_sandbox/requests")).text

    assert "/v1/provider/list?token=" in told
    for secret in (app.token, app.operator_token, TOKEN, made["token"], "Secret-1234", url.partition("=")[2]):
        assert secret not in told
        assert secret not in repr(app.requests)
    assert f"{app.token[:4]}…" in told


async def test_the_log_keeps_no_more_than_it_may(app, api, agent):
    for _ in range(510):
        await agent.get("/v1/nothing")
    await agent.post("/v1/player/create", playerExternalId="x" * 20_000)

    told = (await api.get("/_sandbox/requests")).json()

    assert (len(told["entries"]), told["last"]) == (500, 511)
    assert 4_096 < len(told["entries"][-1]["request_body"]) < 4_200
    assert len(app.requests[-1].request_body) < 5_000


def test_a_log_gives_what_came_after():
    log = RingLog(3)
    for letter in "abcde":
        log.add(letter)

    assert log.after(0) == [(3, "c"), (4, "d"), (5, "e")]
    assert log.after(4) == [(5, "e")]
    assert log.after(5) == log.after(99) == []
    log.clear()
    assert (log.after(0), log.add("f"), log.entries()) == ([], 6, ["f"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Bearer {TOKEN}", "Bearer 6034…2480"),
        (f'{{"token":"{TOKEN}x"}}', '{"token":"6034…480x"}'),
        ('{"password": "short"}', '{"password": "…"}'),
        ('{"password": "a long one that is cut off', '{"password": "…'),
        ("https://x/launch?token=abcdefabcdefabcdef&a=1", "https://x/launch?token=abcd…cdef&a=1"),
        ("nothing secret", "nothing secret"),
    ],
)
def test_secrets_are_masked_where_they_stand(text, shown):
    assert mask_text(text, {TOKEN}) == shown
    assert abbreviate_token("0123456789abcdef") == "0123…cdef"


async def test_the_clock_is_moved(app, api, agent, launch):
    url = await agent.data(agent.post("/v1/game/launch", **launch))
    before = app.clock()

    moved = (await api.post("/_sandbox/clock", json={"advance": 601})).json()

    assert (app.clock() - before).total_seconds() == 601
    assert moved == {"now": app.clock().isoformat(), "moved": True}
    assert (await api.get(url)).status_code == 410
    assert (await api.get("/_sandbox/clock")).json()["moved"] is True


async def test_the_clock_is_set_and_let_go(app, api, clock):
    await api.post("/_sandbox/clock", json={"now": "2031-01-01T00:00:00+00:00"})
    assert app.clock() == datetime(2031, 1, 1, tzinfo=UTC)

    clock.pass_time(seconds=5)
    assert app.clock() == datetime(2031, 1, 1, 0, 0, 5, tzinfo=UTC)

    await api.post("/_sandbox/clock", json={"real": True})
    assert app.clock() == clock()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance": "soon"},
        {"advance": 1e300},
        {"advance": 10**12},
        {"now": "noon"},
        {"now": "2030-01-01T00:00:00"},
        {"now": "2030-01-01T24:00:00Z"},
        {"real": "yes"},
        {"real": False},
        {"advance": 1, "real": True},
        {"slow": 1},
    ],
)
async def test_a_time_that_is_none_is_refused(app, api, clock, body):
    assert (await api.post("/_sandbox/clock", json=body)).status_code == 400
    assert app.clock() == clock()


@pytest.mark.parametrize("moment", [5, "2030-01-01T00:00:00+00:00", date(2030, 1, 1), datetime(2030, 1, 1)])  # noqa: DTZ001 - without a zone
def test_a_moment_that_is_none_is_refused(app, clock, moment):
    with pytest.raises(ValueError, match="the moment needs a time zone"):
        app.clock.set(moment)
    assert app.clock() == clock()


@pytest.mark.parametrize("seconds", ["5", None, True, 10**5000], ids=["text", "none", "bool", "huge"])
def test_the_clock_is_not_advanced_by_what_is_no_number(app, clock, seconds):
    with pytest.raises(ValueError, match="a number of seconds"):
        app.clock.advance(seconds)
    assert app.clock() == clock()


async def test_who_watches_the_clock_is_told(app):
    told = []
    app.clock.watch(lambda: told.append(app.clock()))

    app.clock.advance(60)

    assert told == [app.clock()]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8787", 200),
        ("[::1]:8787", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("x.localhost", 200),
        ("192.168.1.5", 200),
        ("mine", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("", 403),
        ("[", 403),
    ],
)
async def test_the_own_routes_go_by_known_names_only(caller, host, status):
    app = create_app(hosts=["mine"])
    agent = caller(app.token, app=app)

    assert (await agent.client.get("/_sandbox/stats", headers={"Host": host})).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://127.0.0.1:8787", 200),
        ("http://127.0.0.1:8788", 403),
        ("https://127.0.0.1:8787", 403),
        ("http://evil.example", 403),
        ("null", 403),
    ],
)
async def test_pages_of_other_sites_change_nothing(agent, origin, status):
    headers = {"Host": "127.0.0.1:8787"} | ({"Origin": origin} if origin else {})

    assert (await agent.client.post("/_sandbox/reset", headers=headers)).status_code == status
    assert (await agent.client.get("/_sandbox/stats", headers=headers)).status_code == 200


async def test_the_contracts_routes_go_by_any_name(caller):
    app = create_app(hosts=[])
    agent = caller(app.token, app=app)

    assert (await agent.get(LIST)).status_code == 200
