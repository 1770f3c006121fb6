"""The sandbox in a test's hand: fixtures, transports without a socket, what a test sets and reads."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal

import httpx2
import pytest
from igamingace import Agent, AsyncAgent, errors
from igamingace.limits import LocalLimiter
from igamingace.sandbox import Sandbox, create_app, read_casino
from igamingace.sandbox.contract.contract import compiled_contract
from igamingace.sandbox.contract.error_style import ErrorStyle

pytest_plugins = ["pytester"]
LAUNCH = {
    "player_id": "user123",
    "provider_id": 1,
    "game_id": 655,
    "language": "en",
    "return_url": "https://casino.example/lobby",
    "is_streamer": False,
}


@pytest.fixture
def sandbox(igamingace_sandbox):
    return igamingace_sandbox


@pytest.fixture
def agent(sandbox):
    with Agent(sandbox.token, transport=sandbox.transport()) as agent:
        yield agent


def test_a_client_calls_it_without_a_socket(sandbox, agent, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", _never)

    assert agent.providers.list()[0].provider_name == "Northern Reels"
    assert agent.games.launch(**LAUNCH).startswith("https://")
    assert [request.operation for request in sandbox.requests] == ["providers.list", "games.launch"]


def _never(*args):
    raise AssertionError("a socket was used")


async def test_an_asynchronous_client_does_so_too(sandbox, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", _never)

    async with AsyncAgent(sandbox.token, transport=sandbox.async_transport()) as agent:
        assert (await agent.providers.list())[0].provider_name == "Northern Reels"


def test_a_client_calls_it_on_a_port(igamingace_sandbox_server):
    sandbox = igamingace_sandbox_server

    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        assert len(agent.providers.list()) == 4
    assert sandbox.requests[0].status == 200


def test_a_test_reads_what_was_received(sandbox, agent):
    agent.players.create(player_external_id="p-9")

    (received,) = sandbox.requests
    assert (received.account, received.operation, received.status) == ("mycasino", "players.create", 200)
    assert received.json() == {"playerExternalId": "p-9"}
    assert received.path == "/v1/player/create"
    assert sandbox.token not in repr(received)


def test_a_test_sets_points(sandbox, agent):
    sandbox.set_points("mycasino", 0)
    with pytest.raises(errors.InsufficientFunds):
        agent.games.launch(**LAUNCH)

    sandbox.set_points("mycasino", "0.01")
    agent.games.launch(**LAUNCH)
    assert sandbox.account("mycasino").points == {"USD": Decimal("0.01")}


@pytest.mark.parametrize(
    ("amount", "currency", "message"),
    [
        ("1.005", None, "USD has 2 minor digits"),
        (-1, None, "negative"),
        ("abc", None, "amount: must be a number"),
        ("NaN", None, "amount: must be a number"),
        ("Infinity", None, "amount: must be a number"),
        ("1e19", None, "amount: is larger than any wallet"),
        (True, None, "amount: must be a number"),
        (None, None, "amount: must be a number"),
        (1, "EUR", "mycasino has USD, not EUR"),
    ],
)
def test_points_that_cannot_be_are_refused(sandbox, amount, currency, message):
    with pytest.raises(ValueError, match=message):
        sandbox.set_points("mycasino", amount, currency)


def test_a_test_changes_accounts_and_providers(sandbox, agent):
    sandbox.provider(1).in_maintenance = True
    with pytest.raises(errors.UnderMaintenance):
        agent.games.launch(**LAUNCH)

    sandbox.account("mycasino").allowed_ips = ("10.0.0.1",)
    with pytest.raises(errors.IPNotAllowed):
        agent.providers.list()
    with Agent(sandbox.token, transport=sandbox.transport(address="10.0.0.1")) as elsewhere:
        elsewhere.providers.list()


def test_what_is_not_there_is_a_key_error(sandbox):
    with pytest.raises(KeyError):
        sandbox.account("nobody")
    with pytest.raises(KeyError):
        sandbox.provider(99)


def test_fifty_threads_share_one_sandbox(sandbox):
    with (
        Agent(sandbox.token, transport=sandbox.transport(), limiter=LocalLimiter(50)) as agent,
        ThreadPoolExecutor(50) as pool,
    ):
        lists = list(pool.map(lambda _: agent.providers.list(), range(200)))

    assert len(lists) == 200
    assert sandbox.stats()["agents"]["mycasino"]["busy"] == 0
    assert sandbox.stats()["agents"]["mycasino"]["in_flight"] == 0


def test_a_late_answer_runs_into_the_clients_time_limit(sandbox):
    sandbox.faults.add("latency", seconds=3_600)

    with (
        Agent(sandbox.token, transport=sandbox.transport(), timeout=0.05, max_retries=0) as agent,
        pytest.raises(errors.Timeout),
    ):
        agent.players.create(player_external_id="late")
    assert sandbox.stats()["agents"]["mycasino"]["in_flight"] == 0


@pytest.mark.parametrize("kind", ["close", "cut"])
def test_a_broken_connection_breaks_without_a_socket_too(sandbox, kind):
    sandbox.faults.add(kind)

    with (
        httpx2.Client(transport=sandbox.transport(), headers=_headers(sandbox)) as client,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        client.get("http://sandbox.test/v1/provider/list")


async def test_a_broken_connection_breaks_in_an_event_loop_too(sandbox):
    sandbox.faults.add("cut")

    async with httpx2.AsyncClient(transport=sandbox.async_transport(), headers=_headers(sandbox)) as client:
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.get("http://sandbox.test/v1/provider/list")


def _headers(sandbox):
    fields = {"Accept": "application/json", "Content-Type": "application/json"}
    return {**fields, "Authorization": f"Bearer {sandbox.token}"}


def test_a_sandbox_leaves_no_thread_behind():
    app = create_app()
    with Agent(app.token, transport=app.transport()) as agent:
        agent.providers.list()
    loops = [thread for thread in threading.enumerate() if thread.name == "igamingace-sandbox-loop"]
    app.close()
    for thread in loops:
        thread.join(30)

    assert loops
    assert not any(thread.is_alive() for thread in loops)


def test_a_forgotten_sandbox_leaves_no_thread_behind_either():
    app = create_app()
    with httpx2.Client(transport=app.transport()) as client:
        client.get("http://sandbox.test/_sandbox/stats")
    loops = [thread for thread in threading.enumerate() if thread.name == "igamingace-sandbox-loop"]
    del app, client
    with warnings.catch_warnings():
        gc.collect()
    for thread in loops:
        thread.join(30)

    assert not any(thread.is_alive() for thread in loops)


def test_the_contract_is_compiled_once():
    assert compiled_contract(ErrorStyle()) is compiled_contract(ErrorStyle())


def test_each_test_has_a_fresh_sandbox_quickly(pytester):
    pytester.makepyfile(
        """
        import pytest
        from igamingace import Agent

        @pytest.mark.parametrize("again", range(20))
        def test_in_process(igamingace_sandbox, again):
            assert "new" not in igamingace_sandbox.account("mycasino").players
            with Agent(igamingace_sandbox.token, transport=igamingace_sandbox.transport()) as agent:
                agent.players.create(player_external_id="new")
            assert len(igamingace_sandbox.requests) == 1

        @pytest.mark.parametrize("again", range(5))
        def test_on_a_port(igamingace_sandbox_server, again):
            sandbox = igamingace_sandbox_server
            assert "new" not in sandbox.account("mycasino").players
            with Agent(sandbox.token, base_url=sandbox.url) as agent:
                agent.players.create(player_external_id="new")
        """
    )

    scope = "asyncio_default_fixture_loop_scope=function"
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "-o", scope).assert_outcomes(passed=25)


async def test_two_event_loops_one_after_the_other_are_served(sandbox):
    def elsewhere():
        async def ask():
            async with AsyncAgent(sandbox.token, transport=sandbox.async_transport()) as agent:
                return len(await agent.providers.list())

        return asyncio.run(ask())

    assert await asyncio.to_thread(elsewhere) == 4
    async with AsyncAgent(sandbox.token, transport=sandbox.async_transport()) as agent:
        assert len(await agent.providers.list()) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"latency": -1}, "latency: must be a number of seconds, 0 or more, not -1"),
        ({"latency": float("nan")}, "latency: must be"),
        ({"latency": float("inf")}, "latency: must be"),
        ({"latency": "1"}, "latency: must be"),
        ({"time_scale": 0}, "time_scale: must be a number above 0, not 0"),
        ({"time_scale": -0.5}, "time_scale: must be"),
        ({"time_scale": float("nan")}, "time_scale: must be"),
        ({"time_scale": True}, "time_scale: must be"),
        ({"seed": "x"}, "seed: must be a whole number, not 'x'"),
        ({"seed": 1.5}, "seed: must be"),
        ({"token": 5}, "token: give text, not int"),
        ({"clock": 5}, "clock: give a function"),
        ({"clock": lambda: 5}, "clock: it must return the time, an aware datetime, not 5"),
        ({"clock": lambda: datetime(2030, 1, 1)}, "clock: it must return the time, an aware datetime"),  # noqa: DTZ001
        ({"faults": 5}, "faults: give a list of Fault.kind=....,"),
        ({"time_zone": "UTC"}, "time_zone: give a tzinfo"),
        ({"casino": "casino.toml"}, "casino: give what read_casino returns, not str"),
        ({"hosts": 5}, "hosts: give a list of texts, not 5"),
        ({"hosts": "casino.test"}, "hosts: give a list of texts, not 'casino.test'"),
        ({"hosts": [5]}, "hosts: give"),
        ({"trusted_proxies": "127.0.0.1"}, "trusted_proxies: give a list of texts"),
        ({"trusted_proxies": [5]}, "trusted_proxies: give"),
        ({"wallet": "x"}, "wallet: the target is not an http or https URL"),
        ({"wallet": 5}, "wallet: target is int; use a URL, an ASGI or a WSGI application"),
        ({"wallet": {"mycasino": None}}, "wallet: target is NoneType"),
        ({"wallet": lambda: None}, "wallet: the target is a callable that takes neither"),
        ({"wallet": {"nobody": lambda environ, start: []}}, "wallet: there is no account 'nobody'"),
    ],
)
@pytest.mark.parametrize("make", [create_app, Sandbox])
def test_an_option_that_makes_no_sense_is_refused(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ({"host": 5}, "host: must be a name or an address, such as '127.0.0.1', not 5"),
        ({"host": ""}, "host: must be"),
        ({"host": b"127.0.0.1"}, "host: must be"),
        ({"port": "80"}, "port: must be a whole number from 0 to 65535, not '80'"),
        ({"port": -1}, "port: must be"),
        ({"port": 65_536}, "port: must be"),
        ({"port": True}, "port: must be"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(address, message):
    with pytest.raises(ValueError, match=message):
        Sandbox(**address)


@pytest.mark.parametrize("option", [{"token": "mine"}, {"wallet": lambda environ, start: []}])
def test_what_is_for_an_agent_needs_one(tmp_path, option):
    file = tmp_path / "casino.toml"
    file.write_text('[[accounts]]\nid = "top"\nlevel = "operator"\ncurrencies = ["USD"]\n')

    with pytest.raises(LookupError, match=f"no agent to use this {next(iter(option))} for"):
        create_app(casino=read_casino(file), **option)
