"""docs/architecture.md: what it names stands where it says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
TREES = (ROOT / "overlay" / "igamingace", ROOT / "generated" / "igamingace_bindings")
MAX_TERMS = 30

PACKAGES = dict(re.findall(r"^\| `(\w+)/` \| (.*) \|$", PAGE, re.MULTILINE))
DIAGRAMS = re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1:]
LINES = [line for diagram in DIAGRAMS for line in diagram.splitlines() if ".py" in line]
WORD = re.compile(r"[A-Za-z_]\w*")


def files(name):
    """The files of a name with the end of its path; generated/…/ stands for the folders between."""
    return [path for tree in TREES for path in tree.rglob(name.rpartition("…/")[2])]


@pytest.mark.parametrize("package", PACKAGES)
def test_each_file_and_folder_named_for_a_package_is_in_it(package):
    folder = ROOT / "overlay" / "igamingace" / package
    named = re.findall(r"`([\w.]+(?:\.py|\.lua|/))`", PACKAGES[package])

    assert [name for name in named if not list(folder.rglob(name))] == []


def test_each_private_and_public_package_is_in_the_table_or_is_a_program():
    packages = {path.parent.name for path in TREES[0].glob("*/__init__.py")}

    assert packages - set(PACKAGES) == {"cli"}


def test_there_are_three_diagrams_whose_lines_name_files():
    assert len(DIAGRAMS) == 3
    assert len(LINES) > 30


@pytest.mark.parametrize("line", LINES, ids=str.strip)
def test_each_step_of_a_diagram_is_in_the_file_beside_it(line):
    step, first, *_ = re.split(r"\s{3,}", line.strip())
    names = re.findall(r"(?:[\w…]+/)*\w+\.py", first)
    texts = [path.read_text() for name in names for path in files(name)]

    assert all(files(name) for name in names), line
    # A number, words or a call stand for themselves; a name is one that the file has.
    if re.fullmatch(r"[\w.]+", step):
        assert any(all(word in text for word in WORD.findall(step)) for text in texts), line


def test_the_glossary_has_few_terms_and_each_only_once():
    terms = re.findall(r"^\| ([a-z, ]+) \|", PAGE.partition("## Glossary")[2], re.MULTILINE)[1:]

    assert 0 < len(terms) <= MAX_TERMS
    assert len(set(terms)) == len(terms)
