"""The fuzzer against the sandbox: every operation and check of schemathesis, good and bad data, linked calls.

In the default run the sandbox is in process, the seed fixed and the run short. `over_http.py` runs these same
tests against a started sandbox, and `test_readings.py` with other readings of errors and with faults, by the
variables `FUZZ_URL`, `FUZZ_SEED`, `FUZZ_EXAMPLES`, `FUZZ_STYLE` (status or envelope), `FUZZ_DIALECT` and
`FUZZ_FAULTS`.
"""

from __future__ import annotations

import copy
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from igamingace.sandbox import create_app
from igamingace.sandbox.faults import parse_fault
from schemathesis.checks import (
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.config import SchemathesisConfig

pytestmark = pytest.mark.proof

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
URL = os.environ.get("FUZZ_URL")
SEED = int(os.environ.get("FUZZ_SEED", "20240413"))
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "10"))
STYLE: Any = os.environ.get("FUZZ_STYLE", "status")
DIALECT: Any = os.environ.get("FUZZ_DIALECT", "igamingace")
FAULTS = os.environ.get("FUZZ_FAULTS", "").split()
"""Faults as the command line has them; those that break the connection leave nothing to check."""
CONTRACT = "/_sandbox/openapi.json"
MALFORMED = "VALIDATION_ERROR"
MAINTENANCE = "UNDER_MAINTENANCE"
FAULT = "x-sandbox-fault"
OUTSIDE_OF_THE_CONTRACT = {"html", "empty"}
"""The faults whose answers need not be the contract's: they are named as faults instead."""
UNTRUE_OF_ENVELOPES = [negative_data_rejection, missing_required_header, ignored_auth]
"""The checks that want a refusal under another status than 200; the first two see the code's instead."""

APP = create_app(error_style=STYLE, dialect=DIALECT, faults=[parse_fault(text) for text in FAULTS], seed=SEED)
"""The sandbox of the default run; strict: an answer that breaks the contract is raised into the test."""
ANSWERS: Counter[tuple[str, bool]] = Counter()
"""How often each operation succeeded (True) and was refused (False)."""
MET: set[str] = set()
"""The kinds of the faults that were met."""


def load_schema():
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SANDBOX_TOKEN", os.environ.get("FUZZ_TOKEN", APP.token))
        environment.setenv(
            "SANDBOX_OPERATOR_TOKEN", os.environ.get("FUZZ_OPERATOR_TOKEN", APP.operator_token)
        )
        config = SchemathesisConfig.from_path(CONFIGURATION)
    config.update(seed=SEED, max_failures=None)
    config.projects.get_default().generation.update(max_examples=EXAMPLES)
    if URL is None:
        return schemathesis.openapi.from_asgi(CONTRACT, APP, config=config)
    config.projects.get_default().update(base_url=URL)
    return schemathesis.openapi.from_url(URL + CONTRACT, config=config)


def reset_sandbox():
    if URL is None:
        APP.runtime.reset()
    else:
        requests.post(f"{URL}/_sandbox/reset", timeout=10).raise_for_status()


def faults_of(response):
    """Return the kinds of the faults that an answer met; the header may come as a list of values."""
    value = response.headers.get(FAULT) or ""
    return {
        kind for text in ([value] if isinstance(value, str) else value) for kind in text.split(",") if kind
    }


def succeeded(response):
    if response.status_code != 200 or faults_of(response) & OUTSIDE_OF_THE_CONTRACT:
        return False
    return json.loads(response.content)["success"]


def operation_id(case):
    return case.operation.definition.raw["operationId"]


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Give a link's body its standard name, under which openapi-generator would refuse the document."""
    for item in raw_schema["paths"].values():
        for operation in item.values():
            for link in operation["responses"]["200"].get("links", {}).values():
                if "x-request-body" in link:
                    link["requestBody"] = link.pop("x-request-body")


schema = load_schema()


@schema.hook
def after_call(context, case, response):
    """Reset the sandbox when the fuzzer has changed its own account, or it would soon lock itself out.

    The list of allowed addresses would refuse what follows, and a callback url the wallets of transfer mode.
    """
    if operation_id(case) == "operators.update" and succeeded(response):
        reset_sandbox()


@schemathesis.deserializer("text/html")
def html(context, response):
    """Read the page of a proxy, which the contract admits, as the text that its schema describes."""
    return response.content.decode()


@schemathesis.check
def refused_for_a_reason(context, response, case):
    """Fail when a refusal is not one of the contract's, or calls a well-formed request malformed."""
    if case.method == "HEAD" or faults_of(response):
        return
    if succeeded(response):
        return
    answer = json.loads(response.content)
    codes = {code["code"]: code for code in schema.raw_schema["x-response-codes"]}
    code = codes[answer["code"]]
    assert answer["errorCode"] == code["name"]
    if code["name"] != MALFORMED:  # which HTTP itself has further statuses for: 404, 405, 406, 413, 415
        assert response.status_code == (code["httpStatus"] if STYLE == "status" else 200), answer
    assert response.status_code < 500 or code["name"] == MAINTENANCE, answer
    if case.meta is not None and case.meta.generation.mode.is_positive:
        assert code["name"] != MALFORMED, answer


def judge(case, response):
    """Make every check that holds for such an answer; for a fault's a few, or none where it is outside."""
    faults = faults_of(response)
    MET.update(faults)
    if faults:
        if not faults & OUTSIDE_OF_THE_CONTRACT:
            case.validate_response(response, checks=[response_schema_conformance, status_code_conformance])
    elif STYLE == "envelope":
        case.validate_response(response, excluded_checks=UNTRUE_OF_ENVELOPES)
        case.validate_response(out_of_its_envelope(response), checks=UNTRUE_OF_ENVELOPES[:2])
    else:
        case.validate_response(response)


def out_of_its_envelope(response):
    """Return the same answer under the status of its code."""
    if response.status_code != 200 or succeeded(response):
        return response
    number = json.loads(response.content)["code"]
    opened = copy.copy(response)
    opened.status_code = next(
        code["httpStatus"] for code in schema.raw_schema["x-response-codes"] if code["code"] == number
    )
    return opened


@schema.parametrize()
def test_every_operation_keeps_the_contract(case):
    response = case.call()

    judge(case, response)
    ANSWERS[operation_id(case), succeeded(response)] += 1


@pytest.mark.skipif(not FAULTS, reason="there are no faults in this run")
def test_every_fault_was_met():
    assert {parse_fault(text).kind for text in FAULTS} == MET


@pytest.mark.skipif(bool(FAULTS), reason="faults decide what succeeds")
def test_every_operation_was_seen_to_succeed_and_to_refuse():
    operations = {operation.ok().definition.raw["operationId"] for operation in schema.get_all_operations()}

    assert {name for name in operations if not ANSWERS[name, True]} == set()
    assert {name for name in operations if not ANSWERS[name, False]} == set()


def test_linked_operations_keep_the_contract():
    linked = Counter()
    machine: Any = hypothesis.seed(SEED)(schema.as_state_machine())

    class Chain(machine):  # type: ignore[misc]
        def setup(self):
            reset_sandbox()  # what a chain meets must not depend on the chain before

        def validate_response(self, response, case, **options):
            judge(case, response)

        def step(self, given):
            output = super().step(given)
            if given.transition is not None:
                linked[succeeded(output.response)] += 1
            return output

    Chain.run(
        settings=hypothesis.settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
    )

    assert linked[True]
    assert linked[False]
