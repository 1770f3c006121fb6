"""An operation added to the contract and regenerated is callable, typed, documented and mocked.

With it a tag, a schema and a code; all of standing assumed, and nothing but files of the contract is touched.
"""

import os
import shutil
import subprocess
import sys

import pytest
from codegen import SPEC
from codegen.bundle import bundle
from codegen.generate import generate
from lint.rules import find_problems

pytestmark = pytest.mark.proof

LINE = "  /v1/provider/list:\n"
ENTRY = """\
  /v1/jackpot/list/{providerId}:
    $ref: ./paths/jackpots/list.yaml
  /v1/jackpot/won:
    $ref: ./paths/jackpots/list_won.yaml
"""
TAG_LINE = "  - name: callbacks\n"
TAG = """\
  - name: jackpots
    x-displayName: Jackpots
    description:
      $ref: ./guide/jackpots.md
"""
FILES = {
    "guide/jackpots.md": """\
The jackpots that run at a provider, and what each of them pays at the moment. They grow with each bet of
each player, and start again once one was won.
""",
    "paths/jackpots/list.yaml": """\
get:
  operationId: jackpots.list
  tags: [jackpots]
  summary: List the jackpots of a provider
  description: Running jackpots, the largest first. That there is such a list is assumed.
  x-standing: assumed
  x-error-codes: [1, 1001, 1002, 1003, 1007, 1009, 1010, 1018, 1020, 2099]
  parameters:
    - $ref: ../../parameters/ProviderId.yaml
    - name: minimum
      in: query
      description: The least amount, in major units of the account's currency (USD 2, KRW 0).
      schema: {type: number, format: decimal, minimum: 0, maximum: 1000000}
      example: 0.1
  responses:
    "200":
      description: The jackpots.
      content:
        application/json:
          schema: {$ref: ../../schemas/JackpotListAnswer.yaml}
          examples:
            jackpots:
              summary: One jackpot
              value: {success: true, message: OK, data: [{jackpotId: 7, amount: 1234.50}]}
    "400": {$ref: ../../responses/WrongForm.yaml}
    "401": {$ref: ../../responses/Unauthorized.yaml}
    "403": {$ref: ../../responses/Forbidden.yaml}
    "404":
      description: No jackpot runs there (2099).
      x-standing: assumed
      content:
        application/json:
          schema: {$ref: ../../schemas/Error.yaml}
          examples:
            NO_JACKPOT: {$ref: ../../examples/errors/NO_JACKPOT.yaml}
    "429": {$ref: ../../responses/TooManyRequests.yaml}
    "500": {$ref: ../../responses/ServerError.yaml}
    "503": {$ref: ../../responses/Maintenance.yaml}
    default: {$ref: ../../responses/UnexpectedError.yaml}
""",
    "paths/jackpots/list_won.yaml": """\
get:
  operationId: jackpots.list_won
  tags: [jackpots]
  summary: List the jackpots that were won
  description: Jackpots that were won, page by page. That there is such a list is assumed.
  x-standing: assumed
  x-walk:
    window: {start: since, end: until, longestSeconds: 86400, standing: assumed}
    page: {offset: skip, limit: most, standing: assumed}
    items: {property: won, standing: assumed}
    total: {property: all, standing: assumed}
    key: {properties: [wonId], standing: assumed}
    time: {property: wonAt, standing: assumed}
  x-error-codes: [1, 1001, 1002, 1003, 1007, 1009, 1010, 1018, 1020]
  parameters:
    - name: since
      in: query
      required: true
      description: Where the window starts, as yyyy-MM-dd HH:mm:ss; the time zone is not documented.
      schema: &time
        type: string
        pattern: ^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$
        x-time-zone: {offset: '+00:00', standing: assumed}
      example: "2024-04-13 09:00:00"
    - name: until
      in: query
      required: true
      description: Where the window ends, as yyyy-MM-dd HH:mm:ss; the time zone is not documented.
      schema: *time
      example: "2024-04-13 10:00:00"
    - name: skip
      in: query
      required: true
      description: How many stand before the page.
      schema: {type: integer, format: int32, minimum: 0, maximum: 1000000}
      example: 0
    - name: most
      in: query
      required: true
      description: How many a page may hold.
      schema: {type: integer, format: int32, minimum: 1, maximum: 100}
      example: 100
    - name: provider
      in: query
      required: true
      description: The provider at which they were won.
      schema: {type: integer, format: int32, minimum: 0, maximum: 1000000}
      example: 1
  responses:
    "200":
      description: A page.
      content:
        application/json:
          schema: {$ref: ../../schemas/WonJackpotsAnswer.yaml}
          examples:
            one:
              summary: One jackpot
              value:
                success: true
                message: OK
                data: {all: 1, won: [{wonId: "w-1", wonAt: "2024-04-13 09:30:00"}]}
    "400": {$ref: ../../responses/WrongForm.yaml}
    "401": {$ref: ../../responses/Unauthorized.yaml}
    "403": {$ref: ../../responses/Forbidden.yaml}
    "429": {$ref: ../../responses/TooManyRequests.yaml}
    "500": {$ref: ../../responses/ServerError.yaml}
    "503": {$ref: ../../responses/Maintenance.yaml}
    default: {$ref: ../../responses/UnexpectedError.yaml}
""",
    "schemas/WonJackpotsAnswer.yaml": """\
type: object
description: A page of jackpots that were won.
required: [success, data]
additionalProperties: true
properties:
  success: {type: boolean, description: True when the request was carried out., examples: [true]}
  message: {type: string, description: The word OK., examples: [OK]}
  data: {$ref: WonJackpots.yaml}
""",
    "schemas/WonJackpots.yaml": """\
type: object
description: A page of jackpots that were won.
additionalProperties: true
properties:
  all:
    {type: integer, format: int32, minimum: 0, maximum: 1000000, description: How many., examples: [1]}
  won: {type: array, description: The jackpots., items: {$ref: WonJackpot.yaml}, examples: [[]]}
examples: [{all: 0, won: []}]
""",
    "schemas/WonJackpot.yaml": """\
type: object
description: A jackpot that was won.
additionalProperties: true
properties:
  wonId: {type: string, description: Its id., examples: [w-1]}
  wonAt:
    type: string
    pattern: ^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$
    description: When it was won, as yyyy-MM-dd HH:mm:ss; the time zone is not documented.
    x-time-zone: {offset: '+00:00', standing: assumed}
    examples: ["2024-04-13 09:30:00"]
""",
    "examples/errors/NO_JACKPOT.yaml": """\
summary: NO_JACKPOT (2099)
value: {success: false, message: NO_JACKPOT, code: 2099}
""",
    "schemas/JackpotListAnswer.yaml": """\
type: object
description: The jackpots.
required: [success, data]
additionalProperties: true
properties:
  success: {type: boolean, description: True when the request was carried out., examples: [true]}
  message: {type: string, description: The word OK., examples: [OK]}
  data: {type: array, description: The jackpots., items: {$ref: Jackpot.yaml}, examples: [[]]}
""",
    "schemas/Jackpot.yaml": """\
type: object
required: [jackpotId, amount]
additionalProperties: true
description: A jackpot.
properties:
  jackpotId:
    {type: integer, format: int64, minimum: 0, maximum: 1000000000, description: Its id., examples: [7]}
  amount:
    type: number
    format: decimal
    description: What it pays, in major units of the account's currency (USD 2, KRW 0).
    examples: [1234.50]
""",
}
CODE = """
- code: 2099
  name: NO_JACKPOT
  aliases: []
  meaning: No jackpot runs at the provider.
  httpStatus: 404
  resend: never
  kind: not-found
  standing: assumed
  nameStanding: assumed
  httpStatusStanding: assumed
"""
PROGRAM = """
import asyncio, inspect
from datetime import UTC, datetime
from decimal import Decimal
from igamingace import Agent, AsyncAgent
from igamingace.sandbox import Sandbox

april = datetime(2024, 4, 13, tzinfo=UTC), datetime(2024, 4, 14, tzinfo=UTC)
with Sandbox() as sandbox:
    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        won = list(agent.jackpots.iterate_won(*april, provider=3))
        assert [each.won_id for each in won] == ["w-1"]
        (jackpot,) = agent.jackpots.list(3, minimum=Decimal("0.10"))
        assert agent.raw.jackpots.list(3).http_status == 200

    async def ask():
        async with AsyncAgent(sandbox.token, base_url=sandbox.url) as agent:
            assert [each async for each in agent.jackpots.iterate_won(*april, provider=3)] == won
            return await agent.jackpots.list(provider_id=3)

    assert asyncio.run(ask()) == [jackpot]

assert jackpot.jackpot_id == 7 and jackpot.amount == Decimal("1234.50") and type(jackpot.amount) is Decimal
doc = inspect.getdoc(type(agent.jackpots).list)
for words in ("List the jackpots of a provider", "the largest first", "The least amount"):
    assert words in doc, doc
print("called")
"""
TYPED = """
from decimal import Decimal
from datetime import datetime
from igamingace import Agent, AsyncAgent

def largest(agent: Agent) -> Decimal:
    return agent.jackpots.list(3)[0].amount

async def first(agent: AsyncAgent) -> int:
    return (await agent.jackpots.list(3))[0].jackpot_id

def won(agent: Agent, start: datetime, end: datetime) -> list[str | None]:
    return [jackpot.won_id for jackpot in agent.jackpots.iterate_won(start, end, provider=1)]

def wrong_time(agent: Agent, start: datetime, end: datetime) -> list[str | None]:
    return [jackpot.won_at for jackpot in agent.jackpots.iterate_won(start, end, provider=1)]

def wrong(agent: Agent) -> str:
    return agent.jackpots.list("three")[0].amount
"""


@pytest.fixture(scope="module")
def edited(tmp_path_factory):
    """A folder with the bindings of a contract that has one operation more."""
    folder = tmp_path_factory.mktemp("edited")
    spec = folder / "spec"
    shutil.copytree(SPEC, spec, ignore=shutil.ignore_patterns("codegen", "lint", "publish", "__pycache__"))
    root = spec / "openapi.yaml"
    text = root.read_text()
    assert LINE in text
    assert TAG_LINE in text
    root.write_text(text.replace(LINE, ENTRY + LINE).replace(TAG_LINE, TAG + TAG_LINE))
    codes = spec / "response_codes.yaml"
    codes.write_text(codes.read_text().rstrip() + CODE)
    for name, content in FILES.items():
        (spec / name).parent.mkdir(exist_ok=True)
        (spec / name).write_text(content)
    generate(spec, folder / "igamingace_bindings")
    return folder


def run(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(folder), "MYPYPATH": f"{folder}:{SPEC.parent / 'overlay'}"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_lint_is_silent_on_it(edited):
    assert find_problems(bundle(edited / "spec"), edited / "spec") == []


def test_its_code_is_known(edited):
    program = "from igamingace_bindings.contract import CODES; print(CODES[2099].name, CODES[2099].standing)"

    assert run(edited, "-c", program).stdout == "NO_JACKPOT assumed\n"


def test_it_is_called_against_a_sandbox_of_that_contract(edited):
    done = run(edited, "-W", "error", "-c", PROGRAM)

    assert done.stdout == "called\n", done.stderr


def test_it_is_typed_to_its_unwrapped_data(edited):
    (edited / "user.py").write_text(TYPED)

    done = run(edited, "-m", "mypy", "--strict", "--follow-imports=silent", "user.py")

    complaints = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert len(complaints) == 3, done.stdout + done.stderr
    assert 'Incompatible return value type (got "Decimal", expected "str")' in done.stdout
    assert 'has incompatible type "str"; expected "int"' in done.stdout
    assert "incompatible type List[datetime | None]; expected List[str | None]" in done.stdout
