"""README and CONTRIBUTING: their commands are the ones that CI calls, and what they name exists."""

import re

import pytest
from igamingace.sandbox import create_app
from igamingace.sandbox.control import router
from igamingace_bindings import contract

from .pages import ROOT, Page


def test_ci_calls_the_readme_s_test_command_to_the_letter():
    command = 'python -m pip install "nox[uv]" && nox'
    lines = [line for block in Page("README.md").blocks("console") for line in block.code.splitlines()]

    assert command in lines
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
        if not re.search(r"[A-Z]{3}|^\.nox|^dist/", path)
    ]
    tables = re.findall(r"`([A-Z]+)`(?: and `([A-Z]+)`)? in `(tests/[\w/.]+)`", text)

    assert len(paths) > 8
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert len(tables) == 4
    for *names, path in tables:
        for name in filter(None, names):
            assert f"\n{name} = " in (ROOT / path).read_text(), (name, path)


def test_the_frameworks_shown_are_the_examples_that_are_played_with():
    examples = {path.read_text() for path in (ROOT / "tests" / "callbacks" / "examples").glob("*.py")}
    shown = [block for block in Page("docs/how-to/frameworks.md").blocks("python") if block.file]
    shown = [block for block in shown if block.file != "wallet.py"]

    assert [block.file for block in shown] == ["fastapi_app.py", "flask_app.py", "asgi.py"]
    assert [block.file for block in shown if block.code.partition("\n")[2] not in examples] == []


def test_the_readme_has_at_most_150_lines_and_every_operation():
    text = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| `agent\.([\w.]+)\(\)` \| `(\w+) (\S+)` \| (.+?) \| (\w+) \|$", text, re.MULTILINE)

    assert len(text.splitlines()) <= 150
    assert rows == [
        (name, each.method, each.path, each.summary, each.standing)
        for name, each in contract.OPERATIONS.items()
    ]


def test_every_environment_variable_has_its_row_and_no_other():
    page = (ROOT / "docs" / "reference" / "environment.md").read_text()
    code = "\n".join(path.read_text() for path in (ROOT / "overlay").rglob("*.py"))
    named = set(re.findall(r"\"(IGAMINGACE_[A-Z_]+)\"", code))

    assert set(re.findall(r"^\| `(IGAMINGACE_\w+)`", page, re.MULTILINE)) == named


def test_every_route_of_the_sandbox_has_its_row_and_no_other():
    page = (ROOT / "docs" / "reference" / "sandbox.md").read_text()
    create_app()  # registers all routes
    routes = {f"{method} {path}" for path, methods in router._LEAVES.items() for method in methods}
    shown = {re.sub(r"\?.*", "", each) for each in re.findall(r"`((?:GET|POST|PATCH|DELETE) /[^`]*)`", page)}

    assert shown - {"GET /", "GET /reference"} == routes - {"GET /", "GET /reference"}
