"""A walk against the sandbox, in both dialects, in threads and in event loops."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import count
from typing import Any, cast

import httpx2
import igamingace
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from igamingace._client.walk_state import WalkState
from igamingace._client.walks import AsyncRunningWalk, RunningWalk
from igamingace._client.window_pause import SharedPause, WindowPause
from igamingace.errors import InvalidArgument, ServerError, TransportError
from igamingace.models import Transaction as ListedTransaction
from igamingace.operators import Account, DeadlineExceeded
from igamingace.sandbox import create_app
from igamingace.sandbox.store.models import Transaction, TransactionType
from igamingace_bindings.rest.api.transactions.transactions_list import WALK

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
START = NOW - timedelta(hours=4)
ZONES = {"igamingace": timezone(timedelta(hours=9)), "sister": UTC}
KINDS = ("threads", "asyncio")


@pytest.fixture(params=ZONES)
def dialect(request):
    return request.param


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


class Platform:
    """A sandbox with transactions of the test's own, which it may change before each request."""

    def __init__(self, dialect: Any = "igamingace", **options: Any) -> None:
        self.app = create_app(dialect=dialect, **{"clock": lambda: NOW, **options})
        self.dialect = dialect
        self.books = next(a for a in self.app.runtime.state.accounts.values() if a.token == self.app.token)
        self.books.transactions.clear()
        self.requests: list[dict[str, str]] = []
        self.before: Any = lambda _query: None

    def add(self, number: int, seconds: float, type_: int = 1) -> None:
        at = START + timedelta(seconds=seconds)
        self.books.transactions.append(
            Transaction(number, TransactionType(type_), "user123", "USD", Decimal(number), at, 77, 1, 655)
        )

    def listed(self, length: float) -> list[tuple[Decimal, int]]:
        """The amount and type of all in the range."""
        end = START + timedelta(seconds=length)
        return sorted((t.amount, int(t.type)) for t in self.books.transactions if t.at < end)

    def _asked(self, request: httpx2.Request) -> None:
        query = dict(request.url.params)
        self.requests.append(query)
        self.before(query)

    def transport(self, kind: str) -> Any:
        platform, inner = self, self.app.transport() if kind == "threads" else self.app.async_transport()

        class Meddling(httpx2.BaseTransport):
            def handle_request(self, request: httpx2.Request) -> httpx2.Response:
                platform._asked(request)
                return inner.handle_request(request)

        class AsyncMeddling(httpx2.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
                platform._asked(request)
                return await inner.handle_async_request(request)

        return Meddling() if kind == "threads" else AsyncMeddling()

    def agent(self, kind: str, **options: Any) -> Any:
        make: Any = igamingace.Agent if kind == "threads" else igamingace.AsyncAgent
        zone = UTC if self.dialect == "sister" else None
        return make(self.app.token, transport=self.transport(kind), strict=True, time_zone=zone, **options)

    def walk(
        self, kind: str, length: float, *, stop_after: int | None = None, agent: Any = None, **options: Any
    ):
        """The transactions of a walk, at most `stop_after` of them, and the walk."""
        agent = agent or self.agent(kind)
        end = START + timedelta(seconds=length)
        walk = agent.transactions.iterate(START, end, **{"pause": 0, **options})
        return asyncio.run(taken_async(walk, stop_after)) if kind == "asyncio" else taken(walk, stop_after)


def taken(walk, stop_after=None):
    rows = []
    while len(rows) != stop_after and (row := next(walk, None)) is not None:
        rows.append(row)
    return rows, walk


async def taken_async(walk, stop_after=None):
    rows = []
    while len(rows) != stop_after and (row := await anext(walk, None)) is not None:
        rows.append(row)
    return rows, walk


def found(rows):
    return sorted((row.amount, int(row.trans_type)) for row in rows)


def test_a_walk_gives_typed_transactions_in_order(dialect, kind):
    platform = Platform(dialect)
    for number, at in enumerate([0, 1, 3599, 3600, 3601, 7200, 14_399, 14_400]):
        platform.add(number, at)

    rows, walk = platform.walk(kind, 14_400, page_size=2)

    assert all(type(row) is ListedTransaction for row in rows)
    assert [row.amount for row in rows] == list(range(7))
    assert [row.created_at for row in rows] == sorted(row.created_at for row in rows)
    assert walk.progress == igamingace.WalkProgress(4, 4, 7, 0, 0.0)


def test_the_bet_and_the_win_of_a_betwin_are_two_rows(dialect, kind):
    platform = Platform(dialect)
    for type_ in (1, 2):
        platform.add(5, 3600, type_)

    rows, _ = platform.walk(kind, 7200, page_size=1)

    assert len({row.trans_id for row in rows}) == 1
    assert [int(row.trans_type) for row in rows] == [1, 2]


@pytest.mark.parametrize(
    "examples", [10, pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
def test_windows_pages_and_shifts_at_random_give_what_the_books_say(dialect, kind, examples):
    @given(data=st.data())
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    def check(data):
        platform = Platform(dialect)
        numbers = count()
        length = data.draw(st.integers(1, 9000), "seconds of the range")
        for at in data.draw(st.lists(st.sampled_from([0, 1, 3599, 3600, 3601, 7200, 9000]), max_size=30)):
            number = next(numbers)
            platform.add(number, at)
            if number % 3 == 0:  # a betwin
                platform.add(number, at, 2)
        shifts = data.draw(st.lists(st.integers(0, 3), max_size=8), "rows that arrive before each answer")

        def arrive(query):
            start = datetime.fromisoformat(query["startTime"]).replace(tzinfo=ZONES[dialect])
            for _ in range(shifts.pop(0) if shifts else 0):
                platform.add(next(numbers), (start - START).total_seconds())

        platform.before = arrive
        rows, walk = platform.walk(kind, length, page_size=data.draw(st.integers(1, 9), "page"))
        assert found(rows) == platform.listed(length)
        assert walk.progress.missing == 0

    check()


@pytest.mark.parametrize("rows_before_the_crash", [0, 1, 7, 12, 19, 20])
def test_a_walk_that_crashed_goes_on_from_its_cursor(dialect, kind, rows_before_the_crash):
    platform = Platform(dialect)
    for number in range(20):
        platform.add(number, 600 * number)

    before, walk = platform.walk(kind, 14_400, page_size=3, stop_after=rows_before_the_crash)
    platform.add(20, 600 * rows_before_the_crash)  # behind the place where it crashed, or there
    after, _ = platform.walk(kind, 14_400, page_size=4, cursor=walk.cursor)

    assert found(before + after) == platform.listed(14_400)


def test_a_walk_whose_request_failed_goes_on_with_the_same_page(kind):
    platform = Platform()
    for number in range(10):
        platform.add(number, number)
    failures = iter([None, httpx2.ReadError("gone")])

    def fail(_query):
        failure = next(failures, None)
        if failure is not None:
            raise failure

    platform.before = fail
    agent = platform.agent(kind, max_retries=0)
    walk = agent.transactions.iterate(START, NOW, pause=0, page_size=4)
    if kind == "threads":
        rows, _ = taken(walk, 4)
        with pytest.raises(TransportError):
            next(walk)
        rows += taken(walk)[0]
    else:

        async def go_on():
            rows, _ = await taken_async(walk, 4)
            with pytest.raises(TransportError):
                await anext(walk)
            return rows + (await taken_async(walk))[0]

        rows = asyncio.run(go_on())

    assert found(rows) == platform.listed(14_400)


def test_filters_are_sent_with_each_page(kind):
    platform = Platform()
    for number in range(3):
        platform.add(number, number)

    rows, _ = platform.walk(kind, 7200, player_external_id="user123", round_id=77, page_size=2)

    assert len(rows) == 3
    assert {(query["playerExternalId"], query["roundId"]) for query in platform.requests} == {
        ("user123", "77")
    }


def test_an_argument_that_makes_no_sense_is_refused_before_anything_is_sent(kind):
    platform = Platform()

    with pytest.raises(InvalidArgument, match="start has no time zone"):
        platform.agent(kind).transactions.iterate(START.replace(tzinfo=None), NOW)

    assert platform.requests == []


# The pause. The sandbox refuses a window that comes too soon after another one, by the real clock.

PAUSE = 0.05


@pytest.fixture
def pausing():
    platform = Platform(window_pause=PAUSE, clock=None)
    for number in range(4):
        platform.add(number, 3600 * number)
    return platform


def refused(platform):
    return [entry.status for entry in platform.app.requests].count(429)


def test_a_walk_pauses_between_windows_and_not_between_pages(pausing, kind):
    rows, _ = pausing.walk(kind, 14_400, pause=PAUSE, page_size=1)

    assert found(rows) == pausing.listed(14_400)
    assert len(pausing.requests) > 4
    assert refused(pausing) == 0


def test_a_walk_without_pause_is_refused_by_a_platform_that_asks_for_one(kind):
    platform = Platform(window_pause=PAUSE)  # whose clock stands still

    with pytest.raises(ServerError, match="the next window of transactions"):
        platform.walk(kind, 14_400, agent=platform.agent(kind, max_retries=0))


def test_all_walks_of_an_account_share_the_pause(pausing):
    walked: dict[str, list[Any]] = {}

    def in_a_thread(name, agent):
        walked[name] = taken(agent.transactions.iterate(START, START + timedelta(hours=3), pause=PAUSE))[0]

    async def in_tasks():
        agents = pausing.agent("asyncio"), pausing.agent("asyncio")
        walks = [
            agent.transactions.iterate(START, START + timedelta(hours=3), pause=PAUSE) for agent in agents
        ]
        for number, (rows, _) in enumerate(await asyncio.gather(*map(taken_async, walks))):
            walked[f"task {number}"] = rows

    one = pausing.agent("threads")
    threads = [
        threading.Thread(target=in_a_thread, args=arguments)
        for arguments in (("a", one), ("b", one), ("c", pausing.agent("threads")))
    ]
    for thread in threads:
        thread.start()
    asyncio.run(in_tasks())
    for thread in threads:
        thread.join()

    assert len(walked) == 5
    assert all(found(rows) == pausing.listed(10_800) for rows in walked.values())
    assert refused(pausing) == 0


def test_walks_of_one_window_after_another_share_the_pause(pausing, kind):
    agent = pausing.agent(kind)
    hours = [START + timedelta(hours=hour) for hour in range(4)]

    async def all_hours():
        walks = [agent.transactions.iterate(hour, hour + timedelta(hours=1), pause=PAUSE) for hour in hours]
        return [
            row
            for walk in walks
            for row in (taken(walk) if kind == "threads" else await taken_async(walk))[0]
        ]

    assert found(asyncio.run(all_hours())) == pausing.listed(14_400)
    assert refused(pausing) == 0


async def test_no_slot_is_held_during_the_pause():
    platform = Platform()
    platform.add(1, 1)
    agent = platform.agent("asyncio")
    walk = agent.transactions.iterate(START, START + timedelta(hours=2))
    await anext(walk)

    waiting = asyncio.ensure_future(anext(walk))
    await asyncio.sleep(0)

    assert not waiting.done()
    assert (agent.stats().in_flight, agent.stats().waiting) == (0, 0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_a_walk_that_is_cancelled_in_its_pause_gives_its_place_to_the_next(pausing):
    async def run():
        agent = pausing.agent("asyncio")
        walk, other = (agent.transactions.iterate(START, START + timedelta(hours=2)) for _ in range(2))
        await anext(walk)
        waiting = [asyncio.ensure_future(anext(each)) for each in (walk, other)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.wait(waiting, timeout=0)
        return walk, other

    walk, other = asyncio.run(run())

    assert list(walk._pause._queue) == [] == list(other._pause._queue)


def test_the_end_of_a_run_ends_the_pause():
    platform = Platform()
    account = Account(name="mycasino", token=platform.app.token, currency="USD")
    with igamingace.Operator([account], transport=platform.app.transport()) as operator:
        results = operator.map(
            lambda agent: list(agent.transactions.iterate(START, NOW, pause=3600)), deadline=0.3
        )

    assert [type(error) for error in results.failed.values()] == [DeadlineExceeded]
    assert len(platform.app.requests) == 1


class Recorder:
    """Shared values and a call that write down what is asked of them; the first claim has to wait."""

    def __init__(self, platform: Platform) -> None:
        self.steps: list[str] = []
        self.waits = iter([0.001])
        self.agent = platform.agent("threads")

    def claim(self, name: str, seconds: float) -> float:
        self.steps.append(f"claim {name} {seconds:g}")
        return next(self.waits, 0.0)

    def extend(self, name: str, seconds: float) -> bool:
        self.steps.append(f"extend {name} {seconds:g}")
        return True

    def call(self, operation: Any, arguments: Any) -> Any:
        self.steps.append("call")
        return self.agent._dispatcher.call(operation, arguments)

    async def call_async(self, operation: Any, arguments: Any) -> Any:
        return self.call(operation, arguments)


def test_each_window_is_claimed_from_other_processes_and_extended_with_each_answer(kind):
    platform = Platform()
    for number in range(3):
        platform.add(number, number)
    recorder = Recorder(platform)
    state = WalkState(WALK, START, START + timedelta(hours=2), {}, page_size=2, pause=0.001)
    pauses = WindowPause(), SharedPause(cast("Any", recorder), "transactions.list")

    if kind == "threads":
        taken(RunningWalk(WALK.operation, state, *pauses, recorder.call, sleep=lambda _seconds: None))
    else:
        asyncio.run(taken_async(AsyncRunningWalk(WALK.operation, state, *pauses, recorder.call_async)))

    claim, extend = "claim walk:transactions.list 0.001", "extend walk:transactions.list 0.001"
    assert [step for step in recorder.steps if step != claim] == ["call", extend] * 3
    assert recorder.steps[:4] == [claim, claim, "call", extend]
    last = len(recorder.steps) - 3  # the second window
    assert recorder.steps[last:] == [claim, "call", extend]
