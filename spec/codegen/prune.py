"""Cuts from the bundled contract the part that one generator works on, with just the components it needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

COMPONENT = "#/components/"


def outbound(contract: dict[str, Any]) -> dict[str, Any]:
    """Return the operations that callers send, each description with the operation's standing and codes."""
    part = _without(contract, "webhooks")
    part["paths"] = {
        path: {method: _described(operation, contract) for method, operation in item.items()}
        for path, item in contract["paths"].items()
    }
    pruned = _with_components(part, contract)
    parameters = pruned["components"].get("parameters", {})
    parameters.update({name: _documented(parameter) for name, parameter in parameters.items()})
    return pruned


def inbound(contract: dict[str, Any]) -> dict[str, Any]:
    """Return the callbacks that the vendor sends, as a document of components alone, as they are once read."""
    part = _with_components(_without(contract, "paths"), contract)
    del part["webhooks"]
    components = part["components"]
    schemas = {name: _read(schema) for name, schema in components["schemas"].items()}
    return {**part, "components": {**components, "schemas": schemas}, "paths": {}}


def _read(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a model: opaque ids are texts, and what may be missing is optional."""
    optional = schema.get("x-may-be-missing", [])
    properties = {name: _text_of_id(each) for name, each in schema.get("properties", {}).items()}
    required = [name for name in schema.get("required", []) if name not in optional]
    return {**schema, "required": required, "properties": properties}


def _text_of_id(schema: dict[str, Any]) -> dict[str, Any]:
    if "x-opaque-id" not in schema:
        return schema
    kept = {name: value for name, value in schema.items() if name not in {"minimum", "maximum"}}
    return {**kept, "type": "string", "examples": [str(example) for example in schema["examples"]]}


def _without(contract: dict[str, Any], section: str) -> dict[str, Any]:
    return {key: value for key, value in contract.items() if key not in {section, "components"}}


def _with_components(part: dict[str, Any], contract: dict[str, Any]) -> dict[str, Any]:
    """Return `part` with the components of `contract` that it reaches."""
    reached: dict[str, dict[str, Any]] = {}
    pending = list(_references(part))
    while pending:
        kind, name = pending.pop()
        if name not in reached.setdefault(kind, {}):
            reached[kind][name] = contract["components"][kind][name]
            pending.extend(_references(reached[kind][name]))
    components = {kind: dict(sorted(reached[kind].items())) for kind in sorted(reached)}
    if "securitySchemes" in contract["components"]:
        components["securitySchemes"] = contract["components"]["securitySchemes"]
    return {**part, "components": components}


def _references(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for item in cast("list[object]", node):
            yield from _references(item)
    elif isinstance(node, dict):
        mapping = cast("dict[str, Any]", node)
        target = mapping.get("$ref")
        if isinstance(target, str) and target.startswith(COMPONENT):
            kind, _, name = target.removeprefix(COMPONENT).partition("/")
            yield kind, name
        for value in mapping.values():
            yield from _references(value)


def _described(operation: Any, contract: dict[str, Any]) -> Any:
    if not isinstance(operation, dict) or "operationId" not in operation:
        return operation
    known = cast("dict[str, Any]", operation)
    names = {code["code"]: code["name"] for code in contract["x-response-codes"]}
    codes = ", ".join(f"{code} {names.get(code, '')}".strip() for code in known.get("x-error-codes", []))
    notes = [str(known.get("description", "")).strip(), f"Standing: {known.get('x-standing', 'assumed')}."]
    if codes:
        notes.append(f"Codes that a caller can meet: {codes}.")
    described = {**known, "description": "\n\n".join(note for note in notes if note)}
    if "parameters" in known:
        described["parameters"] = [_documented(parameter) for parameter in known["parameters"]]
    return described


def _documented(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return the parameter with its description in its schema too, where openapi-python-client looks for it."""
    schema = parameter.get("schema", {})
    if "description" not in parameter or "$ref" in schema:
        return parameter
    return {**parameter, "schema": {"description": parameter["description"], **schema}}
