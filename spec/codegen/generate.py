"""Generates the bindings from the contract, and compares what is committed with what would be generated."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from . import HERE, TEMPLATES
from .bundle import bundle
from .constants import contract_module, module
from .fields import FieldError, facts_of
from .prune import inbound, outbound

# How datamodel-code-generator writes the callbacks: pydantic models of untrusted input, open to new fields.
CALLBACK_OPTIONS = (
    "--input-file-type=openapi",
    "--openapi-scopes=schemas",
    "--output-model-type=pydantic_v2.BaseModel",
    "--target-python-version=3.11",
    "--formatters=builtin",
    "--disable-timestamp",
    "--use-title-as-name",
    "--snake-case-field",
    "--use-annotated",
    "--extra-fields=allow",
    "--enum-field-as-literal=all",
    "--use-schema-description",
    "--use-field-description",
    "--use-standard-collections",
    "--use-union-operator",
    "--allow-population-by-field-name",
)


class GenerateError(Exception):
    """A generator failed or warned; the message is what it printed."""


def generate(spec_dir: Path, package_dir: Path) -> None:
    """Write the import package of the contract under `spec_dir` to `package_dir`, replacing what is there.

    Raises:
        BundleError: the contract's files do not fit together.
        GenerateError: a generator failed or warned, or the contract holds something that is not JSON.
    """
    contract = bundle(spec_dir)
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / package_dir.name
        made.mkdir()
        _write_json(made / "openapi.json", {**contract, "x-generated": _mark("spec/codegen").strip("# \n")})
        (made / "py.typed").touch()
        (made / "__init__.py").write_text(
            '"""Bindings generated from the contract of the iGamingAce API."""\n'
        )
        (made / "contract.py").write_text(contract_module(contract), encoding="utf-8")
        _rest(contract, made / "rest", Path(scratch))
        _callbacks(contract, made / "callbacks.py", Path(scratch))
        _finish(made)
        _format(made)
        if package_dir.exists():
            shutil.rmtree(package_dir)
        shutil.copytree(made, package_dir, ignore=shutil.ignore_patterns("__pycache__", ".ruff_cache"))


def differences(spec_dir: Path, package_dir: Path) -> list[str]:
    """Return a line for each file of `package_dir` that is not what the contract generates, in order of path."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh_dir = Path(scratch) / package_dir.name
        generate(spec_dir, fresh_dir)
        return compare(_contents(fresh_dir), _contents(package_dir))


def compare(fresh: dict[str, bytes], committed: dict[str, bytes]) -> list[str]:
    """Return a line for each path whose committed content is not the fresh one, in order of path."""
    lines: list[str] = []
    for path in sorted(fresh.keys() | committed.keys()):
        if path not in committed:
            lines.append(f"missing   {path}")
        elif path not in fresh:
            lines.append(f"orphan    {path}  (nothing generates it any more)")
        elif fresh[path] != committed[path]:
            lines.append(f"differs   {path}")
    return lines


def _contents(package_dir: Path) -> dict[str, bytes]:
    return {
        path.relative_to(package_dir).as_posix(): path.read_bytes()
        for path in package_dir.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _write_json(path: Path, document: dict[str, Any]) -> None:
    try:
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise GenerateError(
            f"the contract holds a value that JSON has not (an unquoted date?): {error}"
        ) from error
    path.write_text(text + "\n", encoding="utf-8")


def _rest(contract: dict[str, Any], output: Path, scratch: Path) -> None:
    document = scratch / "outbound.json"
    operations = outbound(contract)
    _write_json(document, operations)
    try:
        facts = facts_of(operations)
    except FieldError as error:
        raise GenerateError(str(error)) from error
    templates = scratch / "templates"
    shutil.copytree(TEMPLATES, templates)
    (templates / "facts.jinja").write_text(facts.template(), encoding="utf-8")
    _run(
        "openapi_python_client",
        "generate",
        f"--path={document}",
        "--meta=none",
        f"--output-path={output}",
        f"--config={HERE / 'openapi-python-client.yaml'}",
        f"--custom-template-path={templates}",
        "--fail-on-warning",
    )
    for path in output.rglob("*.py"):
        if not path.read_text(
            encoding="utf-8"
        ).strip():  # of a schema that only stands for an envelope or a body
            path.unlink()
    package = output.parent
    (package / "scalars.py").write_text(module("scalars.py.jinja"), encoding="utf-8")
    (package / "enums.py").write_text(module("enums.py.jinja", enums=facts.enums), encoding="utf-8")


def _callbacks(contract: dict[str, Any], output: Path, scratch: Path) -> None:
    document = scratch / "inbound.json"
    _write_json(document, inbound(contract))
    _run(
        "datamodel_code_generator",
        f"--input={document}",
        f"--output={output}",
        f"--custom-file-header={_mark('datamodel-code-generator')}",
        *CALLBACK_OPTIONS,
    )


def _finish(package_dir: Path) -> None:
    """Head every Python file with the line that says what made it, and mend what a generator cannot."""
    for path in sorted(package_dir.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        relative = path.relative_to(package_dir)
        if relative.parts[0] == "rest":
            # The snake_case of `allowedIPs` comes out as `allowed_i_ps`.
            source = _mark("openapi-python-client") + source.replace("_i_ps", "_ips")
        elif relative.name != "callbacks.py":
            source = _mark("spec/codegen") + source
        path.write_text(source, encoding="utf-8")


def _mark(tool: str) -> str:
    """Return the line at the head of a generated file: what made it, from what, and not to edit it."""
    made_by = tool if tool == "spec/codegen" else f"{tool} {version(tool)}"
    return f"# Generated by {made_by} from spec/openapi.yaml, see `nox -s generate`. Do not edit: change the contract.\n"


def _format(package_dir: Path) -> None:
    config = f"--config={HERE / 'ruff.toml'}"
    _run("ruff", "check", "--fix", "--quiet", "--no-cache", config, str(package_dir))
    _run("ruff", "format", "--quiet", "--no-cache", config, str(package_dir))


def _run(module: str, *arguments: str) -> None:
    """Run a tool of this environment; its warnings are errors."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own tools
    if done.returncode != 0 or "warning" in done.stderr.lower():
        raise GenerateError(f"{module} failed:\n{done.stdout}\n{done.stderr}")
