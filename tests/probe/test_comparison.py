"""What a probe finds on platforms that differ from the contract, and what it sends to find it."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx2
import pytest
from igamingace import Agent, AsyncAgent, drift, probe
from igamingace.errors import (
    AuthenticationError,
    ConfigurationError,
    InvalidArgument,
    TransportError,
    UnderMaintenance,
)
from igamingace.limits import LocalLimiter
from igamingace.probe._compare import make_report
from igamingace.probe._flow import Findings
from igamingace.sandbox import Sandbox, create_app
from igamingace_bindings import contract

from .platform import GAME, TOKEN, Platform, call_of, probed, refusal, situation_of, told

PUBLISHED = Path(__file__).parents[2] / "spec" / "published" / "0.1.0.json.gz"
ALL_OPERATIONS = {
    "providers.list",
    "providers.list_settings",
    "providers.settings",
    "games.list",
    "players.info",
    "operators.info",
    "transactions.list",
    "transactions.round",
    "bonus_calls.detail",
}


@pytest.fixture(params=["threads", "asyncio"])
def kind(request):
    return request.param


@pytest.fixture
def platform():
    return Platform()


def test_a_sister_deployment_as_its_pages_have_it_is_as_stated(kind, platform):
    report = probed(platform, kind)

    assert told(report) == []
    assert report.ok
    assert report.complete
    normal = {call.operation: call.result for call in report.calls if not call.situation}
    assert normal == dict.fromkeys(ALL_OPERATIONS - {"transactions.list"}, "as stated")
    assert call_of(report, "transactions.list", "around now in UTC+09:00").result == "as stated"


def test_requests_are_get_without_a_body_one_at_a_time_and_few(platform):
    probed(platform, "asyncio")

    assert platform.peak == 1
    assert {request.method for request in platform.requests} == {"GET"}
    assert {request.content for request in platform.requests} == {b""}
    assert len(platform.requests) <= probe.MAX_REQUESTS
    assert [situation_of(each) for each in platform.requests if situation_of(each)] == [
        "unknown provider",
        "unknown player",
        "no parameters",
        "unknown path",
        "no Accept",
        "no Content-Type",
        "no Authorization",
        "wrong token",
    ]


def test_every_operation_that_reads_is_called(platform):
    report = probed(platform)

    assert {call.operation for call in report.calls} == ALL_OPERATIONS | {"request"}


def test_the_types_and_forms_that_came_are_in_the_report(platform):
    platform.answers["games.list"] = [GAME | {"gameID": 655}, {**GAME, "gameType": "0"}]

    fields = {each.place: each for each in call_of(probed(platform), "games.list").fields}

    game_id = fields["/data/*/gameID"]
    assert (game_id.came, game_id.presence, game_id.differs) == (("integer", "string"), "always", ())
    game_type = fields["/data/*/gameType"]
    assert (game_type.came, game_type.differs) == (("integer", "string of digits"), ("other spelling",))
    assert (game_type.stated, game_type.standing, game_type.required) == ("integer", "sister", False)


@pytest.mark.parametrize(
    ("operation", "change", "difference"),
    [
        # The spellings that live traffic of a sister has (api-facts section 4), and other types.
        ("providers.list", {"providerId": "1"}, ("/data/*/providerId", "other spelling", "string of digits")),
        ("providers.list", {"status": 7}, ("/data/*/status", "unknown value", "7")),
        ("games.list", {"inMaintenance": 0}, ("/data/*/inMaintenance", "other spelling", "integer")),
        (
            "games.list",
            {"inMaintenance": "FALSE"},
            ("/data/*/inMaintenance", "other spelling", "string of a boolean"),
        ),
        ("games.list", {"gameName": {"en": "Dogs"}}, ("/data/*/gameName", "other type", "object")),
        ("games.list", {"volatility": 3}, ("/data/*/volatility", "unknown field", "integer")),
        (
            "transactions.list",
            {"amount": "1.5"},
            ("/data/list/*/amount", "other spelling", "string of a number"),
        ),
        ("transactions.list", {"transType": 64}, ("/data/list/*/transType", "unknown value", "64")),
        (
            "transactions.list",
            {"createdAt": "2026-01-31T10:00:00.000Z"},
            ("/data/list/*/createdAt", "other spelling", "ISO 8601 time with Z"),
        ),
        ("operators.info", {"rtp": [92]}, ("/data/rtp", "other type", "array")),
        (
            "bonus_calls.detail",
            {"metaData": {"spinAmount": True}},
            ("/data/metaData/spinAmount", "other type", "boolean"),
        ),
    ],
)
def test_a_field_that_differs_is_found_with_its_place_and_form(operation, change, difference, platform):
    answer = platform.answers[operation]
    changed = [{**each, **change} for each in answer] if isinstance(answer, list) else {**answer, **change}
    platform.answers[operation] = changed

    assert told(probed(platform)) == [(operation, *difference)]


def test_a_field_that_is_missing_is_found(platform):
    del platform.answers["operators.info"]["id"]

    assert told(probed(platform)) == [("operators.info", "/data/id", "missing", "missing")]


def test_data_that_is_something_else_is_found(platform):
    platform.answers["games.list"] = {"games": [GAME]}

    assert told(probed(platform)) == [("games.list", "/data", "other type", "object")]


def test_a_code_in_another_place_and_under_another_status_is_found(platform):
    body = {"success": False, "error": {"code": 1009, "message": "no"}}
    platform.refusals["wrong token"] = (200, body)

    report = probed(platform)

    assert told(report) == [
        ("providers.list", "/error", "unknown field", "object"),
        ("providers.list", "", "other status", "HTTP 200"),
        ("providers.list", "", "other place", "/error/code"),
    ]
    refused = call_of(report, "providers.list", "wrong token")
    assert (refused.http_status, refused.code, refused.name) == (200, 1009, "TOKEN_INVALID")
    assert refused.place == "/error/code"


@pytest.mark.parametrize(
    ("answer", "difference"),
    [
        (refusal("USER_NOT_FOUND", 404), ("/errorCode", "other code", "USER_NOT_FOUND")),
        (refusal("PROVIDER_UNKNOWN", 404), ("/errorCode", "unknown code", "PROVIDER_UNKNOWN")),
        ((404, {"success": False, "code": 4711}), ("/code", "unknown code", "4711")),
        ((404, {"success": False, "message": "no such thing"}), ("", "unknown code", "no code")),
        (refusal("PROVIDER_NOT_FOUND", 400), ("", "other status", "HTTP 400")),
        ((200, {"success": True, "message": "OK", "data": []}), ("", "not refused", "a success")),
        ((502, "<html>bad gateway</html>"), ("", "unreadable", "no JSON")),
    ],
)
def test_a_refusal_that_differs_is_found(answer, difference, platform):
    platform.refusals["unknown provider"] = answer

    assert told(probed(platform)) == [("games.list", *difference)]


def test_an_operation_that_is_refused_is_no_difference_unless_its_code_is_not_listed(platform):
    platform.bodies["operators.info"] = refusal("PERMISSION_ERROR", 403)
    platform.bodies["bonus_calls.detail"] = refusal("GAME_NOT_FOUND", 404)

    report = probed(platform)

    assert call_of(report, "operators.info").result == "refused"
    assert told(report) == [("bonus_calls.detail", "/errorCode", "other code", "GAME_NOT_FOUND")]


@pytest.mark.parametrize(
    ("offset", "minutes_ago", "result", "at_least", "likely"),
    [
        (9, (1,), "as stated", "+09:00", "+09:00"),
        (9, (20,), "not told", "+08:45", None),
        (9, (), "not told", None, None),
        (0, (1,), "differs", "+00:00", "+00:00"),
        (9.5, (1,), "differs", "+09:30", None),
        (-5, (1,), "not told", None, None),
    ],
)
def test_the_zone_of_transactions_is_inferred(offset, minutes_ago, result, at_least, likely):
    platform = Platform(timezone(timedelta(hours=offset)), minutes_ago)

    (zone, *_) = probed(platform).time_zones

    assert (zone.stated, zone.standing) == ("+09:00", "older")
    assert (zone.result, zone.at_least, zone.likely) == (result, at_least, likely)


def test_a_window_in_another_zone_than_its_transactions_is_told():
    platform = Platform(minutes_ago=(1,))
    platform.answers["transactions.list"]["createdAt"] = "2026-01-31 10:00:00"

    report = probed(platform)

    assert report.time_zones[0].same_clock is False
    assert [each.kind for each in report.differences] == ["other time zone"]


def test_a_bonus_call_of_the_future_shows_that_its_zone_is_further_east(platform):
    korean = Platform(minutes_ago=(1,)).data("transactions.list", _window_request())["list"][0]["createdAt"]
    platform.answers["bonus_calls.detail"]["createdAt"] = korean

    report = probed(platform)

    assert told(report) == [("bonus_calls.detail", "/data/createdAt", "other time zone", "at least +09:00")]


def _window_request() -> httpx2.Request:
    query: dict[str, str | int] = {
        "startTime": "2000-01-01 00:00:00",
        "endTime": "2100-01-01 00:00:00",
        "offset": 0,
        "limit": 9,
    }
    return httpx2.Request("GET", "https://api.example/v1/transaction/list", params=query)


def test_the_second_window_is_asked_for_after_a_pause_and_only_when_the_first_is_empty(platform):
    steps: list[str] = []
    probed(platform, progress=lambda step: steps.append(step.text))
    assert not any("pause" in step for step in steps)

    platform.zone = UTC
    probed(platform, progress=lambda step: steps.append(step.text), window_pause=0.001)

    (pause,) = [step for step in steps if "pause" in step]
    around = steps.index(pause)
    assert pause == "a pause of 0.001 s before the next window of transactions"
    assert [step.removesuffix(", last page") for step in steps[around - 1 : around + 2]][::2] == [
        "transactions.list, around now in UTC+09:00",
        "transactions.list, around now in UTC+00:00",
    ]


def test_after_a_window_that_is_refused_one_in_utc_is_asked_for(platform):
    platform.bodies["transactions.list"] = refusal("PARAMETERS_INVALID", 400)

    report = probed(platform)

    starts = [each.url.params["startTime"] for each in platform.requests if "startTime" in each.url.params]
    assert len(starts) == 2
    assert starts[0] > starts[1]
    assert call_of(report, "transactions.list", "around now in UTC+00:00").result == "refused"


def test_the_newest_transaction_is_looked_for_on_the_last_page_too():
    platform = Platform(minutes_ago=(*(20 - each / 20 for each in range(100)), 1))

    report = probed(platform)

    pages = [request.url.params["offset"] for request in platform.requests if "offset" in request.url.params]
    assert pages == ["0", "100"]
    assert report.time_zones[0].likely == "+09:00"
    assert report.order == "oldest first"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal("TOKEN_INVALID", 401), AuthenticationError),
        (refusal("UNDER_MAINTENANCE", 503), UnderMaintenance),
    ],
)
def test_a_first_request_that_leaves_nothing_to_compare_ends_it_with_its_error(answer, error, kind, platform):
    platform.bodies["providers.list"] = answer

    with pytest.raises(error):
        probed(platform, kind)

    assert {request.url.path for request in platform.requests} == {"/v1/provider/list"}


def test_a_platform_that_does_not_answer_is_an_error():
    def gone(_):
        raise httpx2.ConnectError("refused")

    with (
        Agent(
            TOKEN, transport=httpx2.MockTransport(gone), base_url="https://api.example", backoff=0
        ) as agent,
        pytest.raises(TransportError),
    ):
        probe.run(agent)


def test_limits_end_the_probe_and_what_was_seen_is_kept(kind, platform):
    platform.bodies["games.list"] = (429, {"message": "slow down", "statusCode": 429})

    report = probed(platform, kind)

    assert not report.complete
    assert report.stopped == "games.list: RateLimited"
    assert call_of(report, "providers.list").result == "as stated"
    assert platform.requests[-1].url.path == "/v1/game/list/1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"player": 5},
        {"player": ""},
        {"player": "\ud800"},
        {"bonus_call": "a,b"},
        {"bonus_call": 1.5},
        {"bonus_call": "\ud800"},
        {"window_pause": "x"},
        {"window_pause": float("inf")},
        {"window_pause": 10**400},
        {"window_pause": True},
        {"window_pause": -1},
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_sent(wrong, platform):
    with pytest.raises((InvalidArgument, ConfigurationError)):
        probed(platform, **wrong)

    assert platform.requests == []


def test_the_player_that_was_named_is_read(platform):
    probed(platform, player="p-77")

    asked = [
        each.url.params["playerExternalId"]
        for each in platform.requests
        if each.url.path == "/v1/player/info"
    ]
    assert asked[0] == "p-77"


def test_without_transactions_and_ids_the_rest_is_compared_and_what_is_missing_is_said():
    report = probed(Platform(minutes_ago=()), bonus_call=None)

    left_out = {call.operation for call in report.calls if call.result == "not tried"}
    assert left_out == {"transactions.round", "players.info", "bonus_calls.detail"}
    assert all(call.note for call in report.calls if call.result == "not tried")
    assert report.ok


def test_nothing_that_a_probe_sees_counts_as_drift_of_the_program(platform):
    drift.reset()
    platform.answers["games.list"] = [GAME | {"gameType": "0"}]

    with Agent(TOKEN, transport=httpx2.MockTransport(platform), base_url="https://api.example") as agent:
        report = probe.run(agent, window_pause=0)
        assert agent.drift() == []

    assert not report.ok
    assert drift.differences() == []


def test_a_probe_takes_its_turn_in_the_account_s_budget(platform):
    limiter = LocalLimiter(limit=1)

    with Agent(TOKEN, transport=httpx2.MockTransport(platform), limiter=limiter) as agent:
        probe.run(agent, window_pause=0)
        assert agent.stats().granted == len(platform.requests)
        assert agent.stats().in_flight == 0


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"])
def test_a_date_that_is_none_is_as_no_date(platform, date):
    platform.headers["date"] = date

    with Agent(TOKEN, transport=httpx2.MockTransport(platform)) as agent:
        assert not probe.run(agent, window_pause=0).server_date


def test_the_sandbox_is_as_the_contract_says(kind):
    with Sandbox() as sandbox:
        if kind == "threads":
            with Agent(sandbox.token, base_url=sandbox.url) as agent:
                report = probe.run(agent, window_pause=0)
        else:

            async def run():
                async with AsyncAgent(sandbox.token, base_url=sandbox.url) as agent:
                    return await probe.run_async(agent, window_pause=0)

            report = asyncio.run(run())
        assert max(each["peak_in_flight"] for each in sandbox.stats()["agents"].values()) == 1

    assert told(report) == []
    assert report.server_date
    assert report.time_zones[0].at_least == "+09:00"


@pytest.mark.parametrize("field", ["code", "name", "errorCode", "message"])
def test_the_place_of_codes_is_found_wherever_the_sandbox_puts_them(field):
    app = create_app(code_field=field)
    with Agent(app.runtime.tokens["mycasino"], transport=app.transport()) as agent:
        report = probe.run(agent, window_pause=0)
    app.close()

    assert report.ok
    place = "/code" if field in {"code", "name"} else f"/{field}"
    assert {call.place for call in report.calls if call.code is not None} == {place}
    assert call_of(report, "providers.list", "wrong token").name == "TOKEN_INVALID"


def test_errors_under_http_200_are_found():
    app = create_app(error_style="envelope")
    with Agent(app.runtime.tokens["mycasino"], transport=app.transport()) as agent:
        report = probe.run(agent, window_pause=0)
    app.close()

    assert {(each.kind, each.came) for each in report.differences} == {("other status", "HTTP 200")}
    assert len(report.differences) == 5


def test_a_fault_of_the_sandbox_is_found():
    app = create_app()
    app.faults.add("unknown_field", operation="games.list", count=1)
    with Agent(app.runtime.tokens["mycasino"], transport=app.transport()) as agent:
        report = probe.run(agent, window_pause=0)
    app.close()

    assert {(each.operation, each.kind) for each in report.differences} == {("games.list", "unknown field")}


def test_a_sandbox_that_speaks_as_a_sister_is_as_the_contract_says_in_another_zone():
    app = create_app(dialect="sister")
    with Agent(app.runtime.tokens["mycasino"], transport=app.transport()) as agent:
        report = probe.run(agent, window_pause=0)
    app.close()

    assert told(report) == []
    assert report.complete
    (zone,) = report.time_zones
    assert (zone.stated, zone.at_least) == ("+09:00", "+00:00")


def test_other_spellings_of_the_sandbox_are_found():
    app = create_app(seed=1)
    app.faults.add("spelling", operation="games.list")
    with Agent(app.runtime.tokens["mycasino"], transport=app.transport()) as agent:
        report = probe.run(agent, window_pause=0)
    app.close()

    assert {(each.operation, each.kind) for each in report.differences} == {("games.list", "other spelling")}


def test_a_sandbox_of_an_older_contract_differs_as_the_contracts_do():
    document = json.loads(gzip.decompress(PUBLISHED.read_bytes()))
    for item in document["paths"].values():
        for method in item.values():
            # Under other names the contract's own examples answer, and not the handlers of today.
            method["operationId"] = f"older_{method['operationId']}"
            for response in method["responses"].values():
                response.pop("links", None)
    app = create_app(document)
    with Agent(app.runtime.tokens["mycasino"], transport=app.transport()) as agent:
        report = probe.run(agent, window_pause=0, bonus_call=90211)
    app.close()

    fields = {each.place for each in report.differences if each.kind == "unknown field"}
    assert fields == {
        f"/data/list/*/{name}" for name in ("type", "currency", "playerExternalId", "transactionId")
    }
    # Examples answer whatever is asked for, and are of 2024.
    others = {(each.kind, each.operation) for each in report.differences if each.kind != "unknown field"}
    assert others == {
        ("not refused", "games.list"),
        ("not refused", "players.info"),
        ("other time zone", "transactions.list"),
    }


def test_what_is_seen_on_iGamingAce_itself_is_probed():  # noqa: N802 -- a name
    report = make_report(Findings(), base_url=contract.BASE_URL, now=datetime(2026, 1, 31, 23, tzinfo=UTC))

    assert (report.platform, report.standing, report.date) == (contract.BASE_URL, "probed", "2026-01-31")
