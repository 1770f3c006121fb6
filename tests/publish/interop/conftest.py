"""The published files, the tools they are fed to, and a sandbox that knows nothing of either."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from codegen import SPEC
from codegen.bundle import bundle
from igamingace.sandbox import Sandbox
from publish.artefacts import publish
from publish.npm import install

HERE = Path(__file__).parent
KEPT = SPEC.parent / ".nox"
LAUNCH = {
    "playerId": "user123",
    "providerId": 1,
    "gameId": 655,
    "language": "en",
    "returnUrl": "https://casino.example/lobby",
    "isStreamer": False,
}
SILENT = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """The folder that partners get."""
    return publish(SPEC, bundle(SPEC), tmp_path_factory.mktemp("spec"), KEPT / "npm-publish")


@pytest.fixture(scope="session")
def document(published):
    """What the published file says."""
    return json.loads((published / "openapi.json").read_text())


@pytest.fixture(scope="session")
def modules():
    """Other people's tools: the node_modules they are in."""
    return install(HERE, KEPT / "npm-interop")


@pytest.fixture
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def desk(tmp_path, published, modules):
    """A partner's folder: the published files, the tools, the partner's programs."""
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    for program in HERE.glob("*.ts"):
        shutil.copy(program, tmp_path)
    (tmp_path / "node_modules").symlink_to(modules, target_is_directory=True)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return Desk(tmp_path)


class Desk:
    """Runs programs in a partner's folder."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *command, **environment):
        """Run a command and return what it printed; fail where it fails."""
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            env={**os.environ, **SILENT, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def tool(self, name, *arguments):
        """Run a tool of npm."""
        return self.run(self.folder / "node_modules" / ".bin" / name, *arguments)

    def program(self, name, sandbox):
        """Check a partner's TypeScript strictly, run it against the sandbox, return the JSON it prints."""
        options = [
            "--strict",
            "--target",
            "es2022",
            "--module",
            "nodenext",
            "--types",
            "node",
            "--outDir",
            "out",
        ]
        self.tool("tsc", *options, f"{name}.ts")
        printed = self.run("node", f"out/{name}.js", BASE_URL=sandbox.url, TOKEN=sandbox.token)
        return json.loads(printed)
