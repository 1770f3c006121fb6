"""Rules of links, which lead from an operation's success to what may come next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contract import Contract, Node, Operation
    from .problems import Problem


def check_links(contract: Contract) -> Iterator[Problem]:
    """Check that links lead somewhere, and that what they take is there."""
    for operation in contract.operations:
        success = contract.resolve(operation.node.get("responses", "200"))
        for key, link in success.get("links").children():
            yield from _check_link(contract, operation, link, f"{operation.name}, link {key}")


def _check_link(contract: Contract, operation: Operation, link: Node, place: str) -> Iterator[Problem]:
    if not link.get("description").text:
        yield link.problem(place, "needs a description")
    if "requestBody" in link.members:
        # It takes the body for text, where OpenAPI takes any value, and refuses the whole document.
        message = "write x-request-body: openapi-generator refuses a document with requestBody here"
        yield link.get("requestBody").problem(place, message)
    name = link.get("operationId").value
    target = next((each for each in contract.operations if each.name == name), None)
    if target is None:
        yield link.problem(place, f"leads to {name!r}, which is no operation")
        return
    parameters = {parameter.get("name").text for parameter in contract.parameters(target)}
    fields = set(contract.body(target).get("properties").members)
    for part, known in (("parameters", parameters), ("x-request-body", fields)):
        for name, expression in link.get(part).children():
            if name not in known:
                yield expression.problem(place, f"{part}: {target.name} takes no {name!r}")
            if not _takes(contract, operation, expression.text):
                message = f"{part}, {name}: {expression.value!r} takes nothing out of the first example"
                yield expression.problem(place, message)


def _takes(contract: Contract, operation: Operation, expression: str) -> bool:
    """Whether a link's expression takes something out of the operation's own examples."""
    source, _, pointer = expression.partition("#/")
    if source.startswith("$request.path."):
        name = source.removeprefix("$request.path.")
        return any(
            parameter.get("name").value == name and "example" in parameter.members
            for parameter in contract.parameters(operation)
        )
    if source == "$request.body":
        media = operation.node.get("requestBody", "content", "application/json")
    elif source == "$response.body":
        media = contract.answer(operation)
    else:
        return False
    _, example = next(media.get("examples").children(), ("", media.get("examples")))
    keys = [int(key) if key.isdecimal() else key for key in pointer.split("/")]
    return contract.resolve(example).get("value").get(*keys).value is not None
