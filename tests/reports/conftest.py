"""Operators and agents of either kind, and a casino whose agents played yesterday."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone
from typing import Any

import igamingace
import pytest
from igamingace import reports
from igamingace.limits import LocalLimiter
from igamingace.sandbox import Sandbox

from .casino import Casino, catalogue

ZONES = {"igamingace": timezone(timedelta(hours=9)), "sister": UTC}


@dataclass
class Reporter:
    """Makes reports in threads or in asyncio, without the pause between windows."""

    kind: str
    casino: Casino

    def many(self, agents: Any = None, *, accounts: Any = None, **options: Any) -> Any:
        """Return the report of an operator on yesterday."""
        make = igamingace.Operator if self.kind == "threads" else igamingace.AsyncOperator
        chosen = self.casino.accounts if accounts is None else accounts
        operator: Any = make(chosen, **self._options())
        given = {"pause": 0, **options}
        days = given.pop("days", self.casino.day)
        if self.kind == "threads":
            with operator:
                return operator.report(days, agents, **given)

        async def run() -> Any:
            async with operator:
                return await operator.report(days, agents, **given)

        return asyncio.run(run())

    def one(self, token: str, **options: Any) -> Any:
        """Return the report of one agent on yesterday."""
        given = {"pause": 0, **options}
        days = given.pop("days", self.casino.day)
        if self.kind == "threads":
            with igamingace.Agent(token, **self._options()) as agent:
                return reports.report(agent, days, **given)

        async def run() -> Any:
            async with igamingace.AsyncAgent(token, **self._options()) as agent:
                return await reports.report_async(agent, days, **given)

        return asyncio.run(run())

    def _options(self) -> dict[str, Any]:
        zone = self.casino.zone if self.casino.zone is UTC else None  # that of the contract needs no option
        return {
            "base_url": self.casino.sandbox.url,
            "limiter": LocalLimiter(),
            "max_retries": 0,
            "backoff": 0,
            "time_zone": zone,
        }


@pytest.fixture(params=["threads", "asyncio"])
def kind(request):
    return request.param


@pytest.fixture
def dialect():
    """The dialect of the sandbox; tests of both have it as a parameter."""
    return "igamingace"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("IGAMINGACE_API_TOKEN", "IGAMINGACE_BASE_URL", "IGAMINGACE_TIME_ZONE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sandbox(dialect):
    with Sandbox(dialect=dialect) as sandbox:
        catalogue(sandbox)
        yield sandbox


@pytest.fixture
def casino(sandbox, dialect):
    casino = Casino(sandbox, ZONES[dialect])
    casino.add(4)
    casino.play(60)
    return casino


@pytest.fixture
def reporter(kind, casino):
    return Reporter(kind, casino)
