"""The README: its code runs, and its commands are the ones that CI calls."""

import re
import sys
import types
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from igamingace.callbacks import wallet_app
from igamingace.ledger import Ledger
from igamingace.otel import uninstrument
from igamingace.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
EXAMPLES = sorted((ROOT / "tests" / "callbacks" / "examples").glob("*.py"))
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
(ACCOUNTS,) = re.findall(r"^```toml\n(# agents.toml.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [
    line
    for block in re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture
def sandbox(monkeypatch, tmp_path):
    """A sandbox found by the environment, as the README says; a wallet and settings for its frameworks."""
    settings: Any = types.ModuleType("casino_settings")
    settings.SECRET_KEY, settings.ROOT_URLCONF, settings.urlpatterns = "made up", "casino_settings", []
    monkeypatch.setitem(sys.modules, "casino_settings", settings)
    casino: Any = types.ModuleType("casino")
    monkeypatch.setitem(sys.modules, "casino", casino)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "casino_settings")
    monkeypatch.syspath_prepend(ROOT / "tests" / "callbacks" / "examples")
    monkeypatch.delitem(sys.modules, "wallet", raising=False)
    monkeypatch.chdir(tmp_path)
    with Sandbox() as sandbox:
        monkeypatch.setenv("IGAMINGACE_API_TOKEN", sandbox.token)
        monkeypatch.setenv("IGAMINGACE_BASE_URL", sandbox.url)
        monkeypatch.setenv("BIGOPERATOR_TOKEN", sandbox.operator_token)
        (tmp_path / "agents.toml").write_text(ACCOUNTS)
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets" / "mycasino").write_text(sandbox.token)
        (tmp_path / "secrets" / "mycasino").chmod(0o600)
        with closing(Ledger(f"sqlite:///{tmp_path}/casino.db")) as wallet:
            wallet.add_player("user123", "USD")
            wallet.deposit("user123", 100)
            with closing(wallet_app(wallet, token=sandbox.token)) as casino.app:
                yield sandbox


def test_there_are_blocks_to_run():
    assert len(BLOCKS) >= 4


@pytest.mark.parametrize("block", BLOCKS, ids=[f"block-{number}" for number in range(1, len(BLOCKS) + 1)])
def test_a_code_block_runs_as_it_stands(block, sandbox):
    names: dict[str, Any] = {"__name__": "__main__"}

    exec(compile(block, "README.md", "exec"), names)

    for left_open in names.keys() & {"callbacks", "ledger"}:
        names[left_open].close()
    uninstrument()  # the block may have switched it on


def test_the_frameworks_shown_are_the_examples_that_are_played_with():
    shown = [
        example
        for example in EXAMPLES
        if any(example.read_text().strip().endswith(b.strip()) for b in BLOCKS)
    ]

    assert [example.stem for example in shown] == ["django_asgi", "fastapi_app", "flask_app"]


def test_ci_calls_the_readme_s_test_command_to_the_letter():
    command = 'python -m pip install "nox[uv]" && nox'

    assert command in COMMANDS
    assert command.replace("install", "install --quiet") in (ROOT / ".ci" / "run").read_text().splitlines()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_nox_session_that_a_page_names_exists(page, nox_sessions):
    named = set(re.findall(r"nox -s ([\w-]+(?:\.\d+)?)", (ROOT / page).read_text()))

    assert named
    assert named <= set(nox_sessions["all"])


def test_every_file_that_contributors_are_sent_to_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    paths = [
        path
        for path in re.findall(r"`([\w.]+(?:/[\w.]+)+/?)`", text)
        if not re.search(r"[A-Z]{3}|^\.nox", path)
    ]
    tables = re.findall(r"`([A-Z]+)`(?: and `([A-Z]+)`)? in `(tests/[\w/.]+)`", text)

    assert len(paths) > 8
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert len(tables) == 4
    for *names, path in tables:
        for name in filter(None, names):
            assert f"\n{name} = " in (ROOT / path).read_text(), (name, path)
