"""Serves a catalogue, and fetches it in the background: in a thread, or in a task."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from igamingace._client.base_agent import context_of, options_of
from igamingace._common.limited_log import LimitedLog
from igamingace._common.numbers import is_integer
from igamingace._common.safe_log import SafeLogger
from igamingace._transport.cancellation import Cancelled, CancelScope
from igamingace.errors import AgentClosed, ConfigurationError
from igamingace.limits._shared import shared_values
from igamingace.lobby._cache import CatalogueCache, Refresh
from igamingace.lobby._fetch import FetchSettings, fetch
from igamingace.lobby._snapshot import CatalogueChanges
from igamingace.lobby._steps import run, run_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace._client._async import AsyncAgent, AsyncAgentView
    from igamingace._client._sync import Agent, AgentView
    from igamingace.lobby._cache import Lookup
    from igamingace.lobby._snapshot import CatalogueSnapshot

__all__ = ["AsyncDriver", "Driver"]


class _BaseDriver:
    """The cache, and how it is filled."""

    def __init__(
        self,
        agent: Agent | AgentView | AsyncAgent | AsyncAgentView,
        *,
        fresh: float,
        stale: float,
        concurrency: int,
        snapshot: CatalogueSnapshot | None,
    ) -> None:
        if not (is_integer(concurrency) and concurrency >= 1):
            raise ConfigurationError(f"concurrency is {concurrency!r}: give 1 or more")
        budget = context_of(agent).budget
        log = LimitedLog(SafeLogger("igamingace.lobby"))
        self._settings = FetchSettings(
            concurrency=concurrency, shared=shared_values(budget), keep=stale, log=log
        )
        self._cache = CatalogueCache(fresh, stale, snapshot, log)
        self._closed = False

    def changes(self) -> CatalogueChanges:
        """Return the differences that the last fetch found; none before the second fetch."""
        both = self._cache.changes()
        if both is None:
            return CatalogueChanges()
        older, newer = both
        return newer.changes_since(older)

    def _check_open(self) -> None:
        if self._closed:
            raise AgentClosed("the catalogue is closed: create a new one")


class Driver(_BaseDriver):
    """Fetches in a thread of its own, so that callers share one fetch, and none of them is its owner."""

    def __init__(
        self,
        agent: Agent | AgentView,
        *,
        fresh: float,
        stale: float,
        concurrency: int,
        snapshot: CatalogueSnapshot | None,
    ) -> None:
        super().__init__(agent, fresh=fresh, stale=stale, concurrency=concurrency, snapshot=snapshot)
        self._scope = CancelScope()
        options = replace(options_of(agent), scope=self._scope)
        self._agent = agent._view(options)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

    def snapshot(self) -> CatalogueSnapshot:
        """Return the latest snapshot; fetch it when there is none, and in the background when it is stale."""
        return self._wait(self._cache.look_up)

    def refresh(self) -> CatalogueSnapshot:
        """Fetch now, or wait for the fetch in progress."""
        return self._wait(self._cache.look_up_new)

    def close(self) -> None:
        """End a fetch in progress; there is no other one."""
        self._closed = True
        self._scope.cancel()

    def _wait(self, look_up: Callable[[], Lookup]) -> CatalogueSnapshot:
        while True:
            self._check_open()
            lookup = look_up()
            if lookup.start is not None:
                self._start(lookup.start)
            if not isinstance(lookup.served, Refresh):
                return lookup.served
            fetched = lookup.served.done.result()
            if fetched is not None:
                return fetched

    def _start(self, refresh: Refresh) -> None:
        thread = threading.Thread(
            target=self._fetch, args=(refresh,), name="igamingace-catalogue", daemon=True
        )
        try:
            thread.start()
        except BaseException:  # there are too many threads, or the program ends
            self._cache.abandon(refresh)
            raise

    def _fetch(self, refresh: Refresh) -> None:
        try:
            snapshot = run(self._agent, fetch(self._settings, refresh.earlier, refresh.since))
        except Cancelled:
            self._cache.abandon(refresh)
        except BaseException as error:  # noqa: BLE001 -- raised again for those who wait for it
            self._cache.fail(refresh, error)
        else:
            self._cache.finish(refresh, snapshot)


class AsyncDriver(_BaseDriver):
    """Fetches in a task of its own."""

    def __init__(
        self,
        agent: AsyncAgent | AsyncAgentView,
        *,
        fresh: float,
        stale: float,
        concurrency: int,
        snapshot: CatalogueSnapshot | None,
    ) -> None:
        super().__init__(agent, fresh=fresh, stale=stale, concurrency=concurrency, snapshot=snapshot)
        self._agent = agent
        self._tasks: set[asyncio.Task[CatalogueSnapshot]] = set()

    async def snapshot(self) -> CatalogueSnapshot:
        """Return the latest snapshot; fetch it when there is none, and in the background when it is stale."""
        return await self._wait(self._cache.look_up)

    async def refresh(self) -> CatalogueSnapshot:
        """Fetch now, or wait for the fetch in progress."""
        return await self._wait(self._cache.look_up_new)

    async def close(self) -> None:
        """End a fetch in progress; there is no other one."""
        self._closed = True
        loop = asyncio.get_running_loop()
        tasks = [task for task in self._tasks if task.get_loop() is loop]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait(self, look_up: Callable[[], Lookup]) -> CatalogueSnapshot:
        while True:
            self._check_open()
            lookup = look_up()
            if lookup.start is not None:
                self._start(lookup.start)
            if not isinstance(lookup.served, Refresh):
                return lookup.served
            fetched = await asyncio.wrap_future(lookup.served.done)
            if fetched is not None:
                return fetched

    def _start(self, refresh: Refresh) -> None:
        flow = fetch(self._settings, refresh.earlier, refresh.since)
        task = asyncio.get_running_loop().create_task(run_async(self._agent, flow))
        self._tasks.add(task)
        task.add_done_callback(partial(self._end, refresh))

    def _end(self, refresh: Refresh, task: asyncio.Task[CatalogueSnapshot]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            self._cache.abandon(refresh)
        elif (error := task.exception()) is not None:
            self._cache.fail(refresh, error)
        else:
            self._cache.finish(refresh, task.result())
