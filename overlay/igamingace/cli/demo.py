"""The command `igamingace demo`: the client against the sandbox, with a limiter and without one."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.table import Column, Table

from igamingace import Agent, AsyncAgent
from igamingace.errors import ServerIsBusy
from igamingace.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.limits import Budget, Limiter, Permit, Stats

__all__ = ["Burst", "demo"]

_MAX_TRIES = 500
"""Refusals after which the client without a limiter gives up a call."""
_FRAMES_PER_SECOND = 20
"""Updates of the table per second."""


_NEXT: Final = """
Next: a sandbox that stays, with a back office and a game to play in the browser.

  igamingace sandbox

It prints a line to paste, and then this is your first call:

  python -c 'from igamingace import Agent; print(*Agent().providers.list(), sep="\\n")'
"""


@dataclass(frozen=True, slots=True)
class Burst:
    """The figures of many concurrent calls.

    Attributes:
        name: how they were sent.
        calls: number of calls.
        done: number of successful calls.
        requests: number of requests sent for them.
        peak: the maximum of requests in flight that the server accepted.
        busy: number of requests that the server refused with 1018.
        seconds: duration of all calls.
    """

    name: str
    calls: int
    done: int = 0
    requests: int = 0
    peak: int = 0
    busy: int = 0
    seconds: float = 0.0


def demo(
    calls: Annotated[int, typer.Option(min=1, max=100_000, help="Number of concurrent calls.")] = 500,
    latency: Annotated[float, typer.Option(min=0, help="Latency of each answer, in milliseconds.")] = 50,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as JSON, and nothing else.")
    ] = False,
) -> None:
    """Send many calls at once to a sandbox, within its limit of requests in flight and without it.

    Example: igamingace demo --calls 1000
    """
    console = Console(quiet=as_json)
    with Sandbox(latency=latency / 1000) as sandbox:
        console.print(f"Sandbox: [bold]{sandbox.url}[/], each answer takes {latency:.0f} ms\n")
        _tour(sandbox, console)
        console.print(f"\nNow {calls} calls at once through one agent:\n")
        bursts = _bursts(sandbox, calls, console)
        if not console.is_terminal:
            console.print()  # without a terminal the table ends without a line break
    console.print(_NEXT, soft_wrap=True, highlight=False)
    if as_json:
        typer.echo(json.dumps([asdict(burst) for burst in bursts]))
    limited = bursts[0]
    if limited.done < calls or limited.busy:
        raise typer.Exit(1)


def _tour(sandbox: Sandbox, console: Console) -> None:
    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        for provider in agent.providers.list():
            games = agent.games.list(provider.provider_id)
            names = ", ".join(str(game.game_name or game.game_id) for game in games)
            console.print(f"  provider {provider.provider_id}  {provider.provider_name}: {names}")
        linked = agent.players.create(player_external_id="demo-player")
        console.print(f"  player   {linked.player_code}  linked as 'demo-player'")
        url = agent.games.launch(
            player_id="demo-player",
            provider_id=1,
            game_id=655,
            language="en",
            return_url="https://casino.example/lobby",
            is_streamer=False,
        )
        console.print(f"  launched {urlsplit(url).path}, a game's page, which ends with the demo")


def _bursts(sandbox: Sandbox, calls: int, console: Console) -> list[Burst]:
    limited = Burst("with igamingace", calls)
    unlimited = Burst("retrying at once", calls)
    with Live(console=console, refresh_per_second=_FRAMES_PER_SECOND) as live:
        limited = asyncio.run(_burst(sandbox, limited, None, lambda now: live.update(_view(now, unlimited))))
        unlimited = asyncio.run(
            _burst(sandbox, unlimited, _NoLimiter(), lambda now: live.update(_view(limited, now)))
        )
    return [limited, unlimited]


def _view(*bursts: Burst) -> Group:
    table = Table(Column(no_wrap=True), "done", "sent", "peak in flight", "1018", "seconds")
    for burst in bursts:
        done = f"{burst.done} of {burst.calls}"
        figures = (burst.requests, burst.peak, burst.busy, f"{burst.seconds:.1f}")
        table.add_row(burst.name, done, *map(str, figures))
    return Group(
        table, "Sent: number of requests. Peak in flight and 1018 answers are counted by the server."
    )


async def _burst(
    sandbox: Sandbox, burst: Burst, limiter: Limiter | None, show: Callable[[Burst], None]
) -> Burst:
    """Send the calls at once; show the figures as they change, and return the final ones."""
    sandbox.reset()
    started = time.monotonic()
    done = requests = 0

    async def call(agent: AsyncAgent) -> None:
        nonlocal done, requests
        for _ in range(_MAX_TRIES):
            requests += 1
            try:
                await agent.providers.list()
            except ServerIsBusy:
                continue
            done += 1
            return

    def figures() -> Burst:
        peak, busy = _server_figures(sandbox)
        seconds = time.monotonic() - started
        return replace(burst, done=done, requests=requests, peak=peak, busy=busy, seconds=seconds)

    retries = 0 if limiter else None
    async with AsyncAgent(
        sandbox.token, base_url=sandbox.url, limiter=limiter, busy_retries=retries
    ) as agent:
        tasks = [asyncio.create_task(call(agent)) for _ in range(burst.calls)]
        while not all(task.done() for task in tasks):
            show(figures())
            await asyncio.wait(tasks, timeout=1 / _FRAMES_PER_SECOND)
        await asyncio.gather(*tasks)
    last = figures()
    show(last)
    return last


def _server_figures(sandbox: Sandbox) -> tuple[int, int]:
    """Return the peak of requests in flight, and the number of requests refused with 1018."""
    agents = sandbox.stats()["agents"].values()
    return max(agent["peak_in_flight"] for agent in agents), sum(agent["busy"] for agent in agents)


class _NoLimiter:
    """A limiter without a limit, for the client to compare with."""

    def budget(self, account: str) -> Budget:
        del account
        return self

    def acquire(self, *, timeout: float | None = None, urgent: bool = False, retry: bool = False) -> Permit:
        del timeout, urgent, retry
        return _NoPermit()

    async def acquire_async(
        self,
        *,
        timeout: float | None = None,  # noqa: ASYNC109 -- the protocol's name; nothing waits here
        urgent: bool = False,
        retry: bool = False,
    ) -> Permit:
        return self.acquire(timeout=timeout, urgent=urgent, retry=retry)

    def stats(self) -> Stats:
        raise NotImplementedError("a limiter without a limit has no statistics")


class _NoPermit:
    waited = 0.0

    def done(self) -> None: ...

    def refused(self) -> None: ...

    def abandoned(self) -> None: ...
