"""An API that answers, hangs or refuses, by agent; and what waits for the calls to it."""

from __future__ import annotations

import asyncio
import threading
import time

import httpx2
from igamingace.operators import Account

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


class Vault:
    """A token source that may wait, and writes down in which thread it is asked."""

    def __init__(self):
        self.threads = []

    def open(self):
        self.threads.append(threading.get_ident())
        return "token-of-lotus"


def wait_for(condition):
    end = time.monotonic() + LONG
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def own_threads():
    return [thread for thread in threading.enumerate() if thread.name == "igamingace-operator"]
