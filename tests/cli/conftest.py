"""A sandbox with a tree of three levels, its file of accounts, and the program to try on them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import pytest
from igamingace import Agent
from igamingace.__main__ import program
from igamingace.sandbox import Sandbox
from typer.testing import CliRunner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


ACCOUNT = """
[[account]]
name = "{name}"
currency = "{currency}"
level = "{level}"
token_env = "{variable}"
"""


@dataclass
class Program:
    """The program, run in this process; `tokens` must never be seen in what it says."""

    tokens: dict[str, str]

    def __call__(self, *arguments: str, status: int = 0, typed: str = "") -> Any:
        """Run it; the status it must end with is checked, and that it shows no token and no traceback."""
        done = CliRunner().invoke(program(arguments), arguments, input=typed)
        assert done.exit_code == status, done.output
        assert not any(token in done.output for token in self.tokens.values())
        assert "Traceback" not in done.output
        return done

    def json(self, *arguments: str, status: int = 0) -> Any:
        """Run it with --json, and read the one document that it prints."""
        document = json.loads(self(*arguments, "--json", status=status).stdout)
        assert document["ok"] is (status == 0)
        return document


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def tokens(sandbox: Sandbox) -> dict[str, str]:
    """Return the tokens of bigoperator > west > (west-usd, west-poor) and bigoperator > mycasino."""
    found = {"bigoperator": sandbox.operator_token, "mycasino": sandbox.token}
    with Agent(sandbox.operator_token, base_url=sandbox.url) as big:
        levels: list[tuple[str, Literal["operator", "agent"]]] = [
            ("west", "operator"),
            ("west-usd", "agent"),
            ("west-poor", "agent"),
        ]
        for name, level in levels:
            made = big.operators.create(
                operator_id=name,
                password="correct-horse",
                name=name,
                currency=["USD"],
                ggr_rate=Decimal(10),
                level=level,
                parent_id="bigoperator" if name == "west" else "west",
            )
            found[name] = made.token
        big.operators.transfer_balance(target_operator_id="west", currency="USD", amount=Decimal(5000))
    with Agent(found["west"], base_url=sandbox.url) as west:
        west.operators.transfer_balance(
            target_operator_id="west-usd", currency="USD", amount=Decimal("1234.50")
        )
    return found


@pytest.fixture
def run(sandbox: Sandbox, tokens: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Return the program in a folder with `agents.toml`."""
    levels = {"bigoperator": "operator", "west": "operator"}
    parents = {"west": "bigoperator", "mycasino": "bigoperator", "west-usd": "west", "west-poor": "west"}
    text = ""
    for name, token in tokens.items():
        variable = f"TOKEN_OF_{name.upper().replace('-', '_')}"
        monkeypatch.setenv(variable, token)
        text += ACCOUNT.format(name=name, currency="USD", level=levels.get(name, "agent"), variable=variable)
        text += f'parent = "{parents[name]}"\n' if name in parents else ""
    (tmp_path / "agents.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IGAMINGACE_BASE_URL", sandbox.url)
    monkeypatch.setenv("COLUMNS", "120")
    for variable in ("IGAMINGACE_ACCOUNTS", "IGAMINGACE_API_TOKEN", "IGAMINGACE_CURRENCY"):
        monkeypatch.delenv(variable, raising=False)
    return Program(tokens)


@pytest.fixture
def broken(run: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Return the program with two more accounts: one without a token, one with a wrong one."""
    monkeypatch.setenv("TOKEN_OF_WRONG", "no-token-of-anybody")
    monkeypatch.delenv("TOKEN_OF_LOST", raising=False)
    with (tmp_path / "agents.toml").open("a") as file:
        for name in ("wrong", "lost"):
            variable = f"TOKEN_OF_{name.upper()}"
            file.write(ACCOUNT.format(name=name, currency="EUR", level="agent", variable=variable))
            file.write('parent = "bigoperator"\n')
    return run
