"""The shipped contract, and ways to walk it, for tests that take it apart."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = ("get", "put", "post", "delete", "patch")
CONTRACT: dict[str, Any] = json.loads(
    files("igamingace_bindings").joinpath("openapi.json").read_text(encoding="utf-8")
)


class Document:
    """An OpenAPI document with its references followed on demand."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    def resolve(self, node: Any) -> Any:
        """Return what `node` refers to, or itself."""
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target = self.content
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def references(self, node: Any) -> set[str]:
        """Return every reference that can be reached from `node`, references of references included."""
        reached: set[str] = set()
        pending = [node]
        while pending:
            current = pending.pop()
            if isinstance(current, list):
                pending.extend(current)
            elif isinstance(current, dict):
                reference = current.get("$ref")
                if isinstance(reference, str) and reference not in reached:
                    reached.add(reference)
                    pending.append(self.resolve({"$ref": reference}))
                pending.extend(current.values())
        return reached

    def schemas(self, node: Any) -> set[str]:
        """Return the names of the schemas that can be reached from `node`."""
        prefix = "#/components/schemas/"
        return {ref.removeprefix(prefix) for ref in self.references(node) if ref.startswith(prefix)}

    def assumed_schemas(self) -> set[str]:
        """Return the names of the schemas that only operations of standing assumed reach."""
        groups: dict[bool, list[Any]] = {True: [], False: list(self.callbacks().values())}
        for operation in self.operations().values():
            groups[operation["x-standing"] == "assumed"].append(operation)
        return self.schemas(groups[True]) - self.schemas(groups[False])

    def operations(self) -> dict[str, dict[str, Any]]:
        """Return the operations that callers send, by operationId, each with its `method` and `path`."""
        return _operations(self.content["paths"])

    def callbacks(self) -> dict[str, dict[str, Any]]:
        """Return the callbacks by operationId."""
        return _operations(self.content["webhooks"])

    def parameters(self, operation: dict[str, Any]) -> list[dict[str, Any]]:
        """Return an operation's parameters."""
        return [self.resolve(parameter) for parameter in operation.get("parameters", [])]

    def body(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of an operation's JSON body; empty when it has none."""
        content = operation.get("requestBody", {}).get("content", {})
        return self.resolve(content["application/json"]["schema"]) if content else {}

    def answer(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Return the media type object of an operation's success."""
        return operation["responses"]["200"]["content"]["application/json"]

    def properties(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Walk the properties of every component schema: schema's name, property's name, property."""
        for name, schema in self.content["components"]["schemas"].items():
            for key, value in schema.get("properties", {}).items():
                yield name, key, self.resolve(value)


def _operations(items: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: {**operation, "method": method.upper(), "path": path}
        for path, item in items.items()
        for method, operation in item.items()
        if method in METHODS
    }


@pytest.fixture(scope="session")
def contract() -> dict[str, Any]:
    return CONTRACT


@pytest.fixture(scope="session")
def document() -> Document:
    return Document(CONTRACT)


@pytest.fixture(scope="session")
def spec_dir() -> Path:
    return Path(__file__).parents[2] / "spec"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes `callback` once for each of them."""
    if "callback" in metafunc.fixturenames:
        callbacks = Document(CONTRACT).callbacks()
        metafunc.parametrize("callback", list(callbacks.values()), ids=list(callbacks))
