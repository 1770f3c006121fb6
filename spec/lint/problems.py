"""A problem of the contract, and where it stands in the contract's files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from codegen.bundle import KINDS
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

if TYPE_CHECKING:
    from pathlib import Path

Pointer = tuple[str, ...]
"""Where a value stands in the bundled contract: the keys and indices from its root."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What the contract lacks or has wrong.

    Attributes:
        pointer: Where in the bundled contract.
        place: The same for people, such as `Jackpot.jackpotId` or `jackpots.items, parameter limit`.
        message: What is wrong, and what to write.
    """

    pointer: Pointer
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def located(problems: list[Problem], spec_dir: Path) -> list[str]:
    """Return a line for each problem, `file:line: place: message`, in the order of files and lines."""
    files = _Files(spec_dir)
    found = {(*files.find(problem.pointer), str(problem)) for problem in problems}
    return [f"{file}:{line}: {said}" for file, line, said in sorted(found)]


class _Files:
    """Finds where in the contract's files a value of the bundled contract stands."""

    def __init__(self, spec_dir: Path) -> None:
        self.spec_dir = spec_dir
        self.components = {
            (path.relative_to(spec_dir).parts[0], path.stem): path
            for kind in KINDS
            for path in spec_dir.joinpath(kind).rglob("*.yaml")
        }
        self.parsed: dict[Path, Node | None] = {}

    def find(self, pointer: Pointer) -> tuple[str, int]:
        """Return file and line; of what is missing those of the value that lacks it."""
        if pointer[:1] == ("components",) and pointer[1:3] in self.components:
            path, keys = self.components[pointer[1], pointer[2]], pointer[3:]
        else:
            path, keys = self.spec_dir / "openapi.yaml", pointer
        node, line = self.parse(path), 1
        while isinstance(node, MappingNode | SequenceNode):
            reference = _children(node).get("$ref")
            if reference is not None and path.joinpath("..", str(reference[1].value)).suffix == ".yaml":
                path = path.parent.joinpath(reference[1].value).resolve()
                node, line = self.parse(path), 1
                continue
            if not keys or keys[0] not in _children(node):
                break
            key, node = _children(node)[keys[0]]
            line, keys = key.start_mark.line + 1, keys[1:]
        return path.relative_to(self.spec_dir.parent).as_posix(), line

    def parse(self, path: Path) -> Node | None:
        if path not in self.parsed:
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            self.parsed[path] = cast("Node | None", YAML(pure=True).compose(text))
        return self.parsed[path]


def _children(node: MappingNode | SequenceNode) -> dict[str, tuple[Any, Node]]:
    """Return the children by key or index, each with the node that says where it stands."""
    if isinstance(node, MappingNode):
        return {str(key.value): (key, value) for key, value in node.value}
    return {str(index): (item, item) for index, item in enumerate(node.value)}
