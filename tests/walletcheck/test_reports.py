"""The reports: whatever a wallet answers, they are well-formed, and nothing in them is taken for markup."""

import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from igamingace.walletcheck import CHECKS, as_json, html, junit

from .faults_of_form import QuotesTheBalance, RefusesUnderHTTP400
from .faults_of_money import CountsIn32Bits
from .wallets import RightWallet

HOSTILE = '</pre><script>alert("x")</script>&amp;[bold]\x00\x0b\ud800]]>'
SOME = [check for check in CHECKS if check.group in ("happy", "refusal")]


class Hostile(RightWallet):
    """Answers refusals with markup, control characters and half a surrogate pair."""

    def refuse(self, refusal):
        return 200, json.dumps({"statusCode": HOSTILE, "balance": 0}).encode() + b"\x00\xff"


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []
        self.links = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]


@pytest.fixture
async def hostile(checked):
    return await checked(Hostile(), checks=SOME)


async def test_junit_counts_and_names_the_checks(checked):
    report = await checked(RefusesUnderHTTP400(), checks=SOME)

    suite = ET.fromstring(junit(report)).find("testsuite")
    numbers = {name: suite.get(name) for name in ("tests", "failures", "skipped")}
    cases = suite.findall("testcase")
    assert numbers == {"tests": "11", "failures": "1", "skipped": "0"}
    assert [f"{case.get('classname')}.{case.get('name')}" for case in cases] == [
        f"igamingace.wallet.{check.level}.{check.id}" for check in SOME
    ]
    (failure,) = suite.iter("failure")
    assert "must be answered under HTTP 200" in (failure.get("message") or "")
    assert "To do: Answer HTTP 200" in (failure.text or "")


def test_junit_is_well_formed_whatever_came(hostile):
    suite = ET.fromstring(junit(hostile)).find("testsuite")

    assert suite.get("failures") == "5"
    assert "<script>" in "".join(failure.text or "" for failure in suite.iter("failure"))


def test_html_needs_nothing_else_and_takes_nothing_for_markup(hostile):
    page = html(hostile)

    reader = Reader()
    reader.feed(page)
    assert "script" not in reader.tags
    assert reader.links == []
    assert "&lt;script&gt;" in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    page.encode()  # no half of a surrogate pair is left


def test_json_keeps_what_came(hostile):
    document = json.loads(as_json(hostile))

    failed = [check for check in document["checks"] if check["status"] == "failed"]
    assert {check["id"] for check in failed} == {
        "refusal.not_enough_money",
        "refusal.unknown_bet",
        "refusal.rolled_back",
        "refusal.integrity",
        "refusal.unknown_player",
    }
    assert "alert" in failed[0]["exchanges"][-1]["answer"]


async def test_a_currency_without_cents_skips_the_checks_of_cents(checked):
    report = await checked(RightWallet("1000"), currency="KRW")

    skipped = {result.id: result.message for result in report.results if result.status == "skipped"}
    assert skipped == dict.fromkeys(
        ["amount.cents", "amount.large_cents"], "the currency has no minor digits"
    )
    assert report.counts() == {"passed": len(CHECKS) - 2, "failed": 0, "skipped": 2}
    assert ET.fromstring(junit(report)).find("testsuite").get("skipped") == "2"
    assert "no minor digits" in html(report)


async def test_late_answers_are_counted_whichever_check_met_them(checked):
    report = await checked(RightWallet(), checks=SOME, time_scale=1e-9)

    assert report.ok
    assert set(report.late) == {"bet", "win", "betwin", "cancel"}
    assert "Answers past the contract's time limit" in report.text()


async def test_many_exchanges_are_cut_short_and_counted(checked):
    (crowd,) = [check for check in CHECKS if check.id == "parallel.bets"]
    report = await checked(RightWallet(), checks=[crowd])

    (result,) = report.results
    assert len(result.exchanges) == 12
    assert result.omitted == 40  # of 50 bets and the balance before and after
    assert [result.exchanges[at].command for at in (0, -1)] == ["balance", "balance"]


@pytest.mark.parametrize("fault", [QuotesTheBalance, CountsIn32Bits])
async def test_every_failure_says_what_was_sent_what_came_and_what_to_do(checked, fault):
    report = await checked(fault())

    for result in report.failed:
        assert result.message
        assert result.rule
        assert result.advice
        assert all(exchange.sent and exchange.answer for exchange in result.exchanges)
        assert result.exchanges


async def test_what_colour_tells_is_told_in_words_too(checked):
    page = html(await checked(RefusesUnderHTTP400(), checks=SOME))

    assert page.count('<span class="unseen">failed: </span>') == 1
    assert page.count('<span class="unseen">passed: </span>') == 10
    assert "<h1>Wallet check: 1 check failed at level required</h1>" in page
