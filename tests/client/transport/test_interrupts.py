"""An exception that strikes a call at any moment (a soft time limit, Ctrl-C) affects no later call."""

from __future__ import annotations

import ctypes
import gc
import os
import random
import signal
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

import igamingace
import pytest
from igamingace._transport.http1 import ResponseReader

from .servers import answer

# In a callback of the interpreter (a weak reference's, a __del__) an exception can only be reported.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class SoftTimeLimit(Exception):  # noqa: N818 -- as Celery names its own
    """What strikes."""


class Unlimited:
    """A limiter in which nothing can be struck."""

    waited = 0.0

    def budget(self, account):
        return self

    def acquire(self, **how):
        return self

    def stats(self):
        return None

    def done(self): ...

    def refused(self): ...

    def abandoned(self): ...


class Striker:
    """Strikes this thread from another one, once for each call, at a moment of chance."""

    def __init__(self, strike):
        """Take what strikes the thread of this number."""
        self._strike = strike
        self._target = threading.get_ident()
        self._ready, self._over = threading.Event(), False
        self._lock = threading.Lock()
        self._delay: float | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while True:
            self._ready.wait()
            self._ready.clear()
            if self._over:
                return
            time.sleep(self._delay or 0)
            with self._lock:
                if self._delay is not None:
                    self._delay = None
                    self._strike(self._target)

    @contextmanager
    def within(self, seconds):
        """Strike within the block, if it takes as long as this."""
        self._delay = seconds
        self._ready.set()
        try:
            yield
        finally:
            with self._lock:
                self._delay = None
            for _ in range(100):  # what was asked for just before strikes here at the latest
                pass

    def close(self):
        self._over = True
        self._ready.set()
        self._thread.join()


def set_exception(thread):
    """Strike between two steps of the interpreter."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(SoftTimeLimit))


def send_signal(thread):
    """Strike from a signal handler: also in the middle of a system call."""
    signal.pthread_kill(thread, signal.SIGUSR1)


@pytest.fixture(params=[set_exception, send_signal])
def striker(request):
    def handler(number, frame):
        raise SoftTimeLimit

    before = signal.signal(signal.SIGUSR1, handler)
    striker = Striker(request.param)
    yield striker
    striker.close()
    signal.signal(signal.SIGUSR1, before)


def open_sockets():
    """The sockets of this process."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them
            if (name := str(link.readlink())).startswith("socket:"):
                found.add(name)
    return found


def struck(call, striker, seconds):
    """Make a call that may be struck; returns what it returned, or the strike."""
    try:
        with striker.within(seconds):
            return call()
    except SoftTimeLimit as error:
        return error


def answer_and_close_every_second(request):
    """Half of the calls make their connection anew: a connection is struck also while it is made."""
    extra = "Connection: close\r\n" if request.number % 4 == 0 else ""
    request.connection.send(answer(request.number, extra_headers=extra))
    if extra:
        request.connection.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts sockets in /proc")
@pytest.mark.parametrize(
    "count",
    [
        pytest.param(100, id="100 times", marks=pytest.mark.timeout(60)),
        pytest.param(3_000, id="3 000 times", marks=[pytest.mark.proof, pytest.mark.timeout(300)]),
    ],
)
@pytest.mark.parametrize("route", ["plain", "tls", "tunnel"])
def test_an_exception_at_any_moment_of_a_call_affects_no_later_call(server, token, striker, count):
    seed = os.environ.get("IGAMINGACE_FUZZ_SEED") or str(random.SystemRandom().randrange(10**9))
    said = f"IGAMINGACE_FUZZ_SEED={seed}"
    dice = random.Random(seed)
    server.script = answer_and_close_every_second
    before = open_sockets()
    hits = 0
    options = {"base_url": server.url, "limiter": Unlimited(), "max_retries": 0, "timeout": 30}
    with igamingace.Agent(token, **options) as agent:

        def read(number):
            return agent.players.info(player_external_id=str(number)).player_code

        lasted: deque[float] = deque([0.001], maxlen=20)  # the latest calls that nothing struck, in seconds
        for number in range(100, 100 + 40 * count, 2):
            moment = dice.uniform(0, 1.2 * median(lasted))
            result = struck(lambda number=number: read(number), striker, moment)
            hits += isinstance(result, SoftTimeLimit)
            assert isinstance(result, SoftTimeLimit) or result == number, said
            started = time.perf_counter()
            assert read(number + 1) == number + 1, said
            lasted.append(time.perf_counter() - started)
            if hits == count:
                break
        del result  # its traceback holds what the strike found in the hands of nobody
        gc.collect()
        opened = await_sockets(before, most=2)
    left = await_sockets(before, most=0)

    assert len(opened) <= 2, said  # an idle connection, and its other end in the server
    assert not left, said
    assert hits == count, f"only {hits} calls were struck"


def await_sockets(before, most):
    """The sockets that are new; the server's ends close in threads of their own, a moment later."""
    for _ in range(250):
        new = open_sockets() - before
        if len(new) <= most:
            break
        time.sleep(0.02)
    return new


@pytest.mark.parametrize("strike", [SystemExit, KeyboardInterrupt, SoftTimeLimit])
def test_what_strikes_while_an_answer_is_parsed_is_raised_inside_an_except_block_too(monkeypatch, strike):
    def struck_here(reader):
        raise strike

    monkeypatch.setattr(ResponseReader, "_unreadable_coding", struck_here)
    reader = ResponseReader()

    try:
        raise LookupError  # noqa: TRY301 -- the call is made while it is handled
    except LookupError:
        with pytest.raises(strike):
            reader.feed(answer(1))
