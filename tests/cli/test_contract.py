"""The command `igamingace contract probe`: what it asks, prints and writes, and how it ends."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from igamingace.cli.contract import _show
from igamingace.probe._compare import make_report
from igamingace.probe._flow import Findings
from igamingace.sandbox import Sandbox
from igamingace_bindings import contract


def requests_of(sandbox):
    return len(list(sandbox.requests))


@pytest.fixture
def probe(run):
    def probe(*arguments, **expected):
        return run(
            "contract", "probe", "--account", "mycasino", "--window-pause", "0", *arguments, **expected
        )

    return probe


def test_the_table_has_a_line_for_each_request_and_the_progress_is_on_standard_error(probe):
    done = probe("--yes")

    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "games.list 200 as stated" in lines
    assert "providers.list wrong token 401 TOKEN_INVALID at /code as stated" in lines
    assert any(line.startswith("bonus_calls.detail not tried: no bonus call") for line in lines)
    assert any(
        re.match(r"time zone of transactions.list .*at least \+09:00; stated: \+09:00", line)
        for line in lines
    )
    assert f"No difference from contract {contract.VERSION} at another address." in done.stdout
    assert "[ 1 of at most 20] providers.list\n" in done.stderr
    assert "share" not in done.stdout  # nothing was seen on iGamingAce itself


def test_json_is_the_report_and_nothing_else(probe):
    done = probe("--yes", "--json")

    report = json.loads(done.stdout)
    assert (report["ok"], report["complete"], report["contract"]) == (True, True, contract.VERSION)
    assert (report["platform"], report["standing"]) == ("another address", None)
    assert {call["operation"] for call in report["calls"]} >= {"games.list", "operators.info", "request"}
    assert done.stderr == ""


def test_output_writes_the_report_beside_the_table(probe, tmp_path):
    done = probe("--yes", "--output", "report.json")

    report = json.loads((tmp_path / "report.json").read_text())
    assert report["report"] == "igamingace contract probe"
    assert "The report is in report.json." in done.stdout
    assert "games.list" in done.stdout


@pytest.mark.parametrize("typed", ["n\n", ""])
def test_nothing_is_sent_before_somebody_has_agreed(probe, sandbox, typed):
    before = requests_of(sandbox)

    done = probe(status=2, typed=typed)

    assert f"about 20 GET requests to {sandbox.url}" in done.stderr
    assert requests_of(sandbox) == before


def test_a_folder_that_is_not_there_is_told_before_anything_is_sent(probe, sandbox):
    before = requests_of(sandbox)

    done = probe("--yes", "--output", "no/such/report.json", status=2)

    assert "there is no such folder" in done.stderr
    assert requests_of(sandbox) == before


def test_differences_are_1_and_sentences(probe, sandbox):
    sandbox.faults.add("unknown_field", operation="games.list", count=1)

    done = probe("--yes", status=1)

    assert re.search(
        r"^games\.list: /\S+ unknown field: .*; stated: no such field", done.stdout, re.MULTILINE
    )
    assert re.search(r"^\d+ differences from contract", done.stdout, re.MULTILINE)


def test_another_address_can_be_given(run, monkeypatch):
    monkeypatch.setenv("IGAMINGACE_BASE_URL", "http://127.0.0.1:9")
    with Sandbox(error_style="envelope") as other:
        monkeypatch.setenv("IGAMINGACE_API_TOKEN", other.token)
        arguments = ("--base-url", other.url, "--window-pause", "0", "--yes", "--json")
        done = run("contract", "probe", *arguments, status=1)

    kinds = {each["kind"] for each in json.loads(done.stdout)["differences"]}
    assert kinds == {"other status"}
    assert other.token not in done.output


def test_a_wrong_token_is_2_and_says_so(run, sandbox, monkeypatch):
    monkeypatch.setenv("IGAMINGACE_API_TOKEN", "f" * 32)

    done = run("contract", "probe", "--yes", "--json", status=2)

    document = json.loads(done.stdout)
    assert document["ok"] is False
    assert "TOKEN_INVALID" in document["error"]
    assert "f" * 32 not in done.output


def test_a_probe_that_ends_early_is_3_and_shows_what_it_saw(probe, sandbox):
    sandbox.faults.add("maintenance", operation="operators.info", count=1)

    done = probe("--yes", status=3)

    assert "The probe ended early: operators.info: UnderMaintenance." in done.stdout
    assert "providers.list" in done.stdout


def test_help_has_an_example_and_the_statuses(run):
    told = " ".join(run("contract", "probe", "--help").stdout.split())

    assert "Example: igamingace contract probe --output report.json" in told
    assert "Exit status: 0 as the contract says, 1 something differs, 2 could not be run" in told
    assert "3 the probe ended early" in told


def test_a_report_of_iGamingAce_itself_asks_to_be_shared(capsys):  # noqa: N802 -- a name
    report = make_report(Findings(), base_url=contract.BASE_URL, now=datetime(2026, 1, 31, tzinfo=UTC))

    _show(report)

    assert "Please share the JSON report" in capsys.readouterr().out
