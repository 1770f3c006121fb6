"""The sandbox, the wallet check and the probe judge a wallet's answer the same way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from igamingace._common.secret import Secret
from igamingace._wallet_client.client import WalletResponse
from igamingace._wallet_client.messages import CallbackFactory
from igamingace._wallet_client.verdict import judge, read_answer
from igamingace.walletcheck._client import WalletClient


class Answers:
    name = "a wallet"
    url = ""

    def __init__(self, body):
        self.body = body

    async def send(self, body, signature, timings=None):
        return WalletResponse(200, self.body)

    async def close(self):
        pass


WRONG = [
    (b"", "the body is empty"),
    (b" \n", "the body is empty"),
    (b"<html>", "the body is HTML"),
    (b"{", "the body is not valid JSON"),
    (b'{"balance":1,"balance":2,"statusCode":"OK"}', '"balance" appears twice'),
    (b'{"balance":NaN,"statusCode":"OK"}', "NaN is not a valid JSON number"),
    (b"[]", "the body is not a JSON object"),
    (b'{"balance":1}', "statusCode is missing; use one of OK"),
    (b'{"balance":1,"statusCode":0}', "statusCode is not a string"),
    (b'{"balance":1,"statusCode":"ok"}', "statusCode 'ok' is not valid for balance"),
    (b'{"balance":1,"statusCode":"ERR_TRANSACTION_ROLLED_BACK"}', "is not valid for balance"),
    (b'{"statusCode":"OK"}', "balance is missing"),
    (b'{"balance":null,"statusCode":"OK"}', "balance is missing"),
    (b'{"balance":"1","statusCode":"OK"}', "balance is not a number"),
    (b'{"balance":true,"statusCode":"OK"}', "balance is not a number"),
    (b'{"balance":1e19,"statusCode":"OK"}', "balance is larger than any wallet"),
    (b'{"balance":1.%b1,"statusCode":"OK"}' % (60_000 * b"0"), "a number has more than 4300 digits"),
]


@pytest.mark.parametrize(("body", "problem"), WRONG)
async def test_an_answer_of_another_form_is_failed_for_all_in_the_same_words(body, problem):
    verdict = judge("balance", 200, body, "USD")
    client = WalletClient(Answers(body), Secret("the-token"), timeout=5, time_scale=1)

    result = await client.send(CallbackFactory("p-1", "USD", 1, 655).balance())

    assert verdict.outcome == "failed"
    assert problem in verdict.text
    assert result.problem == verdict.text


@pytest.mark.parametrize(
    ("command", "body", "outcome", "balance"),
    [
        ("bet", b'{"balance":12.50,"statusCode":"OK"}', "accepted", Decimal("12.50")),
        ("bet", b'{"balance":-1,"statusCode":"OK"}', "accepted", Decimal(-1)),
        ("bet", b'{"balance":0.001,"statusCode":"OK","more":[1]}', "accepted", Decimal("0.001")),
        ("bet", b'{"balance":3,"statusCode":"ERR_NOT_ENOUGH_MONEY"}', "refused", Decimal(3)),
        ("bet", b'{"statusCode":"ERR_NOT_ENOUGH_MONEY"}', "refused", None),
        ("bet", b'{"balance":"3","statusCode":"ERR_NOT_ENOUGH_MONEY"}', "refused", None),
    ],
)
def test_an_answer_of_the_contract_is_accepted_or_refused(command, body, outcome, balance):
    verdict = judge(command, 200, body, "USD")

    assert (verdict.outcome, verdict.balance) == (outcome, balance)
    assert not read_answer(command, body).problem


@pytest.mark.parametrize(
    ("status", "body", "advice"),
    [
        (302, b'{"balance":1,"statusCode":"OK"}', "redirects are not followed"),
        (404, b"<html>", "does it take POST"),
        (404, b'{"balance":1,"statusCode":"ERR_INVALID_PLAYER_ID"}', "answer HTTP 200"),
        (500, b'{"balance":1,"statusCode":"OK"}', "see its log"),
        (400, b'{"balance":1,"statusCode":"OK"}', "answer HTTP 200"),
    ],
)
def test_any_status_but_200_is_failed_with_advice(status, body, advice):
    verdict = judge("bet", status, body, "USD")

    assert verdict.outcome == "failed"
    assert f"HTTP {status} counts as failed" in verdict.text
    assert advice in verdict.text


def test_a_balance_in_quotes_is_read_so_that_other_checks_can_go_on():
    assert read_answer("bet", b'{"balance":"12.50","statusCode":"OK"}').balance == Decimal("12.50")
