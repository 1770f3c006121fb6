"""Each refusal: its HTTP status, its code, and the places that its message names."""

from __future__ import annotations

import json
import re

import pytest

TOKEN = "Bearer {token}"
GOOD = {"Authorization": TOKEN, "Accept": "application/json", "Content-Type": "application/json"}
LIST = "/v1/provider/list"
CREATE = "/v1/player/create"
LINK = b'{"playerExternalId": "p-9"}'


def without(name):
    return {key: value for key, value in GOOD.items() if key != name}


def with_(name, value):
    return {**GOOD, name: value}


def deep(levels):
    return b"[" * levels + b"]" * levels


REFUSALS = {
    "unknown path": (("GET", "/v1/nothing", GOOD, None), 404, "VALIDATION_ERROR", ["path"]),
    "slash too many": (("GET", LIST + "/", GOOD, None), 404, "VALIDATION_ERROR", ["path"]),
    "empty path parameter": (("GET", "/v1/game/list/", GOOD, None), 404, "VALIDATION_ERROR", ["path"]),
    "unknown path, no token": (("GET", "/v2", {}, None), 404, "VALIDATION_ERROR", ["path"]),
    "wrong method": (("POST", LIST, GOOD, b"{}"), 405, "VALIDATION_ERROR", ["method"]),
    "wrong method, no token": (("PUT", LIST, {}, None), 405, "VALIDATION_ERROR", ["method"]),
    "OPTIONS": (("OPTIONS", LIST, GOOD, None), 405, "VALIDATION_ERROR", ["method"]),
    "TRACE": (("TRACE", LIST, GOOD, None), 405, "VALIDATION_ERROR", ["method"]),
    "no token": (
        ("GET", LIST, without("Authorization"), None),
        401,
        "TOKEN_NOT_FOUND",
        ["header.Authorization"],
    ),
    "no token at all": (
        ("GET", LIST, with_("Authorization", "Bearer"), None),
        401,
        "TOKEN_NOT_FOUND",
        ["header.Authorization"],
    ),
    "other scheme": (
        ("GET", LIST, with_("Authorization", "Basic YTpi"), None),
        401,
        "TOKEN_NOT_FOUND",
        ["header.Authorization"],
    ),
    "token of two words": (
        ("GET", LIST, with_("Authorization", "Bearer a b"), None),
        401,
        "TOKEN_NOT_FOUND",
        ["header.Authorization"],
    ),
    "unknown token": (
        ("GET", LIST, with_("Authorization", "Bearer 0"), None),
        401,
        "TOKEN_INVALID",
        ["header.Authorization"],
    ),
    "no Accept": (("GET", LIST, without("Accept"), None), 406, "VALIDATION_ERROR", ["header.Accept"]),
    "Accept of HTML": (
        ("GET", LIST, with_("Accept", "text/html"), None),
        406,
        "VALIDATION_ERROR",
        ["header.Accept"],
    ),
    "Accept that rules JSON out": (
        ("GET", LIST, with_("Accept", "application/json;q=0, */*"), None),
        406,
        "VALIDATION_ERROR",
        ["header.Accept"],
    ),
    "no Content-Type": (
        ("GET", LIST, without("Content-Type"), None),
        415,
        "VALIDATION_ERROR",
        ["header.Content-Type"],
    ),
    "Content-Type of text": (
        ("POST", CREATE, with_("Content-Type", "text/plain"), LINK),
        415,
        "VALIDATION_ERROR",
        ["header.Content-Type"],
    ),
    "JSON in another charset": (
        ("POST", CREATE, with_("Content-Type", "application/json; charset=latin-1"), LINK),
        415,
        "VALIDATION_ERROR",
        ["header.Content-Type"],
    ),
    "both media types missing": (
        ("GET", LIST, {"Authorization": TOKEN}, None),
        406,
        "VALIDATION_ERROR",
        ["header.Accept", "header.Content-Type"],
    ),
    "no body": (("POST", CREATE, GOOD, b""), 400, "VALIDATION_ERROR", ["body"]),
    "broken JSON": (("POST", CREATE, GOOD, b'{"playerExternalId":'), 400, "VALIDATION_ERROR", ["body"]),
    "NaN": (("POST", CREATE, GOOD, b'{"playerExternalId": NaN}'), 400, "VALIDATION_ERROR", ["body"]),
    "no UTF-8": (("POST", CREATE, GOOD, b'{"playerExternalId": "\xff"}'), 400, "VALIDATION_ERROR", ["body"]),
    "half a surrogate pair": (
        ("POST", CREATE, GOOD, rb'{"playerExternalId": "\ud800"}'),
        400,
        "VALIDATION_ERROR",
        ["body"],
    ),
    "a name twice": (
        ("POST", CREATE, GOOD, b'{"playerExternalId": "a", "playerExternalId": "b"}'),
        400,
        "VALIDATION_ERROR",
        ["body"],
    ),
    "too deep for the parser": (("POST", CREATE, GOOD, deep(100_000)), 400, "VALIDATION_ERROR", ["body"]),
    "too deep for the validator": (("POST", CREATE, GOOD, deep(500)), 400, "VALIDATION_ERROR", ["body"]),
    "an endless number": (("POST", CREATE, GOOD, b"9" * 5_000), 400, "VALIDATION_ERROR", ["body"]),
    "a number with too many digits": (("POST", CREATE, GOOD, b"1e4300"), 400, "VALIDATION_ERROR", ["body"]),
    "an exponent beyond decimals": (
        ("POST", CREATE, GOOD, b"1e" + b"9" * 30),
        400,
        "VALIDATION_ERROR",
        ["body"],
    ),
    "a body too large": (("POST", CREATE, GOOD, b" " * 2_000_000), 413, "VALIDATION_ERROR", ["body"]),
    "no object": (("POST", CREATE, GOOD, b"[]"), 400, "VALIDATION_ERROR", ["body"]),
    "wrong fields": (
        (
            "POST",
            "/v1/bonus-call/register",
            GOOD,
            b'{"playerId": 7, "surprise": 1, "bonusType": 1, "metaData": {"spinAmount": 9}}',
        ),
        400,
        "VALIDATION_ERROR",
        [
            "body.callAmount",
            "body.expireAt",
            "body.gameId",
            "body.metaData.baseBetAmount",
            "body.metaData.spinAmount",
            "body.platformId",
            "body.playerId",
            "body.providerId",
            "body.surprise",
        ],
    ),
    "wrong path parameter": (
        ("GET", "/v1/game/list/one", GOOD, None),
        400,
        "VALIDATION_ERROR",
        ["path.providerId"],
    ),
    "path parameter with a slash inside": (
        ("GET", "/v1/game/list/1%2F2", GOOD, None),
        400,
        "VALIDATION_ERROR",
        ["path.providerId"],
    ),
    "path parameter that is no UTF-8": (
        ("GET", "/v1/game/list/%ff", GOOD, None),
        400,
        "VALIDATION_ERROR",
        ["path.providerId"],
    ),
    "wrong query": (
        (
            "GET",
            "/v1/transaction/list?limit=2001&offset=x&startTime=now&more=1&roundId=1&roundId=2",
            GOOD,
            None,
        ),
        400,
        "VALIDATION_ERROR",
        ["query.roundId"],
    ),
    "wrong query values": (
        ("GET", "/v1/transaction/list?limit=2001&offset=x&startTime=now&more=1", GOOD, None),
        400,
        "VALIDATION_ERROR",
        ["query.endTime", "query.limit", "query.more", "query.offset", "query.startTime"],
    ),
    "query that is no UTF-8": (
        ("GET", "/v1/player/info?playerExternalId=%ff", GOOD, None),
        400,
        "VALIDATION_ERROR",
        ["query.playerExternalId"],
    ),
    "path, query and body at once": (
        ("POST", CREATE + "?extra=1", GOOD, b"{}"),
        400,
        "VALIDATION_ERROR",
        ["body.playerExternalId", "query.extra"],
    ),
    "another account's currency": (
        ("GET", "/v1/provider/settings/1/EUR", GOOD, None),
        400,
        "CURRENCY_NOT_SUPPORTED",
        ["path.currency"],
    ),
    "unknown provider": (("GET", "/v1/game/list/99", GOOD, None), 404, "PROVIDER_NOT_FOUND", []),
}


@pytest.mark.parametrize(("sent", "status", "name", "places"), REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_has_its_status_its_code_and_names_every_place(agent, sent, status, name, places):
    method, path, headers, body = sent
    headers = {key: value.replace("{token}", agent.token) for key, value in headers.items()}
    agent.client.headers.clear()  # httpx2 sends an Accept of its own

    response = await agent.request(method, path, headers=headers, content=body)

    answer = response.json()
    assert (response.status_code, answer["errorCode"]) == (status, name)
    assert answer["success"] is False
    named = re.findall(r"(?:^|; )((?:body|query|path|header|method)[\w.\[\]-]*):", answer["message"])
    assert sorted(named) == places


async def test_the_number_of_a_code_is_the_contracts(agent, contract):
    numbers = {code["name"]: code["code"] for code in contract["x-response-codes"]}

    answer = (await agent.get("/v1/game/list/99")).json()

    assert answer["code"] == numbers["PROVIDER_NOT_FOUND"]


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [(None, "Bearer"), ("Basic YTpi", "Bearer"), ("Bearer 0", 'Bearer error="invalid_token"')],
)
async def test_401_says_how_to_authenticate(agent, authorization, challenge):
    headers = {} if authorization is None else {"Authorization": authorization}

    response = await agent.request("GET", LIST, headers=headers)

    assert response.headers["www-authenticate"] == challenge


async def test_405_names_the_methods_of_the_path(agent):
    response = await agent.request("OPTIONS", CREATE)

    assert response.headers["allow"] == "POST"


async def test_head_is_refused_without_a_body(agent):
    response = await agent.request("HEAD", LIST)

    assert (response.status_code, response.headers["allow"], response.content) == (405, "GET", b"")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "bearer {token}"},
        {"Accept": "*/*"},
        {"Accept": "text/html, application/*;q=0.1"},
        {"Content-Type": "Application/JSON; charset=UTF-8"},
    ],
)
async def test_other_spellings_of_good_headers_are_accepted(agent, headers):
    headers = {**GOOD, **headers}
    sent = {key: value.replace("{token}", agent.token) for key, value in headers.items()}

    response = await agent.request("GET", LIST, headers=sent)

    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/v1/game/list/%31", "/%761/game/list/1", "/v1/game/list/1"])
async def test_a_path_means_the_same_in_every_encoding(agent, path):
    response = await agent.get(path)

    assert response.json()["data"][0]["gameID"] == 655


async def test_a_message_stays_readable_when_hundreds_of_fields_are_wrong(agent):
    body = {f"field{number}": number for number in range(500)}

    answer = (await agent.request("POST", CREATE, content=json.dumps(body))).json()

    assert answer["message"].endswith("and 461 more")
    assert len(answer["message"]) < 3_000


async def test_a_message_does_not_repeat_a_value_without_end(agent):
    answer = (await agent.post(CREATE, playerExternalId="x" * 100_000)).json()

    assert answer["message"].startswith('body.playerExternalId: "xxx')
    assert len(answer["message"]) < 500
