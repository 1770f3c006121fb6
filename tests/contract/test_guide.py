"""The guide in the contract: it covers what a partner needs, and its worked examples are right."""

import base64
import hashlib
import hmac
import json
import re

import pytest

TOKEN = b"my_super_secret_token"
CHAPTERS = [
    "Who is who",
    "Access",
    "Three headers, on every request",
    "The envelope",
    "Errors",
    "At most 50 requests in flight",
    "The balance system",
    "Two integration modes",
    "From the first call to the first spin",
    "Ids",
    "Times",
    "How sure is all this?",
    "Where the pages contradict each other",
    "What is not known",
]


@pytest.fixture
def guide(contract):
    return contract["info"]["description"]


@pytest.fixture
def of_callbacks(contract):
    return next(tag["description"] for tag in contract["tags"] if tag["name"] == "callbacks")


def blocks(markdown, language):
    return re.findall(rf"^```{language}\n(.*?)\n```$", markdown, re.MULTILINE | re.DOTALL)


def signed_text(body):
    """Join a body's values as they stand in it, ordered by key."""
    values = json.loads(body, parse_int=str, parse_float=str)
    literals = [
        json.dumps(value) if isinstance(value, bool) else value for _, value in sorted(values.items())
    ]
    return ",".join(literals)


def signature(text):
    return base64.b64encode(hmac.new(TOKEN, text.encode(), hashlib.sha512).digest()).decode()


def test_the_guide_covers_what_a_partner_needs_to_start(guide):
    assert re.findall(r"^# (.*)$", guide, re.MULTILINE) == CHAPTERS


def test_the_guide_shows_the_three_headers_in_a_call(guide, contract):
    (curl,) = blocks(guide, "bash")

    for header in contract["x-required-headers"]:
        assert f"'{header['name']}: {header['value'].split()[0]}" in curl
    assert contract["servers"][0]["url"] + "/v1/provider/list" in curl


def test_the_guide_says_where_to_look_for_the_headers_that_openapi_ignores(guide):
    assert "OpenAPI ignores header parameters of these three names" in guide
    assert "`x-required-headers`" in guide


def test_the_guide_explains_each_word_about_sending_again(guide, contract):
    words = {code["resend"] for code in contract["x-response-codes"]}

    assert set(re.findall(r"^\| `(\w+)` \| (?:yes|no|only|there)\b", guide, re.MULTILINE)) == words


def test_the_guide_explains_each_standing(guide):
    table = guide.partition("# How sure is all this?")[2].partition("# Where")[0]

    assert re.findall(r"^\| `(\w+)` \| ", table, re.MULTILINE) == [
        "documented", "probed", "sister", "observed", "older", "assumed",
    ]  # fmt: skip
    assert "platform`" not in guide


def test_the_first_paragraph_says_which_api_this_is_and_how_to_tell_the_other(guide):
    first = guide.partition("\n\n")[0]

    for word in (
        "docs.igamingace.com", "pragapi.igamingace.com", "userAuth", "createfreegame", "GetBalance",
        "Withdraw", "Deposit", "BetWin", "RollbackTransaction", "upper-case hex HMAC-SHA256",
    ):  # fmt: skip
        assert word in first


def test_every_contradiction_of_the_facts_is_listed(guide):
    listed = guide.partition("# Where the pages contradict each other")[2].partition("\n# ")[0]

    for word in (
        "platformId", "referenceId", "betwin", "playerExternalId", "makes the player's id", "gameCode",
        "several games", "64-bit integers", "i3746", "gameUrl", "bonusType", "currencies of an account",
        "time zone",
    ):  # fmt: skip
        assert word in listed


def test_the_json_of_the_guide_is_json(guide, of_callbacks):
    found = [json.loads(block) for text in (guide, of_callbacks) for block in blocks(text, "json")]

    assert len(found) == 5


def test_the_worked_signatures_recompute(of_callbacks):
    bodies = [body for body in blocks(of_callbacks, "json") if "statusCode" not in body]
    texts = blocks(of_callbacks, "text")

    assert len(bodies) == 2
    assert texts == [part for body in bodies for part in (signed_text(body), signature(signed_text(body)))]


def test_the_documented_example_signs_the_documented_text(of_callbacks):
    assert blocks(of_callbacks, "text")[0] == "1500,USD,user123,1713792000"
    assert "'my_super_secret_token'" in blocks(of_callbacks, "bash")[0]


def test_the_signed_bet_of_the_guide_is_the_bet_of_the_contract(of_callbacks, document):
    shown = json.loads(blocks(of_callbacks, "json")[2])
    content = document.callbacks()["bet"]["requestBody"]["content"]["application/json"]

    assert shown == content["examples"]["bet"]["value"]


def test_the_signature_header_shows_the_worked_example(contract):
    shown = contract["components"]["parameters"]["RequestSignature"]["example"]

    assert shown == signature("1500,USD,user123,1713792000")


def test_the_table_of_callbacks_agrees_with_the_callbacks(of_callbacks, document):
    rows = re.findall(
        r"^\| `(\w+)` \| .*? \| (?:(\d) seconds|not stated) \| (.*) \|$", of_callbacks, re.MULTILINE
    )
    follows = {"none": "not retried; shown to the player", "cancel": "not retried; a `cancel` follows"}

    assert [(command, within or None, then) for command, within, then in rows] == [
        (
            name,
            str(rule["answerWithin"]) if rule["answerWithin"] else None,
            follows.get(rule["then"], "up to 2 more tries"),
        )
        for name, rule in ((name, callback["x-callback"]) for name, callback in document.callbacks().items())
    ]


@pytest.mark.parametrize(
    ("schema", "key"),
    [
        ("RegisterBonusCall", "platformId"),
        ("RegisterBonusCall", "bonusType"),
        ("CancelCallback", "referenceId"),
        ("BetWinCallback", "betAmount"),
        ("BetWinCallback", "winAmount"),
        ("LaunchGame", "playerId"),
        ("CreatePlayer", "playerExternalId"),
        ("LaunchGame", "gameId"),
        ("Game", "gameID"),
        ("RegisterBonusCall", "gameId"),
        ("RegisteredBonusCall", "issueId"),
        ("CancelBonusCall", "issueId"),
        ("BonusCall", "bonusType"),
        ("LaunchGameAnswer", "data"),
        ("CreateOperator", "currency"),
        ("UpdateOperator", "rtp"),
        ("BetCallback", "gameCode"),
        ("BetCallback", "timestamp"),
    ],
)
def test_a_contradiction_of_the_pages_is_told_at_its_place(contract, schema, key):
    assert (
        "The pages contradict each other"
        in contract["components"]["schemas"][schema]["properties"][key]["description"]
    )
