"""A bonus call is one object: registered, followed until it has ended, cancelled."""

import pickle
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from igamingace import Agent
from igamingace.errors import ConfigurationError, Conflict, NotFound
from igamingace.lobby import AsyncPlayerBonus, BonusIdentity, BonusStillActive, PlayerBonus

GIVEN: dict[str, Any] = {
    "spins": 10,
    "bet": Decimal("0.50"),
    "max_win": Decimal(100),
    "expires": timedelta(days=7),
}


@pytest.fixture
def bonus_of(world):
    """Run code with a bonus of p-1 in either kind; the code is one generator of steps for both."""

    def run(code, player="p-1", game=655, identity=None, **options):
        async def run_async(agent):
            kind = AsyncPlayerBonus
            if identity is None:
                bonus = await kind.register(agent, player, game, provider_id=1, **{**GIVEN, **options})
            else:
                bonus = kind(agent, identity)
            steps, result = code(bonus), None
            while True:
                try:
                    result = await steps.send(result)
                except StopIteration as end:
                    return end.value

        def run_sync(agent):
            kind = PlayerBonus
            if identity is None:
                bonus = kind.register(agent, player, game, provider_id=1, **{**GIVEN, **options})
            else:
                bonus = kind(agent, identity)
            steps, result = code(bonus), None
            while True:
                try:
                    result = steps.send(result)
                except StopIteration as end:
                    return end.value

        return world.use(run_sync if world.kind == "threads" else run_async)

    return run


def played(world, rounds):
    """Say of the only bonus call that so many of its spins have been played."""
    for account in world.sandbox.app.runtime.state.accounts.values():
        for bonus in account.bonus_calls.values():
            bonus.remaining = bonus.rounds - rounds


def test_free_spins_are_registered_and_read(world, bonus_of):
    before = datetime.now(UTC)

    def code(bonus):
        state = yield bonus.state()
        return bonus.identity, state, repr(bonus)

    identity, state, shown = bonus_of(code)

    assert state.active is True
    assert (state.rounds_remaining, state.won, state.issue_id) == (10, 0, identity.issue_id)
    assert before + timedelta(days=7) - timedelta(seconds=1) <= state.expires_at
    assert identity.player == "p-1"
    assert identity.issue_id in shown


def test_it_is_found_again_by_its_identity_and_cancelled_once(bonus_of):
    def keep(bonus):
        yield bonus.state()
        return bonus.identity

    identity = pickle.loads(pickle.dumps(bonus_of(keep)))

    def cancel(bonus):
        first = yield bonus.cancel()
        second = yield bonus.cancel()
        state = yield bonus.state()
        return first, second, state

    first, second, state = bonus_of(cancel, identity=identity)
    assert (first, second) == (True, False)
    assert state.active is False


def test_it_is_waited_for_until_all_spins_are_played(world, bonus_of):
    def code(bonus):
        played(world, 10)
        return (yield bonus.wait(every=0.001))

    assert bonus_of(code).active is False


def test_a_wait_that_is_too_short_says_so_and_the_bonus_goes_on(world, bonus_of):
    with pytest.raises(BonusStillActive, match="has not ended yet: wait again, or cancel it") as short:
        bonus_of(lambda bonus: (yield bonus.wait(every=0.001, timeout=0.01)))

    assert short.value.state.active is True
    assert isinstance(short.value, TimeoutError)
    assert pickle.loads(pickle.dumps(short.value)).state.issue_id == short.value.state.issue_id


def test_each_change_is_told_until_the_end(world):
    seen = []

    def note(state):
        seen.append((state.rounds_remaining, state.active))
        played(world, min(10, 4 * len(seen)))

    def follow(agent):
        bonus = PlayerBonus.register(agent, "p-1", 655, provider_id=1, **GIVEN)
        for state in bonus.follow(every=0.001):
            note(state)

    async def follow_async(agent):
        bonus = await AsyncPlayerBonus.register(agent, "p-1", 655, provider_id=1, **GIVEN)
        async for state in bonus.follow(every=0.001):
            note(state)

    world.use(follow if world.kind == "threads" else follow_async)

    assert seen == [(10, True), (6, True), (2, True), (0, False)]


def test_a_second_one_of_a_player_is_a_conflict(bonus_of):
    def again(bonus):
        yield bonus.state()

    bonus_of(again)
    with pytest.raises(Conflict, match="BONUSCALL_DOUBLE"):
        bonus_of(again)


def test_what_is_refused_is_the_error_of_the_api(bonus_of):
    with pytest.raises(NotFound):
        bonus_of(lambda bonus: (yield bonus.state()), player="nobody")


def test_an_expiry_has_a_time_zone(bonus_of, world):
    with pytest.raises(ConfigurationError, match="without a time zone: give an aware datetime"):
        bonus_of(lambda bonus: (yield bonus.state()), expires=datetime(2030, 1, 1))  # noqa: DTZ001

    assert world.requests() == []


@pytest.mark.parametrize("every", [0, -1, float("nan"), "5"])
def test_readings_need_a_pause(bonus_of, every):
    with pytest.raises(ConfigurationError, match="every is"):
        bonus_of(lambda bonus: (yield bonus.wait(every=every)))


@pytest.mark.parametrize(
    ("fields", "expires", "active"),
    [
        ({"roundsRemaining": 3}, None, True),
        ({"roundsRemaining": 0}, None, False),
        ({"status": "Completed"}, None, False),
        ({"status": "Cancelled", "roundsRemaining": 3}, None, False),
        ({"status": "Active"}, None, True),
        ({"status": "Active"}, timedelta(seconds=-1), False),
        ({"status": 7}, None, None),
        ({"status": 7}, timedelta(hours=1), None),
        ({"status": 7}, timedelta(seconds=-1), False),
        ({"metaData": {"expireAt": "2020-01-01T00:00:00.000Z"}}, timedelta(hours=1), False),
        ({"roundsRemaining": "many"}, None, None),
    ],
)
def test_no_field_of_the_detail_is_taken_for_granted(fields, expires, active):
    data = {"issueId": "i7", **fields}
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(200, json={"success": True, "message": "OK", "data": data})
    )
    identity = BonusIdentity("i7", "p-1", None if expires is None else datetime.now(UTC) + expires)

    with Agent("token", transport=transport) as agent:
        assert PlayerBonus(agent, identity).state().active is active


def test_a_bonus_is_read_just_after_its_expiry_even_with_long_pauses():
    from igamingace.lobby._bonus import wait

    identity = BonusIdentity("i7", "p-1", datetime.now(UTC) + timedelta(seconds=20))
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(
            200, json={"success": True, "message": "OK", "data": {"issueId": "i7", "status": 1}}
        )
    )
    with Agent("token", transport=transport) as agent:
        flow = wait(identity, 600.0, None)
        pause = flow.send(next(flow).call(agent))

    assert 20 < pause.seconds <= 21


def test_a_conflict_of_another_kind_is_an_error_of_cancelling():
    transport = httpx2.MockTransport(
        lambda _: httpx2.Response(409, json={"success": False, "code": "BONUSCALL_DOUBLE"})
    )

    with Agent("token", transport=transport) as agent, pytest.raises(Conflict):
        PlayerBonus(agent, BonusIdentity("i7", "p-1")).cancel()
