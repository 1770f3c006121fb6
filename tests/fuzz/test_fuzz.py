"""The fuzzer against the sandbox: every operation and check of schemathesis, good and bad data, linked calls.

In the default run the sandbox is in process, the seed fixed and the run short. `over_http.py` runs these same
tests against a started sandbox, by the variables `FUZZ_URL`, `FUZZ_SEED` and `FUZZ_EXAMPLES`.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import hypothesis
import pytest
import requests
import schemathesis
from igamingace.sandbox import create_app
from schemathesis.config import SchemathesisConfig

pytestmark = pytest.mark.proof

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
URL = os.environ.get("FUZZ_URL")
SEED = int(os.environ.get("FUZZ_SEED", "20240413"))
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
CONTRACT = "/_sandbox/openapi.json"
MALFORMED = "VALIDATION_ERROR"
MAINTENANCE = "UNDER_MAINTENANCE"

APP = create_app()
"""The sandbox of the default run; strict: an answer that breaks the contract is raised into the test."""
ANSWERS: Counter[tuple[str, bool]] = Counter()
"""How often each operation succeeded (True) and was refused (False)."""


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
        APP.world.reset()
    else:
        requests.post(f"{URL}/_sandbox/reset", timeout=10).raise_for_status()


def operation_id(case):
    return case.operation.definition.raw["operationId"]


schema = load_schema()


@schema.hook
def after_call(context, case, response):
    """Reset the sandbox when the fuzzer has changed its own account, or it would soon lock itself out.

    The list of allowed addresses would refuse what follows, and a callback url the wallets of transfer mode.
    """
    if operation_id(case) == "operators.update" and response.status_code == 200:
        reset_sandbox()


@schemathesis.deserializer("text/html")
def html(context, response):
    """Read the page of a proxy, which the contract admits, as the text that its schema describes."""
    return response.content.decode()


@schemathesis.check
def refused_for_a_reason(context, response, case):
    """Fail when a refusal is not one of the contract's, or calls a well-formed request malformed."""
    if case.method == "HEAD" or response.status_code < 400:
        return
    answer = json.loads(response.content)
    codes = {code["code"]: code for code in schema.raw_schema["x-response-codes"]}
    code = codes[answer["code"]]
    assert answer["errorCode"] == code["name"]
    if code["name"] != MALFORMED:  # which HTTP itself has further statuses for: 404, 405, 406, 413, 415
        assert response.status_code == code["httpStatus"], answer
    assert response.status_code < 500 or code["name"] == MAINTENANCE, answer
    if case.meta is not None and case.meta.generation.mode.is_positive:
        assert code["name"] != MALFORMED, answer


@schema.parametrize()
def test_every_operation_keeps_the_contract(case):
    response = case.call_and_validate()

    ANSWERS[operation_id(case), response.status_code == 200] += 1


def test_every_operation_was_seen_to_succeed_and_to_refuse():
    operations = {operation.ok().definition.raw["operationId"] for operation in schema.get_all_operations()}

    assert {name for name in operations if not ANSWERS[name, True]} == set()
    assert {name for name in operations if not ANSWERS[name, False]} == set()


def test_linked_operations_keep_the_contract():
    linked = Counter()
    machine = hypothesis.seed(SEED)(schema.as_state_machine())

    class Chain(machine):
        def setup(self):
            reset_sandbox()  # what a chain meets must not depend on the chain before

        def step(self, given):
            output = super().step(given)
            if given.transition is not None:
                linked[output.response.status_code == 200] += 1
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
