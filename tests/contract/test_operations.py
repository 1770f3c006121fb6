"""The operations of the facts, one by one. What every operation must say is told by the lint."""

import pytest

# api-facts section 2. Method, path, standing, parameters or body fields (optional ones with "?").
OPERATIONS = {
    "providers.list": ("GET", "/v1/provider/list", "documented", ""),
    "providers.list_settings": ("GET", "/v1/provider/settings", "sister", ""),
    "providers.settings": (
        "GET", "/v1/provider/settings/{providerId}/{currency}", "sister", "providerId currency",
    ),
    "games.list": ("GET", "/v1/game/list/{providerId}", "sister", "providerId"),
    "games.launch": (
        "POST", "/v1/game/launch", "documented", "playerId providerId gameId language returnUrl isStreamer",
    ),
    "games.kick": ("POST", "/v1/game/kick", "sister", "playerExternalId"),
    "players.create": ("POST", "/v1/player/create", "sister", "playerExternalId"),
    "players.info": ("GET", "/v1/player/info", "sister", "playerExternalId"),
    "players.deposit": (
        "POST", "/v1/player/wallet/deposit", "sister", "playerExternalId currency amount transactionId",
    ),
    "players.withdraw": (
        "POST", "/v1/player/wallet/withdraw", "sister", "playerExternalId currency amount transactionId",
    ),
    "operators.info": ("GET", "/v1/operator/info", "sister", ""),
    "operators.create": (
        "POST", "/v1/operator/create", "sister",
        "operatorId password name currency ggrRate level parentId? callbackURL? allowedIPs?",
    ),
    "operators.update": ("PATCH", "/v1/operator/update", "sister", "name? rtp? callbackURL? allowedIPs?"),
    "operators.transfer_balance": (
        "POST", "/v1/operator/transfer-balance", "sister", "targetOperatorId currency amount remark?",
    ),
    "transactions.list": (
        "GET", "/v1/transaction/list", "sister",
        "startTime endTime offset limit playerExternalId? roundId?",
    ),
    "transactions.round": (
        "GET", "/v1/transaction/round", "sister", "playerExternalId roundId providerId gameCode",
    ),
    "bonus_calls.register": (
        "POST", "/v1/bonus-call/register", "documented",
        "platformId providerId gameId playerId bonusType callAmount expireAt metaData?",
    ),
    "bonus_calls.cancel": ("POST", "/v1/bonus-call/cancel", "documented", "playerId issueId"),
    "bonus_calls.detail": ("GET", "/v1/bonus-call/detail/{issueId}", "sister", "issueId"),
}  # fmt: skip

# operationId: the fields of `data`, of its items where it is an array; None where nothing says what it holds.
DATA = {
    "providers.list": "providerId providerName logo status",
    "providers.list_settings": "providerId currency enabled",
    "providers.settings": "providerId currency enabled",
    "games.list": "gameID gameName gameImage gameType inMaintenance",
    "games.launch": "",
    "games.kick": None,
    "players.create": "playerCode",
    "players.info": "playerCode balance",
    "players.deposit": "balance currency",
    "players.withdraw": "balance currency",
    "operators.info": (
        "id name parentId balance rtp callbackURL allowedIPs providers ggrRate level paymentMethod"
    ),
    "operators.create": "id token",
    "operators.update": None,
    "operators.transfer_balance": "currency myPreBalance myAfterBalance targetPreBalance targetAfterBalance",
    "transactions.list": "total offset count list",
    "transactions.round": "url",
    "bonus_calls.register": "issueId",
    "bonus_calls.cancel": None,
    "bonus_calls.detail": (
        "issueId status roundsRemaining operatorId providerId gameCode playerExternalId currency bonusType "
        "callAmount metaData totalWinAmount createdAt"
    ),
}
STATUSES_OF_SISTERS = {"400", "401", "404", "409", "500"}  # api-facts section 1


def test_the_contract_has_the_operations_of_the_facts_and_others_are_assumed(document):
    operations = document.operations()
    others = {name: each["x-standing"] for name, each in operations.items() if name not in OPERATIONS}

    assert set(OPERATIONS) == set(DATA) <= set(operations)
    assert set(others.values()) <= {"assumed"}, others


@pytest.fixture(params=OPERATIONS)
def operation(request, document):
    """One operation of the facts."""
    return document.operations()[request.param]


def test_an_operation_stands_where_the_facts_put_it(operation):
    method, path, standing, _ = OPERATIONS[operation["operationId"]]

    assert (operation["method"], operation["path"], operation["x-standing"]) == (method, path, standing)


def test_an_operation_takes_the_fields_of_the_facts(operation, document):
    parameters = document.parameters(operation)
    body = document.body(operation)
    taken = {p["name"] if p.get("required") else p["name"] + "?": p for p in parameters}
    for name, schema in body.get("properties", {}).items():
        taken[name if name in body.get("required", []) else name + "?"] = schema
    facts = set(OPERATIONS[operation["operationId"]][3].split())

    assert facts <= set(taken)
    assert [name for name in set(taken) - facts if taken[name].get("x-standing") != "assumed"] == []


def test_an_operation_answers_the_fields_of_the_facts(operation, document):
    wanted = DATA[operation["operationId"]]
    envelope = document.resolve(document.answer(operation)["schema"])
    data = document.resolve(envelope["properties"].get("data"))

    assert envelope["properties"]["success"]["type"] == "boolean"
    if wanted is None:
        assert envelope["required"] == ["success"]
        assert data is None
    else:
        fields = document.resolve(data["items"]) if data.get("type") == "array" else data
        assert envelope["required"] == ["success", "data"]
        properties = fields.get("properties", {})
        assert set(wanted.split()) <= set(properties)
        others = set(properties) - set(wanted.split())
        assert {properties[name].get("x-standing") for name in others} <= {"assumed"}, others


def test_an_errors_status_has_the_standing_of_the_facts(operation, document):
    for status, response in operation["responses"].items():
        if status != "200":
            standing = "sister" if status in STATUSES_OF_SISTERS else "assumed"
            assert document.resolve(response)["x-standing"] == standing


def test_the_fields_of_the_provider_list_stand_lower_than_its_path(document):
    operation = document.operations()["providers.list"]

    assert operation["responses"]["200"]["x-standing"] == "sister"
    properties = document.content["components"]["schemas"]["Provider"]["properties"].values()
    assert {p["x-standing"] for p in properties} == {"sister"}


def test_tools_find_how_the_transaction_list_is_walked(document):
    operation = document.operations()["transactions.list"]

    assert operation["x-walk"] == {
        "window": {"start": "startTime", "end": "endTime", "longestSeconds": 3600, "standing": "older"},
        "page": {"offset": "offset", "limit": "limit", "standing": "sister"},
        "pause": {"between": "windows", "seconds": 30, "standing": "older"},
        "items": {"property": "list", "standing": "sister"},
        "total": {"property": "total", "standing": "sister"},
        "key": {"properties": ["transId", "transType"], "standing": "assumed"},
        "time": {"property": "createdAt", "standing": "sister"},
        "retention": {"seconds": 172800, "standing": "older"},
    }


def test_a_page_of_2000_transactions_is_known_from_the_older_generation(document):
    parameters = document.parameters(document.operations()["transactions.list"])
    limit = next(parameter["schema"] for parameter in parameters if parameter["name"] == "limit")

    assert (limit["maximum"], limit["x-older"]) == (2000, ["maximum"])


def test_the_filters_of_the_transaction_list_are_assumed(document):
    parameters = document.parameters(document.operations()["transactions.list"])

    assert {p["name"] for p in parameters if p.get("x-standing") == "assumed"} == {
        "playerExternalId",
        "roundId",
    }


def test_an_item_of_the_transaction_list_has_the_fields_of_the_facts(document):
    properties = document.content["components"]["schemas"]["Transaction"]["properties"]

    known = [name for name, schema in properties.items() if schema.get("x-standing") != "assumed"]
    assert " ".join(known) == (
        "transId transType userCode userExternalId roundId roundType providerId providerName gameCode "
        "gameName amount balance createdAt"
    )


def test_launch_answers_with_a_text_or_with_an_object_that_has_it(document):
    envelope = document.resolve(document.answer(document.operations()["games.launch"])["schema"])
    data = envelope["properties"]["data"]
    text, launched = map(document.resolve, data["oneOf"])

    assert text["type"] == "string"
    assert set(launched["properties"]) == {"gameUrl", "sessionId"}
    assert launched["required"] == [data["x-text-in"]] == ["gameUrl"]
