"""What the examples of the contract show. That each is valid against its schema is told by the lint."""

import jsonschema_rs

BASE = "urn:contract"


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
