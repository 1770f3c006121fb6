"""The contract, executed: what is edited is served at once, and no answer may differ from it."""

from __future__ import annotations

import copy
import json
from urllib.parse import parse_qs

import httpx2
import pytest
from igamingace.sandbox import ContractBreach, ContractError, Sandbox, create_app
from igamingace.sandbox import handlers as handlers_package
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.store.models import TransactionType

LIST = "/v1/provider/list"


@pytest.fixture
def edited(contract):
    return copy.deepcopy(contract)


def operations(contract):
    methods = {"get", "post", "patch", "put", "delete"}
    return [item[method] for item in contract["paths"].values() for method in methods & set(item)]


def test_every_operation_that_is_more_than_assumed_has_a_handler(contract):
    standings = {operation["operationId"]: operation["x-standing"] for operation in operations(contract)}
    known = {name for name, standing in standings.items() if standing != "assumed"}

    assert known <= set(handlers_package.HANDLERS) <= set(standings)


def test_an_operation_has_one_handler():
    with pytest.raises(RuntimeError, match=r"providers\.list has two handlers"):
        handlers_package.handles("providers.list")(lambda call: None)


async def test_an_operation_without_a_handler_answers_its_example(edited, caller):
    answer = {"success": True, "message": "OK", "data": {"jackpot": 12.5}}
    edited["paths"]["/v1/jackpot/{level}"] = {
        "get": {
            "operationId": "jackpots.read",
            "parameters": [
                {"name": "level", "in": "path", "required": True, "schema": {"type": "integer", "maximum": 3}}
            ],
            "responses": {
                "200": _json_response({"type": "object"}, example=answer),
                "default": _error_response(),
            },
        }
    }
    app = create_app(edited)
    agent = caller(app.token, app=app)

    assert (await agent.get("/v1/jackpot/2")).json() == answer
    assert (await agent.get("/v1/jackpot/4")).status_code == 400
    assert (await agent.request("GET", "/v1/jackpot/2", headers={})).status_code == 401


async def test_parameters_are_read_as_the_contract_declares_them(edited, caller):
    def parameter(name, place, schema, **more):
        return {"name": name, "in": place, "schema": schema, **more}

    edited["paths"]["/declared"] = {
        "parameters": [parameter("rate", "query", {"type": "boolean"}, required=True)],
        "get": {
            "parameters": [
                parameter("rate", "query", {"type": "number", "maximum": 2}),  # instead of that of the path
                parameter("demo", "query", {"type": "boolean"}),
                parameter("id", "query", {"type": "array", "items": {"type": "string"}, "maxItems": 2}),
                parameter("Accept", "header", {"type": "integer"}),  # of which OpenAPI says to ignore it
            ],
            "responses": {"200": _json_response({"const": 1}), "default": _error_response()},
        },
    }
    app = create_app(edited)
    agent = caller(app.token, app=app)

    async def status(query):
        return (await agent.get("/declared", **parse_qs(query))).status_code

    accepted = ["", "rate=1.5", "rate=-2e-3", "demo=true", "demo=false", "id=a&id=b"]
    assert [await status(query) for query in accepted] == [200] * len(accepted)
    refused = [
        "rate=2.5",
        "rate=1e5",
        "rate=1.",
        "rate=true",
        "demo=1",
        "demo=True",
        "id=a&id=b&id=c",
        "rate=1&rate=1",
    ]
    assert [await status(query) for query in refused] == [400] * len(refused)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object", "properties": {"a": {"examples": [7]}}, "required": ["a"]}, {"a": 7}),
        ({"type": "object", "properties": {"a": {"type": "integer", "minimum": 3}}}, {"a": 3}),
        ({"type": "array", "items": {"type": "string", "format": "uri"}}, ["https://example.com/"]),
        ({"type": "array", "minItems": 2, "items": {"type": "boolean"}}, [True, True]),
        ({"type": "string", "minLength": 6}, "textxx"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "number", "exclusiveMinimum": 0}, 1),
        ({"enum": ["x", "y"]}, "x"),
        ({"const": 4}, 4),
        ({"oneOf": [{"type": "null"}]}, None),
    ],
)
async def test_without_an_example_an_answer_is_made_from_the_schema(edited, caller, schema, expected):
    edited["components"]["schemas"]["Made"] = schema
    edited["paths"]["/made"] = {
        "get": {"responses": {"201": _json_response({"$ref": "#/components/schemas/Made"})}}
    }
    app = create_app(edited)
    agent = caller(app.token, app=app)

    response = await agent.get("/made")

    assert (response.status_code, response.json()) == (201, expected)


async def test_a_recursive_schema_ends(edited, caller):
    edited["components"]["schemas"]["Tree"] = {
        "type": "object",
        "properties": {"child": {"$ref": "#/components/schemas/Tree"}},
    }
    edited["paths"]["/tree"] = {
        "get": {"responses": {"200": _json_response({"$ref": "#/components/schemas/Tree"})}}
    }
    app = create_app(edited)

    assert (await caller(app.token, app=app).get("/tree")).is_success


async def test_an_operation_that_wants_no_token_gets_none(edited, caller):
    edited["paths"]["/open"] = {
        "get": {
            "security": [],
            "responses": {"200": _json_response({"type": "object"}, example={"up": True})},
        }
    }
    app = create_app(edited)
    headers = {"Accept": "application/json", "Content-Type": "application/json"}

    response = await caller("", app=app).request("GET", "/open", headers=headers)

    assert response.json() == {"up": True}


async def test_the_limit_and_its_code_are_the_contracts(edited, caller, refusal):
    edited["x-concurrency-limit"] |= {"limit": 0, "refusedWith": 1003}
    app = create_app(edited)

    assert await refusal(caller(app.token, app=app).get(LIST)) == (500, "SERVICE_EXCEPTION")


async def test_the_status_of_a_code_is_the_contracts(edited, caller):
    for code in edited["x-response-codes"]:
        if code["name"] == "PROVIDER_NOT_FOUND":
            code["httpStatus"] = 410
    app = create_app(edited)

    assert (await caller(app.token, app=app).get("/v1/game/list/99")).status_code == 410


async def test_the_longest_window_is_the_contracts(edited, caller, clock, refusal):
    edited["paths"]["/v1/transaction/list"]["get"]["x-walk"]["window"]["longestSeconds"] = 60
    app = create_app(edited, clock=clock)
    sent = {"startTime": clock.text(seconds=-61), "endTime": clock.text(), "offset": 0, "limit": 1}

    assert await refusal(caller(app.token, app=app).get("/v1/transaction/list", **sent)) == (
        400,
        "PARAMETERS_INVALID",
    )


async def test_a_required_header_of_the_contract_is_required(edited, caller):
    edited["x-required-headers"].append({"name": "X-Brand"})
    app = create_app(edited)

    response = await caller(app.token, app=app).get(LIST)

    assert response.status_code == 400
    assert response.json()["message"] == "header.X-Brand: is required"


async def test_a_header_parameter_is_checked(edited, caller):
    parameter = {"name": "X-Page", "in": "header", "required": True, "schema": {"type": "integer"}}
    edited["paths"][LIST]["get"]["parameters"] = [parameter]
    app = create_app(edited)
    agent = caller(app.token, app=app)
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    headers["Authorization"] = f"Bearer {app.token}"

    missing = await agent.get(LIST)
    wrong = await agent.request("GET", LIST, headers={**headers, "X-Page": "one"})
    right = await agent.request("GET", LIST, headers={**headers, "X-Page": "1"})

    assert missing.json()["message"] == "header.x-page: is required"
    assert wrong.json()["message"] == 'header.x-page: "one" is not of type "integer"'
    assert right.is_success


async def test_an_answer_that_differs_from_the_contract_is_loud(edited, caller, caplog):
    edited["components"]["schemas"]["Provider"]["required"].append("owner")
    app = create_app(edited)

    with pytest.raises(ContractBreach, match=r"providers\.list 200: answer\.data\[0\]\.owner: is required"):
        await caller(app.token, app=app).get(LIST)

    assert app.runtime.stats()["breaches"] == 1
    assert "answer.data[0].owner: is required" in caplog.text


async def test_without_raise_errors_a_breach_is_answered_with_500(edited, caller):
    edited["components"]["schemas"]["Provider"]["required"].append("owner")
    app = create_app(edited, raise_errors=False)

    response = await caller(app.token, app=app).get(LIST)

    assert (response.status_code, response.json()["errorCode"]) == (500, "INTERNAL_SERVER_ERROR")
    assert "answer.data[0].owner: is required" in response.json()["message"]


async def test_answers_are_not_checked_when_nobody_wants_it(edited, caller):
    edited["components"]["schemas"]["Provider"]["required"].append("owner")
    app = create_app(edited, validate_answers=False)

    assert (await caller(app.token, app=app).get(LIST)).is_success


def test_a_sandbox_on_a_port_raises_its_breaches_at_the_end(edited):
    edited["components"]["schemas"]["Provider"]["required"].append("owner")

    def ask():
        with Sandbox(edited) as sandbox:
            headers = {"Accept": "application/json", "Content-Type": "application/json"}
            headers["Authorization"] = f"Bearer {sandbox.token}"
            assert httpx2.get(sandbox.url + LIST, headers=headers).status_code == 500

    with pytest.raises(ContractBreach, match="owner"):
        ask()


async def test_a_code_that_the_operation_does_not_name_is_a_breach(edited, caller):
    edited["paths"]["/v1/game/list/{providerId}"]["get"]["x-error-codes"].remove(2007)
    app = create_app(edited)

    with pytest.raises(ContractBreach, match=r"answer\.code: 2007 \(PROVIDER_NOT_FOUND\) is not among"):
        await caller(app.token, app=app).get("/v1/game/list/99")


async def test_an_answer_with_a_status_that_the_contract_lacks_is_a_breach(edited, caller):
    del edited["paths"][LIST]["get"]["responses"]["default"]
    app = create_app(edited)
    headers = {"Authorization": f"Bearer {app.token}"}

    with pytest.raises(ContractBreach, match="the contract has no response 415"):
        await caller(app.token, app=app).request("GET", LIST, headers=headers)


async def test_a_handlers_own_mistake_is_loud_and_still_answered(app, agent, monkeypatch):
    def broken(call):
        raise ZeroDivisionError

    monkeypatch.setitem(handlers_package.HANDLERS, "providers.list", broken)

    with pytest.raises(ZeroDivisionError):
        await agent.get(LIST)
    assert app.runtime.breaches == ["providers.list: ZeroDivisionError()"]


async def test_a_refusal_with_an_unknown_name_is_a_mistake_of_the_handler(agent, monkeypatch):
    def broken(call):
        raise SandboxError("NO_SUCH_CODE", "x")

    monkeypatch.setitem(handlers_package.HANDLERS, "providers.list", broken)

    with pytest.raises(ContractError, match="no response code is called NO_SUCH_CODE"):
        await agent.get(LIST)


def _without_codes(contract):
    del contract["x-response-codes"]


def _with_a_dangling_reference(contract):
    del contract["components"]["schemas"]["Provider"]


def _with_a_broken_schema(contract):
    contract["components"]["schemas"]["Provider"]["type"] = "thing"


def _with_another_version(contract):
    contract["openapi"] = "3.0.3"


def _with_a_cookie(contract):
    parameter = {"name": "session", "in": "cookie", "schema": {"type": "string"}}
    contract["paths"][LIST]["get"]["parameters"] = [parameter]


def _with_a_second_path_of_one_shape(contract):
    contract["paths"]["/v1/game/list/{other}"] = {}


def _with_a_parameter_inside_a_segment(contract):
    contract["paths"]["/v1/game-{id}"] = {}


def _with_a_file(contract):
    contract["paths"]["/v1/x"] = {"$ref": "./paths/x.yaml"}


def _without_the_code_of_the_limit(contract):
    contract["x-concurrency-limit"]["refusedWith"] = 7


@pytest.mark.parametrize("document", ["openapi.json", [], b"{}"])
def test_what_is_no_document_is_refused_too(document):
    with pytest.raises(ContractError, match=r"an OpenAPI 3\.1 document is needed"):
        Sandbox(document)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_without_codes, "x-response-codes is missing"),
        (_with_a_dangling_reference, "Provider"),
        (_with_a_broken_schema, "thing"),
        (_with_another_version, "OpenAPI 3.1"),
        (_with_a_cookie, "'cookie' cannot be served"),
        (_with_a_second_path_of_one_shape, "another path has the same shape"),
        (_with_a_parameter_inside_a_segment, "a parameter must be a whole segment"),
        (_with_a_file, "give the bundled contract"),
        (_without_the_code_of_the_limit, "no response code has the number 7"),
    ],
)
def test_a_contract_that_cannot_be_served_is_refused_at_the_start(edited, edit, message):
    edit(edited)

    with pytest.raises(ContractError, match=message):
        create_app(edited)


async def test_the_contract_itself_is_served(agent, contract):
    assert (await agent.client.get("/_sandbox/openapi.json")).json() == json.loads(json.dumps(contract))


def _json_response(schema, **more):
    return {"description": "x", "content": {"application/json": {"schema": schema, **more}}}


def _error_response():
    return _json_response({"$ref": "#/components/schemas/Error"})


async def test_a_providers_status_is_told_by_the_numbers_of_the_contract(edited, caller):
    status = edited["components"]["schemas"]["Provider"]["properties"]["status"]
    status["x-known-values"] = {"7": "normal", "8": "maintenance"}
    app = create_app(edited)

    listed = (await caller(app.token, app=app).get(LIST)).json()["data"]

    expected = {each.id: 8 if each.in_maintenance else 7 for each in app.runtime.state.providers.values()}
    assert {each["providerId"]: each["status"] for each in listed} == expected
    assert set(expected.values()) == {7, 8}


async def test_a_contract_that_does_not_number_what_is_told_is_not_made_up_for(edited, caller):
    del edited["components"]["schemas"]["Provider"]["properties"]["status"]["x-known-values"]
    app = create_app(edited)

    with pytest.raises(ContractError, match="Provider/properties/status: x-known-values has no 'normal'"):
        await caller(app.token, app=app).get(LIST)


def test_the_types_of_transactions_are_those_of_the_contract(contract):
    known = contract["components"]["schemas"]["Transaction"]["properties"]["transType"]["x-known-values"]

    assert {str(int(kind)): kind.name.replace("_", "") for kind in TransactionType} == {
        number: meaning.upper() for number, meaning in known.items()
    }
