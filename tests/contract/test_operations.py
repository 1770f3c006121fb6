"""The operations of the facts, one by one, and what each of them must say."""

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
MET_BY_ALL = {1, 1001, 1002, 1003, 1007, 1009, 1010, 1018, 1020}
STATUSES_OF_ALL = {"200", "400", "401", "403", "429", "500", "503", "default"}
RANK = {"documented": 6, "probed": 5, "sister": 4, "observed": 3, "older": 2, "assumed": 1}
STATUSES_OF_SISTERS = {"400", "401", "404", "409", "500"}  # api-facts section 1


@pytest.fixture
def code_names(contract):
    return {code["code"]: code["name"] for code in contract["x-response-codes"]}


def test_the_contract_has_the_operations_of_the_facts_and_no_others(document):
    assert set(document.operations()) == set(OPERATIONS)


def test_an_operation_stands_where_the_facts_put_it(operation):
    method, path, standing, _ = OPERATIONS[operation["operationId"]]

    assert (operation["method"], operation["path"], operation["x-standing"]) == (method, path, standing)


def test_an_operation_takes_the_fields_of_the_facts(operation, document):
    parameters = document.parameters(operation)
    body = document.body(operation)
    taken = {p["name"] if p["required"] else p["name"] + "?" for p in parameters}
    taken |= {name if name in body.get("required", []) else name + "?" for name in body.get("properties", {})}

    assert taken == set(OPERATIONS[operation["operationId"]][3].split())


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
        assert set(fields.get("properties", {})) == set(wanted.split())


def test_an_operation_is_named_after_its_tag(operation):
    assert operation["operationId"].split(".")[0] == operation["tags"][0]
    assert len(operation["tags"]) == 1


def test_an_operation_is_described_and_names_its_source(operation):
    assert 5 < len(operation["summary"]) < 60
    assert not operation["summary"].endswith(".")
    assert len(operation["description"]) > 60
    assert operation["externalDocs"]["url"].startswith("https://docs.igamingace.com")
    assert "iGamingAce" in operation["externalDocs"]["description"]


def test_every_parameter_is_described_bounded_and_has_an_example(operation, document):
    for parameter in document.parameters(operation):
        schema = parameter["schema"]
        assert len(parameter["description"]) > 20
        assert "example" in parameter
        assert {"maximum", "maxLength", "pattern"} & set(schema)


def test_there_are_examples_of_the_request_and_of_its_success(operation, document):
    if "requestBody" in operation:
        assert operation["requestBody"]["content"]["application/json"]["examples"]
        assert operation["requestBody"]["required"] is True
    for example in document.answer(operation)["examples"].values():
        assert example["value"]["success"] is True
        assert example["value"]["message"] == "OK"
        assert example["summary"]


def test_there_is_an_example_of_each_error_a_caller_can_meet_under_its_status(
    operation, document, contract, code_names
):
    shown = {}
    for status, response in operation["responses"].items():
        if status not in {"200", "default"}:
            examples = document.resolve(response)["content"]["application/json"]["examples"]
            for name, example in examples.items():
                code = document.resolve(example)["value"]["code"]
                assert name == code_names[code] == document.resolve(example)["value"]["message"]
                shown[code] = int(status)

    assumed = {code["code"]: code["httpStatus"] for code in contract["x-response-codes"]}
    assert sorted(shown) == operation["x-error-codes"]
    assert shown == {code: assumed[code] for code in shown}


def test_every_caller_can_meet_the_errors_of_access_load_and_failure(operation):
    assert set(operation["x-error-codes"]) >= MET_BY_ALL
    assert set(operation["responses"]) >= STATUSES_OF_ALL


def test_any_other_answer_is_allowed_for_even_an_html_page(operation, document):
    other = document.resolve(operation["responses"]["default"])

    assert set(other["content"]) == {"application/json", "text/html"}
    assert "without notice" in other["description"]


def test_nothing_in_an_operation_claims_to_be_better_known_than_the_operation(operation, document):
    own = RANK[operation["x-standing"]]
    parts = [operation["responses"], operation.get("requestBody"), operation.get("parameters")]
    parts += [document.resolve({"$ref": reference}) for reference in document.references(operation)]

    assert [s for part in parts for s in standings(part) if RANK[s] > own] == []


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


def test_tools_find_the_window_and_the_pause_of_the_transaction_list(document):
    operation = document.operations()["transactions.list"]

    assert (operation["x-max-window-seconds"], operation["x-window-pause-seconds"]) == (3600, 30)
    assert operation["x-older"] == ["x-max-window-seconds", "x-window-pause-seconds"]


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

    assert " ".join(properties) == (
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


def standings(node):
    if isinstance(node, list):
        for item in node:
            yield from standings(item)
    elif isinstance(node, dict):
        if "x-standing" in node:
            yield node["x-standing"]
        for value in node.values():
            yield from standings(value)
