"""An OpenAPI document whose references are followed when they are met."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

Object: TypeAlias = "dict[str, Any]"
"""A JSON object."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Document:
    """An OpenAPI document."""

    def __init__(self, content: Object) -> None:
        self.content = content

    def resolve(self, node: Any) -> Any:
        """Return what `node` refers to, or itself; what stands beside a reference is laid over it."""
        while isinstance(node, dict) and isinstance(cast("Object", node).get("$ref"), str):
            reference = cast("Object", node)
            target: Any = self.content
            for part in reference["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            beside = {key: value for key, value in reference.items() if key != "$ref"}
            node = {**target, **beside} if beside else target
        return node

    def operations(self, section: str) -> Iterator[tuple[str, str, Object]]:
        """Walk `paths` or `webhooks`: path or name, method, operation with its path's parameters."""
        for path, item in self.content.get(section, {}).items():
            resolved: Object = self.resolve(item)
            shared = resolved.get("parameters", [])
            for method in METHODS:
                if method in resolved:
                    operation: Object = resolved[method]
                    yield (
                        path,
                        method,
                        {**operation, "parameters": [*shared, *operation.get("parameters", [])]},
                    )

    def parameters(self, operation: Object) -> dict[str, Object]:
        """Return an operation's parameters by place and name, such as `query limit`."""
        resolved: list[Object] = [self.resolve(parameter) for parameter in operation["parameters"]]
        return {f"{parameter['in']} {_name(parameter)}": parameter for parameter in resolved}


def _name(parameter: Object) -> str:
    name: str = parameter["name"]
    return name.lower() if parameter["in"] == "header" else name


def text(value: Any) -> str:
    """Return a value as short JSON, for messages and comparison."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
