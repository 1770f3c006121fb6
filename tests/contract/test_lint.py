"""The lint is silent on the contract, and says in a sentence what each seeded mistake lacks."""

from __future__ import annotations

import copy
import random
import shutil
import subprocess
import sys
import typing
from typing import Any

import pytest
from codegen import SPEC
from igamingace_bindings import contract as bindings
from lint.codes import KINDS, RESEND
from lint.contract import STANDINGS
from lint.problems import Problem, located
from lint.rules import find_problems

from .conftest import CONTRACT
from .mistakes import END, GONE, JACKPOT, LIST, MISTAKES


def edited(place, value):
    """Return the contract with one value changed, added or, where it is GONE, taken out."""
    document = copy.deepcopy(CONTRACT)
    *way, last = place
    target: Any = document
    for key in way:
        target = target[key]
    if value is GONE:
        del target[last]
    elif last is END:
        target.append(value)
    else:
        target[last] = copy.deepcopy(value)
    return document


def said(document):
    return [str(problem) for problem in find_problems(document)]


def test_the_lint_is_silent_on_the_contract():
    assert find_problems(CONTRACT, SPEC) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_a_sentence(name):
    place, value, words = MISTAKES[name]

    problems = said(edited(place, value))

    assert any(words in problem for problem in problems), problems


def test_all_problems_are_told_at_once():
    document = edited(JACKPOT, {"type": "integer"})
    del document["paths"]["/v1/game/launch"]["post"]["x-standing"]
    document["x-response-codes"][5]["kind"] = "strange"

    places = {problem.place for problem in find_problems(document)}

    assert places >= {"Game.jackpotId", "games.launch", "code 1007"}


def test_an_operation_that_nobody_documents_needs_no_page():
    document = edited((*LIST, "externalDocs"), GONE)
    document["paths"]["/v1/game/list/{providerId}"]["get"]["x-standing"] = "assumed"

    assert not [problem for problem in said(document) if "externalDocs" in problem]


def test_the_words_of_the_lint_are_those_of_the_bindings():
    assert typing.get_args(bindings.Standing) == STANDINGS
    assert typing.get_args(bindings.Resend) == RESEND
    assert typing.get_args(bindings.Kind) == KINDS


@pytest.mark.proof
def test_no_damage_makes_the_lint_itself_fail():
    chance = random.Random(20261129)
    values = (GONE, None, 5, "x", [], [{}], [[]], {"a": [1]})
    for place in chance.sample(list(places(CONTRACT)), 80):
        find_problems(edited(place, chance.choice(values)))  # whatever it says, it says it


def places(node, before=()):
    """Yield where every value of a document stands."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in children:
        yield (*before, key)
        yield from places(value, (*before, key))


@pytest.fixture
def spec(tmp_path):
    """A copy of the contract's files."""
    ignored = shutil.ignore_patterns("codegen", "lint", "publish", "published", "__pycache__")
    shutil.copytree(SPEC, tmp_path / "spec", ignore=ignored)
    return tmp_path / "spec"


def run_lint(spec):
    command = [sys.executable, "-m", "lint", f"--spec={spec}"]
    done = subprocess.run(command, cwd=SPEC, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_the_command_names_file_and_line_and_fails(spec):
    game = spec / "schemas" / "Game.yaml"
    game.write_text(
        game.read_text().replace("properties:\n", "properties:\n  jackpotId:\n    type: integer\n", 1)
    )
    line = game.read_text().splitlines().index("  jackpotId:") + 1
    (spec / "schemas" / "Left.yaml").write_text("type: object\n")
    listing = spec / "paths" / "games" / "list.yaml"
    listing.write_text(listing.read_text().replace("  summary: ", "  summary: Games. #"))
    summary = listing.read_text().splitlines().index("get:") + 1

    status, output = run_lint(spec)

    assert status == 1
    assert f"spec/schemas/Game.yaml:{line}: Game.jackpotId: an integer needs" in output
    assert f"spec/paths/games/list.yaml:{summary}: games.list: needs a summary" in output
    assert "spec/schemas/Left.yaml: nothing refers to this file" in output
    assert "The contract has 3 problems" in output


def test_the_command_says_nothing_of_a_good_contract(spec):
    assert run_lint(spec) == (0, "")


def test_files_that_do_not_fit_together_are_told_too(spec):
    (spec / "schemas" / "Game.yaml").unlink()

    status, output = run_lint(spec)

    assert status == 1
    assert "Game.yaml: cannot be read" in output
    assert "Traceback" not in output


def test_what_is_missing_is_told_at_what_lacks_it():
    problem = Problem(("x-response-codes", "5", "kind", "deeper"), "code 1007", "needs kind")

    (line,) = located([problem], SPEC)

    assert line.startswith("spec/response_codes.yaml:")
    text = (SPEC / "response_codes.yaml").read_text().splitlines()[int(line.split(":")[1]) - 1]
    assert "kind" in text
