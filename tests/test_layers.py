"""Who may import whom: each layer only what stands below it, and no circles; imports for types count too."""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import igamingace
import pytest

ROOT = Path(igamingace.__file__).parent

LAYERS = [
    {"cli", "__main__", "pytest_plugin"},
    {"operators", "sandbox", "walletcheck", "otel", "probe"},
    {"lobby", "reports", "reconcile"},
    {"ledger", "_client", "_wallet_client"},
    {"callbacks", "limits", "_transport"},
    {"drift"},
    {"_common", "_version"},
    {"errors", "models"},
]
"""From the top: what a file imports stands in a lower layer, or in its own package."""

FOLDERS = ["_accounts", "_execution", "_transfers", "_management"]
"""Of `operators`, from below: what a file imports stands in its own folder or in one before it."""

FRONT = {"igamingace"}
"""The package itself hands out names of several layers: to its users, and to the topmost layer."""


def files() -> dict[str, Path]:
    """The dotted names of all modules, and their files."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = ("igamingace", *path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


FILES = files()


def imported(path: Path) -> set[str]:
    """The modules of ours that a file imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in FILES else node.module)
    return {name for name in found if name in FILES}


IMPORTS = {name: imported(path) for name, path in FILES.items()}


def package(module: str) -> str:
    """The package of a module, directly below the root."""
    return module.partition(".")[2].partition(".")[0] or module


def layer(module: str) -> int:
    """The number of a module's layer, from the top."""
    return next(number for number, packages in enumerate(LAYERS) if package(module) in packages)


def test_each_package_has_a_layer():
    assert {package(module) for module in FILES} - FRONT == set().union(*LAYERS)


@pytest.mark.parametrize("module", sorted(set(FILES) - FRONT))
def test_a_module_imports_only_what_stands_below_it(module):
    wrong = {
        other
        for other in IMPORTS[module]
        if (
            layer(module) > 0
            if other in FRONT
            else package(other) != package(module) and layer(other) <= layer(module)
        )
    }

    assert wrong == set()


def folder(module: str) -> str:
    """The folder of a module of `operators`; empty for others."""
    _, _, below = module.partition("igamingace.operators.")
    return below.partition(".")[0] if below.partition(".")[0] in FOLDERS else ""


@pytest.mark.parametrize("module", [each for each in sorted(FILES) if folder(each)])
def test_a_folder_of_operators_imports_only_those_below_it(module):
    allowed = FOLDERS[: FOLDERS.index(folder(module)) + 1]

    assert {folder(other) for other in IMPORTS[module]} - {""} <= set(allowed)


def test_the_architecture_page_shows_these_layers():
    page = (Path(__file__).parents[1] / "docs" / "architecture.md").read_text()
    block = page.partition("## Layers")[2].split("```")[1].removeprefix("text")
    shown = [set(re.split(r"\s{3,}", line)[0].split()) for line in block.strip().splitlines()]
    unnamed = {"__main__", "_version"}

    assert [packages - {"igamingace_bindings"} for packages in shown] == [
        packages - unnamed for packages in LAYERS
    ]


def test_no_modules_import_each_other_in_a_circle():
    # What a package's __init__ hands out, others of the package do not take from there.
    try:
        order = list(TopologicalSorter(IMPORTS).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")
    assert len(order) == len(FILES)
