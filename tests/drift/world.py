"""An agent of either kind on a scripted server, and what it tells of differences."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx2
from igamingace import Agent, AsyncAgent, AsyncOperator, Operator, errors
from igamingace.limits import LocalLimiter

if TYPE_CHECKING:
    from igamingace.drift import Difference

TOKEN = "60349266c8d9487eab7531b1a15d2480"
PROVIDER = {"providerId": 1, "providerName": "Nova", "logo": "https://cdn.example/nova.png", "status": 1}


def success(data):
    return {"success": True, "message": "OK", "data": data}


class World:
    """Calls in threads or in tasks, to a server that answers by a script; the last answer stays."""

    def __init__(self, kind):
        self.result: Any = None
        self.error: Exception | None = None
        self.kind = kind
        self.script = [(200, success([PROVIDER]))]

    def answer(self, request):
        status, body = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return httpx2.Response(status, json=body)

    async def answer_async(self, request):
        return self.answer(request)

    def options(self, options):
        in_threads = self.kind == "threads"
        answer = self.answer if in_threads else self.answer_async
        return {
            "transport": httpx2.MockTransport(answer),
            "base_url": "https://api.example",
            "limiter": LocalLimiter(),
            "backoff": 0,
        } | options

    def call(self, code=lambda agent: agent.providers.list(), **options):
        """The agent's differences after the code was run with it; `result` or `error` is what came of it."""
        self.result = self.error = None
        if self.kind == "threads":
            with Agent(TOKEN, **self.options(options)) as agent:
                try:
                    self.result = code(agent)
                except (errors.APIError, errors.UnexpectedResponse) as error:
                    self.error = error
                return agent.drift()

        async def run():
            async with AsyncAgent(TOKEN, **self.options(options)) as agent:
                try:
                    self.result = await code(agent)
                except (errors.APIError, errors.UnexpectedResponse) as error:
                    self.error = error
                return agent.drift()

        return asyncio.run(run())

    def call_all(self, accounts, **options):
        """The operator's differences after a call for each account."""
        if self.kind == "threads":
            with Operator(accounts, **self.options(options)) as operator:
                operator.map(lambda agent: agent.providers.list())
                return operator.drift()

        async def run():
            async with AsyncOperator(accounts, **self.options(options)) as operator:
                await operator.map(lambda agent: agent.providers.list())
                return operator.drift()

        return asyncio.run(run())


def told(differences: list[Difference]):
    return [(each.place, each.kind, each.value, each.count) for each in differences]
