"""Rules of callbacks, which the vendor sends and a wallet answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .contract import STANDINGS, listed
from .operations import check_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contract import Contract, Operation
    from .problems import Problem

SIGNATURE = "X-Request-Signature"


def check_callbacks(contract: Contract) -> Iterator[Problem]:
    """Check each callback, and that they and the schema of their answer know the same status codes."""
    for callback in contract.callbacks:
        yield from check_texts(callback)
        yield from _check_rule(contract, callback)
        yield from _check_status_codes(contract, callback)
    schema = contract.root.get("components", "schemas", "CallbackAnswer", "properties", "statusCode", "enum")
    of_schema = set(map(str, schema.items))
    every = [code for each in contract.callbacks for code in each.node.get("x-status-codes").items]
    of_callbacks = set(map(str, every))
    for code in sorted(of_schema - of_callbacks):
        yield schema.problem(f"status code {code}", "no callback has it among its x-status-codes")
    for code in sorted(of_callbacks - of_schema):
        yield schema.problem(f"status code {code}", "CallbackAnswer.statusCode does not list it")
    for name, rule in contract.root.get("x-wallet-rules").children():
        if not (rule.get("text").text and rule.get("standing").among(STANDINGS)):
            message = f"needs text, and standing: {listed(list(STANDINGS), 'or')}"
            yield rule.problem(f"wallet rule {name}", message)


def _check_rule(contract: Contract, callback: Operation) -> Iterator[Problem]:
    node, name = callback.node, callback.name
    if node.get("tags").value != ["callbacks"]:
        yield node.problem(name, "a callback needs one tag: [callbacks]")
    rule = node.get("x-callback")
    for key in ("answerWithin", "retries", "then"):
        if key not in rule.members:
            message = f"x-callback needs {key}; an answerWithin that is not stated is null"
            yield rule.problem(name, message)
    signed = any(
        parameter.get("name").value == SIGNATURE and parameter.get("required").value is True
        for parameter in contract.parameters(callback)
    )
    if not signed:
        yield node.problem(name, "a callback is signed: refer to parameters/RequestSignature.yaml")
    if list(node.get("responses").members) != ["200"]:
        yield node.get("responses").problem(name, "a callback is answered with 200 alone, refusals too")
    body = contract.body(callback)
    if body.get("properties", "command", "const").value != name:
        yield body.problem(name, f"the body needs a property command with `const: {name}`")


def _check_status_codes(contract: Contract, callback: Operation) -> Iterator[Problem]:
    codes, name = callback.node.get("x-status-codes"), callback.name
    if not codes.items:
        yield codes.problem(name, "a callback needs x-status-codes: the answers that it may have")
    examples = contract.answer(callback).get("examples")
    for code in codes.items:
        shown = contract.resolve(examples.get(str(code))).get("value", "statusCode").value
        if shown != code:
            message = f"x-status-codes has {code}, but no example of the answer shows it"
            yield examples.problem(name, message)
    for code, example in examples.children():
        if code not in codes.items:
            yield example.problem(name, f"an example shows {code}, which x-status-codes lacks")
