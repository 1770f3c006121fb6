"""Values and rights of an account that all processes share through Redis."""

import os

import pytest
from igamingace._common.secret import Secret
from igamingace.limits import LocalLimiter
from igamingace.limits._shared import SharedUnavailable, shared_values
from igamingace.limits.redis import _shared


@pytest.fixture
def values(make, monkeypatch):
    """Return the shared values of one account, as a process has them that is not the one before."""
    owners = []

    def new(account="account"):
        values = shared_values(make().budget(account))
        assert values is not None
        owners.append(f"process-{len(owners)}")
        monkeypatch.setattr(_shared, "_owner", lambda: owners[-1])
        return values

    return new


def test_a_limiter_of_one_process_has_no_shared_values():
    assert shared_values(LocalLimiter().budget("account")) is None


def test_what_one_process_stores_the_others_read_until_its_time_is_over(values, server):
    one, other = values(), values()

    one.put("catalogue", b"\x00data", 60.0)

    assert other.get("catalogue") == b"\x00data"
    assert values("another account").get("catalogue") is None
    assert 0 < server.client.pttl("igamingace:{account}:catalogue") <= 60_000


def test_a_right_is_extended_by_who_has_it_and_taken_where_nobody_has_it(values, server):
    one = values()
    one.claim("refresh", 1.0)
    assert one.extend("refresh", 60.0)
    assert 50_000 < server.client.pttl("igamingace:{account}:refresh:claim") <= 60_000

    other = values()
    assert not other.extend("refresh", 60.0)
    assert other.claim("refresh", 60.0) > 50
    assert other.extend("nobody has it", 60.0)
    assert values().claim("nobody has it", 60.0) > 50


def test_a_right_is_taken_by_one_until_its_time_is_over_or_it_is_given_back(values, server):
    one = values()
    assert one.claim("refresh", 60.0) == 0.0

    other = values()
    left = other.claim("refresh", 60.0)
    other.release("refresh")  # it is not the other's

    assert 0 < left <= 60.0
    assert 0 < other.claim("refresh", 60.0) <= left
    server.client.set("igamingace:{account}:refresh:claim", "1 process-0")  # its time is over
    assert other.claim("refresh", 60.0) == 0.0
    other.release("refresh")
    assert values().claim("refresh", 60.0) == 0.0


def test_a_redis_that_is_away_is_an_error_that_says_so(own_server, make_limiter):
    shared = shared_values(make_limiter(own_server.url).budget("account"))
    shared.put("catalogue", b"data", 60.0)
    own_server.stop()

    with pytest.raises(SharedUnavailable, match="Redis cannot share values between processes"):
        shared.get("catalogue")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_does_not_wait_for_a_thread_of_its_parent():
    store = _shared.RedisStore(Secret({}), "test:")

    with store._lock:
        child = os.fork()
        if child == 0:
            os._exit(0 if store._lock.acquire(blocking=False) else 1)

    assert os.waitpid(child, 0)[1] == 0
