"""What an agent's calls report: codes and HTTP statuses other than the contract's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from igamingace import drift, errors
from igamingace.limits import LocalLimiter, account_key
from igamingace.operators import Account

from .world import PROVIDER, TOKEN, success, told

if TYPE_CHECKING:
    from igamingace.drift import Difference

SUCCESS = success([PROVIDER])
BUSY = {"success": False, "code": 1018, "message": "SERVER_IS_BUSY"}
UNKNOWN = {"success": False, "code": 1099, "message": "SOMETHING_NEW"}


@pytest.mark.parametrize("answer", [(200, SUCCESS), (429, BUSY)])
def test_what_the_contract_says_is_no_difference(answer, world):
    world.script = [answer]

    assert world.call(busy_retries=0) == drift.differences() == []


def test_a_code_that_the_contract_does_not_list_is_one(world):
    world.script = [(400, UNKNOWN)]

    (difference,) = world.call()

    assert told([difference]) == [("/code", "unknown code", 1099, 1)]
    assert (difference.operation, difference.direction) == ("providers.list", "answer")
    assert drift.differences() == [difference]


@pytest.mark.parametrize(
    ("body", "place", "value"),
    [
        ({"error": {"code": 1099}}, "/error/code", 1099),
        ({"errors": [{"code": "1099"}]}, "/errors/*/code", 1099),
        ({"success": False, "message": "SOMETHING_NEW"}, "/message", None),
        ({"success": False, "message": "no luck for alice"}, "", None),
        ({"statusCode": 404, "message": "Cannot GET /v1/x", "error": "Not Found"}, "", None),
    ],
)
def test_a_code_is_told_by_its_place_and_its_number_but_not_by_its_text(body, place, value, world, warnings):
    world.script = [(404, body)]

    assert told(world.call()) == [(place, "unknown code", value, 1)]
    assert not any(text in "".join(warnings()) for text in ("SOMETHING_NEW", "alice", "Cannot"))


def test_a_known_code_under_another_status_is_a_difference(world, warnings):
    world.script = [(200, {"success": False, "code": 2002, "message": "USER_NOT_FOUND"})]

    (difference,) = world.call()

    assert told([difference]) == [("", "other status", 200, 1)]
    assert difference.standing == "assumed"
    assert "HTTP status 200, where the contract (assumed) states 404" in warnings()[0]


def test_a_success_under_another_status_is_a_difference(world):
    world.script = [(201, SUCCESS)]

    assert told(world.call()) == [("", "other status", 201, 1)]


def test_each_attempt_counts(world):
    world.script = [(200, BUSY), (200, BUSY), (200, SUCCESS)]

    assert told(world.call()) == [("", "other status", 200, 2)]


def test_a_call_that_gives_up_waiting_counts_its_last_answer_once(world):
    limiter = LocalLimiter(2)
    other_request = limiter.budget(account_key("https://api.example", TOKEN)).acquire()
    world.script = [(200, BUSY)]

    # The second attempt waits for the other request to end, longer than it may.
    assert told(world.call(acquire_timeout=0.01, limiter=limiter)) == [("", "other status", 200, 1)]
    other_request.done()


def test_views_report_to_their_agent(world):
    world.script = [(201, SUCCESS)]

    assert told(world.call(lambda agent: agent.with_options(timeout=5).raw.providers.list())) == [
        ("", "other status", 201, 1)
    ]


def test_the_hook_is_called_without_holding_a_slot(world):
    limiter = LocalLimiter(1)
    world.script = [(400, UNKNOWN)]
    in_flight = []

    world.call(limiter=limiter, on_drift=lambda difference: in_flight.append(limiter.stats().in_flight))

    assert in_flight == [0]


def test_a_hook_that_raises_does_not_break_the_call(world):
    def hook(difference):
        raise RuntimeError("no disk")

    world.script = [(201, SUCCESS)]

    world.call(on_drift=hook)

    assert [each.provider_id for each in world.result] == [1]


def test_an_operator_has_the_differences_of_all_its_agents_and_its_hook_sees_each_once(world):
    world.script = [(201, SUCCESS)]
    seen: list[Difference] = []
    accounts = [
        Account(name=f"a{number}", currency="USD", level="agent", token=f"{number}" * 32)
        for number in range(1, 5)
    ]

    differences = world.call_all(accounts, on_drift=seen.append)

    assert told(differences) == [("", "other status", 201, 4)]
    assert told(seen) == [("", "other status", 201, 1)]


def test_what_cannot_be_called_is_refused(world):
    with pytest.raises(errors.ConfigurationError, match="on_drift"):
        world.call(on_drift="log")
    with pytest.raises(errors.ConfigurationError, match="on_drift"):
        world.call_all([], on_drift="log")
