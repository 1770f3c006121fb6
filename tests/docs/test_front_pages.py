"""README and CONTRIBUTING: their commands are the ones that CI calls, and what they name exists."""

import re

import pytest

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
        if not re.search(r"[A-Z]{3}|^\.nox", path)
    ]
    tables = re.findall(r"`([A-Z]+)`(?: and `([A-Z]+)`)? in `(tests/[\w/.]+)`", text)

    assert len(paths) > 8
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert len(tables) == 4
    for *names, path in tables:
        for name in filter(None, names):
            assert f"\n{name} = " in (ROOT / path).read_text(), (name, path)
