"""Whether accounts are ready to go live: each line says what is wrong, and what to do."""

import socket
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from types import SimpleNamespace

import httpx2
import pytest
from igamingace.errors import ConfigurationError
from igamingace.limits import LocalLimiter
from igamingace.limits._shared import StoreProblem
from igamingace.operators import DOCTOR_CHECKS, Account
from igamingace.operators._management import doctor as module

INFO = {
    "id": "id-lotus",
    "name": "Lotus",
    "parentId": None,
    "balance": [{"currency": "USD", "amount": 40}],
    "rtp": 90,
    "callbackURL": "",
    "allowedIPs": ["198.51.100.1"],
    "providers": [1],
    "ggrRate": 10,
    "level": "agent",
    "paymentMethod": "deposit",
}


def found(report, name):
    return {one.check: (one.state, one.detail, one.advice) for one in report.agents[name]}


def answering(info=INFO, headers=None, busy=0):
    """Return a transport of an API that knows one account."""
    left = [busy]

    def answer(request):
        if left[0]:
            left[0] -= 1
            return httpx2.Response(429, json={"success": False, "code": 1018, "message": "SERVER_IS_BUSY"})
        data = info if request.url.path.endswith("/info") else []
        sent = {"Date": format_datetime(datetime.now(UTC), usegmt=True)} if headers is None else headers
        return httpx2.Response(200, json={"success": True, "message": "OK", "data": data}, headers=sent)

    return httpx2.MockTransport(answer)


LOTUS = [Account(name="lotus", token="token-of-lotus", currency="USD")]


def test_an_account_in_order_is_ready_and_each_line_says_what_was_seen(use, sandbox):
    account = sandbox.app.runtime.state.accounts["id-tiger"]
    account.allowed_ips = ("127.0.0.1",)
    for provider in sandbox.app.runtime.state.providers.values():
        provider.in_maintenance = False

    report = use(lambda operator: operator.doctor(["tiger"], callbacks=False))

    lines = found(report, "tiger")
    assert [*lines] == [*DOCTOR_CHECKS]
    assert report.ok
    assert lines["token"] == ("ok", "the API accepts it", "")
    assert lines["clock"] == ("ok", "this host's clock agrees with the server's", "")
    assert lines["connection"][1].endswith("no TLS; no proxy")
    assert lines["providers"] == ("ok", "none is in maintenance", "")
    assert lines["points"] == ("ok", "700 USD", "")
    assert lines["contract"] == ("ok", "no answer of this run differed from the contract", "")
    assert lines["other programs"][1] == "SERVER_IS_BUSY (1018) never came in 2 requests"
    assert lines["budget"][0] == "warning"
    assert "RedisLimiter" in lines["budget"][2]
    assert all(advice for state, _, advice in lines.values() if state != "ok")


def test_what_is_wrong_is_told_with_what_to_do(use, sandbox, tree):
    accounts = sandbox.app.runtime.state.accounts
    accounts["id-lotus"].allowed_ips = ("198.51.100.1",)
    everybody = [*tree, Account(name="dead", token="no-such-token", currency="USD")]

    report = use(
        lambda operator: operator.doctor(["dead", "lotus", "eagle"], floor=Decimal(50), callbacks=False),
        everybody,
    )

    dead, lotus, eagle = (found(report, name) for name in ("dead", "lotus", "eagle"))
    assert not report.ok
    assert (dead["token"][0], dead["token"][2]) == (
        "failed",
        "copy the token from Settings in the account's back office to where the program reads it",
    )
    assert dead["points"] == ("unknown", "not checked, since the account cannot be read", "")
    assert lotus["address"][0] == "failed"
    assert "igamingace allowed-ips --add ADDRESS" in lotus["address"][2]
    assert lotus["token"][0] == "unknown"
    assert eagle["points"] == (
        "failed",
        "5 USD, below 50",
        "`igamingace top-up --minimum AMOUNT --target AMOUNT`",
    )
    assert eagle["address"][2].startswith("name the addresses of your servers")


def test_equal_results_share_a_line_and_failures_come_first(use, tree):
    everybody = [*tree, Account(name="dead", token="no-such-token", currency="USD")]

    report = use(lambda operator: operator.doctor(callbacks=False), everybody)

    grouped = report.grouped()
    states = [result.state for result in grouped]
    assert states == sorted(states, key=("failed", "unknown", "warning", "ok").index)
    (budget,) = [names for result, names in grouped.items() if result.check == "budget"]
    assert len(budget) == len(everybody)
    (accepted,) = [
        names for result, names in grouped.items() if (result.check, result.state) == ("token", "ok")
    ]
    assert len(accepted) == len(tree)


@pytest.mark.parametrize(
    ("ahead", "state", "detail"),
    [
        (0, "ok", "agrees"),
        (-30, "warning", "30 s behind the server's"),
        (30, "warning", "s ahead of the server's"),
        (-3600, "failed", "3600 s behind the server's"),
    ],
)
def test_this_host_s_clock_is_compared_with_the_server_s(world, monkeypatch, ahead, state, detail):
    now = datetime(2030, 5, 1, 12, 0, 0, 500_000, tzinfo=UTC)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return now + timedelta(seconds=ahead)

    monkeypatch.setattr(module, "datetime", Clock)
    transport = answering(headers={"Date": format_datetime(now.replace(microsecond=0), usegmt=True)})

    report = world.use(lambda operator: operator.doctor(), LOTUS, transport=transport)

    line = found(report, "lotus")["clock"]
    assert line[0] == state
    assert detail in line[1]


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}, {"Date": "Wed, 01 May 2030 12:00:00 -0000"}])
def test_a_server_without_a_date_is_a_warning(world, headers):
    report = world.use(lambda operator: operator.doctor(), LOTUS, transport=answering(headers=headers))

    assert found(report, "lotus")["clock"][0] == "warning"


def test_other_programs_with_the_token_are_noticed(world):
    limiter = LocalLimiter()

    report = world.use(
        lambda operator: operator.doctor(), LOTUS, transport=answering(busy=1), limiter=limiter
    )

    state, detail, advice = found(report, "lotus")["other programs"]
    assert state == "warning"
    assert "SERVER_IS_BUSY (1018) came 1 times in 3 requests: other programs use the same token" in detail
    assert "share a RedisLimiter" in advice


def test_an_account_that_is_only_busy_has_failed(world):
    report = world.use(
        lambda operator: operator.doctor(), LOTUS, transport=answering(busy=-1), busy_retries=0
    )

    assert found(report, "lotus")["other programs"][0] == "failed"
    assert found(report, "lotus")["clock"][0] == "unknown"


def test_differences_from_the_contract_are_told(world):
    report = world.use(
        lambda operator: operator.doctor(), LOTUS, transport=answering({**INFO, "ggrRate": "10", "vip": 1})
    )

    state, detail, advice = found(report, "lotus")["contract"]
    assert state == "warning"
    assert "/data/vip" in detail
    assert "igamingace contract probe" in advice


def test_a_transport_of_the_program_s_own_is_named(world):
    report = world.use(lambda operator: operator.doctor(), LOTUS, transport=answering())

    assert "through a transport of this program's own" in found(report, "lotus")["connection"][1]


def test_a_token_is_not_sent_over_a_network_without_tls(world, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@127.0.0.1:9")

    report = world.use(
        lambda operator: operator.doctor(), LOTUS, base_url="http://api.example", max_retries=0
    )

    state, detail, advice = found(report, "lotus")["connection"]
    assert state == "failed"
    assert "without TLS, through the proxy 127.0.0.1:9 (from HTTP_PROXY)" in detail
    assert advice == "use an https:// base URL"
    assert "secret" not in str(report)


class Shared(LocalLimiter):
    """A limiter that shares its budgets somewhere, where something may be wrong."""

    def __init__(self, *problems):
        super().__init__()
        self.problems = [*problems]

    def budget(self, account):
        budget = super().budget(account)
        if account != "doctor":
            return budget
        return SimpleNamespace(examine_store=lambda: self.problems)


def test_a_process_with_its_part_of_the_budget_is_in_order(world):
    report = world.use(
        lambda operator: operator.doctor(), LOTUS, transport=answering(), limiter=LocalLimiter(20)
    )

    assert found(report, "lotus")["budget"] == (
        "ok",
        "this process has 20 of the account's 50 requests in flight",
        "",
    )


def test_a_shared_budget_in_order_is_told(world):
    report = world.use(lambda operator: operator.doctor(), LOTUS, transport=answering(), limiter=Shared())

    assert found(report, "lotus")["budget"][:2] == (
        "ok",
        "shared through Redis, which can be reached, does not evict and grants all rights",
    )


def test_a_shared_budget_that_may_be_evicted_is_a_warning(world):
    limiter = Shared(StoreProblem("warning", "Redis may evict the budgets", "set noeviction"))

    report = world.use(lambda operator: operator.doctor(), LOTUS, transport=answering(), limiter=limiter)

    assert found(report, "lotus")["budget"] == ("warning", "Redis may evict the budgets", "set noeviction")
    assert found(report, "lotus")["token"][0] == "ok"


def test_without_the_shared_budget_no_call_is_made(world):
    limiter = Shared(StoreProblem("failed", "Redis cannot be reached: refused", "start it"))

    def never(request):
        raise AssertionError(request.url)

    report = world.use(
        lambda operator: operator.doctor(), LOTUS, transport=httpx2.MockTransport(never), limiter=limiter
    )

    assert not report.ok
    assert found(report, "lotus")["budget"] == ("failed", "Redis cannot be reached: refused", "start it")
    assert found(report, "lotus")["token"][:2] == (
        "unknown",
        "not checked, since no call can be made without the budget",
    )


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"balance": [{"currency": "USD", "amount": 0}]}, "warning"),
        ({"balance": [{"currency": "USD", "amount": 0}], "paymentMethod": "invoice"}, "ok"),
        ({"balance": [{"currency": "USD", "amount": 1}], "paymentMethod": 7}, "ok"),
    ],
)
def test_an_agent_without_points_plays_no_game(world, more, state):
    report = world.use(lambda operator: operator.doctor(), LOTUS, transport=answering({**INFO, **more}))

    found_state, detail, advice = found(report, "lotus")["points"]
    assert found_state == state
    assert ("without points no game can be played" in detail) is (state == "warning")
    assert bool(advice) is (state == "warning")


def test_a_server_that_cannot_be_reached_is_a_matter_of_the_connection(world):
    with socket.create_server(("127.0.0.1", 0)) as one:
        url = f"http://127.0.0.1:{one.getsockname()[1]}"

    report = world.use(lambda operator: operator.doctor(), LOTUS, base_url=url, max_retries=0)

    state, detail, advice = found(report, "lotus")["connection"]
    assert state == "failed"
    assert "no connection to 127.0.0.1" in detail
    assert "firewall" in advice
    assert found(report, "lotus")["token"][1] == "not checked, since the account cannot be read"


def test_an_invalid_floor_is_refused_before_anything_is_sent(world):
    with pytest.raises(ConfigurationError, match="floor"):
        world.use(lambda operator: operator.doctor(floor={"EUR": Decimal(1)}), LOTUS, transport=answering())
