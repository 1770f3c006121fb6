"""Faults as they are given: in Python, on a line, over the API; what makes no sense is refused alike."""

from __future__ import annotations

import pytest
from igamingace.sandbox import Fault, create_app
from igamingace.sandbox.command import _FAULT_HELP
from igamingace.sandbox.faults import parse_fault

LIST = "/v1/provider/list"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "fire"}, "kind: 'fire' is invalid; use one of latency"),
        ({"kind": "busy", "share": 1.5}, "share: must be from 0 to 1"),
        ({"kind": "busy", "count": 0}, "count: must be at least 1"),
        ({"kind": "latency", "seconds": float("nan")}, "seconds: must be from 0"),
        ({"kind": "html", "spread": 1}, "spread: is not valid for html"),
        ({"kind": "busy", "status": 503}, "status: from 200 to 599, for"),
        ({"kind": "html", "status": 99}, "status: from 200 to 599"),
        ({"kind": "html", "code": "OK"}, "code: for error only"),
        ({"kind": "busy", "after": True}, "after: busy means"),
        ({"kind": "busy", "operation": "games.lunch"}, "operation: the contract has no 'games.lunch'"),
        ({"kind": "error", "code": "NONE"}, "code: the contract has no error 'NONE'"),
        ({"kind": "error", "code": "OK"}, "code: the contract has no error 'OK'"),
        ({"kind": "busy", "agent": "nobody"}, "agent: there is no account 'nobody'"),
        ({"kind": "busy", "seconds": 3}, "seconds: is not valid for busy"),
        ({"kind": "busy", "share": "x"}, "share: must be a number"),
        ({"kind": "busy", "share": True}, "share: must be a number"),
        ({"kind": "latency", "seconds": None}, "seconds: must be a number"),
        ({"kind": "busy", "count": 1.5}, "count: must be an integer"),
        ({"kind": "busy", "count": "x"}, "count: must be an integer"),
        ({"kind": "busy", "count": True}, "count: must be an integer"),
        ({"kind": "html", "status": "502"}, "status: must be an integer"),
        ({"kind": "html", "after": None}, "after: must be a boolean"),
        ({"kind": "busy", "agent": 1}, "agent: must be a text"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(app, options, message):
    with pytest.raises(ValueError, match=message):
        app.faults.add(**options)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("busy", "faults: give Fault"),
        (Fault(kind="busy", agent="nobody"), "fault busy: agent: there is no account 'nobody'"),
        (Fault(kind="error", code="OK"), "code: the contract has no error 'OK'"),
    ],
)
def test_a_sandbox_does_not_start_with_a_fault_that_makes_no_sense(fault, message):
    with pytest.raises(ValueError, match=message):
        create_app(faults=[fault])


async def test_a_fault_may_meet_an_account_that_was_made_later(app, operator, caller):
    account = {"operatorId": "new", "password": "secret-1", "name": "N", "currency": ["USD"], "ggrRate": 5}
    made = await operator.data(operator.post("/v1/operator/create", **account, level="agent"))
    app.faults.add("html", agent="new")

    assert (await caller(made["token"]).get(LIST)).status_code == 502


async def test_there_are_not_faults_without_end(app, agent):
    for _ in range(100):
        app.faults.add("busy")

    with pytest.raises(ValueError, match="100 faults already"):
        app.faults.add("busy")
    answer = await agent.client.post("/_sandbox/faults", json={"kind": "busy"})
    assert (answer.status_code, answer.json()["message"].partition(";")[0]) == (
        400,
        "body: there are 100 faults already",
    )


def test_a_fault_is_written_on_one_line():
    fault = parse_fault(
        "unknown-code:agent=mycasino:operation=games.launch:share=0.5:count=3:status=418:after"
    )

    assert fault == Fault(
        kind="unknown_code",
        agent="mycasino",
        operation="games.launch",
        share=0.5,
        count=3,
        status=418,
        after=True,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("busy:often", "'often' is unknown; use share"),
        ("busy:share=half", "share: 'half' is not a valid number"),
        ("busy:count=1.5", "count: '1.5' is not a valid whole number"),
        ("busy:share=0.1:share=0.2", "share: is given twice"),
        ("html:after:after", "after: is given twice"),
        ("x", "kind"),
    ],
)
def test_a_line_that_says_no_fault_is_explained(text, message):
    with pytest.raises(ValueError, match=message):
        parse_fault(text)


def test_the_help_tells_all_that_may_be_said_of_a_fault():
    assert _FAULT_HELP.endswith(
        "Further: share, count, seconds, spread, status, agent, operation, code, after."
    )


async def test_the_api_switches_faults_on_and_off(app, agent):
    added = (await agent.client.post("/_sandbox/faults", json={"kind": "html", "share": 1})).json()
    met = await agent.get(LIST)
    listed = (await agent.client.get("/_sandbox/faults")).json()
    removed = await agent.client.delete(f"/_sandbox/faults/{added['id']}")

    assert (added["kind"], added["share"], met.status_code) == ("html", 1, 502)
    assert [fault["met"] for fault in listed["faults"]] == [1]
    assert isinstance(listed["seed"], int)
    assert removed.json()["faults"] == []
    assert (await agent.get(LIST)).status_code == 200
    assert (await agent.client.delete(f"/_sandbox/faults/{added['id']}")).status_code == 404


async def test_the_api_switches_all_faults_off(app, agent):
    app.faults.add("html")

    assert (await agent.client.delete("/_sandbox/faults")).json()["faults"] == []
    assert (await agent.get(LIST)).status_code == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "body.kind: is required"),
        ({"kind": None}, "body.kind: is required"),
        ({"kind": 5}, "body.kind: 5 is invalid; use one of latency"),
        ({"kind": "fire"}, "body.kind: 'fire' is invalid; use one of latency"),
        ({"kind": "latency", "seconds": 10**400}, "body.seconds: must be from 0"),
        ({"kind": "busy", "often": 1}, "body.often: is unknown"),
        ({"kind": "busy", "share": "1"}, "body.share: must be a number"),
        ({"kind": "busy", "count": 1.5}, "body.count: must be an integer"),
        ({"kind": "html", "after": 1}, "body.after: must be a boolean"),
        ({"kind": "busy", "agent": "nobody"}, "there is no account 'nobody'"),
    ],
)
async def test_the_api_explains_a_fault_that_makes_no_sense(agent, body, message):
    answer = await agent.client.post("/_sandbox/faults", json=body)

    assert answer.status_code in {400, 404}
    assert message in answer.json()["message"]


def test_a_fault_of_callbacks_names_a_command(app):
    with pytest.raises(ValueError, match="operation: callbacks have balance, bet,"):
        app.faults.add("callback_lost", operation="games.launch")
    with pytest.raises(ValueError, match="the contract has no 'bet'"):
        app.faults.add("html", operation="bet")


@pytest.mark.parametrize("kind", ["callback_amount", "callback_currency", "callback_player"])
def test_a_fault_of_what_is_told_names_a_command_that_moves_money(app, kind):
    for command in ("balance", "cancel", "games.launch"):
        with pytest.raises(ValueError, match=f"callbacks have bet, win, betwin, not '{command}'"):
            app.faults.add(kind, operation=command)
    app.faults.add(kind, operation="betwin")


def test_a_fault_of_records_names_a_command(app):
    with pytest.raises(ValueError, match="operation: callbacks have balance, bet,"):
        app.faults.add("transaction_lost", operation="transactions.list")
    app.faults.add("transaction_lost", operation="cancel")
