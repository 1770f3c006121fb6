"""What partners get beside the contract: the README's links, commands and figures hold."""

import json
import re

import pytest
from codegen import SPEC
from codegen.bundle import bundle
from igamingace.__main__ import program
from igamingace._version import __version__
from publish.kit import write_kit

from tests.publish.interop.conftest import HERE as INTEROP

MADE_ELSEWHERE = {
    "reference.html",
    "openapi.yaml",
    "openapi.json",
    "postman_collection.json",
    "CHANGELOG.md",
    "SHA256SUMS",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kit")
    write_kit(bundle(SPEC), folder)
    return folder


@pytest.fixture(scope="module")
def readme(folder):
    return (folder / "README.md").read_text()


def test_what_the_readme_links_to_is_there(folder, readme):
    links = set(re.findall(r"\]\(([^)]+)\)", readme))

    assert links >= MADE_ELSEWHERE
    assert [link for link in links - MADE_ELSEWHERE if not (folder / link).exists()] == []


def test_no_value_was_forgotten(folder, readme):
    assert not re.search("@[A-Z]+@", readme + (folder / "Dockerfile").read_text())
    assert f"igamingace[sandbox]=={__version__}" in readme
    assert f"igamingace[sandbox]=={__version__}" in (folder / "Dockerfile").read_text()
    assert f"contract {bundle(SPEC)['info']['version']}" in readme


def test_the_vectors_and_the_wallets_are_those_of_the_project(folder):
    assert {path.name for path in (folder / "wallets").iterdir()} == {
        "wallet.mjs",
        "wallet.php",
        "schema.sql",
    }
    for path in (SPEC / "conformance").iterdir():
        assert (folder / "conformance" / path.name).read_bytes() == path.read_bytes()


def test_the_versions_of_other_tools_are_those_that_interop_runs(readme):
    pinned = json.loads((INTEROP / "package.json").read_text())["dependencies"]
    named = dict(re.findall(r"((?:@\w+/)?[a-z-]+)@(\d+\.\d+\.\d+)", readme))

    assert named
    assert named == {name: pinned[name] for name in named}
    (generator,) = re.findall(r"openapi-generator-cli==(\S+)\)?", (INTEROP / "requirements.txt").read_text())
    assert f"openapi-generator-cli=={generator}" in readme


def test_each_command_of_ours_is_one_that_the_program_has(readme, capsys):
    lines = re.findall(r"^ *\$ (.*)$", readme, re.MULTILINE) + re.findall(r"`(igamingace [^`]+)`", readme)
    commands = [
        part for line in lines for part in re.findall(r"(?:^|&& )igamingace ((?: ?\b[a-z]+(?= |$))+)", line)
    ]

    assert {"sandbox", "wallet check", "callbacks verify"} <= set(commands)
    for command in set(commands):
        words = [*command.split(), "--help"]
        with pytest.raises(SystemExit) as ended:
            program(words)(words)
        assert ended.value.code == 0
        assert f" {command} [OPTIONS]" in " ".join(capsys.readouterr().out.split())
