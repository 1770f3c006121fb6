"""The documentation's wallet on SQLite, inside FastAPI, Starlette, Django and Flask."""

import asyncio
import importlib
import sqlite3
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from igamingace.callbacks import sign

EXAMPLES = Path(__file__).with_name("examples")
WALLET = Path(__file__).parents[2] / "docs" / "examples"
ASGI = {"fastapi_app": "app", "starlette_app": "app", "django_asgi": "application"}
WSGI = {"flask_app": "app", "django_wsgi": "application"}


@pytest.fixture
def example(monkeypatch, tmp_path, token):
    """Return a function that imports an example as a casino would run it."""
    settings: Any = types.ModuleType("casino_settings")
    settings.SECRET_KEY, settings.ROOT_URLCONF, settings.ALLOWED_HOSTS = "made up", "casino_settings", ["*"]
    settings.urlpatterns = []
    monkeypatch.setitem(sys.modules, "casino_settings", settings)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "casino_settings")
    monkeypatch.setenv("IGAMINGACE_API_TOKEN", token)
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.syspath_prepend(WALLET)
    monkeypatch.chdir(tmp_path)
    for name in ("wallet", *ASGI, *WSGI):
        monkeypatch.delitem(sys.modules, name, raising=False)
    importlib.import_module("wallet")
    with closing(sqlite3.connect("casino.db")) as db:
        db.execute("INSERT INTO player VALUES ('user123', 10000)")
        db.commit()
    modules = []

    def load(name):
        modules.append(importlib.import_module(name))
        return modules[-1]

    yield load
    for module in modules:
        module.callbacks.close()
    for name in ("wallet", *ASGI, *WSGI):
        sys.modules.pop(name, None)


async def play(post, callback):
    """Play a round with duplicates and a late bet; return balances and status codes."""
    bodies = [
        callback("balance"),
        callback("bet", amount=10.25),
        callback("bet", amount=10.25),
        callback("bet", amount=1000, transactionId=10),
        callback("win", amount=4.25),
        callback("betwin"),
        callback("cancel"),
        callback("cancel"),
        callback("cancel", transactionId=11),
        callback("cancel", transactionId=12, referenceId=13),
        callback("bet", transactionId=13),
        callback("bet", transactionId=14, playerId="nobody"),
        callback("bet", transactionId=15).replace(b"1.5", b"0.001"),
    ]
    answers = [await post(body) for body in bodies]
    assert [answer.status_code for answer in answers] == [200] * len(bodies)
    return [
        (answer.json()["balance"], answer.json()["statusCode"].removeprefix("ERR_")) for answer in answers
    ]


PLAYED = [
    (100, "OK"),
    (89.75, "OK"),
    (89.75, "OK"),
    (89.75, "NOT_ENOUGH_MONEY"),
    (94, "OK"),
    (97.5, "OK"),
    (107.75, "OK"),
    (107.75, "OK"),
    (107.75, "TRANSACTION_ROLLED_BACK"),
    (107.75, "TRANSACTION_DOES_NOT_EXIST"),
    (0, "NOT_AUTHENTICATED"),
    (0, "NOT_AUTHENTICATED"),
    (0, "UNKNOWN"),
]


@pytest.mark.parametrize("name", ASGI)
async def test_a_round_is_played_inside_an_asgi_framework(example, callback, token, name):
    app = getattr(example(name), ASGI[name])
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://casino.example"
    ) as http:

        def post(body):
            return http.post(
                "/callbacks/igamingace", content=body, headers={"X-Request-Signature": sign(body, token)}
            )

        assert await play(post, callback) == PLAYED
        assert (await http.get("/callbacks/igamingace")).status_code == 405
        assert (await http.post("/elsewhere", content=b"{}")).status_code == 404


@pytest.mark.parametrize("name", WSGI)
async def test_a_round_is_played_inside_a_wsgi_framework(example, callback, token, name):
    app = getattr(example(name), WSGI[name])
    with httpx2.Client(transport=httpx2.WSGITransport(app), base_url="http://casino.example") as http:

        async def post(body):
            headers = {"X-Request-Signature": sign(body, token)}
            return await asyncio.to_thread(http.post, "/callbacks/igamingace", content=body, headers=headers)

        assert await play(post, callback) == PLAYED
        assert http.get("/callbacks/igamingace").status_code == 405
        assert http.post("/elsewhere", content=b"{}").status_code == 404


def test_the_example_wallet_loses_no_bet_of_many_in_parallel(example, callback, token):
    app = example("flask_app").app
    with httpx2.Client(transport=httpx2.WSGITransport(app), base_url="http://casino.example") as http:

        def bet(number):
            body = callback("bet", transactionId=number % 60, amount=2)
            headers = {"X-Request-Signature": sign(body, token)}
            for _ in range(20):
                answer = http.post("/callbacks/igamingace", content=body, headers=headers).json()
                if answer["statusCode"] != "ERR_UNKNOWN":  # SQLite was locked for too long: sent once more
                    break
            return answer["statusCode"]

        with ThreadPoolExecutor(8) as threads:
            codes = list(threads.map(bet, range(120)))

    with closing(sqlite3.connect("casino.db")) as db:
        assert db.execute("SELECT cents FROM player").fetchone() == (0,)
        assert db.execute("SELECT count(*), sum(cents) FROM booking").fetchone() == (50, 10000)
    assert codes.count("OK") == 100
    assert codes.count("ERR_NOT_ENOUGH_MONEY") == 20
