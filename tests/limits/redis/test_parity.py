"""The rules in Python and in Lua, and the whole script and its Python twin: the same for the same input."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from igamingace.limits._backpressure import RULES
from igamingace.limits.redis._script import lease_script

from .lease_script import LeaseScript, allocate, new_account
from .virtual_redis import VirtualRedis

FUNCTIONS, _ = lease_script().split("-- The epoch:")
RULES_MS = RULES.in_ms()
NOW = 1_700_000_000_000
ACCOUNT = "0123456789abcdef" * 2

few = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ms = st.integers(0, 200_000)
slots = st.integers(0, 60)


@pytest.fixture
def in_lua(server):
    """What an expression of the script's functions gives for each list of arguments."""

    def evaluate(expression, inputs):
        loop = "\nlocal results = {}\nfor i, x in ipairs(cjson.decode(ARGV[1])) do results[i] = " + expression
        script = FUNCTIONS + loop + " end\nreturn cjson.encode(results)"
        return json.loads(server.client.eval(script, 0, json.dumps(inputs)))

    return evaluate


@few
@given(st.lists(st.tuples(slots, slots, slots, slots), min_size=1, max_size=50))
def test_the_limit_after_a_drain(in_lua, inputs):
    in_python = [RULES_MS.limit_after_drain(*each) for each in inputs]

    assert in_lua("limit_after_drain(x[1], x[2], x[3], x[4])", inputs) == in_python


@few
@given(st.lists(st.tuples(ms, st.integers(0, 999).map(lambda n: n / 1000)), min_size=1, max_size=50))
def test_the_pause(in_lua, inputs):
    in_python = [RULES_MS.pause(*each) for each in inputs]

    assert in_lua("pause(x[1], x[2])", inputs) == pytest.approx(in_python)


@few
@given(st.lists(st.tuples(slots, slots, ms, ms), min_size=1, max_size=50))
def test_the_recovery(in_lua, inputs):
    inputs = [(min(a, b), max(a, b), *rest) for a, b, *rest in inputs]
    in_python = [
        RULES_MS.recovered_limit(floor, limit, elapsed, RULES_MS.recovery_time(trouble))
        for floor, limit, elapsed, trouble in inputs
    ]

    assert in_lua("recovered_limit(x[1], x[2], x[3], recovery_time(x[4]))", inputs) == in_python


@few
@given(st.lists(st.tuples(ms, st.none() | ms, ms), min_size=1, max_size=50))
def test_the_end_of_a_storm(in_lua, inputs):
    in_python = [RULES_MS.storm_end(*each) for each in inputs]
    inputs = [(opened, -1 if success is None else success, trouble) for opened, success, trouble in inputs]

    assert in_lua("storm_end(x[1], x[2] >= 0 and x[2] or nil, x[3])", inputs) == in_python


def claim(number, held, wanted, turn):
    return {"id": str(number), "held": held, "wanted": wanted, "turn": turn and NOW - turn}


some_claims = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 400)), max_size=8
).map(lambda all_of: [claim(number, *each) for number, each in enumerate(all_of) if each[0] or each[1]])


@few
@given(st.lists(st.tuples(some_claims, st.integers(0, 50)), min_size=1, max_size=20))
def test_the_allocation(in_lua, inputs):
    there = in_lua(f"(function() allocate(x[1], x[2], 50, {NOW}) return x[1] end)()", inputs)
    for claims, total in inputs:
        allocate(claims, total, 50, NOW)

    assert [list(each) for each in there] == [claims for claims, _ in inputs]


@settings(few, max_examples=300)
@given(some_claims, st.integers(0, 50))
def test_an_allocation_gives_no_more_than_there_is_and_leaves_no_permit_that_somebody_may_have(claims, total):
    held = sum(each["held"] for each in claims)
    allocate(claims, total, 50, NOW)
    given_to = sum(each["given"] for each in claims)

    assert given_to <= max(0, total - held)
    assert all(0 <= each["given"] <= each["wanted"] for each in claims)
    if all(each["held"] <= total // max(1, len(claims)) for each in claims):  # nobody holds more than a share
        lacking = any(each["wanted"] > each["given"] for each in claims)
        assert not lacking or held + given_to == total


@settings(few, max_examples=300)
@given(some_claims, st.integers(0, 50))
def test_shares_differ_by_one_permit_at_most_unless_less_is_needed(claims, total):
    allocate(claims, total, 50, NOW)
    smallest = min(
        (each["share"] for each in claims if each["share"] < each["held"] + each["wanted"]), default=50
    )

    if sum(each["held"] for each in claims) <= total:
        shares = [each["share"] for each in claims if each["share"] > 0]
        assert all(share <= smallest + 1 for share in shares)


class WithoutShortcut(LeaseScript):
    """The twin as it is without `one_each`; it keeps what is sent. Every third process does not listen."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.sent = NOW, []

    def one_each(self, account, process, total):
        return None

    def publish(self, channel, message):
        self.sent.append((channel, message))
        return int(channel[-1]) % 3


class WithShortcut(WithoutShortcut):
    one_each = LeaseScript.one_each


some_members = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 400), st.sampled_from(["", "1:0:0:7:"])),
    min_size=1,
    max_size=10,
)


@settings(few, max_examples=300)
@given(some_members, st.integers(1, 4), st.integers(0, 9))
@example([(3, 0, 0, ""), (0, 1, 5, ""), (0, 1, 9, "")], 3, 0)  # as many processes as permits
def test_the_shortcut_of_the_twin_grants_and_sends_what_it_does_without(members, limit, own):
    shape = {"term": 0, "granted": 9, "drained": 0}
    request = {"account": ACCOUNT, "process": str(own)}
    ends = []
    for script in (WithShortcut(), WithoutShortcut()):
        account = new_account({"limit": limit}, 1) | {"drain": 7}
        for number, (held, wanted, turn, told) in enumerate(members):
            member = shape | {"held": held, "wanted": wanted, "told": told}
            account["members"][str(number)] = member | ({"turn": NOW - turn} if wanted else {})
        answers = []
        unreachable = True
        while unreachable:
            unreachable, answer = script.notify(account, request, script.grant(account, str(own)))
            answers.append(answer and (answer["contended"], answer["usable"], answer["recheck_in"]))
        ends.append((account, answers, script.sent))

    assert ends[0] == ends[1]


PROCESSES = "abcde"
step = st.fixed_dictionaries(
    {
        "process": st.sampled_from(PROCESSES),
        "held": st.integers(0, 8),
        "wanted": st.integers(0, 8),
        "seen": st.booleans(),
        "term": st.sampled_from([0] * 8 + [1]),
        "seq": st.sampled_from([1] * 8 + [0, -1]),
        "refused": st.sampled_from([0] * 4 + [2]),
        "draining": st.booleans(),
        "drained": st.booleans(),
        "succeeded": st.booleans(),
        "finished": st.booleans(),
        "elapsed": st.sampled_from([0, 1, 7, 150, 400, 3000, 11_000, 70_000, 90_000_000, -5000]),
        "listeners": st.sets(st.sampled_from(PROCESSES)),
        "all": st.booleans(),
        "uptime": st.sampled_from([0, 500, 10_000]),
        "store": st.booleans(),
        "epoch": st.sampled_from(["", "", "present", "present", "earlier"]),
        "other_limit": st.sampled_from([False] * 12 + [True]),
        "event": st.sampled_from([None] * 40 + ["delete", "flush", "restart"]),
    }
)


class Twin(LeaseScript):
    def __init__(self, redis):
        super().__init__()
        self.redis = redis
        self.messages = []

    def publish(self, channel, message):
        self.messages.append((channel, message))
        return self.listeners(channel)

    def listeners(self, channel):
        return self.redis.listeners.get(channel, 0)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("examples", [60, pytest.param(1000, marks=pytest.mark.proof)])
def test_the_script_and_its_twin(server, examples):
    @settings(few, max_examples=examples)
    @given(st.lists(step, min_size=10, max_size=40), st.sampled_from([10, 10, 3, 1]))
    def compare(steps, limit):
        server.client.flushdb()
        redis = VirtualRedis(server.client)
        twin = Twin(redis)
        terms, seqs, granted = (dict.fromkeys(PROCESSES, 0) for _ in range(3))
        drain = store = 0
        epochs = ["", ""]
        run_id = "0"
        for number, each in enumerate(steps):
            redis.now += each["elapsed"]
            redis.jitter = number * 37 % 1000
            twin.now, twin.jitter = redis.now, redis.jitter / 1000
            redis.listeners = {f"igamingace:{name}": 1 for name in each["listeners"]}
            redis.listeners["igamingace:all"] = int(each["all"])
            run_id = str(number) if each["event"] == "restart" else run_id
            if each["event"] == "delete":
                server.client.delete(redis.key(ACCOUNT))
                twin.accounts.clear()
            elif each["event"] == "flush":
                redis.flush()
                twin.accounts.clear()
                twin.mark.clear()
            name = each["process"]
            if each["term"]:
                terms[name] += 1
                granted[name] = 0
            seqs[name] = max(1, seqs[name] + each["seq"])
            request = {
                "process": name,
                "lease": 10_000,
                "run_id": run_id,
                "uptime": each["uptime"],
                "store": store if each["store"] else 0,
                "account": ACCOUNT,
                "limit": limit + each["other_limit"],
                "seq": seqs[name],
                "term": terms[name],
                "epoch": {"": "", "present": epochs[-1], "earlier": epochs[-2]}[each["epoch"]],
                "granted_seen": granted[name],
                "held": each["held"],
                "wanted": each["wanted"],
                "refused": each["refused"],
                "succeeded": each["succeeded"],
                "draining": each["draining"],
                "finished_drain": drain if each["finished"] else 0,
                "drained": drain if each["drained"] else 0,
                "accepted": each["held"],
            }
            twin.messages = []
            response, messages = redis.run(request)

            assert twin.run(request) == response
            assert sorted(map(decoded, twin.messages), key=str) == sorted(map(decoded, messages), key=str)
            assert twin.state(ACCOUNT) == redis.state(ACCOUNT)
            drain, store = response.get("drain", drain), response.get("store", store)
            if response.get("epoch", epochs[-1]) != epochs[-1]:
                epochs.append(response["epoch"])
            if each["seen"] and response.get("term") == terms[name]:
                granted[name] = max(granted[name], response["granted"])

    compare()


def decoded(message):
    channel, text = message
    return channel, sorted(json.loads(text).items()) if text.startswith("{") else text
