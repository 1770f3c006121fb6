"""The lobby in threads and in asyncio, against a sandbox in each dialect."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass
from typing import Any

import igamingace
import pytest
from igamingace import lobby
from igamingace.limits import LocalLimiter
from igamingace.sandbox import Sandbox


@dataclass
class World:
    """Runs code with an agent in threads or in asyncio."""

    kind: str
    sandbox: Sandbox

    def use(self, code: Any, **options: Any) -> Any:
        """Make an agent, run the code with it, awaiting what it returns, and close the agent."""
        options = {
            "token": self.sandbox.token,
            "backoff": 0,
            "limiter": LocalLimiter(),
            "base_url": self.sandbox.url,
            **options,
        }
        if self.kind == "threads":
            with igamingace.Agent(**options) as agent:
                return code(agent)

        async def run() -> Any:
            async with igamingace.AsyncAgent(**options) as agent:
                result = code(agent)
                return await result if inspect.isawaitable(result) else result

        return asyncio.run(run())

    def catalogue(self, steps: Any, *, agent: Any = None, **options: Any) -> list[Any]:
        """Make a catalogue, call each step with it, and return what they returned."""
        if self.kind == "threads":

            def code(agent: Any) -> list[Any]:
                with lobby.Catalogue(agent, **options) as catalogue:
                    return [step(catalogue) for step in steps]

            return self.use(code, **(agent or {}))

        async def run(agent: Any) -> list[Any]:
            async with lobby.AsyncCatalogue(agent, **options) as catalogue:
                results = []
                for step in steps:
                    result = step(catalogue)
                    results.append(await result if inspect.isawaitable(result) else result)
                return results

        return self.use(run, **(agent or {}))

    def open_game(self, *arguments: Any, **options: Any) -> Any:
        function = lobby.open_game if self.kind == "threads" else lobby.open_game_async
        options = {"return_url": "https://casino.example/lobby", "settle": 0.0, **options}
        return self.use(lambda agent: function(agent, *arguments, **options))

    def requests(self) -> list[str]:
        """Return the operations that were called, in their order."""
        return [str(entry.operation) for entry in self.sandbox.requests]


@pytest.fixture(params=["igamingace", "sister"])
def sandbox(request) -> Any:
    with Sandbox(dialect=request.param) as sandbox:
        yield sandbox


@pytest.fixture(params=["threads", "asyncio"])
def world(request, sandbox) -> World:
    return World(request.param, sandbox)
