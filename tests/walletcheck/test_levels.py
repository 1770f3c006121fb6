"""Levels: what each check is worth, what they decide, and how every report shows them apart."""

import json
import xml.etree.ElementTree as ET
from importlib import resources

import pytest
from igamingace.cli.wallet_check import wallet
from igamingace.errors import ConfigurationError
from igamingace.walletcheck import CHECKS, Level, as_json, check_wallet, html, junit
from typer.testing import CliRunner

from .faults_of_form import SignsParsedNumbers
from .faults_of_state import BooksHalfOfOtherSpellings, KeepsRefusedBets
from .wallets import PLAYER, TOKEN, RightWallet


class WrongAtEachLevel(SignsParsedNumbers, BooksHalfOfOtherSpellings, KeepsRefusedBets):
    """Fails a required, a robust and an advised check."""


SOME = [
    check
    for check in CHECKS
    if check.id in ("happy.bet", "refused.then_cancel", "spelling.numbers", "signature.literals")
]


@pytest.fixture
def report(checked):
    async def of(level):
        return await checked(WrongAtEachLevel(), checks=SOME, level=level)

    return of


@pytest.mark.parametrize(
    ("level", "blocking"),
    [
        (Level.REQUIRED, ["refused.then_cancel"]),
        (Level.ROBUST, ["refused.then_cancel", "spelling.numbers"]),
        (Level.ADVISED, ["refused.then_cancel", "signature.literals", "spelling.numbers"]),
    ],
)
async def test_a_level_decides_which_failures_count_and_every_report_says_so(report, level, blocking):
    done = await report(level)

    assert sorted(result.id for result in done.blocking) == blocking
    assert len(done.failed) == 3
    document = json.loads(as_json(done))
    assert document["level"] == level
    assert {name: counts["failed"] for name, counts in document["levels"].items()} == (
        dict.fromkeys(Level, 1)
    )
    suite = ET.fromstring(junit(done)).find("testsuite")
    failures = [case for case in suite.findall("testcase") if case.find("failure") is not None]
    skipped = [case for case in suite.findall("testcase") if case.find("skipped") is not None]
    assert suite.get("failures") == str(len(blocking))
    assert [len(failures), len(skipped)] == [len(blocking), 3 - len(blocking)]
    reasons = [reason.get("message", "") for case in skipped for reason in case.findall("skipped")]
    assert all(f"does not count at level {level}" in reason for reason in reasons)
    page = html(done)
    assert page.count(" open>") == 1
    assert page.count("do not count here") == {"required": 2, "robust": 1, "advised": 0}[level]


async def test_a_failure_that_does_not_count_leaves_the_report_ok(checked):
    fails = [check for check in CHECKS if check.id == "signature.literals"]

    assert (await checked(SignsParsedNumbers(), checks=fails)).ok
    assert not (await checked(SignsParsedNumbers(), checks=fails, level=Level.ADVISED)).ok


def test_the_exit_status_is_that_of_the_level(served):
    url = served(SignsParsedNumbers())
    arguments = ["check", url, "--token", TOKEN, "--player", PLAYER, "--only", "signature.literals"]

    done = [CliRunner().invoke(wallet, [*arguments, "--level", level]) for level in Level]

    assert [one.exit_code for one in done] == [0, 0, 1]
    assert "advised, does not count" in done[0].stdout
    assert "All passed at level required" in done[0].stdout
    assert "1 failed at level advised" in done[2].stdout


def test_a_level_that_there_is_not_is_refused():
    with pytest.raises(ConfigurationError, match="level: 'strict' is invalid"):
        check_wallet(RightWallet(), token=TOKEN, player=PLAYER, level="strict")


def test_every_check_points_to_its_rule_in_the_contract_and_every_rule_has_a_check():
    text = resources.files("igamingace_bindings").joinpath("openapi.json").read_text(encoding="utf-8")
    rules = json.loads(text)["x-wallet-rules"]

    for check in CHECKS:
        _, place, name = check.pointer.split("/")
        assert place == "x-wallet-rules"
        assert (check.rule, check.standing) == (rules[name]["text"], rules[name]["standing"])
    assert {check.rule_name for check in CHECKS} == set(rules)


def test_the_level_is_that_of_the_standing():
    levels = {"documented": "required", "sister": "robust", "observed": "robust", "assumed": "advised"}

    assert {check.level for check in CHECKS if levels[check.standing] != check.level} == set()


async def test_the_head_of_the_page_is_fit_for_an_audit(report):
    page = html(await report(Level.REQUIRED))
    head = page[: page.index("<h2>")]

    for word in (PLAYER, "USD", "contract", "igamingace", "UTC", "required", "WrongAtEachLevel"):
        assert word in head
    assert "robust 0 of 1 passed" in head


async def test_the_page_stays_short(checked):
    page = html(await checked(RightWallet(), level=Level.ADVISED))

    assert page.count("<pre>") == 0
    assert len(page) < 1000 * len(CHECKS)
