"""A report is made to be shared: nothing of the account is in it, wherever the platform puts it."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from igamingace import Agent, probe
from igamingace_bindings import contract

from .platform import TOKEN, Platform, probed, situation_of

# What an account has that nobody else may know. Each is planted in every answer.
SECRETS = {
    "player": "zebedee77",
    "other player": "quentin",
    "casino": "Grimaldi Palace",
    "account": "grimaldi_usd",
    "amount": "918273.45",
    "round": "R-5550123",
    "number": "8812345671",
    "wallet": "wallet.grimaldi.example",
    "address": "198.51.100.23",
    "link": "0f9e8d7c6b5a49382716",
    "session": "eyJhbGciOiJIUzI1NiJ9",
    "game": "grimaldidogs",
    "currency": "XTS",
}


def shown(report: probe.ProbeReport) -> str:
    """All that a reader may see of a report."""
    return "\n".join([report.json().decode(), repr(report), *map(str, report.differences)])


def reveals(text: str) -> set[str]:
    folded = text.casefold()
    pieces = [TOKEN, TOKEN[:8], TOKEN[-8:], *SECRETS.values()]
    return {piece for piece in pieces if piece.casefold() in folded}


def full_of_secrets() -> Platform:
    """Return a platform that answers with secrets: as values, as names, in texts, headers and URLs."""
    platform = Platform(minutes_ago=(1,))
    secret = SECRETS
    url = f"https://{secret['wallet']}/x?token={secret['link']}&t={TOKEN}"
    answers = platform.answers
    answers["providers.list"] = [
        {"providerId": 1, "providerName": secret["casino"], "logo": url, "status": 1, "note": secret["game"]},
        {"providerId": 2, "providerName": {secret["player"]: 1}, "status": int(secret["number"])},
    ]
    answers["operators.info"] = {
        "id": secret["account"],
        "name": secret["casino"],
        "parentId": [secret["account"]],
        # Balances by player: names are data.
        "balance": {secret["player"]: secret["amount"], secret["other player"]: 5},
        "callbackURL": url,
        "allowedIPs": [secret["address"], {secret["address"]: secret["account"]}],
        "level": secret["casino"],
        secret["account"]: secret["amount"],
        TOKEN: secret["amount"],
        f"key_{TOKEN[:20]}": 1,
        "players": {secret["player"]: {"wallet": {secret["currency"]: 1}}, secret["other player"]: {}},
    }
    answers["games.list"] = [{"gameID": secret["game"], "gameName": secret["casino"], "gameType": 99_123_456}]
    answers["transactions.list"] |= {
        "transId": secret["round"],
        "userExternalId": secret["player"],
        "roundId": secret["round"],
        "gameCode": secret["game"],
        "amount": secret["amount"],
        "balance": secret["player"],
        "transType": int(secret["number"]),
        secret["round"]: secret["player"],
    }
    answers["transactions.round"] = [{"url": url}, {"url": {"link": url}}]
    answers["players.info"] = {
        "playerCode": secret["number"],
        "balance": [{"currency": secret["currency"], "amount": secret["amount"], secret["player"]: 1}],
    }
    answers["bonus_calls.detail"] |= {"issueId": secret["round"], "callAmount": secret["amount"]}
    error = {
        "success": False,
        "message": f"{secret['player']} of {secret['casino']} has {secret['amount']}",
        "errorCode": secret["player"],
        "path": f"/v1/player/info?playerExternalId={secret['player']}",
        secret["player"]: secret["amount"],
        "error": {"code": int(secret["number"]), "headers": {"authorization": f"Bearer {TOKEN}"}},
    }
    for situation, answer in platform.refusals.items():
        if answer is not None:
            platform.refusals[situation] = (400, error)
    platform.refusals["no parameters"] = (404, f"<html>{secret['casino']} {TOKEN}</html>")
    platform.headers = {
        "set-cookie": f"session={secret['session']}",
        "content-type": f"application/json; {secret['account']}",
        "x-request-id": secret["session"],
        f"x-{secret['account']}": TOKEN,
        "etag": secret["link"],
    }
    return platform


@pytest.mark.parametrize("kind", ["threads", "asyncio"])
def test_no_secret_is_in_a_report_wherever_the_platform_puts_it(kind):
    platform = full_of_secrets()

    report = probed(platform, kind, player=SECRETS["player"])

    assert report.complete
    assert len(report.differences) > 20
    assert reveals(shown(report)) == set()
    assert {call.media_type for call in report.calls if call.media_type} == {"application/json"}


def test_the_search_would_find_each_secret():
    planted = json.dumps([TOKEN, *SECRETS.values()])

    assert len(reveals(planted)) == len(SECRETS) + 3


def test_the_platform_did_send_the_secrets():
    platform = full_of_secrets()
    sent: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        response = platform(request)
        sent.append(f"{response.text} {response.headers}")
        return response

    with Agent(TOKEN, transport=httpx2.MockTransport(answer), base_url="https://api.example") as agent:
        probe.run(agent, player=SECRETS["player"], window_pause=0)

    assert reveals("".join(sent)) == {TOKEN, TOKEN[:8], TOKEN[-8:], *SECRETS.values()}


def test_how_many_there_are_of_anything_does_not_show():
    few, many = (
        Platform(minutes_ago=(1, 2, 3)),
        Platform(minutes_ago=tuple(each / 10 for each in range(10, 90))),
    )
    many.answers["games.list"] *= 37
    many.answers["providers.list"] *= 5

    assert probed(few).to_json() == probed(many).to_json()


def test_the_token_of_the_account_goes_only_where_it_belongs():
    platform = Platform()
    probed(platform)

    tokens = {request.headers.get("authorization") for request in platform.requests}
    assert len(tokens) == 3
    (wrong,) = (each for each in platform.requests if situation_of(each) == "wrong token")
    assert TOKEN not in str(wrong.headers) + str(wrong.url)


def test_an_address_that_is_not_iGamingAce_is_not_named_and_its_findings_are_not_probed():  # noqa: N802 -- a name
    report = probed(Platform())

    assert (report.platform, report.standing) == ("another address", None)
    assert "api.example" not in shown(report)


def test_a_transport_that_was_handed_in_is_not_taken_for_iGamingAce():  # noqa: N802 -- as above
    with Agent(TOKEN, transport=httpx2.MockTransport(Platform())) as agent:
        assert agent.base_url == contract.BASE_URL
        report = probe.run(agent, window_pause=0)

    assert (report.platform, report.standing) == ("another address", None)


NAMES = st.sampled_from(
    [
        "success",
        "data",
        "message",
        "code",
        "errorCode",
        "list",
        "balance",
        "gameType",
        TOKEN,
        *SECRETS.values(),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([TOKEN, *SECRETS.values()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(VALUES, min_size=9, max_size=9), VALUES, st.integers(200, 503))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_gives_a_report_without_a_secret(answers, error, status):
    platform = Platform()
    platform.answers = dict(zip(platform.answers, answers, strict=True))
    body: Any = {"success": False, **error} if isinstance(error, dict) else error
    platform.refusals = {
        name: (status if status not in {429, 503} else 400, body) for name in platform.refusals
    }

    report = probed(platform, player=SECRETS["player"], bonus_call="i3746")

    assert reveals(shown(report)) == set()
