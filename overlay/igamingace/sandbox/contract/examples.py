"""Responses made from the contract's examples, for operations without a handler."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from igamingace.sandbox._json import members

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON, Object
    from igamingace.sandbox.contract.document import Node

_DEEPEST: Final = 12
_BY_FORMAT: Final = {
    "date": "2026-01-01",
    "date-time": datetime(2026, 1, 1, tzinfo=UTC).isoformat(),
    "email": "player@example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def example_answer(operation: Node) -> tuple[int, JSON]:
    """Return the status and the body of the operation's success, from its example or its schema."""
    key, response = _success(operation)
    media = response.at("content", "application/json") if response is not None else None
    return _status(key), _example_of_media(media) if media is not None else {}


def success_status(operation: Node) -> int:
    """Return the HTTP status of the operation's success: the first that the contract names, else 200."""
    return _status(_success(operation)[0])


def _success(operation: Node) -> tuple[str, Node | None]:
    responses = operation.get("responses")
    for key, response in responses.children() if responses is not None else ():
        if key.startswith("2"):
            return key, response
    return "200", responses.get("default") if responses is not None else None


def _status(key: str) -> int:
    return int(key) if key.isdigit() else 200


def _example_of_media(media: Node) -> JSON:
    if "example" in media.value:
        return media.value["example"]
    examples = media.get("examples")
    for _, example in examples.children() if examples is not None else ():
        if "value" in example.value:
            return example.value["value"]
    schema = media.get("schema")
    return minimal(schema) if schema is not None else {}


def minimal(schema: Node, depth: int = 0) -> JSON:
    """Return a small value of `schema`: its own example when it has one, else made from its keywords."""
    keywords = members(schema.value)
    if not keywords or depth > _DEEPEST:
        return {}
    for key in ("example", "const", "default"):
        if key in keywords:
            return keywords[key]
    for key in ("examples", "enum"):
        if keywords.get(key):
            return keywords[key][0]
    for key in ("oneOf", "anyOf", "allOf"):
        branch = schema.at(key, 0)
        if branch is not None:
            return minimal(branch, depth + 1)
    declared: str | list[str] = keywords.get("type", "object")
    return _of_type(declared if isinstance(declared, str) else declared[0], schema, depth)


def _of_type(name: str, schema: Node, depth: int) -> JSON:
    keywords: Object = schema.value
    if name == "object":
        properties = schema.get("properties")
        known = dict(properties.children()) if properties is not None else {}
        return {
            key: minimal(known[key], depth + 1) for key in keywords.get("required", known) if key in known
        }
    if name == "array":
        items = schema.get("items")
        return [minimal(items, depth + 1)] * keywords.get("minItems", 1) if items is not None else []
    if name in {"integer", "number"}:
        return keywords.get("minimum", keywords.get("exclusiveMinimum", 0) + 1)
    if name == "string":
        text = _BY_FORMAT.get(keywords.get("format", ""), "text")
        return text.ljust(keywords.get("minLength", 0), "x")[: keywords.get("maxLength")]
    return True if name == "boolean" else None
