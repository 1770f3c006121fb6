"""The synchronous facades: what is committed is what the asynchronous ones generate, and no more."""

import ast
import inspect
import re
import shutil
import subprocess
import sys

import pytest
from codegen import SPEC
from codegen.__main__ import OVERLAY
from codegen.facades import MARK, RULES, facade_differences, generate_facades, synchronous
from codegen.generate import GenerateError
from igamingace import Agent, AsyncAgent, AsyncOperator, Operator
from igamingace.lobby import AsyncCatalogue, AsyncPlayerBonus, Catalogue, PlayerBonus
from igamingace.sandbox import AsyncGameSession, GameSession
from igamingace.walletcheck import check_wallet, check_wallet_async

SOURCES = sorted(OVERLAY.rglob("_async.py"))


@pytest.fixture
def package(tmp_path):
    """A copy of the facades, where a test may change both sides."""
    copy = tmp_path / OVERLAY.name
    for source in SOURCES:
        folder = copy / source.parent.relative_to(OVERLAY)
        folder.mkdir(parents=True)
        for path in (source, source.with_name("_sync.py")):
            shutil.copy(path, folder)
    for folder in (copy, *(path.parent for path in copy.rglob("_async.py"))):
        (folder / "__init__.py").touch()  # which imports are the package's own depends on them
    return copy


def test_the_committed_facades_are_what_their_sources_generate():
    assert facade_differences(OVERLAY) == []


def test_a_facade_edited_by_hand_is_named(package):
    facade = package / "operators" / "_sync.py"
    facade.write_text(facade.read_text().replace("Return the", "Returns the", 1))

    assert facade_differences(package) == ["differs   operators/_sync.py"]


def test_a_source_that_was_edited_without_generating_is_named(package):
    source = package / "operators" / "_async.py"
    source.write_text(source.read_text().replace("deadline: float | None = None", "deadline: float = 9", 1))

    assert facade_differences(package) == ["differs   operators/_sync.py"]


def test_a_missing_and_an_orphaned_facade_are_each_named(package):
    (package / "operators" / "_sync.py").unlink()
    (package / "market").mkdir()
    (package / "market" / "_sync.py").write_text(MARK)

    assert facade_differences(package) == [
        "orphan    market/_sync.py  (nothing generates it any more)",
        "missing   operators/_sync.py",
    ]


def test_generating_writes_what_is_missing_and_removes_orphans(package):
    expected = (package / "operators" / "_sync.py").read_bytes()
    (package / "operators" / "_sync.py").unlink()
    (package / "market").mkdir()
    (package / "market" / "_sync.py").write_text(MARK)

    generate_facades(package)

    assert facade_differences(package) == []
    assert (package / "operators" / "_sync.py").read_bytes() == expected
    assert not (package / "market" / "_sync.py").exists()


@pytest.mark.proof  # it generates the bindings as well
def test_the_command_names_stale_facades_and_fails(package):
    (package / "operators" / "_sync.py").write_text("")
    bindings = SPEC.parent / "generated" / "igamingace_bindings"
    command = [sys.executable, "-m", "codegen", "check", f"--package={bindings}", f"--overlay={package}"]

    checked = subprocess.run(command, cwd=SPEC, capture_output=True, text=True, check=False)

    assert checked.returncode == 1
    assert "differs   operators/_sync.py" in checked.stderr
    assert "The generated bindings" not in checked.stderr


@pytest.mark.parametrize(
    "line",
    [
        "x = await(y)",
        "class A:\n    async def __anext__(self) -> int: ...",
        "import asyncio",
        'X = "an asynchronous context"',
        "def f(fn: Awaitable[list[int]]) -> None: ...",
    ],
)
def test_what_stays_asynchronous_is_an_error_with_its_place(line, tmp_path):
    with pytest.raises(GenerateError, match=r"_async\.py:\d: .* stays asynchronous"):
        synchronous(f"{line}\n", tmp_path / "_sync.py")


def test_a_source_that_is_not_python_is_an_error(tmp_path):
    with pytest.raises(GenerateError, match="ruff failed"):
        synchronous("async def (:\n", tmp_path / "_sync.py")


def test_names_and_examples_in_docstrings_become_synchronous(tmp_path):
    source = '''class AsyncThing:
    """Things.

        async with AsyncThing() as thing:
            await thing.turn()

    Close it, or use it in `async with`.
    """

    async def turn(self) -> None:
        """Turn."""
        await self.driver.turn()
'''

    text = synchronous(source, tmp_path / "_sync.py")

    expected = source.replace("async ", "").replace("await ", "").replace("AsyncThing", "Thing")
    assert text.removeprefix(MARK).lstrip("\n") == expected
    assert text.startswith(MARK)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule[0])
def test_each_rule_is_needed_by_a_source(rule):
    others = [each for each in RULES if each != rule]

    assert any(
        applied(RULES, source.read_text()) != applied(others, source.read_text()) for source in SOURCES
    )


def test_every_facade_says_first_what_made_it_and_not_to_edit_it():
    assert SOURCES
    for source in SOURCES:
        first = source.with_name("_sync.py").read_text().splitlines()[0]
        assert first.startswith("# Generated by "), source
        assert "_async.py" in first, source
        assert "nox -s generate" in first, source
        assert "Do not edit" in first, source


@pytest.mark.parametrize(
    ("async_kind", "sync_kind"),
    [
        (AsyncAgent, Agent),
        (AsyncCatalogue, Catalogue),
        (AsyncGameSession, GameSession),
        (AsyncOperator, Operator),
        (AsyncPlayerBonus, PlayerBonus),
    ],
)
def test_both_facades_have_the_same_methods_and_each_its_full_docstring(async_kind, sync_kind):
    renamed = {"aclose": "close"}
    methods = {renamed.get(name, name): getattr(async_kind, name) for name in public(async_kind)}

    assert list(methods) == public(sync_kind)
    for name, asynchronous in methods.items():
        synchronous = getattr(sync_kind, name)
        if isinstance(asynchronous, property):
            assert inspect.getdoc(synchronous) == inspect.getdoc(asynchronous), name
            continue
        assert list(inspect.signature(synchronous).parameters) == list(
            inspect.signature(asynchronous).parameters
        )
        both = (inspect.getdoc(asynchronous) or "", inspect.getdoc(synchronous) or "")
        sections = [re.findall(r"^ *(\w+):", text, re.MULTILINE) for text in both]
        assert sections[0] == sections[1], name


def test_both_checks_of_a_wallet_have_the_same_parameters_and_each_a_full_docstring():
    asynchronous, synchronous = (
        (inspect.signature(each), inspect.getdoc(each) or "") for each in (check_wallet_async, check_wallet)
    )

    assert asynchronous[0] == synchronous[0]
    assert "or an event loop is" in synchronous[1]
    assert asynchronous[1].splitlines()[:-1] == synchronous[1].splitlines()[:-2]


def test_a_facade_only_hands_over():
    """A method of a facade has no branch and no loop: such code belongs to the runners, written by hand."""
    for source in SOURCES:
        logic = [
            node
            for node in ast.walk(ast.parse(source.read_text()))
            if isinstance(node, (ast.For, ast.While, ast.Try, ast.With, ast.AsyncWith, ast.AsyncFor))
            or (isinstance(node, ast.If) and ast.unparse(node.test) != "TYPE_CHECKING")
        ]
        assert logic == [], source


def public(kind):
    return [name for base in kind.__mro__[:-1] for name in vars(base) if not name.startswith("_")]


def applied(rules, text):
    for pattern, replacement in rules:
        text = re.sub(pattern, replacement, text)
    return text
