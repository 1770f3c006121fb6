"""Calls across many agents end, each with its success or its error, and nobody goes missing."""

import asyncio
import contextlib
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import httpx2
import igamingace
import pytest
from igamingace.errors import AgentClosed, PermissionDenied
from igamingace.limits import LocalLimiter, account_key
from igamingace.operators import Account, DeadlineExceeded, Result, TokenUnavailable

from .api import LONG, Api, agents, ask, own_threads, wait_for

D = Decimal


def test_results_keep_the_success_or_the_error_of_each_agent(world):
    api = Api(world.kind, answers={"token-1": 1010})

    results = world.use(lambda operator: operator.map(ask), agents(3), transport=api.transport)

    assert list(results) == ["a0", "a1", "a2"]
    assert results.ok == {"a0": [], "a2": []}
    assert isinstance(results.failed["a1"], PermissionDenied)
    assert results["a0"].value == []
    with pytest.raises(PermissionDenied):
        _ = results["a1"].value
    assert repr(results) == "<Results of 3 agents: 2 ok, 1 failed>"


def test_results_can_be_put_into_a_set():
    one = Result(account=agents(1)[0], elapsed=0.5)

    assert len({one, Result(account=agents(1)[0], elapsed=0.5)}) == 1


def test_errors_are_raised_as_a_group_that_names_the_agents(world):
    api = Api(world.kind, answers={f"token-{n}": 1010 for n in range(1, 13)})
    results = world.use(lambda operator: operator.map(ask), agents(13), transport=api.transport)

    with pytest.raises(ExceptionGroup, match=r"12 of 13 agents failed: a1, .*, a10 and 2 more") as caught:
        results.raise_for_errors()

    assert [error.__notes__ for error in caught.value.exceptions] == [[f"agent 'a{n}'"] for n in range(1, 13)]


def test_without_errors_nothing_is_raised(world):
    api = Api(world.kind)

    results = world.use(lambda operator: operator.map(ask), agents(3), transport=api.transport)

    assert results.raise_for_errors() is None


def test_at_the_deadline_the_rest_is_reported_and_not_missing(world):
    api = Api(world.kind, hang=["a1", "a2"])

    results = world.use(
        lambda operator: operator.map(ask, max_in_flight=2, deadline=0.5), agents(6), transport=api.transport
    )
    api.let_go()

    assert list(results.ok) == ["a0"]
    late = results.failed
    assert all(isinstance(error, DeadlineExceeded) for error in late.values())
    assert [late[name].started for name in ("a1", "a2", "a3", "a4", "a5")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert (results["a1"].elapsed, results["a3"].elapsed) == (0.5, 0.0)


@pytest.mark.parametrize(
    "run",
    [
        lambda operator: operator.balances(deadline=0.3),
        lambda operator: operator.discover(deadline=0.3),
        lambda operator: operator.plan_top_up(minimum=D(1), target=D(2), deadline=0.3),
    ],
)
def test_what_only_reads_gives_no_advice_on_writes_at_the_deadline(world, silent, run):
    url, _ = silent

    accounts = [
        Account(name="top", token="token-of-top", currency="USD", level="operator"),
        Account(name="a0", token="token-0", currency="USD", parent="top"),
    ]

    late = world.use(run, accounts, base_url=url, timeout=1000).failed["a0"]

    assert late.started
    assert str(late) == "the deadline of 0.3 s was exceeded; its call was in progress; it only reads"


@pytest.mark.parametrize("checks", ["check", "doctor"])
def test_checks_give_no_advice_on_writes_at_the_deadline(world, silent, checks):
    url, _ = silent

    report = world.use(
        lambda operator: getattr(operator, checks)(deadline=0.3), agents(2), base_url=url, timeout=1000
    )

    assert "its call was in progress; it only reads" in str(report)


def test_a_function_of_the_caller_may_have_written_at_the_deadline(world, silent):
    url, _ = silent

    results = world.use(
        lambda operator: operator.map(ask, deadline=0.3), agents(1), base_url=url, timeout=1000
    )

    assert str(results.failed["a0"]).endswith("check what it wrote before you repeat it")


def test_who_reads_slowly_gets_each_result_once_and_the_truth_of_what_was_begun():
    going, ended = threading.Event(), []

    def work(agent):
        if agent.account.name != "a0":
            going.wait(LONG)
            ended.append(agent.account.name)

    seen = []
    with igamingace.Operator(agents(4)) as operator:
        for result in operator.stream(work, deadline=0.5):
            if not seen:
                time.sleep(0.6)  # beyond the deadline
                going.set()
                wait_for(lambda: len(ended) == 3)
            seen.append(result)

    assert sorted(result.account.name for result in seen) == ["a0", "a1", "a2", "a3"]
    assert all(result.ok or result.error.started for result in seen)


def test_a_call_that_was_cancelled_from_elsewhere_is_the_failure_of_its_agent_alone():
    async def work(agent):
        if agent.account.name == "a1":
            waited = asyncio.create_task(asyncio.sleep(10))
            waited.cancel()
            await waited
        return agent.account.name

    async def run():
        async with igamingace.AsyncOperator(agents(3)) as operator:
            return await operator.map(work)

    results = asyncio.run(run())

    assert list(results.ok) == ["a0", "a2"]
    assert "was cancelled" in str(results.failed["a1"])


def test_a_dead_token_is_the_failure_of_its_agent_alone(world):
    def vault():
        raise RuntimeError("sealed")

    api = Api(world.kind)
    accounts = [*agents(2), Account(name="dead", token=vault, currency="USD")]

    results = world.use(lambda operator: operator.map(ask), accounts, transport=api.transport)

    assert list(results.ok) == ["a0", "a1"]
    assert isinstance(results.failed["dead"], TokenUnavailable)


def test_a_break_ends_the_calls_under_way(world):
    api = Api(world.kind, hang=["a1", "a2", "a3"])
    left = []

    def use(operator):
        if world.kind == "threads":
            world.stream(operator, lambda _: True, ask)
            return None

        async def run():
            await world.stream(operator, lambda _: True, ask)
            deadline = time.monotonic() + LONG
            # The loop closes the iterator soon after the break, and tells nobody.
            while len(asyncio.all_tasks()) > 1 and time.monotonic() < deadline:  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.005)
            left.extend(asyncio.all_tasks() - {asyncio.current_task()})

        return run()

    world.use(use, agents(4), transport=api.transport)
    api.let_go()

    assert not left


def test_calls_that_wait_for_a_server_end_at_once_when_the_iterator_is_closed(silent):
    url, taken = silent
    with igamingace.Operator(agents(3), base_url=url, timeout=1000) as operator:

        def call(agent):
            if agent.account.name == "a0":
                wait_for(lambda: len(taken) == 2)
                return None
            return ask(agent)

        stream = operator.stream(call)
        next(stream)
        assert len(own_threads()) >= 2
        stream.close()

        assert not own_threads()


def test_calls_that_wait_for_a_server_end_at_the_deadline(world, silent):
    url, _ = silent

    results = world.use(
        lambda operator: operator.map(ask, deadline=0.3), agents(3), base_url=url, timeout=1000
    )

    assert [error.started for error in results.failed.values()] == [True] * 3
    assert not own_threads()


def test_calls_with_other_options_or_from_a_thread_of_the_function_end_at_the_deadline(silent):
    url, taken = silent
    ended = []

    def call(agent):
        def inside():
            try:
                ask(agent)
            except BaseException as error:
                ended.append(type(error).__name__)
                raise

        with ThreadPoolExecutor(1) as pool:
            inner = pool.submit(inside)
            wait_for(lambda: taken)
            with contextlib.suppress(igamingace.errors.TransportError):
                ask(agent.with_options(timeout=500))
            inner.result()

    with igamingace.Operator(agents(1), base_url=url, timeout=1000) as operator:
        results = operator.map(call, deadline=0.5)

    late = results.failed["a0"]
    assert isinstance(late, DeadlineExceeded)
    assert late.started
    assert ended == ["Cancelled"]
    assert not own_threads()


def test_calls_through_a_transport_of_the_user_end_at_the_deadline():
    begun, limits = threading.Event(), []

    class Drip(httpx2.SyncByteStream):
        def __iter__(self):
            begun.set()
            while True:
                yield b" "
                time.sleep(0.005)

    def answer(request):
        limits.append(request.extensions["timeout"])
        return httpx2.Response(200, stream=Drip())

    with igamingace.Operator(agents(1), transport=httpx2.MockTransport(answer), timeout=1000) as operator:
        results = operator.map(ask, deadline=0.5)

    assert begun.is_set()
    late = results.failed["a0"]
    assert isinstance(late, DeadlineExceeded)
    assert late.started
    assert all(0 < seconds <= 0.5 for seconds in limits[0].values())
    assert not own_threads()


def test_an_agent_outlives_a_run_that_was_not_cut_short(world):
    api = Api(world.kind)
    if world.kind == "threads":
        with world.operator(agents(1), transport=api.transport) as operator:
            agent = operator.map(lambda agent: agent, deadline=LONG)["a0"].value
            assert ask(agent) == []
        return

    async def keep(agent):
        return agent

    async def run():
        async with world.operator(agents(1), transport=api.transport) as operator:
            agent = (await operator.map(keep, deadline=LONG))["a0"].value
            assert await ask(agent) == []

    asyncio.run(run())


def test_a_run_ends_no_calls_but_its_own():
    api = Api("threads", hang=["a0"])
    other = igamingace.Agent("token-9", transport=api.transport)
    answers = []

    def call(agent):
        if agent.account.name == "a1":
            api.release.wait(LONG)  # beyond the deadline
        ask(agent) if agent.account.name == "a0" else answers.append(ask(other))

    with other, igamingace.Operator(agents(2), transport=api.transport) as operator:
        assert set(operator.map(call, deadline=0.2).failed) == {"a0", "a1"}
        api.let_go()
        wait_for(lambda: answers == [[]])


def test_calls_that_wait_for_a_slot_end_at_the_deadline(world):
    limiter = LocalLimiter(1)
    api = Api(world.kind)
    held = []

    def use(operator):
        held.append(limiter.budget(account_key("http://127.0.0.1:9", "token-0")).acquire())
        return operator.map(ask, deadline=0.2)

    results = world.use(
        use, agents(2), transport=api.transport, limiter=limiter, base_url="http://127.0.0.1:9"
    )
    held[0].done()

    assert list(results.ok) == ["a1"]
    assert isinstance(results.failed["a0"], DeadlineExceeded)
    assert api.started == ["token-1"]


def test_ctrl_c_in_a_call_ends_the_run():
    def call(agent):
        raise KeyboardInterrupt

    with (
        igamingace.Operator(agents(5), transport=Api("threads").transport) as operator,
        pytest.raises(KeyboardInterrupt),
    ):
        operator.map(call)

    assert not own_threads()


async def test_cancelling_the_task_cancels_the_calls():
    api = Api("asyncio", hang=["a0", "a1"])
    async with igamingace.AsyncOperator(agents(2), transport=api.transport) as operator:
        run = asyncio.create_task(operator.map(ask))
        while api.in_flight < 2:  # noqa: ASYNC110 -- the calls are another module's
            await asyncio.sleep(0)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    assert api.in_flight == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_a_closed_operator_makes_no_agents(world):
    operator = world.operator(agents(1))
    if world.kind == "threads":
        operator.close()
    else:
        asyncio.run(operator.aclose())

    with pytest.raises(AgentClosed):
        operator.agent("a0")


def test_tokens_are_in_no_repr_and_no_error(world):
    api = Api(world.kind, answers={"token-0": 1009})
    operator = world.operator(agents(1), transport=api.transport)
    results = world.use(lambda operator: operator.map(ask), agents(1), transport=api.transport)

    shown = [
        repr(operator),
        repr(operator.agent("a0")),
        repr(results["a0"]),
        repr(results.failed),
        repr(operator.tree()),
    ]
    assert "token-0" not in "".join(shown)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(operator)


def test_what_is_kept_of_an_error_holds_no_local_variables(world):
    def fail(agent):
        held = [agent]
        raise ValueError(len(held))

    async def fail_async(agent):
        fail(agent)

    results = world.use(
        lambda operator: operator.map(fail if world.kind == "threads" else fail_async), agents(1)
    )

    trace = results.failed["a0"].__traceback__.tb_next
    frames = []
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    assert frames
    assert not any(any(frame.f_locals.values()) for frame in frames if frame.f_code.co_name == "fail")
