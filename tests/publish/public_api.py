"""Writes down what other people's programs can call.

`python tests/publish/public_api.py` renews public_api.txt.
"""

import importlib
import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

KEPT = Path(__file__).with_suffix(".txt")
MODULES = (
    "igamingace",
    "igamingace.callbacks",
    "igamingace.errors",
    "igamingace.ledger",
    "igamingace.limits",
    "igamingace.lobby",
    "igamingace.operators",
    "igamingace.probe",
    "igamingace.reconcile",
    "igamingace.reports",
    "igamingace.sandbox",
    "igamingace.walletcheck",
)


def lines() -> Iterator[str]:
    """Yield a line for each public name, and one for each public method of a class."""
    for module in MODULES:
        imported = importlib.import_module(module)
        yield f"# {module}"
        for name in sorted(imported.__all__):
            yield from described(name, getattr(imported, name))
        yield ""


def described(name: str, thing: object) -> Iterator[str]:
    """Yield what is known of a public name."""
    if inspect.ismodule(thing):
        yield f"module {name}"
    elif inspect.isclass(thing):
        yield f"class {name}({', '.join(bases(thing))}){made(thing)}"
        for member, value in sorted(members(thing).items()):
            yield f"    {attribute(member, value)}"
    elif inspect.isroutine(thing):
        yield f"def {name}{signature(thing)}"
    else:
        yield f"{name}: {type(thing).__name__}"


def bases(kind: type) -> list[str]:
    """Return the names of a class's bases; in place of one of ours that is not public stand its own bases."""
    shown: list[str] = []
    for base in kind.__bases__:
        private = base.__module__.startswith("igamingace") and not is_public(base)
        # A private base's type parameters have been given: the class itself is not generic.
        shown += [name for name in bases(base) if name != "Generic"] if private else [base.__name__]
    return [name for name in dict.fromkeys(shown) if name != "object"] or ["object"]


def is_public(kind: type) -> bool:
    """Tell whether a public module exports it."""
    modules = map(importlib.import_module, MODULES)
    return any(getattr(module, kind.__name__, None) is kind for module in modules)


def members(kind: type) -> dict[str, object]:
    """Return a class's public members, those that it has from classes of ours included."""
    ours = [base for base in reversed(kind.__mro__) if base.__module__.startswith("igamingace.")]
    return {
        name: value
        for base in ours
        for name, value in vars(base).items()
        if not name.startswith(("_", "model_"))  # pydantic's own begin with model_
    }


def made(kind: type) -> str:
    """Return how a class is called.

    What makes an enumeration's or a protocol's is Python's business; what only the package makes is its own.
    """
    if issubclass(kind, (BaseException, Enum)) or getattr(kind, "_is_protocol", False):
        return ""
    if (inspect.getdoc(kind.__init__) or "").startswith("Internal:"):
        return ""
    return f": {signature(kind)}"


def attribute(name: str, value: object) -> str:
    """Return a line for a class's member."""
    if isinstance(value, property):
        return f"{name}: property"
    if isinstance(value, (staticmethod, classmethod)):
        return f"{type(value).__name__} {name}{signature(value.__func__)}"
    if inspect.isroutine(value):
        prefix = "async def" if inspect.iscoroutinefunction(value) else "def"
        return f"{prefix} {name}{signature(value)}"
    return name


def signature(thing: object) -> str:
    """Return names, kinds and whether there are defaults; types are what the type checkers pin.

    A parameter whose name begins with an underscore is for the package alone.
    """
    try:
        parameters = inspect.signature(thing).parameters.values()  # type: ignore[arg-type] # callables only
    except (TypeError, ValueError):
        return "(…)"
    shown = [
        parameter.replace(
            annotation=inspect.Parameter.empty,
            default=inspect.Parameter.empty if parameter.default is inspect.Parameter.empty else ...,
        )
        for parameter in parameters
        if not parameter.name.startswith("_")
    ]
    return str(inspect.Signature(shown)).replace("Ellipsis", "…")


if __name__ == "__main__":
    KEPT.write_text("\n".join(lines()), encoding="utf-8")
