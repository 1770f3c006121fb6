"""The programs in docs/examples run against the sandbox."""

import importlib
import re
import subprocess
import sys

import httpx2
import pytest
from igamingace.limits import RedisLimiter, _default
from igamingace.sandbox import read_casino
from igamingace.walletcheck import check_wallet

from .pages import ROOT, Page

EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture
def load(sandbox, monkeypatch):
    """Return a function that imports an example anew."""
    monkeypatch.syspath_prepend(EXAMPLES)

    def load(name):
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return load


async def test_the_lobby_searches_and_opens_a_game_under_the_limit_in_redis(
    load, sandbox, redis_url, monkeypatch
):
    monkeypatch.setenv("IGAMINGACE_REDIS_URL", redis_url)
    monkeypatch.setattr(_default, "_limiters", [])
    lobby = load("lobby")
    transport = httpx2.ASGITransport(lobby.app)

    async with (
        lobby.app.router.lifespan_context(lobby.app),
        httpx2.AsyncClient(transport=transport, base_url="http://casino") as visitor,
    ):
        found = (await visitor.get("/games", params={"text": "fjord"})).json()
        opened = await visitor.post(
            f"/games/{found[0]['provider']}/{found[0]['game']}/play", params={"player": "user123"}
        )
        unknown = await visitor.post("/games/1/none/play", params={"player": "user123"})
        ready = await visitor.get("/ready")
    (limiter,) = _default._limiters
    limiter.close()

    assert [each["name"] for each in found] == ["Fjord Fortune"]
    assert opened.status_code == 303
    assert opened.headers["location"].startswith(f"{sandbox.url}/_sandbox/launch?token=")
    assert unknown.status_code == 404
    assert re.fullmatch(r"\d+ of 50 in flight, 0 waiting\n", ready.text)
    assert isinstance(limiter, RedisLimiter)


def test_the_wallet_on_an_own_table_passes_the_check(load, sandbox):
    wallet = load("own_table")

    report = check_wallet(
        wallet.app,
        token=sandbox.token,
        player="7",
        path="/callbacks/igamingace",
        only=["bet", "win", "cancel"],
        skip=["*_parallel"],
    )
    with wallet.engine.connect() as connection:
        cents = connection.execute(wallet.users.select()).one().cents
    wallet.callbacks.close()
    wallet.ledger.close()
    wallet.engine.dispose()

    assert report.ok, report.text()
    assert cents == 100_000


def test_the_wallet_on_sqlite3_is_served_as_its_page_says_and_stays_short(load, sandbox, tmp_path):
    (block,) = (
        each for each in Page("docs/how-to/own-wallet.md").blocks("python") if each.file == "serve.py"
    )
    (tmp_path / "serve.py").write_text(block.code)
    load("wallet")
    serve = load("serve")

    report = check_wallet(
        serve.app, token=sandbox.token, player="user123", only=["bet", "win", "cancel"], skip=["*_parallel"]
    )
    serve.app.close()
    del sys.modules["wallet"]  # pages have a file of this name

    assert report.ok, report.text()
    assert len((EXAMPLES / "wallet.py").read_text().splitlines()) < 120


def test_the_daily_report_writes_a_file_for_each_way_to_read_it(sandbox, tmp_path):
    script = [sys.executable, str(EXAMPLES / "daily_report.py"), "agents.toml", "out", "--pause", "0"]

    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".csv", ".html"]


def test_the_casino_of_the_compose_file_is_one(tmp_path):
    casino = read_casino(EXAMPLES / "casino.toml")
    compose = (EXAMPLES / "compose.yaml").read_text()
    agent = next(each for each in casino.accounts if each.level == "agent")

    assert agent.token
    assert agent.token in compose
    assert "own_table:app" in compose
    assert "lobby:app" in compose


def test_every_example_is_in_the_index():
    programs = {path.name for path in EXAMPLES.iterdir() if path.suffix in {".py", ".toml", ".yaml"}}

    assert programs == set(
        re.findall(r"\]\(([\w.]+\.(?:py|toml|yaml))\)", Page("docs/examples/index.md").text)
    )
