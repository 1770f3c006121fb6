"""What other people's programs can call is written down in public_api.txt; a change of it is a decision."""

import difflib

import pytest

from .public_api import KEPT, lines

pytestmark = pytest.mark.proof


def test_the_public_api_is_what_is_written_down():
    kept, found = KEPT.read_text().splitlines(), "\n".join(lines()).splitlines()

    changed = list(difflib.unified_diff(kept, found, "written down", "found", lineterm="", n=0))

    if changed:
        pytest.fail(
            "\n".join(
                [
                    "the public API changed; if that is meant, run `python tests/publish/public_api.py`,",
                    "and tell of it in CHANGELOG.md:",
                    *changed,
                ]
            ),
            pytrace=False,
        )


def test_what_only_the_package_uses_is_not_written_down():
    found = list(lines())

    for name in ("SandboxApp", "GameSession", "AsyncGameSession", "WalletApp", "WalletWSGI"):
        assert f"class {name}(object)" in found
    assert [line for line in found if ", _" in line or "(_" in line] == []


def test_in_place_of_a_base_that_is_not_public_stands_a_public_one():
    assert "class CreationUnknown(IGamingAceError)" in lines()


def test_a_lost_name_and_a_lost_parameter_would_be_seen():
    found = list(lines())

    assert "def verify(body, signature, token)" in found
    assert any(line.startswith("class LocalLimiter(object): (limit=…, *") for line in found)
    assert any(line.startswith("    def with_options(self, *, timeout=…") for line in found)
