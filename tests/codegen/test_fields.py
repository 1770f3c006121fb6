"""What the templates look up of a schema, and the sentence that tells of a schema without a Python type."""

from __future__ import annotations

import pytest
from codegen.fields import FieldError, facts_of


def document(properties, *, parameters=(), **components):
    """Operations with one, whose data is an object of these properties."""
    answer = {"type": "object", "properties": {"data": {"$ref": "#/components/schemas/Thing"}}}
    schemas = {"Thing": {"type": "object", "properties": properties}, "Answer": answer, **components}
    success = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}}
    operation = {"operationId": "things.get", "parameters": list(parameters), "responses": {"200": success}}
    return {"paths": {"/v1/thing": {"get": operation}}, "components": {"schemas": schemas}}


ID = {"type": ["string", "integer"]}
TIME = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"}
KIND = {
    "type": "integer",
    "x-enum-name": "Kind",
    "x-known-values": {"1": "Bet", "16": "BetCancel", "2": "a b"},
}


@pytest.mark.parametrize(
    ("schema", "value", "argument", "type_"),
    [
        ({"type": "string"}, "str", "str", "STRING"),
        ({"type": "integer"}, "int", "int", "INTEGER"),
        ({"type": "number"}, "Decimal", "Decimal | int", "NUMBER"),
        ({"type": "boolean"}, "bool", "bool", "BOOLEAN"),
        ({}, "Any", "Any", "ANYTHING"),
        ({**ID, "x-opaque-id": "number"}, "str", "str | int", "OpaqueId(number=True)"),
        ({**ID, "x-opaque-id": "text"}, "str", "str | int", "OpaqueId()"),
        ({"type": ["integer", "string"]}, "int | str", "int | str", "Either(INTEGER, STRING)"),
        (
            {"type": "string", "enum": ["a", "b"]},
            "Literal['a', 'b']",
            "Literal['a', 'b']",
            "Literals('a', 'b')",
        ),
        ({"type": "array", "items": {"type": "string"}}, "list[str]", "Sequence[str]", "Array(STRING)"),
        ({"$ref": "#/components/schemas/Thing"}, "Thing", "Thing | Mapping[str, object]", "Object('Thing')"),
        (KIND, "Kind", "Kind | int", "Enumeration(Kind)"),
        ({"x-text-in": "url", "oneOf": []}, "str", "str", "TextIn('url')"),
        (
            {**TIME, "x-time-zone": {"offset": "+09:00", "standing": "older"}},
            "datetime",
            "datetime",
            "Time(offset(9), 'older')",
        ),
        (
            {**TIME, "x-time-zone": {"offset": "-03:30", "standing": "sister"}},
            "datetime",
            "datetime",
            "Time(offset(-3, -30), 'sister')",
        ),
        (
            {
                "type": "string",
                "pattern": "^.T[0-9]Z$",
                "x-time-zone": {"offset": "+00:00", "standing": "sister"},
            },
            "datetime",
            "datetime",
            "Time(offset(0), 'sister', iso=True)",
        ),
    ],
)
def test_a_schema_has_a_python_type_in_answers_one_in_arguments_and_a_reader(schema, value, argument, type_):
    facts = facts_of(document({"x": schema})).schemas["Thing"]["x"]

    assert (facts.value, facts.argument, facts.type) == (value, argument, type_)


def test_standing_and_secret_are_those_of_the_property():
    facts = facts_of(document({"x": {"type": "string", "format": "password", "x-standing": "assumed"}}))

    assert facts.schemas["Thing"]["x"].extra == ", secret=True, standing='assumed'"


def test_the_standing_of_a_parameter_is_beside_its_schema():
    parameter = {"name": "id", "in": "query", "x-standing": "assumed", "schema": {"type": "string"}}

    facts = facts_of(document({}, parameters=[parameter]))

    assert facts.parameters["things.get"]["id"].extra == ", standing='assumed'"


def test_the_members_of_an_enum_have_names_of_constants():
    (kind,) = facts_of(document({"x": KIND})).enums

    assert (kind.name, kind.members) == ("Kind", {"BET": 1, "BET_CANCEL": 16, "A_B": 2})


def test_models_are_those_that_data_and_arguments_are_made_of():
    inner = {"type": "object", "properties": {}}
    reference = {"$ref": "#/components/schemas/Inner"}

    facts = facts_of(document({"x": {"type": "array", "items": reference}}, Inner=inner, Other=inner))

    assert facts.models == ["Inner", "Thing"]


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ({"type": "object"}, r"Thing\.x: there is no Python type .* a file of its own under spec/schemas"),
        ({"type": "array", "items": {"type": "object"}}, r"Thing\.x, its items: there is no Python type"),
        ({**TIME, "x-time-zone": {"offset": "KST"}}, r"Thing\.x: x-time-zone needs an offset"),
        ({"type": "integer", "x-enum-name": "Kind"}, r"Thing\.x: x-enum-name needs x-known-values"),
        ({**KIND, "x-known-values": {"1": "Bet", "2": "bet"}}, r"Thing\.x: two of the x-known-values"),
    ],
)
def test_a_schema_without_a_python_type_is_told_in_a_sentence(schema, sentence):
    with pytest.raises(FieldError, match=sentence):
        facts_of(document({"x": schema}))


def test_two_lists_of_one_enum_are_told():
    other = {**KIND, "x-known-values": {"1": "Bet"}}

    with pytest.raises(FieldError, match="other x-known-values elsewhere"):
        facts_of(document({"x": KIND, "y": other}))


def test_a_response_without_a_schema_is_told():
    broken = document({})
    broken["paths"]["/v1/thing"]["get"]["responses"]["200"] = {"description": "?"}

    with pytest.raises(FieldError, match=r"things\.get, its 200: it needs a schema under content"):
        facts_of(broken)
