"""Calls across many agents begin in order and within bounds, and nobody waits for others' trouble."""

import inspect
import sys
import threading

import igamingace
import pytest
from igamingace.errors import ConfigurationError, PermissionDenied, ServerIsBusy, UnexpectedResponse
from igamingace.limits import LocalLimiter, account_key
from igamingace.operators import Account, UnknownAccount
from igamingace.operators._execution.schedule import SLOW_AFTER, Schedule
from igamingace_bindings.contract import CONCURRENCY_LIMIT

from .api import Api, Vault, agents, ask
from .conftest import World


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
    started = [one for _ in range(50) if (one := schedule.next(0.0)) is not None]

    assert len(started) == 50
    assert schedule.next(SLOW_AFTER / 2) is None
    more = [schedule.next(SLOW_AFTER) for _ in range(20)]
    assert [one is not None for one in more] == [True] * 10 + [False] * 10
    assert schedule.end(started[0], SLOW_AFTER) is not None


def test_a_call_that_pauses_makes_place_for_others_and_continues_in_any_slot():
    first, second, third = everybody = agents(3)
    schedule = Schedule(everybody, 1)

    assert schedule.next(0.0) == first
    assert schedule.pause(first, 1.0, 5.0) == second
    assert schedule.is_running(first)
    assert schedule.pause(second, 2.0, 9.0) == third
    assert schedule.end(third, 5.9) is None  # nobody's pause is over
    assert schedule.next(6.0) == first
    assert schedule.next(20.0) is None  # its slot is taken
    assert schedule.end(first, 20.0) == second
    assert not schedule.finished
    assert schedule.end(second, 21.0) is None
    assert schedule.finished
    assert not schedule.is_running(second)


def test_each_agent_keeps_to_the_budget_of_its_account(world):
    limiter = LocalLimiter()

    def use(operator):
        agent = operator.agent("a0")
        account = account_key(agent.base_url, "token-0")
        assert agent._dispatcher.context.budget is limiter.budget(account)
        assert agent.stats().limit == CONCURRENCY_LIMIT
        assert operator.agent("a0") is agent

    world.use(use, agents(2), limiter=limiter)


def test_agents_share_one_transport(world):
    def use(operator):
        transports = {id(operator.agent(f"a{n}")._dispatcher.context.transport) for n in range(5)}
        assert len(transports) == 1

    world.use(use, agents(5), base_url="http://127.0.0.1:9")


def test_an_agent_that_nobody_uses_is_let_go(world):
    def use(operator):
        operator.agent("a0")
        assert len(operator._driver.agents._cached) == 0

    world.use(use, agents(1))


@pytest.mark.parametrize("given", [lambda vault: vault, lambda vault: vault.open], ids=["source", "function"])
def test_a_vault_is_asked_outside_of_the_event_loop(given):
    vault = Vault()
    accounts = [Account(name="lotus", token=given(vault), currency="USD")]

    results = World("asyncio").use(
        lambda operator: operator.map(ask), accounts, transport=Api("asyncio").transport
    )

    assert list(results.ok) == ["lotus"]
    assert vault.threads
    assert threading.get_ident() not in vault.threads


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
