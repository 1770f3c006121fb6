"""Names of a package that are imported when they are first used (PEP 562)."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from igamingace._common.extras import install_hint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["lazy_names"]


def lazy_names(
    package: str, modules: Mapping[str, str], *, extra: str | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return the functions `__getattr__` and `__dir__` of a package.

    Args:
        package: the package's `__name__`.
        modules: the names, and the module that each is imported from.
        extra: the extra that these modules need. An ImportError says so where it is not installed.
    """
    namespace = vars(sys.modules[package])

    def find(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            module = import_module(modules[name])
        except ModuleNotFoundError as error:
            if extra is None:
                raise
            raise ImportError(f"{name} needs {error.name}: {install_hint(extra)}") from error
        value: object = getattr(module, name)
        namespace[name] = value
        return value

    return find, lambda: sorted({*namespace, *modules})
