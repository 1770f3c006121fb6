"""Calls across many agents: nobody waits for somebody else's trouble, and nobody goes missing."""

import asyncio
import inspect
import pickle
import socket
import sys
import threading
import time

import httpx2
import igamingace
import pytest
from igamingace.errors import (
    AgentClosed,
    ConfigurationError,
    PermissionDenied,
    ServerIsBusy,
    UnexpectedResponse,
)
from igamingace.limits import LocalLimiter, account_key
from igamingace.operators import Account, DeadlinePassed, TokenUnavailable, UnknownAccount
from igamingace.operators._schedule import PATIENCE, Schedule
from igamingace_bindings.contract import CONCURRENCY_LIMIT

LONG = 30


def agents(count, start=0):
    return [Account(name=f"a{n}", token=f"token-{n}", currency="USD") for n in range(start, start + count)]


class Api:
    """Answers providers.list; what an agent named in `hang` asks is answered once `release` is set."""

    def __init__(self, kind, *, hang=(), answers=None):
        self.kind = kind
        self.hang = {f"token-{name[1:]}" for name in hang}
        self.answers = answers or {}
        self.in_flight = self.peak = self.seen = 0
        self.started = []
        self.lock = threading.Lock()
        self.release = threading.Event()
        self.released = asyncio.Event()

    def let_go(self):
        """Have those that hang answered; called in the loop where there is one."""
        self.release.set()
        self.released.set()

    @property
    def transport(self):
        return httpx2.MockTransport(self.in_threads if self.kind == "threads" else self.in_tasks)

    def in_threads(self, request):
        token = self.enter(request)
        try:
            if token in self.hang:
                self.release.wait(LONG)
            return self.answer(token)
        finally:
            self.leave()

    async def in_tasks(self, request):
        token = self.enter(request)
        try:
            await asyncio.sleep(0)
            if token in self.hang:
                await asyncio.wait_for(self.released.wait(), LONG)
            return self.answer(token)
        finally:
            self.leave()

    def enter(self, request):
        token = request.headers["authorization"].removeprefix("Bearer ")
        with self.lock:
            self.started.append(token)
            self.seen += 1
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
        return token

    def leave(self):
        with self.lock:
            self.in_flight -= 1

    def answer(self, token):
        how = self.answers.get(token, "ok")
        if how == "ok":
            return httpx2.Response(200, json={"success": True, "message": "OK", "data": []})
        if how == "html":
            return httpx2.Response(200, text="<html>Sign in</html>")
        return httpx2.Response(400, json={"success": False, "code": how})


def ask(agent):
    return agent.providers.list()


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


def test_of_a_thousand_agents_the_good_ones_are_done_before_any_that_makes_trouble(world):
    names = [f"a{n}" for n in range(1000)]
    hang, busy, refused, html = names[0:100:2], names[1:100:20], names[200:240], names[500]
    api = Api(
        world.kind,
        hang=hang,
        answers={
            **{f"token-{name[1:]}": 1018 for name in busy},
            **{f"token-{name[1:]}": 1010 for name in refused},
            f"token-{html[1:]}": "html",
        },
    )
    trouble = {*hang, *busy, *refused, html}
    order = []

    def see(result):
        order.append(result)
        if sum(one.ok for one in order) == 1000 - len(trouble):
            api.let_go()  # only now do those that hang go on

    world.use(
        lambda operator: world.stream(operator, see, ask),
        agents(1000),
        transport=api.transport,
        busy_retries=3,
        max_retries=0,
    )

    by_name = {result.account.name: result for result in order}
    assert len(order) == len(by_name) == 1000
    assert all(by_name[name].ok for name in names if name not in trouble)
    assert all(isinstance(by_name[name].error, ServerIsBusy) for name in busy)
    assert all(isinstance(by_name[name].error, PermissionDenied) for name in refused)
    assert isinstance(by_name[html].error, UnexpectedResponse)
    places = {result.account.name: place for place, result in enumerate(order)}
    last_good = max(places[name] for name in names if name not in trouble)
    assert all(places[name] > last_good for name in hang)


def test_calls_start_in_the_order_given_and_never_more_than_the_bound_at_once(world):
    api = Api(world.kind)
    chosen = [f"a{n}" for n in range(39, -1, -1)]

    world.use(
        lambda operator: operator.map(ask, chosen, max_in_flight=1), agents(40), transport=api.transport
    )

    assert api.started == [f"token-{n}" for n in range(39, -1, -1)]
    assert api.peak == 1


def test_the_bound_holds_when_everybody_hangs(world):
    everybody = agents(30)
    api = Api(world.kind, hang=[account.name for account in everybody])

    results = world.use(
        lambda operator: operator.map(ask, max_in_flight=7, deadline=1), everybody, transport=api.transport
    )
    api.let_go()

    assert api.peak == api.seen == 7
    assert len(results.failed) == 30


def test_slow_calls_make_place_for_others_up_to_the_bound():
    schedule = Schedule(agents(500), 60)
    started = [schedule.next(0.0) for _ in range(50)]

    assert None not in started
    assert schedule.next(PATIENCE / 2) is None
    more = [schedule.next(PATIENCE) for _ in range(20)]
    assert [one is not None for one in more] == [True] * 10 + [False] * 10
    schedule.end(started[0])
    assert schedule.next(PATIENCE) is not None


def test_at_the_deadline_the_rest_is_reported_and_not_missing(world):
    api = Api(world.kind, hang=["a1", "a2"])

    results = world.use(
        lambda operator: operator.map(ask, max_in_flight=2, deadline=0.5), agents(6), transport=api.transport
    )
    api.let_go()

    assert list(results.ok) == ["a0"]
    late = results.failed
    assert all(isinstance(error, DeadlinePassed) for error in late.values())
    assert [late[name].started for name in ("a1", "a2", "a3", "a4", "a5")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert results["a1"].elapsed >= 0.5


def test_who_reads_slowly_gets_each_result_once_and_the_truth_of_what_was_begun():
    going = threading.Event()

    def work(agent):
        if agent.account.name != "a0":
            going.wait(LONG)

    seen = []
    with igamingace.Operator(agents(4)) as operator:
        for result in operator.stream(work, deadline=0.5):
            if not seen:
                time.sleep(0.6)  # beyond the deadline
                going.set()
                time.sleep(0.2)  # the others end meanwhile
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


@pytest.fixture
def silent():
    """The address of a server that takes connections and never answers, and how many it has taken."""
    taken = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", taken
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)
    for connection in taken:
        connection.close()


def wait_for(condition):
    end = time.monotonic() + LONG
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def own_threads():
    return [thread for thread in threading.enumerate() if thread.name == "igamingace-operator"]


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
    assert isinstance(results.failed["a0"], DeadlinePassed)
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


def test_each_agent_keeps_to_the_budget_of_its_account(world):
    limiter = LocalLimiter()

    def use(operator):
        agent = operator.agent("a0")
        account = account_key(agent.base_url, "token-0")
        assert agent._sender.line.budget is limiter.budget(account)
        assert agent.stats().limit == CONCURRENCY_LIMIT
        assert operator.agent("a0") is agent

    world.use(use, agents(2), limiter=limiter)


def test_agents_share_one_wire(world):
    def use(operator):
        wires = {id(operator.agent(f"a{n}")._sender.line.wire) for n in range(5)}
        assert len(wires) == 1

    world.use(use, agents(5), base_url="http://127.0.0.1:9")


def test_an_agent_that_nobody_uses_is_let_go(world):
    def use(operator):
        operator.agent("a0")
        assert len(operator._agents._made) == 0

    world.use(use, agents(1))


def test_a_closed_operator_makes_no_agents(world):
    operator = world.operator(agents(1))
    if world.kind == "threads":
        operator.close()
    else:
        asyncio.run(operator.aclose())

    with pytest.raises(AgentClosed):
        operator.agent("a0")


def test_an_asynchronous_function_is_for_the_other_operator():
    async def call(agent):
        return None

    with igamingace.Operator(agents(1)) as operator, pytest.raises(ConfigurationError, match="AsyncOperator"):
        operator.map(call)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"deadline": 0}, ConfigurationError),
        ({"deadline": float("nan")}, ConfigurationError),
        ({"max_in_flight": 0}, ConfigurationError),
        ({"agents": ["a9"]}, UnknownAccount),
        ({"agents": "a0"}, ConfigurationError),
    ],
)
def test_arguments_are_checked_before_anything_runs(world, options, error):
    operator = world.operator(agents(2))

    with pytest.raises(error):
        operator.stream(ask, **options)


def test_a_progress_bar_is_drawn_on_request(world, capsys):
    api = Api(world.kind, answers={"token-1": 1010})

    world.use(lambda operator: operator.map(ask, progress=True), agents(3), transport=api.transport)

    assert "1 failed" in capsys.readouterr().err


def test_a_progress_bar_without_rich_says_what_to_install(world, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    operator = world.operator(agents(1))

    with pytest.raises(ImportError, match=r"pip install 'igamingace\[cli\]'"):
        operator.stream(ask, progress=True)


def test_both_operators_have_the_same_surface():
    def surface(kind):
        return {
            name: list(inspect.signature(getattr(kind, name)).parameters)
            for name in dir(kind)
            if not name.startswith("_") and name not in ("close", "aclose")
        }

    assert surface(igamingace.Operator) == surface(igamingace.AsyncOperator)


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
    with pytest.raises(TypeError, match="not pickled"):
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
