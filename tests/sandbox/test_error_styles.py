"""The readings of what an error is: each keeps the contract it reads, and our client understands each."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from igamingace import Agent, errors
from igamingace.sandbox import create_app
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.contract.contract import Contract
from igamingace.sandbox.contract.error_style import CODE_FIELDS, ErrorStyle
from igamingace.sandbox.handlers import HANDLERS
from igamingace_bindings import contract as bindings

LIST = "/v1/provider/list"
STYLES = ["status", "envelope"]
CODES = {info.code: info.name for info in bindings.CODES.values() if info.kind != "ok"}
STATUSES = {"status": 404, "envelope": 200}
EVERY_READING = [(style, field) for style in STYLES for field in CODE_FIELDS]


@pytest.fixture
def refuse_with(monkeypatch):
    """Return what makes `providers.list` refuse everything with the code of a name."""

    def refuse_with(name):
        def refuse(call):
            raise SandboxError(name, "as the test has it")

        monkeypatch.setitem(HANDLERS, "providers.list", refuse)

    return refuse_with


@pytest.mark.parametrize(("style", "field"), EVERY_READING)
def test_the_client_understands_every_code_in_every_reading(style, field, refuse_with):
    app = create_app(error_style=style, code_field=field, validate_answers=False)
    understood = {}
    with Agent(app.token, transport=app.transport(), max_retries=0, busy_retries=0) as agent:
        for name in CODES.values():
            refuse_with(name)
            with pytest.raises(errors.APIError) as raised:
                agent.providers.list()
            understood[raised.value.code] = raised.value.name
    app.close()

    assert understood == CODES
    assert {request.status for request in app.requests} == ({200} if style == "envelope" else _statuses())


def _statuses():
    return {info.http_status for info in bindings.CODES.values() if info.kind != "ok"}


@pytest.mark.parametrize(("style", "field"), EVERY_READING)
async def test_a_refusal_keeps_the_contract_as_it_is_read(style, field, caller):
    app = create_app(error_style=style, code_field=field)  # raise_errors: a breach would be raised here
    agent = caller(app.token, app=app)

    answer = await agent.get("/v1/player/info", playerExternalId="nobody")

    said: dict[str, Any] = {
        "all": {"code": 2002, "errorCode": "USER_NOT_FOUND"},
        "code": {"code": 2002},
        "name": {"code": "USER_NOT_FOUND"},
        "errorCode": {"errorCode": "USER_NOT_FOUND"},
        "message": {"message": "USER_NOT_FOUND"},
    }
    assert answer.status_code == STATUSES[style]
    assert {"success": False, "message": answer.json()["message"], **said[field]} == answer.json()


@pytest.mark.parametrize(("style", "field"), EVERY_READING)
async def test_each_reading_still_succeeds(style, field, caller):
    app = create_app(error_style=style, code_field=field)

    assert (await caller(app.token, app=app).get(LIST)).json()["success"] is True


@pytest.mark.parametrize("field", CODE_FIELDS)
async def test_the_served_contract_is_the_one_that_is_executed(field, caller, contract):
    app = create_app(error_style="envelope", code_field=field)

    served = (await caller(app.token, app=app).client.get("/_sandbox/openapi.json")).json()

    schema = served["paths"][LIST]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    own = contract["paths"][LIST]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"anyOf": [own, {"$ref": "#/components/schemas/Error"}]}
    assert ("code" in served["components"]["schemas"]["Error"]["required"]) == (
        field in {"all", "code", "name"}
    )


@pytest.mark.parametrize(("style", "field"), EVERY_READING)
def test_a_success_of_the_wrong_shape_is_not_taken_for_an_error(style, field, contract):
    served = Contract(ErrorStyle(style, field).read_into(contract))
    found = served.router.find(LIST.encode())
    assert found is not None
    operations, _ = found

    assert operations["GET"].breaches(200, {"success": True, "message": "OK", "data": []}, None) == []
    assert operations["GET"].breaches(200, {"success": True, "message": "OK", "data": 5, "code": 1}, None)


@pytest.mark.parametrize(("style", "field"), EVERY_READING)
async def test_own_routes_say_what_is_wrong_in_every_reading(style, field, caller):
    app = create_app(error_style=style, code_field=field)

    answer = await caller(app.token, app=app).client.post("/_sandbox/faults", json={"kind": "fire"})

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "VALIDATION_ERROR")
    assert "body.kind: 'fire' is invalid; use one of latency" in answer.json()["message"]


async def test_what_http_itself_refuses_keeps_its_status(caller):
    app = create_app(error_style="envelope")
    agent = caller(app.token, app=app)

    assert (await agent.get("/v1/nothing")).status_code == 404
    assert (await agent.request("DELETE", LIST)).status_code == 405


async def test_a_fault_speaks_as_the_other_errors_do(caller):
    app = create_app(error_style="envelope", code_field="message")
    app.faults.add("busy")

    answer = await caller(app.token, app=app).get(LIST)

    assert answer.status_code == 200
    assert answer.json() == {"success": False, "message": "SERVER_IS_BUSY"}


@pytest.mark.parametrize("options", [{"error_style": "odd"}, {"code_field": "odd"}])
def test_an_unknown_reading_is_refused(options):
    with pytest.raises(ValueError, match="'odd'"):
        create_app(**options)


def test_in_process_the_client_gets_the_answer_as_over_a_socket():
    app = create_app()
    with httpx2.Client(transport=app.transport(), base_url="http://sandbox.test") as client:
        assert client.get("/_sandbox/stats").json()["breaches"] == 0
    app.close()
