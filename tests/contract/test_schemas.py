"""What every schema must say: descriptions, examples, bounds, money, times, open and closed objects."""

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
        p for p, s in decimals if "major units" not in s["description"] and "percent" not in s["description"]
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


def test_every_time_says_its_format_and_that_its_zone_is_unknown(document):
    times = [schema for _, key, schema in document.properties() if key in {"expireAt", "createdAt"}]
    parameters = document.operations()["transactions.list"]["parameters"]
    times += [parameter for parameter in parameters if parameter.get("name") in {"startTime", "endTime"}]

    assert len(times) == 4
    assert [time for time in times if "time zone is not documented" not in time["description"]] == []
    assert [time for time in times if "HH:mm:ss" not in time["description"]] == []


def test_a_constraint_marked_as_assumed_is_one_the_schema_has(contract):
    def assumed(node):
        if isinstance(node, list):
            for item in node:
                yield from assumed(item)
        elif isinstance(node, dict):
            if "x-assumed" in node:
                yield node
            for value in node.values():
                yield from assumed(value)

    marked = list(assumed(contract))

    assert len(marked) > 50
    assert [node for node in marked if not set(node["x-assumed"]) <= set(node)] == []
