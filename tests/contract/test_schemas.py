"""What every schema must say: descriptions, examples, bounds, money, times, open and closed objects."""

import jsonschema_rs
import pytest

CURRENCY = "^[A-Z]{3}$"


@pytest.fixture
def sent(document):
    """The names of the schemas that our side sends: request bodies and answers to callbacks."""
    bodies = [operation.get("requestBody") for operation in document.operations().values()]
    answers = [callback["responses"] for callback in document.callbacks().values()]
    return document.schemas([bodies, answers])


@pytest.fixture
def received(document):
    """The names of the schemas that the vendor sends: answers and callbacks."""
    answers = [operation["responses"] for operation in document.operations().values()]
    bodies = [callback["requestBody"] for callback in document.callbacks().values()]
    return document.schemas([answers, bodies])


def nodes(node):
    """Yield every object of a document."""
    if isinstance(node, list):
        for item in node:
            yield from nodes(item)
    elif isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)


def objects(contract, names):
    schemas = contract["components"]["schemas"]
    return {name: schemas[name] for name in names if schemas[name].get("type") == "object"}


def test_every_property_is_described_and_has_an_example(document):
    found = list(document.properties())
    poor = [
        f"{name}.{key}"
        for name, key, schema in found
        if not schema.get("description") or not schema.get("examples")
    ]

    assert len(found) > 150
    assert poor == []


def test_every_schema_is_described(contract):
    assert [
        name for name, schema in contract["components"]["schemas"].items() if not schema.get("description")
    ] == []


def test_what_we_send_is_closed(contract, sent):
    closed = objects(contract, sent)

    assert len(closed) == 12
    assert [name for name, schema in closed.items() if schema["additionalProperties"] is not False] == []


def test_what_we_receive_is_open(contract, received):
    open_ = objects(contract, received)

    assert len(open_) > 35
    assert [name for name, schema in open_.items() if schema["additionalProperties"] is not True] == []


def test_nothing_is_both_sent_and_received(sent, received):
    assert sent & received == set()


def test_what_we_receive_may_take_values_nobody_knows_yet(document, received):
    closed = [
        f"{name}.{key}"
        for name, key, schema in document.properties()
        if name in received and "enum" in schema
    ]

    assert closed == []


def test_nothing_is_nullable_by_the_old_word(contract):
    assert '"nullable"' not in repr(contract).replace("'", '"')


def test_every_number_with_a_fraction_is_a_decimal_that_names_its_unit(document):
    decimals = [
        (f"{name}.{key}", schema)
        for name, key, schema in document.properties()
        if schema.get("type") == "number"
    ]

    assert len(decimals) > 15
    assert [place for place, schema in decimals if schema.get("format") != "decimal"] == []
    assert [
        place
        for place, schema in decimals
        if not any(unit in schema["description"] for unit in ("major units", "percent", "unit is not stated"))
    ] == []
    assert [
        p for p, s in decimals if "major units" in s["description"] and "USD 2" not in s["description"]
    ] == []


def test_every_integer_says_its_width_and_its_bounds(document):
    integers = [
        (f"{n}.{k}", schema) for n, k, schema in document.properties() if schema.get("type") == "integer"
    ]
    widths = {"int32": 2**31 - 1, "int64": 2**63 - 1}

    assert len(integers) > 40
    assert [place for place, schema in integers if schema.get("format") not in widths] == []
    assert [
        place
        for place, schema in integers
        if "enum" not in schema and not schema["minimum"] < schema["maximum"] <= widths[schema["format"]]
    ] == []


def test_every_text_that_we_send_is_bounded(document, sent):
    texts = [(f"{n}.{k}", s) for n, k, s in document.properties() if n in sent and s.get("type") == "string"]

    assert len(texts) > 20
    assert [place for place, s in texts if not {"maxLength", "pattern", "enum"} & set(s)] == []


def test_every_amount_that_we_send_is_more_than_nothing(document, sent):
    amounts = {
        key: (schema["exclusiveMinimum"], "maximum" in schema)
        for name, key, schema in document.properties()
        if name in sent and key.lower().endswith("amount") and schema["type"] == "number"
    }

    assert amounts == {"amount": (0, True), "callAmount": (0, True), "baseBetAmount": (0, True)}


def test_the_bounds_of_the_facts_are_there(contract, document):
    schemas = contract["components"]["schemas"]

    def bounds(schema, key):
        found = schemas[schema]["properties"][key]
        return found["minimum"], found["maximum"]

    assert bounds("FreeSpins", "spinAmount") == (10, 100)
    assert bounds("UpdateOperator", "rtp") == (50, 95)
    assert bounds("CreateOperator", "ggrRate") == (0, 100)
    limit = next(
        p for p in document.operations()["transactions.list"]["parameters"] if p.get("name") == "limit"
    )
    assert limit["schema"]["maximum"] == 2000


def test_every_currency_is_an_iso_4217_code(document):
    currencies = [schema for _, key, schema in document.properties() if key == "currency"]
    patterns = [
        schema["items"]["pattern"] if schema["type"] == "array" else schema["pattern"]
        for schema in currencies
    ]

    assert len(patterns) > 8
    assert set(patterns) == {CURRENCY}
    assert [schema for schema in currencies if "ISO 4217" not in schema["description"]] == []


def test_every_time_says_its_format_and_its_zone(document):
    times = {
        f"{name}.{key}": (schema, schema["description"])
        for name, key, schema in document.properties()
        if key in {"expireAt", "createdAt"}
    }
    for parameter in document.parameters(document.operations()["transactions.list"]):
        if parameter["name"] in {"startTime", "endTime"}:
            times[parameter["name"]] = parameter["schema"], parameter["description"]

    assert {place: tuple(schema["x-time-zone"].values()) for place, (schema, _) in times.items()} == {
        "startTime": ("+09:00", "older"),
        "endTime": ("+09:00", "older"),
        "Transaction.createdAt": ("+09:00", "older"),
        "RegisterBonusCall.expireAt": ("+00:00", "assumed"),
        "BonusCall.createdAt": ("+00:00", "sister"),
        "BonusCallSpins.expireAt": ("+00:00", "sister"),
    }
    described = [text for _, text in times.values() if "ISO 8601" not in text]
    assert len(described) == 5
    assert [t for t in described if "HH:mm:ss" not in t or "time zone is not documented" not in t] == []


def test_every_marked_zone_is_at_a_text_with_a_pattern(contract):
    marked = [node for node in nodes(contract) if "x-time-zone" in node]

    assert len(marked) == 6
    assert [node for node in marked if node["type"] != "string" or "pattern" not in node] == []


IDS = {
    # operations and schemas whose field is documented as a number are sent as one
    "number": {
        "Game.gameID", "LaunchGame.gameId", "RegisterBonusCall.gameId", "CancelBonusCall.issueId",
        "RegisteredBonusCall.issueId", "BonusCall.issueId", "bonus_calls.detail issueId",
    },
    "text": {
        "Transaction.transId", "Transaction.roundId", "Transaction.gameCode", "BonusCall.gameCode",
        "DepositToPlayer.transactionId", "WithdrawFromPlayer.transactionId",
        "transactions.list roundId", "transactions.round roundId", "transactions.round gameCode",
    },
}  # fmt: skip


def test_the_ids_of_transactions_rounds_bonus_calls_and_games_are_opaque(document):
    found = {"number": set(), "text": set()}
    for name, key, schema in document.properties():
        if "x-opaque-id" in schema:
            found[schema["x-opaque-id"]].add(f"{name}.{key}")
    for name, operation in document.operations().items():
        for parameter in document.parameters(operation):
            if "x-opaque-id" in parameter["schema"]:
                found[parameter["schema"]["x-opaque-id"]].add(f"{name} {parameter['name']}")

    assert found == IDS


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ("7300120045001", True), (7300120045001, True), ("vswaysdogs", True), ("SP215202", True),
        ("05", True), (0, True), ("x" * 128, True), ("x" * 129, False), ("", False), ("a,b", False),
        ("a\nb", False),
        ("a\x7f", False), ("a\x85", False), (True, False), (1.5, False), (None, False), (-1, False),
        (2**63, False),
    ],
)  # fmt: skip
def test_every_opaque_id_takes_the_same_values(contract, value, valid):
    schemas = [node for node in nodes(contract) if "x-opaque-id" in node]

    assert len(schemas) == sum(map(len, IDS.values()))
    assert {jsonschema_rs.is_valid(schema, value) for schema in schemas} == {valid}


def test_every_open_list_of_numbers_has_a_name_and_says_its_values_in_words(document):
    named = {}
    for _, _, schema in document.properties():
        if schema.get("type") == "integer" and "x-known-values" in schema:
            named.setdefault(schema["x-enum-name"], []).append(schema)

    assert sorted(named) == ["BonusType", "GameType", "ProviderStatus", "TransactionType"]
    for schemas in named.values():
        assert all(schema["x-known-values"] == schemas[0]["x-known-values"] for schema in schemas)
        for schema in schemas:
            assert "enum" not in schema
            assert "The list is open" in schema["description"]
            for number, meaning in schema["x-known-values"].items():
                assert f"{number} {meaning}" in schema["description"]


def test_an_answer_requires_only_what_the_next_call_is_made_with(contract, received, document):
    envelopes = {name for name in received if name.endswith("Answer")}
    callbacks = document.schemas([callback["requestBody"] for callback in document.callbacks().values()])
    schemas = objects(contract, received - envelopes - callbacks)

    assert {name: schema["required"] for name, schema in schemas.items() if "required" in schema} == {
        "Provider": ["providerId"],
        "ProviderSettings": ["providerId"],
        "Game": ["gameID"],
        "LaunchedGame": ["gameUrl"],
        "PlayerLink": ["playerCode"],
        "Player": ["playerCode"],
        "Operator": ["id"],
        "CreatedOperator": ["id", "token"],
        "RegisteredBonusCall": ["issueId"],
        "BonusCall": ["issueId"],
        "Error": ["success"],
    }


@pytest.mark.parametrize(("marker", "at_least"), [("x-assumed", 50), ("x-older", 5)])
def test_a_constraint_marked_as_less_known_is_one_that_is_there(contract, marker, at_least):
    marked = [node for node in nodes(contract) if marker in node]

    assert len(marked) >= at_least
    assert [node for node in marked if not set(node[marker]) <= set(node)] == []


def test_no_standing_has_the_old_word(contract):
    words = {
        value for node in nodes(contract) for key, value in node.items() if key.lower().endswith("standing")
    }

    assert words == {"documented", "sister", "observed", "older", "assumed"}
