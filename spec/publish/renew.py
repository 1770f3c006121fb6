"""Pins the generators to the versions that are installed, and shows what they change in the bindings.

`nox -s renew` installs the newest ones and runs this.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from codegen.__main__ import PACKAGE

from . import SPEC
from .bindings import bindings_diff

if TYPE_CHECKING:
    from collections.abc import Mapping

GENERATORS = ("datamodel-code-generator", "openapi-python-client", "ruff")


def pinned(pyproject: str, versions: Mapping[str, str]) -> str:
    """Return the text of pyproject.toml with each `name==…` pinned to its version in `versions`."""
    for name, newest in versions.items():
        pyproject = re.sub(rf'("{re.escape(name)}(?:\[[\w,-]+\])?==)[^"]+"', rf'\g<1>{newest}"', pyproject)
    return pyproject


def main() -> int:
    """Write the pins and print the report."""
    path = SPEC.parent / "pyproject.toml"
    before = path.read_text(encoding="utf-8")
    after = pinned(before, {name: version(name) for name in GENERATORS})
    path.write_text(after, encoding="utf-8")
    print("New pins in pyproject.toml." if after != before else "The generators are the newest already.")
    print(bindings_diff(SPEC, PACKAGE) or "They generate the same bindings.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
