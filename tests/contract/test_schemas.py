"""What the facts say of schemas. What every schema must say is told by the lint."""

import jsonschema_rs
import pytest


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


def test_the_zones_of_times_are_those_of_the_facts(document):
    times = {
        f"{name}.{key}": (schema, schema["description"])
        for name, key, schema in document.properties()
        if key in {"expireAt", "createdAt"}
    }
    for parameter in document.parameters(document.operations()["transactions.list"]):
        if parameter["name"] in {"startTime", "endTime"}:
            times[parameter["name"]] = parameter["schema"], parameter["description"]

    zones = {place: tuple(schema["x-time-zone"].values()) for place, (schema, _) in times.items()}
    assert (
        zones.items()
        >= {
            "startTime": ("+09:00", "older"),
            "endTime": ("+09:00", "older"),
            "Transaction.createdAt": ("+09:00", "older"),
            "RegisterBonusCall.expireAt": ("+00:00", "assumed"),
            "BonusCall.createdAt": ("+00:00", "sister"),
            "BonusCallSpins.expireAt": ("+00:00", "sister"),
        }.items()
    )


IDS = {
    # operations and schemas whose field is documented as a number are sent as one
    "number": {
        "Game.gameID", "LaunchGame.gameId", "RegisterBonusCall.gameId", "CancelBonusCall.issueId",
        "RegisteredBonusCall.issueId", "BonusCall.issueId", "bonus_calls.detail issueId",
    },
    "text": {
        "Transaction.transId", "Transaction.roundId", "Transaction.gameCode", "BonusCall.gameCode",
        "Operator.id", "Operator.parentId", "CreatedOperator.id", "BonusCall.operatorId",
        "DepositToPlayer.transactionId", "WithdrawFromPlayer.transactionId",
        "transactions.list roundId", "transactions.round roundId", "transactions.round gameCode",
    },
}  # fmt: skip


def test_the_ids_of_transactions_rounds_bonus_calls_games_and_accounts_are_opaque(document):
    found = {"number": set(), "text": set()}
    for name, key, schema in document.properties():
        if "x-opaque-id" in schema:
            found[schema["x-opaque-id"]].add(f"{name}.{key}")
    for name, operation in document.operations().items():
        for parameter in document.parameters(operation):
            if "x-opaque-id" in parameter["schema"]:
                found[parameter["schema"]["x-opaque-id"]].add(f"{name} {parameter['name']}")

    assert {kind: places & found[kind] for kind, places in IDS.items()} == IDS


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

    assert len(schemas) >= sum(map(len, IDS.values()))
    assert {jsonschema_rs.is_valid(schema, value) for schema in schemas} == {valid}


def test_an_answer_requires_only_what_the_next_call_is_made_with(contract, received, document):
    envelopes = {name for name in received if name.endswith("Answer")}
    callbacks = document.schemas([callback["requestBody"] for callback in document.callbacks().values()])
    schemas = objects(contract, received - envelopes - callbacks - document.assumed_schemas())

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
