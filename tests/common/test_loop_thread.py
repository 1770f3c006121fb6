"""The event loop in a background thread."""

import asyncio
import contextvars
import gc
import os
import threading
import weakref
from concurrent.futures import CancelledError

import pytest
from igamingace._common.loop_thread import LoopThread

current = contextvars.ContextVar("current", default="nobody")


class Owner:
    """Something that has a loop thread."""

    def __init__(self):
        self.loop_thread = LoopThread("test-loop", self)


@pytest.fixture
def loop_thread():
    owner = Owner()
    yield owner.loop_thread
    owner.loop_thread.close()


async def where():
    return asyncio.get_running_loop(), threading.current_thread()


def test_coroutines_run_in_one_loop_in_another_thread(loop_thread):
    first, second = loop_thread.run(where()), loop_thread.run(where())

    assert first == second
    assert first[1] is not threading.current_thread()


def test_a_coroutine_sees_the_context_variables_of_the_caller(loop_thread):
    async def read():
        return current.get()

    current.set("request 7")

    assert loop_thread.run(read()) == "request 7"


def test_an_exception_reaches_the_caller(loop_thread):
    async def fail():
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        loop_thread.run(fail())


async def leave(error):
    raise error


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_an_exception_that_ends_a_program_ends_neither_the_loop_nor_the_other_coroutines(loop_thread, error):
    started, released = threading.Event(), asyncio.Event()
    results = []

    async def wait():
        started.set()
        await released.wait()
        return await where()

    async def release():
        released.set()

    waiting = threading.Thread(target=lambda: results.append(loop_thread.run(wait())))
    waiting.start()
    assert started.wait(10)

    with pytest.raises(error):
        loop_thread.run(leave(error))
    loop_thread.run(release())
    waiting.join(10)

    assert results == [loop_thread.run(where())]


def test_close_stops_the_thread_though_the_last_coroutine_exits(loop_thread):
    loop, thread = loop_thread.run(where())

    with pytest.raises(SystemExit):
        loop_thread.close(lambda: leave(SystemExit))

    assert not thread.is_alive()
    assert loop.is_closed()


def test_after_close_it_starts_again_with_another_loop(loop_thread):
    loop, thread = loop_thread.run(where())
    loop_thread.close()
    loop_thread.close()

    assert loop.is_closed()
    assert not thread.is_alive()
    assert loop_thread.run(where())[0] is not loop


def test_close_runs_the_last_coroutine_in_the_loop(loop_thread):
    loop, _ = loop_thread.run(where())
    seen = []

    async def last():
        seen.append(asyncio.get_running_loop())

    loop_thread.close(last)

    assert seen == [loop]


def test_close_cancels_what_still_runs_and_its_caller_goes_on(loop_thread):
    started = threading.Event()
    ends = []

    async def forever():
        started.set()
        await asyncio.sleep(60)

    def caller():
        try:
            loop_thread.run(forever())
        except CancelledError as error:
            ends.append(type(error).__name__)

    thread = threading.Thread(target=caller)
    thread.start()
    assert started.wait(10)
    loop_thread.close()
    thread.join(10)

    assert not thread.is_alive()
    assert ends == ["CancelledError"]


def test_the_thread_ends_with_its_owner():
    owner = Owner()
    loop, thread = owner.loop_thread.run(where())
    gone = weakref.ref(owner)

    del owner
    gc.collect()
    thread.join(10)

    assert gone() is None
    assert not thread.is_alive()
    assert loop.is_closed()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is needed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork in a process with threads, on purpose
def test_a_forked_child_starts_its_own_thread(loop_thread):
    loop_thread.run(where())
    child = os.fork()
    if child == 0:
        loop_thread.run(where())
        loop_thread.close()
        os._exit(0)

    assert os.waitpid(child, 0)[1] == 0
    assert loop_thread.run(where())[1].is_alive()
