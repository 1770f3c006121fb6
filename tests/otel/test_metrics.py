"""Metrics of calls, attempts, waits and limiters."""

from __future__ import annotations

import pytest
from igamingace import errors

from .conftest import SUCCESS

OF_A_REQUEST = {"http.request.method": "GET", "server.address": "api.example", "server.port": 8443}
FAILED = (500, {"success": False, "code": 1001, "message": "INTERNAL_SERVER_ERROR"})


def attributes(points):
    return [dict(point.attributes) for point in points]


def test_each_attempt_each_call_and_each_wait_is_counted(world, telemetry):
    world.script = [FAILED, SUCCESS]

    world.call()

    requests = attributes(telemetry.points("http.client.request.duration"))
    assert requests == [
        OF_A_REQUEST | {"http.response.status_code": 500, "error.type": "ServerError"},
        OF_A_REQUEST | {"http.response.status_code": 200},
    ]
    (call,) = telemetry.points("igamingace.call.duration")
    assert (call.count, dict(call.attributes)) == (1, {"igamingace.operation": "providers.list"})
    (waits,) = telemetry.points("igamingace.slot.wait.duration")
    assert (waits.count, waits.sum) == (2, 0)
    assert call.explicit_bounds[:3] == (0.005, 0.01, 0.025)


def test_a_call_that_failed_is_counted_with_its_error(world, telemetry):
    world.script = [(403, {"success": False, "code": 1020, "message": "IP_NOT_ALLOWED"})]

    with pytest.raises(errors.IPNotAllowed):
        world.call()

    assert attributes(telemetry.points("igamingace.call.duration")) == [
        {"igamingace.operation": "providers.list", "error.type": "IPNotAllowed"}
    ]


def test_the_limiters_are_told_as_they_stand(world, telemetry):
    other = telemetry.make_limiter(7)
    held = [other.budget("a").acquire() for _ in range(2)]
    held.pop().abandoned()

    seen = []
    world.on_request = lambda: seen.append(
        [telemetry.limiter(f) for f in ("in_flight", "lingering", "waiting")]
    )
    before = telemetry.limiter("in_flight")
    world.call()

    assert seen[0][0] == before + 1
    assert seen[0][1] >= 1
    assert telemetry.limiter("limit") == 50
    assert telemetry.limiter("in_flight") == before
    held.pop().done()
    assert telemetry.limiter("in_flight") == before - 1
