"""The bundled contract. What is missing or of another type is read as an empty value, never as an error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from .problems import Pointer, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

STANDINGS = ("documented", "probed", "sister", "observed", "older", "assumed")
"""How well a fact may be known, the best first."""

METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the contract, and where it stands."""

    value: Any
    pointer: Pointer

    def get(self, *keys: str | int) -> Node:
        """Return what stands below; its value is None where there is nothing."""
        value = self.value
        for key in keys:
            if isinstance(value, dict):
                value = cast("dict[str, Any]", value).get(str(key))
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
            else:
                value = None
        return Node(value, (*self.pointer, *map(str, keys)))

    @property
    def members(self) -> dict[str, Any]:
        """The value if it is an object, else an empty one."""
        return cast("dict[str, Any]", self.value) if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Any]:
        """The value if it is an array, else an empty one."""
        return self.value if isinstance(self.value, list) else []

    @property
    def text(self) -> str:
        """The value if it is a text, else an empty one."""
        return self.value if isinstance(self.value, str) else ""

    def among(self, values: Iterable[object]) -> bool:
        """Whether the value is one of these; it may be of any type, unhashable ones included."""
        return any(type(self.value) is type(value) and self.value == value for value in values)

    def children(self) -> Iterator[tuple[str, Node]]:
        """Walk the members of an object, or the items of an array."""
        for key in self.members:
            yield key, self.get(key)
        for index in range(len(self.items)):
            yield str(index), self.get(index)

    def problem(self, place: str, message: str) -> Problem:
        """Return a problem of this value."""
        return Problem(self.pointer, place, message)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation or a callback: its node, and how it is called."""

    node: Node
    path: str
    method: str

    @property
    def name(self) -> str:
        """The operationId; method and path where it has none."""
        return self.node.get("operationId").text or f"{self.method.upper()} {self.path}"


class Contract:
    """The bundled contract."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.root = Node(document, ())
        self._references: dict[str, list[str]] = {}

    def resolve(self, node: Node) -> Node:
        """Return what `node` refers to, or itself; a reference to nothing is a node without a value."""
        for _ in range(20):  # references that go round lead nowhere
            reference = node.get("$ref").text
            if not reference.startswith("#/"):
                return node
            keys = [key.replace("~1", "/").replace("~0", "~") for key in reference[2:].split("/")]
            node = self.root.get(*keys)
        return node

    @cached_property
    def operations(self) -> list[Operation]:
        """What callers send."""
        return list(_operations(self.root.get("paths")))

    @cached_property
    def callbacks(self) -> list[Operation]:
        """What the vendor sends."""
        return list(_operations(self.root.get("webhooks")))

    def walk(self) -> list[Node]:
        """Return all objects of the contract but those in examples, whose keys are the API's own."""
        return self._objects

    @cached_property
    def _objects(self) -> list[Node]:
        found: list[Node] = []
        pending = [self.root]
        while pending:
            node = pending.pop()
            if isinstance(node.value, dict):
                found.append(node)
            skipped = {"example", "examples", "x-known-values"}
            pending.extend(
                child
                for key, child in node.children()
                if key not in skipped and isinstance(child.value, dict | list)
            )
        return found

    def code(self, number: object) -> Node | None:
        """Return the response code of this number; None where there is none."""
        for _, node in self.root.get("x-response-codes").children():
            if number is not None and node.get("code").among((number,)):
                return node
        return None

    def parameters(self, operation: Operation) -> list[Node]:
        """Return an operation's parameters."""
        return [self.resolve(node) for _, node in operation.node.get("parameters").children()]

    def body(self, operation: Operation) -> Node:
        """Return the schema of an operation's JSON body; a node without a value when it has none."""
        return self.resolve(operation.node.get("requestBody", "content", "application/json", "schema"))

    def answer(self, operation: Operation) -> Node:
        """Return the media type object of an operation's success."""
        return self.resolve(operation.node.get("responses", "200")).get("content", "application/json")

    def references(self, nodes: list[Node]) -> set[str]:
        """Return every reference that can be reached from `nodes`, references of references included."""
        reached: set[str] = set()
        pending = [reference for node in nodes for reference in _references(node)]
        while pending:
            reference = pending.pop()
            if reference not in reached:
                reached.add(reference)
                pending.extend(self._below(reference))
        return reached

    def _below(self, reference: str) -> list[str]:
        """Return the references in what `reference` names; looked for once."""
        if reference not in self._references:
            self._references[reference] = _references(self.resolve(Node({"$ref": reference}, ())))
        return self._references[reference]

    def _schemas(self, nodes: list[Node]) -> set[str]:
        prefix = "#/components/schemas/"
        return {ref.removeprefix(prefix) for ref in self.references(nodes) if ref.startswith(prefix)}

    @cached_property
    def sent(self) -> set[str]:
        """The names of the schemas that our side sends: request bodies, and answers to callbacks."""
        return self._schemas(
            [operation.node.get("requestBody") for operation in self.operations]
            + [callback.node.get("responses") for callback in self.callbacks]
        )

    @cached_property
    def received(self) -> set[str]:
        """The names of the schemas that the vendor sends: answers, and callbacks."""
        return self._schemas(
            [operation.node.get("responses") for operation in self.operations]
            + [callback.node.get("requestBody") for callback in self.callbacks]
        )


def _references(node: Node) -> list[str]:
    """Return the references that stand below `node`, or are it."""
    found: list[str] = []
    pending = [node.value]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            members = cast("dict[str, Any]", value)
            if isinstance(members.get("$ref"), str):
                found.append(members["$ref"])
            pending.extend(members.values())
        elif isinstance(value, list):
            pending.extend(value)
    return found


def _operations(paths: Node) -> Iterator[Operation]:
    for path, item in paths.children():
        for method in METHODS:
            if method in item.members:
                yield Operation(item.get(method), path, method)


def listed(words: list[str], last: str = "and") -> str:
    """Return words as a sentence lists them: `a, b and c`."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
