"""Writes `contract.py`, what the contract states beside its operations, and the other modules of the package."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from . import TEMPLATES


def contract_module(contract: dict[str, Any]) -> str:
    """Return the source of `contract.py` for the bundled `contract`."""
    return module(
        "contract.py.jinja",
        contract=contract,
        operations=[
            {**operation, "method": method.upper(), "path": path}
            for path, item in contract["paths"].items()
            for method, operation in item.items()
            if isinstance(operation, dict) and "operationId" in operation
        ],
        callbacks={
            name: {**operation, "fields": _fields(operation, contract)}
            for name, item in contract.get("webhooks", {}).items()
            for operation in item.values()
            if isinstance(operation, dict) and "x-callback" in operation
        },
    )


def _fields(operation: dict[str, Any], contract: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the contract states about each field of a callback's body."""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    required = schema["required"]
    optional = schema.get("x-may-be-missing", [])
    return [
        {
            "name": name,
            "type": "id" if "x-opaque-id" in field else field["type"],
            "required": name in required,
            "needed": name in required and name not in optional,
            "standing": field.get("x-standing", operation["x-standing"]),
            **{key: field.get(key) for key in ("minimum", "maximum", "pattern")},
        }
        for name, field in schema["properties"].items()
    ]


def module(template: str, **names: Any) -> str:
    """Return the source of a module that a template makes of these names."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python is written, not HTML; every value passes through repr()
    )
    environment.filters["python"] = repr
    return environment.get_template(template).render(**names)
