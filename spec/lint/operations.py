"""Rules of operations: names, texts, parameters, examples, answers, codes, standings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .contract import STANDINGS, Contract, Node, Operation, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .problems import Problem

DOCUMENTATION = "https://docs.igamingace.com"
# The codes of access, load and failure: nobody is spared them.
MET_BY_ALL = (1, 1001, 1002, 1003, 1007, 1009, 1010, 1018, 1020)
LONGEST_SUMMARY = 60
SHORTEST_DESCRIPTION = 60
SHORTEST_PARAMETER_DESCRIPTION = 20


def check_operations(contract: Contract) -> Iterator[Problem]:
    """Check what callers send, and what they are answered."""
    names = Counter(operation.name for operation in contract.operations)
    for operation in contract.operations:
        if names[operation.name] > 1:
            yield operation.node.problem(operation.name, "another operation has the same operationId")
        yield from check_texts(operation)
        yield from _check_name(contract, operation)
        yield from _check_parameters(contract, operation)
        yield from _check_body(operation)
        yield from _check_success(contract, operation)
        yield from _check_codes(contract, operation)
        yield from _check_errors(contract, operation)


def _check_name(contract: Contract, operation: Operation) -> Iterator[Problem]:
    """An operation is a method of its tag's resource: `games.items` is `agent.games.items()`."""
    node, name = operation.node, operation.name
    tag, point, _ = name.partition(".")
    if not point or not node.get("operationId").text:
        yield node.problem(name, "needs an operationId of tag and verb, such as games.items")
        return
    if node.get("tags").value != [tag]:
        yield node.problem(name, f"needs one tag, the part of its operationId before the point: [{tag}]")
    if not any(each.get("name").value == tag for _, each in contract.root.get("tags").children()):
        message = f"tag {tag!r} is not among the tags of spec/openapi.yaml: add it there, with a description"
        yield node.problem(name, message)


def check_texts(operation: Operation) -> Iterator[Problem]:
    """Check what an operation or a callback says of itself."""
    node, name = operation.node, operation.name
    summary = node.get("summary").text
    if not summary or len(summary) >= LONGEST_SUMMARY or summary.endswith("."):
        yield node.problem(
            name, f"needs a summary of less than {LONGEST_SUMMARY} characters without a full stop"
        )
    if len(node.get("description").text) <= SHORTEST_DESCRIPTION:
        yield node.problem(name, f"needs a description of more than {SHORTEST_DESCRIPTION} characters")
    if not node.get("x-standing").among(STANDINGS):
        yield node.problem(name, f"needs x-standing: {listed(list(STANDINGS), 'or')}")
        return
    source = node.get("externalDocs")
    if source.value is None and node.get("x-standing").value == "assumed":
        return  # nobody's page states it
    if (
        not source.get("url").text.startswith(DOCUMENTATION)
        or "iGamingAce" not in source.get("description").text
    ):
        yield node.problem(
            name,
            f"needs externalDocs that say where it is stated: a url at {DOCUMENTATION} and a description",
        )


def _check_parameters(contract: Contract, operation: Operation) -> Iterator[Problem]:
    for parameter in contract.parameters(operation):
        schema = parameter.get("schema")
        lacking: list[str] = []
        if len(parameter.get("description").text) <= SHORTEST_PARAMETER_DESCRIPTION:
            lacking.append(f"a description of more than {SHORTEST_PARAMETER_DESCRIPTION} characters")
        if "example" not in parameter.members:
            lacking.append("an example")
        if schema.get("type").value == "integer" and "enum" not in schema.members:
            bounds = [word for word in ("format", "minimum", "maximum") if word not in schema.members]
            lacking += [f"{word} in its schema" for word in bounds]
        elif not {"maximum", "maxLength", "pattern", "enum", "const"} & set(schema.members):
            lacking.append("maximum, maxLength or pattern in its schema")
        if parameter.get("in").value == "path" and parameter.get("required").value is not True:
            lacking.append("`required: true`, since it is a part of the path")
        if lacking:
            place = f"{operation.name}, parameter {parameter.get('name').text or '?'}"
            yield parameter.problem(place, f"needs {listed(lacking)}")


def _check_body(operation: Operation) -> Iterator[Problem]:
    body = operation.node.get("requestBody")
    if body.value is None:
        return
    media = body.get("content", "application/json")
    if body.get("required").value is not True:
        yield body.problem(operation.name, "a request body needs `required: true`")
    if not media.get("schema", "$ref").text:
        yield media.problem(
            operation.name, "a request body needs a schema in a file of spec/schemas: its name is the class's"
        )
    if not media.get("examples").members:
        yield media.problem(operation.name, "a request body needs examples")


def _check_success(contract: Contract, operation: Operation) -> Iterator[Problem]:
    name, media = operation.name, contract.answer(operation)
    if not media.members:
        yield operation.node.get("responses").problem(name, "needs an answer 200 in application/json")
        return
    envelope = contract.resolve(media.get("schema"))
    if not media.get("schema", "$ref").text:
        yield media.problem(
            name, "the answer needs a schema in a file of spec/schemas: its name is the class's"
        )
    if envelope.get("properties", "success", "type").value != "boolean":
        yield envelope.problem(name, "the answer is an envelope: it needs a property success of type boolean")
    required = ["success", "data"] if "data" in envelope.get("properties").members else ["success"]
    if envelope.get("required").value != required:
        yield envelope.problem(name, f"the answer is an envelope: write `required: [{', '.join(required)}]`")
    if not media.get("examples").members:
        yield media.problem(
            name, "the answer needs examples: the sandbox answers with the first until it has a handler"
        )
    for key, example in media.get("examples").children():
        shown = contract.resolve(example)
        if shown.get("value", "success").value is not True or shown.get("value", "message").value != "OK":
            yield example.problem(name, f"example {key}: a success has `success: true` and `message: OK`")
        if not shown.get("summary").text:
            yield example.problem(name, f"example {key} needs a summary")


def _check_codes(contract: Contract, operation: Operation) -> Iterator[Problem]:
    """Check the list of the codes that a caller can meet: each is shown under its status."""
    codes, name = operation.node.get("x-error-codes"), operation.name
    lacking = [_code(contract, code) for code in MET_BY_ALL if code not in codes.items]
    if lacking:
        yield codes.problem(name, f"x-error-codes lacks what every caller can meet: {listed(lacking)}")
    if codes.items != sorted({code for code in codes.items if isinstance(code, int)}):
        yield codes.problem(name, "x-error-codes must be numbers in ascending order, each once")
    shown = {code: status for status, _, _, code in _shown_errors(contract, operation)}
    for code in codes.items:
        known = contract.code(code)
        if known is None:
            message = f"x-error-codes has {code!r}, which is no code of spec/response_codes.yaml"
            yield codes.problem(name, message)
            continue
        status = str(known.get("httpStatus").value)
        if shown.get(code) != status:
            message = f"x-error-codes has {_code(contract, code)}: answer {status} must show an example of it"
            yield operation.node.get("responses").problem(name, message)


def _check_errors(contract: Contract, operation: Operation) -> Iterator[Problem]:
    """Check the answers other than a success."""
    responses = operation.node.get("responses")
    for status, response in responses.children():
        answer = contract.resolve(response)
        if status not in {"200", "default"} and not answer.get("x-standing").among(STANDINGS):
            message = "needs x-standing: how well it is known that the error comes under this status"
            yield answer.problem(f"{operation.name}, answer {status}", message)
    for status, key, example, code in _shown_errors(contract, operation):
        place, known = f"{operation.name}, answer {status}", contract.code(code)
        message = contract.resolve(example).get("value", "message").value
        if known is None or not key == message == known.get("name").value:
            wanted = "its key and `message` must be the name of a response code, and `code` its number"
            yield example.problem(place, f"example {key}: {wanted}")
        elif code not in operation.node.get("x-error-codes").items:
            yield example.problem(place, f"shows {_code(contract, code)}, which x-error-codes lacks")
    other = contract.resolve(responses.get("default"))
    if set(other.get("content").members) != {"application/json", "text/html"}:
        message = "needs a default answer, since any other may come: refer to responses/UnexpectedError.yaml"
        yield responses.problem(operation.name, message)


def _shown_errors(contract: Contract, operation: Operation) -> Iterator[tuple[str, str, Node, Any]]:
    """Yield the examples of errors: status, key, example, and the code in it."""
    for status, response in operation.node.get("responses").children():
        if status not in {"200", "default"}:
            examples = contract.resolve(response).get("content", "application/json", "examples")
            for key, example in examples.children():
                code = contract.resolve(example).get("value", "code").value
                yield status, key, example, code if isinstance(code, int) else None


def _code(contract: Contract, code: int) -> str:
    known = contract.code(code)
    return f"{code} ({known.get('name').text})" if known else str(code)
