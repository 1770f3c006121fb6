"""Every example of the contract is valid against its schema."""

import copy
from urllib.parse import quote

import jsonschema_rs
import pytest

BASE = "urn:contract"


def examples(node, pointer=""):
    """Yield every example below `node`: where its schema stands, and its value."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from examples(item, f"{pointer}/{index}")
    elif isinstance(node, dict):
        if "schema" in node:  # a media type, a parameter or a header
            values = [node["example"]] if "example" in node else []
            values += node.get("examples", {}).values()
            yield from ((f"{pointer}/schema", value) for value in values)
        elif isinstance(node.get("examples"), list):  # a schema
            yield from ((pointer, value) for value in node["examples"])
        for key, value in node.items():
            if key not in {"example", "examples"}:
                yield from examples(value, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")


def value_of(example, document):
    resolved = document.resolve(example)
    return resolved["value"] if isinstance(resolved, dict) and "value" in resolved else resolved


def invalid(document):
    """Return a line for each example that its schema refuses, and how many examples there are."""
    registry = jsonschema_rs.Registry([(BASE, document.content)], draft=jsonschema_rs.Draft202012)
    lines = []
    found = list(examples(document.content))
    for pointer, example in found:
        validator = jsonschema_rs.validator_for(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": f"{BASE}#{quote(pointer)}"},
            registry=registry,
            validate_formats=True,
        )
        lines += [f"{pointer}: {e.message}" for e in validator.iter_errors(value_of(example, document))]
    return lines, len(found)


def test_every_example_is_valid_against_its_schema(document):
    lines, count = invalid(document)

    assert lines == []
    assert count > 300


@pytest.mark.parametrize(
    ("place", "key", "wrong"),
    [
        (("components", "schemas", "Money", "properties", "currency"), "examples", ["usd"]),
        (("components", "parameters", "ProviderId"), "example", "one"),
        (("components", "examples", "SERVER_IS_BUSY", "value"), "code", 10.18),
        (("components", "examples", "ERR_UNKNOWN", "value"), "statusCode", "ERR_NEW"),
    ],
    ids=["of a schema", "of a parameter", "of an error", "of an answer to a callback"],
)
def test_an_example_that_is_wrong_would_be_found(document, place, key, wrong):
    content = copy.deepcopy(document.content)
    target = content
    for step in place:
        target = target[step]
    target[key] = wrong

    assert invalid(type(document)(content))[0] != []


def test_free_spins_are_required_for_bonus_type_1_and_not_for_2(document):
    registry = jsonschema_rs.Registry([(BASE, document.content)], draft=jsonschema_rs.Draft202012)
    pointer = f"{BASE}#/components/schemas/RegisterBonusCall"
    validator = jsonschema_rs.validator_for(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": pointer}, registry=registry
    )
    content = document.operations()["bonus_calls.register"]["requestBody"]["content"]["application/json"]
    with_spins = content["examples"]["freeSpins"]["value"]
    without = {key: value for key, value in with_spins.items() if key != "metaData"}

    assert validator.is_valid(with_spins)
    assert not validator.is_valid(without)
    assert validator.is_valid({**without, "bonusType": 2})
