"""Rules of the whole document: markers, components, files, and examples against their schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jsonschema_rs

from .contract import STANDINGS, Contract, Node, listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .problems import Problem

SHORTEST_TAG = 100

_BASE = "urn:contract"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def check_marks(contract: Contract) -> Iterator[Problem]:
    """Check the markers that may stand anywhere: standings, and constraints that are known less well."""
    for node in contract.walk():
        standing = node.get("x-standing") if "x-standing" in node.members else None
        if standing is not None and not standing.among(STANDINGS):
            yield standing.problem(
                _place(node), f"x-standing is {standing.value!r}; use {listed(list(STANDINGS), 'or')}"
            )
        for mark in ("x-assumed", "x-older"):
            for word in node.get(mark).items:
                if str(word) not in node.members:
                    yield node.get(mark).problem(
                        _place(node), f"{mark} names {word!r}, which does not stand beside it"
                    )


def check_standings(contract: Contract) -> Iterator[Problem]:
    """Check that nothing claims to be better known than what it is a part of.

    A component is as well known as the best known operation that uses it.
    """
    best: dict[str, int] = {}
    for operation in (*contract.operations, *contract.callbacks):
        standing = operation.node.get("x-standing").text
        rank = STANDINGS.index(standing) if standing in STANDINGS else len(STANDINGS)
        for reference in contract.references([operation.node]):
            best[reference] = min(rank, best.get(reference, rank))
        yield from _better_than(rank, operation.node, operation.name)
    for reference, rank in best.items():
        yield from _better_than(
            rank, contract.resolve(Node({"$ref": reference}, ())), reference.split("/")[-1]
        )


def _better_than(rank: int, whole: Node, place: str) -> Iterator[Problem]:
    pending = [whole]
    while pending:
        node = pending.pop()
        pending.extend(child for _, child in node.children())
        standing = node.members.get("x-standing")
        if standing in STANDINGS[:rank]:
            known = STANDINGS[rank] if rank < len(STANDINGS) else "of no standing"
            message = f"is {known}, but a part of it is {standing}: a part is not better known than the whole"
            yield node.get("x-standing").problem(place, message)


def check_tags(contract: Contract) -> Iterator[Problem]:
    """Check that every tag is described and used."""
    used = [
        tag for each in (*contract.operations, *contract.callbacks) for tag in each.node.get("tags").items
    ]
    for _, tag in contract.root.get("tags").children():
        place = f"tag {tag.get('name').value}"
        if not tag.get("name").among(used):
            yield tag.problem(place, "no operation has it: remove it")
        if len(tag.get("description").text) <= SHORTEST_TAG or not tag.get("x-displayName").text:
            message = f"needs x-displayName, and a description of more than {SHORTEST_TAG} characters"
            yield tag.problem(place, f"{message}, in a file of spec/guide")


def _place(node: Node) -> str:
    keys = [key for key in node.pointer if key not in {"components", "schemas", "properties", "paths"}]
    return ".".join(keys) or "contract"


def check_components(contract: Contract) -> Iterator[Problem]:
    """Check that every component is used, and every reference leads somewhere."""
    roots = [contract.root.get("paths"), contract.root.get("webhooks")]
    used = contract.references(roots)
    schemes = {name for _, each in contract.root.get("security").children() for name in each.members}
    for kind, components in contract.root.get("components").children():
        for name, component in components.children():
            if f"#/components/{kind}/{name}" not in used and not (
                kind == "securitySchemes" and name in schemes
            ):
                yield component.problem(name, "nothing refers to it: delete the file, or refer to it")
    for reference in sorted(used):
        if contract.resolve(Node({"$ref": reference}, ())).value is None:
            yield contract.root.problem(reference, "something refers to it, and it is not there")


_PROGRAMS = frozenset({"codegen", "conformance", "lint", "publish", "vectors"})
"""Folders of spec/ that hold programs, and what they make: no parts of the contract."""


def check_files(contract: Contract, spec_dir: Path) -> Iterator[Problem]:
    """Check that every YAML and Markdown file of the contract is a part of it."""
    stems = {reference.rpartition("/")[2] for reference in contract.references([contract.root])}
    root = "\n".join(path.read_text(encoding="utf-8") for path in spec_dir.glob("*.yaml"))
    for path in sorted((*spec_dir.glob("*/**/*.yaml"), *spec_dir.glob("*/**/*.md"))):
        relative = path.relative_to(spec_dir)
        if relative.parts[0] not in _PROGRAMS and path.stem not in stems and relative.as_posix() not in root:
            yield contract.root.problem(f"spec/{relative.as_posix()}", "nothing refers to this file")


def check_examples(contract: Contract) -> Iterator[Problem]:
    """Check every example against its schema."""
    content = contract.root.value
    registry: Any = jsonschema_rs.Registry([(_BASE, content)], draft=jsonschema_rs.Draft202012)
    validators: dict[str, Any] = {}
    for schema, example in _examples(contract):
        reference = schema.get("$ref").text or "#" + "".join(map(_escaped, schema.pointer))
        try:
            if reference not in validators:
                validators[reference] = jsonschema_rs.validator_for(
                    {"$schema": _DRAFT, "$ref": f"{_BASE}{quote(reference, safe='/#')}"},
                    registry=registry,
                    validate_formats=True,
                )
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            yield schema.problem(_place(schema), f"is no schema: {error}")
            continue
        resolved = contract.resolve(example)
        value = resolved.members.get("value", resolved.value)
        for wrong in validators[reference].iter_errors(value):
            yield example.problem(_place(schema), f"an example does not fit the schema: {wrong.message}")


def _escaped(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _examples(contract: Contract) -> Iterator[tuple[Node, Node]]:
    """Yield every example: its schema, and itself."""
    for node in contract.walk():
        if "schema" in node.members:  # a media type, a parameter or a header
            if "example" in node.members:
                yield node.get("schema"), node.get("example")
            yield from ((node.get("schema"), example) for _, example in node.get("examples").children())
        elif node.get("examples").items:  # a schema
            yield from ((node, example) for _, example in node.get("examples").children())
