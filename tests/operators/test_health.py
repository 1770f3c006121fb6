"""What is wrong with agents is found and told, of each."""

import asyncio
import pickle
import threading
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from igamingace import errors
from igamingace.errors import ConfigurationError
from igamingace.operators import Account, DuplicateToken, EnvironmentToken, FileToken, TokenUnavailable
from igamingace.operators._accounts.account_info import known_values
from igamingace.operators._management.health import MAINTENANCE, unreadable

D = Decimal
FAULT: dict[str, Any] = {"operation": "operators.info", "retryable": False}
SNAPSHOT = errors.ResponseSnapshot(403, errors.Headers({}), "<html>")
REFUSED = {**FAULT, "http_status": 403, "response": SNAPSHOT}


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


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            errors.IPNotAllowed("not among those of x", code=1020, name="IP_NOT_ALLOWED", **REFUSED),
            f"operators.info: IP_NOT_ALLOWED 1020, HTTP 403 ({errors.IPNotAllowed.advice})",
        ),
        (
            errors.APIError("nobody knows this code", code=9999, **REFUSED),
            "operators.info: unknown code 9999, HTTP 403: nobody knows this code",
        ),
        (
            errors.ServerIsBusy(code=1018, name="SERVER_IS_BUSY", attempts=9, **REFUSED),
            f"operators.info: SERVER_IS_BUSY 1018, HTTP 403 ({errors.ServerIsBusy.advice})",
        ),
        (
            errors.TransportError("broken", attempts=3, may_have_arrived=True, **FAULT),
            "operators.info: broken",
        ),
        (
            errors.UnexpectedResponse("no JSON", response=SNAPSHOT, **FAULT),
            "operators.info: unexpected answer, HTTP 403: no JSON",
        ),
        (
            errors.AcquireTimeout(in_flight=9, lingering=0, waiting=3, waited=1.5, limit=9),
            "no slot of the account's budget became free in time",
        ),
        (
            DuplicateToken(["the accounts 'a', 'b' have the same token"]),
            "several accounts have the same token",
        ),
        (TokenUnavailable("the vault of 'a' is sealed"), "the token cannot be read from its source"),
    ],
)
def test_a_reason_that_accounts_share_has_nothing_of_one_of_them(error, reason):
    assert {one.summary for one in unreadable("a", error)} == {reason}


def test_a_token_that_cannot_be_read_is_explained_without_the_account_and_its_source(monkeypatch):
    def vault():
        raise OSError

    monkeypatch.setenv("TWO_LINES", "a\nb")
    sources = [
        EnvironmentToken("NOT_SET_YET"),
        EnvironmentToken("TWO_LINES"),
        FileToken("/no/such/file"),
        vault,
    ]

    def summary(source):
        with pytest.raises(TokenUnavailable) as caught:
            Account(name="a", token=source, currency="USD").open_token()
        return pickle.loads(pickle.dumps(caught.value)).summary

    assert [summary(source) for source in sources] == [
        "the variable of its token is not set: set it to the account's token",
        "what its source holds is not a valid token",
        "its token file cannot be read: No such file or directory",
        "the function that returns its token raised OSError",
    ]


def test_a_report_as_text_has_a_line_for_the_accounts_of_which_the_same_is_found(world):
    accounts = [
        Account(name=f"a{n}", token=EnvironmentToken(f"NOT_SET_{n}"), currency="USD") for n in range(99)
    ]

    report = world.use(lambda operator: operator.check(), accounts)

    lines = str(report).splitlines()
    assert lines[0] == (
        "all 99: token: failed: the variable of its token is not set: set it to the account's token"
    )
    assert len(lines) == 5
    assert repr(report) == "<HealthReport of 99 accounts: 0 ready>"
