"""What regeneration would change is shown, file by file; generators are renewed by one command."""

import shutil

import pytest
from codegen import SPEC
from codegen.__main__ import PACKAGE
from publish.bindings import bindings_diff
from publish.renew import GENERATORS, pinned

PINS = """generate = [
    "datamodel-code-generator[ruff]==0.89.0",
    "openapi-python-client==0.29.1",
    "ruamel.yaml>=0.18",
    "ruff==0.17.6",
]
"""


def test_each_pin_is_renewed_and_nothing_else():
    renewed = pinned(
        PINS, {"datamodel-code-generator": "1.0.0", "openapi-python-client": "0.30.0", "ruff": "0.18.0"}
    )

    assert renewed == PINS.replace("0.89.0", "1.0.0").replace("0.29.1", "0.30.0").replace("0.17.6", "0.18.0")


def test_the_pins_of_the_project_are_found_by_name():
    text = (SPEC.parent / "pyproject.toml").read_text()

    for name in GENERATORS:
        assert '==new"' in pinned(text, {name: "new"}), name


@pytest.mark.proof
def test_what_regeneration_would_change_is_shown(tmp_path):
    package = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    contract = package / "contract.py"
    contract.write_text(contract.read_text().replace("1018", "1019", 1))
    (package / "left_behind.py").write_text("gone = True\n")

    report = bindings_diff(SPEC, package)

    assert "- `contract.py`\n- `left_behind.py` (gone)\n" in report
    assert "\n-gone = True" in report
    assert bindings_diff(SPEC, PACKAGE) == ""
