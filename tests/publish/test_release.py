"""A release: tag, version, changelog and published contract say the same."""

import re
import shutil
from pathlib import Path

import igamingace
import pytest
from codegen.bundle import bundle
from publish.changelog import entries
from publish.published import load, record, versions
from publish.release import URLS, complaints
from publish.versions import Version

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path):
    """What a release is made of, ready as v1.0.0."""
    ignored = shutil.ignore_patterns("codegen", "publish", "__pycache__")
    shutil.copytree(ROOT / "spec", tmp_path / "spec", ignore=ignored)
    version = tmp_path / "overlay" / "igamingace" / "_version.py"
    version.parent.mkdir(parents=True)
    version.write_text('"""The version."""\n\n__version__ = "1.0.0"\n')
    links = "".join(f'{name} = "https://casino.example/{name}"\n' for name in URLS)
    (tmp_path / "pyproject.toml").write_text(f"[project.urls]\n{links}")
    document = bundle(tmp_path / "spec")
    record(tmp_path / "spec", document)  # as the release of a contract that has changed since the last one
    contract = document["info"]["version"]
    (tmp_path / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## [1.0.0] - 2026-12-01\n\nContract {contract}.\n"
    )
    return tmp_path


def test_a_tree_that_is_ready_has_no_complaints(tree):
    assert complaints(tree, "v1.0.0") == []


@pytest.mark.parametrize(
    ("file", "old", "new", "tells"),
    [
        ("overlay/igamingace/_version.py", "1.0.0", "1.0.1", "the tag is v1.0.0, _version.py says 1.0.1"),
        ("CHANGELOG.md", "[1.0.0]", "[Unreleased]", "no entry for 1.0.0"),
        ("CHANGELOG.md", "Contract", "The contract", "must say `Contract "),
        ("pyproject.toml", "Source = ", "Home = ", "[project.urls] lacks Source: name"),
        ("spec/openapi.yaml", "  version: 0", "  version: 9", "is not kept as published"),
        ("spec/guide/introduction.md", "iGamingAce connects", "It connects", "run `nox -s spec-diff`"),
    ],
)
def test_what_does_not_fit_is_said(file, old, new, tells, tree):
    path = tree / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))

    assert any(tells in complaint for complaint in complaints(tree, "v1.0.0"))


def test_the_version_stands_in_one_place():
    text = (ROOT / "pyproject.toml").read_text()

    assert 'dynamic = ["version"]' in text
    assert not re.search(r"^version\s*=", text, re.MULTILINE)
    assert (
        igamingace.__version__
        == re.findall(
            r'"(.*)"', (ROOT / "overlay" / "igamingace" / "_version.py").read_text().splitlines()[-1]
        ).pop()
    )


def test_each_entry_of_the_changelog_names_the_contract_and_the_newest_names_this_one():
    found = entries(ROOT / "CHANGELOG.md")
    named = {version: re.findall(r"^Contract (.+)\.$", body, re.MULTILINE) for version, body in found.items()}

    assert all(len(contracts) == 1 for contracts in named.values()), named
    assert next(iter(named.values())) == [bundle(ROOT / "spec")["info"]["version"]]


def test_the_last_published_contract_is_not_ahead_of_the_one_that_stands_here():
    *_, last = versions(ROOT / "spec")

    assert last <= Version.parse(bundle(ROOT / "spec")["info"]["version"])
    assert load(ROOT / "spec", last)["info"]["version"] == str(last)
