"""What is wrong with agents is found and told, of each."""

import asyncio
import threading
from decimal import Decimal

import httpx2
import pytest
from igamingace.errors import ConfigurationError
from igamingace.operators import Account
from igamingace.operators._accounts.account_info import known_values
from igamingace.operators._management.health import MAINTENANCE

D = Decimal


def found(report, name):
    return {one.check: (one.state, one.detail) for one in report.agents[name]}


def test_health_is_told_of_every_agent(use, sandbox, tree):
    accounts = sandbox.app.runtime.state.accounts
    accounts["id-lotus"].allowed_ips = ("198.51.100.1",)
    accounts["id-eagle"].callback_url = "https://wallet.example/igamingace"
    for provider in sandbox.app.runtime.state.providers.values():
        provider.in_maintenance = False
    everybody = [*tree, Account(name="dead", token="no-such-token", currency="USD")]

    report = use(
        lambda operator: operator.check(floor={"USD": D(50), "EUR": D(1)}, callbacks=False), everybody
    )

    assert not report.ok
    assert found(report, "dead")["token"][0] == "failed"
    assert found(report, "dead")["points"][0] == "unknown"
    assert found(report, "lotus")["address"][0] == "failed"
    assert found(report, "lotus")["token"][0] == "unknown"
    assert found(report, "tiger")["callback"] == (
        "warning",
        "no callback URL is set: an agent in seamless mode needs one, an agent in transfer mode has none",
    )
    assert found(report, "eagle") == {
        "token": ("ok", ""),
        "address": ("warning", "requests are accepted from everywhere: set the addresses of your servers"),
        "callback": ("ok", "set; not called"),
        "points": ("failed", "5 USD, below 50"),
        "providers": ("ok", ""),
    }
    assert "world" in report.problems
    assert report.to_json()["agents"]["eagle"][3]["state"] == "failed"


BODIES = {
    "ours": httpx2.Response(401, json={"success": False, "code": 1009, "message": "TOKEN_INVALID"}),
    "ours under another status": httpx2.Response(200, json={"success": False, "message": "TOKEN_INVALID"}),
    "a framework's": httpx2.Response(401, json={"statusCode": 401, "message": "Unauthorized"}),
    "an unknown code": httpx2.Response(401, json={"success": False, "code": 9999}),
    "a JSON text": httpx2.Response(401, json="Unauthorized"),
    "JSON null": httpx2.Response(401, json=None, content=b"null"),
    "a page": httpx2.Response(401, html="<html>401 Authorization Required</html>"),
    "nothing": httpx2.Response(401),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_wrong_token_is_told_whatever_the_body_looks_like(world, tree, body):
    transport = httpx2.MockTransport(lambda _: BODIES[body])

    report = world.use(lambda operator: operator.check(["tiger"]), tree, transport=transport, max_retries=0)

    assert found(report, "tiger")["token"][0] == "failed"
    assert found(report, "tiger")["address"][0] == "unknown"


@pytest.mark.parametrize(
    ("field", "value", "check"),
    [("allowedIPs", 7, "address"), ("callbackURL", [1], "callback"), ("id", {}, None)],
)
def test_a_field_that_cannot_be_read_leaves_the_token_right(world, tree, field, value, check):
    info = {
        "id": "x",
        "allowedIPs": ["198.51.100.7"],
        "balance": [{"currency": "USD", "amount": 1}],
        field: value,
    }

    def answer(request):
        return httpx2.Response(
            200, json={"success": True, "message": "OK", "data": info if "info" in request.url.path else []}
        )

    report = world.use(
        lambda operator: operator.check(["tiger"]), tree, transport=httpx2.MockTransport(answer)
    )

    states = {name: state for name, (state, _) in found(report, "tiger").items()}
    assert states["token"] == "ok"
    if check is not None:
        assert [name for name, state in states.items() if state == "unknown"] == [check]


@pytest.mark.parametrize("status", [200, 403, 404, 429, 500, 502])
@pytest.mark.parametrize("content", [b"<html></html>", b"", b"null", b'{"message": "no"}'])
def test_a_token_that_nothing_is_said_of_is_unknown(world, tree, status, content):
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, content=content))

    report = world.use(lambda operator: operator.check(["tiger"]), tree, transport=transport, max_retries=0)

    assert found(report, "tiger")["token"][0] == "unknown"


def test_an_agent_without_a_callback_url_may_be_in_transfer_mode_and_is_healthy(use):
    assert use(lambda operator: operator.check(["tiger"])).ok


def test_providers_in_maintenance_are_named(use, sandbox):
    first = next(iter(sandbox.app.runtime.state.providers.values()))
    first.in_maintenance = True

    report = use(lambda operator: operator.check(["world"]))

    state, detail = found(report, "world")["providers"]
    assert state == "warning"
    assert first.name in detail


@pytest.mark.parametrize(
    ("provider", "state"),
    [
        ({"providerId": 1, "providerName": ["x"], "status": 2}, "warning"),
        ({"providerId": 1, "providerName": "x", "status": ["x"]}, "unknown"),
    ],
)
def test_a_provider_that_cannot_be_read_leaves_the_other_checks_right(world, tree, provider, state):
    info = {
        "id": "x",
        "allowedIPs": ["198.51.100.7"],
        "balance": [{"currency": "USD", "amount": 1}],
        "callbackURL": "",
    }

    def answer(request):
        data = info if "info" in request.url.path else [provider]
        return httpx2.Response(200, json={"success": True, "message": "OK", "data": data})

    report = world.use(
        lambda operator: operator.check(["tiger"]), tree, transport=httpx2.MockTransport(answer)
    )

    states = {name: found_state for name, (found_state, _) in found(report, "tiger").items()}
    assert states.pop("providers") == state
    assert {*states.values()} <= {"ok", "warning"}


def test_the_contract_says_which_states_of_a_provider_there_are():
    assert known_values("Provider", "status")["2"] == MAINTENANCE


def test_a_deadline_leaves_what_was_not_seen_unknown(world, tree):
    over = threading.Event()

    async def never(request):
        await asyncio.sleep(30)

    def hang(request):
        over.wait(30)
        raise httpx2.ConnectTimeout("")

    transport = httpx2.MockTransport(never if world.kind == "asyncio" else hang)
    report = world.use(
        lambda operator: operator.check(["lotus"], deadline=0.2), tree, transport=transport, max_retries=0
    )
    over.set()

    assert {one.state for one in report.agents["lotus"]} == {"unknown"}
    assert "the deadline of 0.2 s was exceeded" in report.agents["lotus"][0].detail


def test_a_floor_without_an_amount_for_a_currency_is_refused(use):
    with pytest.raises(ConfigurationError, match="no amount for EUR"):
        use(lambda operator: operator.check(floor={"USD": D(1)}))


def test_an_account_without_a_wallet_in_its_currency_is_not_healthy(use, tree):
    wrong = Account(name="eagle", token=tree[4].token, currency="EUR")

    report = use(lambda operator: operator.check(), [wrong])

    assert found(report, "eagle")["points"] == ("failed", "it has USD, not EUR")
    assert not report.ok


def test_two_accounts_whose_functions_return_one_token_are_not_healthy(use, tree):
    twice = [Account(name=name, token=tree[4].open_token, currency="USD") for name in ("one", "two")]

    report = use(lambda operator: operator.check(), twice)

    state, detail = found(report, "one")["token"]
    assert state == "failed"
    assert "the accounts 'one', 'two' have the same token" in detail
    assert not report.ok
