"""Rules of walks: how all items of an operation are read, window by window and page by page (`x-walk`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .contract import STANDINGS, Contract, Node, Operation, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .problems import Problem

PARTS: Final = {
    "window": ("start", "end", "longestSeconds"),
    "page": ("offset", "limit"),
    "pause": ("between", "seconds"),
    "items": ("property",),
    "total": ("property",),
    "key": ("properties",),
    "time": ("property",),
    "retention": ("seconds",),
}
"""What each part of `x-walk` has besides its standing."""
OPTIONAL: Final = ("pause", "retention")


def check_walks(contract: Contract) -> Iterator[Problem]:
    """Check that each `x-walk` names what its operation has, and how well each part is known."""
    for operation in contract.operations:
        if "x-walk" in operation.node.members:
            yield from _check_parts(operation)
            yield from _check_parameters(contract, operation)
            yield from _check_answer(contract, operation)


def _check_parts(operation: Operation) -> Iterator[Problem]:
    walk, name = operation.node.get("x-walk"), operation.name
    if operation.method != "get":
        yield walk.problem(name, "x-walk is for operations that only read: those of GET")
    for part in walk.members:
        if part not in PARTS:
            yield walk.get(part).problem(
                name, f"x-walk: {part} is not a part; use {listed(list(PARTS), 'or')}"
            )
    for part, words in PARTS.items():
        if part in walk.members:
            yield from _check_part(operation, part, words)
        elif part not in OPTIONAL:
            yield walk.problem(name, f"x-walk needs {part}")


def _check_part(operation: Operation, part: str, words: tuple[str, ...]) -> Iterator[Problem]:
    node, name = operation.node.get("x-walk", part), operation.name
    if set(node.members) != {*words, "standing"}:
        yield node.problem(name, f"x-walk, {part}: needs exactly {listed([*words, 'standing'])}")
    yield from _check_standing(operation, part, node.get("standing"))
    for word in ("longestSeconds", "seconds"):
        value = node.members.get(word, 1)
        if type(value) is not int or value < 1:
            yield node.get(word).problem(name, f"x-walk, {part}: {word} must be a positive integer")
    if "between" in words and node.get("between").value != "windows":
        yield node.get("between").problem(name, "x-walk, pause: between must be windows")


def _check_standing(operation: Operation, part: str, standing: Node) -> Iterator[Problem]:
    if not standing.among(STANDINGS):
        yield standing.problem(
            operation.name, f"x-walk, {part}: standing must be {listed(list(STANDINGS), 'or')}"
        )
        return
    whole = operation.node.get("x-standing")
    if whole.among(STANDINGS) and STANDINGS.index(standing.value) < STANDINGS.index(whole.value):
        message = f"x-walk, {part}: is {standing.value}, but the operation is {whole.value}"
        yield standing.problem(operation.name, message)


def _check_parameters(contract: Contract, operation: Operation) -> Iterator[Problem]:
    parameters = {each.get("name").value: each for each in contract.parameters(operation)}
    for part, words, kind in (("window", ("start", "end"), "time"), ("page", ("offset", "limit"), "integer")):
        for word in words:
            named = operation.node.get("x-walk", part, word)
            parameter = parameters.get(named.text)
            if parameter is None or parameter.get("in").value != "query":
                yield named.problem(
                    operation.name, f"x-walk, {part}: {word} must be the name of a query parameter"
                )
            elif not _is(parameter.get("schema"), kind):
                yield named.problem(operation.name, f"x-walk, {part}: {named.text} must be of type {kind}")


def _check_answer(contract: Contract, operation: Operation) -> Iterator[Problem]:
    walk, name = operation.node.get("x-walk"), operation.name
    envelope = contract.resolve(contract.answer(operation).get("schema"))
    page = contract.resolve(envelope.get("properties", "data")).get("properties")
    items = contract.resolve(page.get(walk.get("items", "property").text))
    item = contract.resolve(items.get("items"))
    if items.get("type").value != "array" or item.get("type").value != "object":
        yield walk.get("items").problem(
            name, "x-walk, items: property must be the array of objects in the answer's data"
        )
        return
    total = contract.resolve(page.get(walk.get("total", "property").text))
    if total.get("type").value != "integer":
        yield walk.get("total").problem(
            name, "x-walk, total: property must be an integer in the answer's data"
        )
    properties = item.get("properties")
    keys = walk.get("key", "properties")
    if not keys.items or any(str(key) not in properties.members for key in keys.items):
        yield keys.problem(name, "x-walk, key: properties must be names of properties of an item")
    if not _is(contract.resolve(properties.get(walk.get("time", "property").text)), "time"):
        yield walk.get("time").problem(name, "x-walk, time: property must be a time of an item")


def _is(schema: Node, kind: str) -> bool:
    return "x-time-zone" in schema.members if kind == "time" else schema.get("type").value == kind
