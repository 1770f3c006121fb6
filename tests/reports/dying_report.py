"""A report that is killed after some hours; its settings are JSON on standard input."""

import asyncio
import itertools
import json
import os
import sys

from igamingace import AsyncOperator, Operator
from igamingace.operators import Account

settings = json.load(sys.stdin)
accounts = [
    Account(name=name, token=token, currency=currency) for name, token, currency in settings["accounts"]
]
options = {"base_url": settings["url"], "time_zone": settings["zone"]}
hours = itertools.count(1)


def die(_agent: str, done: int, _total: int) -> None:
    """End the process after so many hours, without any farewell."""
    if done and next(hours) == settings["after"]:
        os._exit(9)


async def in_tasks() -> None:
    async with AsyncOperator(accounts, **options) as operator:
        await operator.report(settings["day"], pause=0, journal=settings["journal"], on_progress=die)


if settings["kind"] == "threads":
    with Operator(accounts, **options) as operator:
        operator.report(settings["day"], pause=0, journal=settings["journal"], on_progress=die)
else:
    asyncio.run(in_tasks())
