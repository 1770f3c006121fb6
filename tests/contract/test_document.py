"""The contract as a document: valid, clean to the linter, without a loose end."""

import os
import shutil
import subprocess

import pytest
from openapi_spec_validator import validate

pytestmark = pytest.mark.proof

REDOCLY = "@redocly/cli@2.77.0"
SILENT = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def redocly(*arguments, cwd):
    npx = shutil.which("npx")
    if npx is None:
        return None
    return subprocess.run(
        [npx, "--yes", REDOCLY, *arguments],
        cwd=cwd,
        env={**os.environ, **SILENT},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def unavailable(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI must lint the contract")
    pytest.skip(reason)


def test_the_bundle_is_a_valid_openapi_document(contract):
    validate(contract)


def test_redocly_finds_nothing_to_say_about_the_files(spec_dir):
    ready = redocly("--version", cwd=spec_dir)
    if ready is None:
        unavailable("npx is not installed")
    if ready.returncode != 0:
        unavailable(f"npx could not provide {REDOCLY}")

    done = redocly("lint", "openapi.yaml", "--config", "redocly.yaml", cwd=spec_dir)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Your API description is valid" in done.stdout + done.stderr
    assert "warning" not in done.stdout.lower()


def test_no_rule_of_the_linter_is_switched_off(spec_dir):
    lines = (spec_dir / "redocly.yaml").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if not line.startswith("#")] == ["extends:", "  - recommended-strict"]
    assert not list(spec_dir.rglob(".redocly.lint-ignore.yaml"))


def test_the_root_says_who_and_under_which_licence(contract):
    assert contract["openapi"].startswith("3.1.")
    assert contract["info"]["license"] == {"name": "MIT", "identifier": "MIT"}
    assert list(contract["info"]["contact"]) == ["name"]


def test_production_is_named_first_and_then_the_local_sandbox(contract):
    assert [server["url"] for server in contract["servers"]] == [
        "https://api.igamingace.com",
        "http://127.0.0.1:8787",
    ]


def test_the_token_is_asked_for_everywhere_but_in_callbacks(contract, document):
    assert contract["security"] == [{"bearerToken": []}]
    scheme = contract["components"]["securitySchemes"]["bearerToken"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert all("security" not in operation for operation in document.operations().values())
    assert all(callback["security"] == [] for callback in document.callbacks().values())


def test_tools_find_the_three_headers_of_every_request(contract):
    headers = {header["name"]: header["value"] for header in contract["x-required-headers"]}

    assert headers == {
        "Authorization": "Bearer {token}",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


def test_tools_find_the_limit_of_requests_in_flight(contract):
    limit = contract["x-concurrency-limit"]

    assert (limit["limit"], limit["per"], limit["refusedWith"]) == (50, "agent", 1018)
    assert (limit["then"], limit["standing"]) == ("wait-for-in-flight", "documented")
