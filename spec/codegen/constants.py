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
            name: operation
            for name, item in contract.get("webhooks", {}).items()
            for operation in item.values()
            if isinstance(operation, dict) and "x-callback" in operation
        },
    )


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
