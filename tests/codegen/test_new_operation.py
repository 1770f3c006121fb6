"""An operation added to the contract and regenerated is callable, typed, documented and mocked."""

import os
import shutil
import subprocess
import sys

import pytest
from codegen import SPEC
from codegen.generate import generate

pytestmark = pytest.mark.proof

LINE = "  /v1/provider/list:\n"
ENTRY = "  /v1/jackpot/list/{providerId}:\n    $ref: ./paths/jackpots/list.yaml\n"
OPERATION = """
get:
  operationId: jackpots.list
  tags: [jackpots]
  summary: Lists the jackpots of a provider.
  description: Running jackpots, the largest first.
  x-standing: assumed
  parameters:
    - {name: providerId, in: path, required: true, description: The provider., schema: {type: integer}}
    - {name: minimum, in: query, description: The least amount., schema: {type: number, format: decimal}}
  responses:
    "200":
      description: The jackpots.
      content:
        application/json:
          schema: {$ref: ../../schemas/JackpotListAnswer.yaml}
          example: {success: true, message: OK, data: [{jackpotId: 7, amount: 1234.50}]}
"""
ANSWER = """
type: object
required: [success, data]
additionalProperties: true
properties:
  success: {type: boolean}
  message: {type: string}
  data: {type: array, items: {$ref: Jackpot.yaml}}
"""
JACKPOT = """
type: object
required: [jackpotId, amount]
additionalProperties: true
description: A jackpot.
properties:
  jackpotId: {type: integer, description: Its id.}
  amount: {type: number, format: decimal, description: What it pays.}
"""
PROGRAM = """
import asyncio, inspect
from decimal import Decimal
from igamingace import Agent, AsyncAgent
from igamingace.sandbox import Sandbox

with Sandbox() as sandbox:
    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        (jackpot,) = agent.jackpots.list(3, minimum=Decimal("0.10"))
        assert agent.raw.jackpots.list(3).http_status == 200

    async def ask():
        async with AsyncAgent(sandbox.token, base_url=sandbox.url) as agent:
            return await agent.jackpots.list(provider_id=3)

    assert asyncio.run(ask()) == [jackpot]

assert jackpot.jackpot_id == 7 and jackpot.amount == Decimal("1234.50") and type(jackpot.amount) is Decimal
doc = inspect.getdoc(type(agent.jackpots).list)
for words in ("Lists the jackpots of a provider.", "the largest first", "The least amount."):
    assert words in doc, doc
print("called")
"""
TYPED = """
from decimal import Decimal
from igamingace import Agent, AsyncAgent

def largest(agent: Agent) -> Decimal:
    return agent.jackpots.list(3)[0].amount

async def first(agent: AsyncAgent) -> int:
    return (await agent.jackpots.list(3))[0].jackpot_id

def wrong(agent: Agent) -> str:
    return agent.jackpots.list("three")[0].amount
"""


@pytest.fixture(scope="module")
def edited(tmp_path_factory):
    """A folder with the bindings of a contract that has one operation more."""
    folder = tmp_path_factory.mktemp("edited")
    spec = folder / "spec"
    shutil.copytree(SPEC, spec, ignore=shutil.ignore_patterns("codegen", "__pycache__"))
    root = spec / "openapi.yaml"
    assert LINE in root.read_text()
    root.write_text(root.read_text().replace(LINE, ENTRY + LINE))
    (spec / "paths" / "jackpots").mkdir()
    (spec / "paths" / "jackpots" / "list.yaml").write_text(OPERATION)
    (spec / "schemas" / "JackpotListAnswer.yaml").write_text(ANSWER)
    (spec / "schemas" / "Jackpot.yaml").write_text(JACKPOT)
    generate(spec, folder / "igamingace_bindings")
    return folder


def run(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(folder), "MYPYPATH": f"{folder}:{SPEC.parent / 'overlay'}"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_it_is_called_against_a_sandbox_of_that_contract(edited):
    done = run(edited, "-W", "error", "-c", PROGRAM)

    assert done.stdout == "called\n", done.stderr


def test_it_is_typed_to_its_unwrapped_data(edited):
    (edited / "user.py").write_text(TYPED)

    done = run(edited, "-m", "mypy", "--strict", "--follow-imports=silent", "user.py")

    complaints = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert len(complaints) == 2, done.stdout + done.stderr
    assert 'Incompatible return value type (got "Decimal", expected "str")' in done.stdout
    assert 'has incompatible type "str"; expected "int"' in done.stdout
