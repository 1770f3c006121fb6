"""The maintainer's way: edit the contract, run the commands that the README names, and see what comes of it.

In a copy of the project, with nox itself; `--no-venv` takes the packages that run the tests.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.proof, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
PARTS = (
    "noxfile.py",
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "overlay",
    "generated",
    "spec",
)
BY_HAND = ("overlay", "pyproject.toml", "noxfile.py")
SUMMARY = "  summary: List the providers\n"
PARAMETER = """\
  parameters:
    - name: genre
      in: query
      description: Only the providers of this genre.
      x-standing: assumed
      schema:
        type: string
        maxLength: 20
      example: slots
"""
POPULAR = "spec/paths/providers/popular.yaml"
OPERATION = """\
get:
  operationId: providers.popular
  tags: [providers]
  summary: List the popular providers
  description: The providers that are played most, the most played first, over some days.
  x-standing: assumed
  x-error-codes: [1, 1001, 1002, 1003, 1007, 1009, 1010, 1018, 1020]
  parameters:
    - name: days
      in: query
      required: true
      description: Over so many days, the present one included.
      schema: {type: integer, format: int32, minimum: 1, maximum: 30}
      example: 7
  responses:
    "200":
      description: The providers.
      content:
        application/json:
          schema: {$ref: ../../schemas/ProviderListAnswer.yaml}
          examples:
            popular:
              summary: One
              value:
                success: true
                message: OK
                data: [{providerId: 7, providerName: Ace of Ferries, status: 1, logo: "https://casino.example/7.png"}]
    "400": {$ref: ../../responses/WrongForm.yaml}
    "401": {$ref: ../../responses/Unauthorized.yaml}
    "403": {$ref: ../../responses/Forbidden.yaml}
    "429": {$ref: ../../responses/TooManyRequests.yaml}
    "500": {$ref: ../../responses/ServerError.yaml}
    "503": {$ref: ../../responses/Maintenance.yaml}
    default: {$ref: ../../responses/UnexpectedError.yaml}
"""
CALL = """
import asyncio, inspect, pathlib, sys
import igamingace, igamingace_bindings
from igamingace import Agent, AsyncAgent, errors
from igamingace.sandbox import Sandbox

here = pathlib.Path.cwd()
assert pathlib.Path(igamingace.__file__).is_relative_to(here), igamingace.__file__
assert pathlib.Path(igamingace_bindings.__file__).is_relative_to(here), igamingace_bindings.__file__
with Sandbox() as sandbox:
    with Agent(sandbox.token, base_url=sandbox.url) as agent:
        (provider,) = agent.providers.popular(days=7)
        assert agent.providers.list(genre="slots")
        documentation = inspect.getdoc(type(agent.providers).popular)
        try:
            agent.providers.popular(days=99)
        except errors.InvalidRequest as error:
            print("mock:", error)

    async def ask():
        async with AsyncAgent(sandbox.token, base_url=sandbox.url) as agent:
            return await agent.providers.popular(days=7)

    assert asyncio.run(ask()) == [provider]
print("called:", provider.provider_name)
print("documented:", documentation)
"""
FUZZ = """
import subprocess
from igamingace.sandbox import Sandbox

with Sandbox() as sandbox:
    types = ["Accept: application/json", "Content-Type: application/json"]
    headers = [*types, f"Authorization: Bearer {sandbox.token}"]
    command = ["schemathesis", "run", "generated/igamingace_bindings/openapi.json", "--url", sandbox.url]
    command += [part for header in headers for part in ("-H", header)]
    command += ["--include-operation-id", "providers.popular", "--phases", "examples,coverage,fuzzing"]
    command += ["--max-examples", "20", "--seed", "1"]
    raise SystemExit(subprocess.run(command).returncode)
"""
RECORD = """
import sys
sys.path.insert(0, "spec")
from codegen import SPEC
from codegen.bundle import bundle
from publish.published import record
record(SPEC, bundle(SPEC))
"""


class Project:
    """A copy of the project in which a maintainer works."""

    def __init__(self, folder):
        self.folder = folder

    def edit(self, path, old, new):
        """Replace a text that is there once."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, *command):
        """Run Python in the project's folder, with the project's packages; return status and output."""
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(str(self.folder / name) for name in ("overlay", "generated")),
        }
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def nox(self, session):
        """Run a session of noxfile.py."""
        return self.run("-m", "nox", "--no-venv", "-s", session)

    def publish(self):
        """Keep the contract, as it stands, as the only one that was published; return its version."""
        shutil.rmtree(self.folder / "spec" / "published")
        status, output = self.run("-c", RECORD)
        assert status == 0, output
        (kept,) = (self.folder / "spec" / "published").iterdir()
        return kept.name.removesuffix(".json.gz")

    def by_hand(self):
        """Return what is written by hand, beside the contract."""
        files = [file for part in BY_HAND for file in [self.folder / part, *(self.folder / part).rglob("*")]]
        return {
            file: file.read_bytes() for file in files if file.is_file() and "__pycache__" not in file.parts
        }


@pytest.fixture
def project(tmp_path):
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, tmp_path / part)
    return Project(tmp_path)


def test_an_edited_contract_becomes_methods_docs_mock_fuzz_and_a_new_version(project):
    by_hand = project.by_hand()
    last = project.publish()
    project.edit("spec/paths/providers/list.yaml", SUMMARY, SUMMARY + PARAMETER)
    entry = "  /v1/provider/list:\n"
    project.edit(
        "spec/openapi.yaml",
        entry,
        f"  /v1/provider/popular:\n    $ref: ./paths/providers/popular.yaml\n{entry}",
    )
    half = OPERATION.replace(", format: int32, minimum: 1", "").replace("  x-standing: assumed\n", "")
    (project.folder / POPULAR).write_text(half)

    # What the operation lacks is told in sentences, all at once.
    status, output = project.nox("check")
    assert status == 1, output
    assert f"{POPULAR}:1: providers.popular: needs x-standing: documented, probed" in output
    lacking = "needs format in its schema and minimum in its schema"
    assert f"providers.popular, parameter days: {lacking}" in output
    assert "The contract has 2 problems" in output
    assert "Traceback" not in output
    (project.folder / POPULAR).write_text(OPERATION)

    # Stale bindings are named, and made anew by one command.
    status, output = project.nox("check")
    assert (status, "differs   contract.py" in output) == (1, True), output
    assert "Run `nox -s generate`" in output
    assert project.nox("generate")[0] == 0
    assert project.nox("check")[0] == 0

    # The diff names the operations, and asks for version and changelog.
    status, output = project.nox("spec-diff")
    assert status == 1, output
    assert "- **providers.popular**: GET /v1/provider/popular added" in output
    assert "- **providers.list**: parameter query genre: added, optional" in output
    (least,) = re.findall(r"an addition needs a new minor version: set info.version .* to ([\d.]+)\.", output)
    assert f"add `## [{least}]`" in output
    project.edit("spec/openapi.yaml", f"  version: {last}", f"  version: {least}")
    project.edit(
        "spec/CHANGELOG.md", f"## [{last}]", f"## [{least}]\n\n- `providers.popular`.\n\n## [{last}]"
    )
    status, output = project.nox("spec-diff")
    assert status == 0, output
    assert f"{least} may be published" in output

    # The operation is called, documented, mocked and fuzzed.
    assert project.nox("generate")[0] == 0
    status, output = project.run("-W", "error", "-c", CALL)
    assert status == 0, output
    assert "called: Ace of Ferries" in output
    assert "played most, the most played first" in output
    assert "Over so many days" in output
    assert "mock: " in output
    assert "days" in output.split("mock: ")[1].splitlines()[0]
    status, output = project.run("-c", FUZZ)
    assert status == 0, output
    assert "Tested: 1" in output

    assert project.by_hand() == by_hand


def test_a_breaking_edit_without_a_new_version_is_refused_with_what_to_do(project):
    major, minor, _ = map(int, project.publish().split("."))
    part, least = ("major", f"{major + 1}.0.0") if major else ("minor", f"0.{minor + 1}.0")
    project.edit("spec/schemas/LaunchGame.yaml", "  - isStreamer\n", "  - isStreamer\n  - device\n")
    project.edit(
        "spec/schemas/LaunchGame.yaml",
        "properties:\n",
        "properties:\n  device:\n    type: string\n    description: What the player holds.\n",
    )

    status, output = project.nox("spec-diff")

    assert status == 1
    assert "### Breaking" in output
    assert (
        "- **games.launch**: request body, device: added, required; what partners send today would be refused"
        in output
    )
    assert (
        f"a breaking change needs a new {part} version: set info.version in spec/openapi.yaml to {least}"
        in output
    )
    assert "make the change compatible (it breaks games.launch)" in output
    status, output = project.nox("publish-spec")
    assert status == 1
    assert "The contract cannot be published yet" in output
    assert not (project.folder / "dist").exists()
