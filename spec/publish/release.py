"""`python -m publish.release TAG`: says whether the tree is ready to be released under that tag."""

from __future__ import annotations

import re
import sys
import tomllib
from typing import TYPE_CHECKING

from codegen.bundle import BundleError, bundle

from . import SPEC
from .changelog import entries
from .published import load, versions
from .versions import PublishError, Version, package_version

if TYPE_CHECKING:
    from pathlib import Path

URLS = ("Source", "Documentation", "Changelog")
"""What the package index shows links to."""
_CONTRACT = re.compile(r"^Contract (\d+\.\d+\.\d+)\.$", re.MULTILINE)


def complaints(root: Path, tag: str) -> list[str]:
    """Return what is to be done under `root`, the project's folder, before `tag` may be released.

    Raises:
        BundleError: the contract's files do not fit together.
        PublishError: the contract's version is no version.
    """
    version = package_version(root)
    document = bundle(root / "spec")
    contract = Version.parse(document["info"]["version"])
    found: list[str] = []
    if tag != f"v{version}":
        found.append(f"the tag is {tag}, _version.py says {version}: change one of them")
    body = entries(root / "CHANGELOG.md").get(version)
    if body is None:
        found.append(f"CHANGELOG.md has no entry for {version}: rename [Unreleased], with the date")
    elif _CONTRACT.findall(body) != [str(contract)]:
        found.append(f"CHANGELOG.md: the entry for {version} must say `Contract {contract}.`")
    urls = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"].get("urls", {})
    if missing := [name for name in URLS if name not in urls]:
        found.append(f"pyproject.toml: [project.urls] lacks {', '.join(missing)}: name the addresses")
    if contract not in versions(root / "spec"):
        found.append(f"contract {contract} is not kept as published: run `nox -s publish-spec -- --record`")
    elif load(root / "spec", contract) != document:
        found.append(f"contract {contract} changed since it was published: run `nox -s spec-diff`")
    return found


def main() -> int:
    """Run the command line; return the exit code."""
    if len(sys.argv) != 2:  # noqa: PLR2004 -- the module, and the tag
        print("name the tag of the release: nox -s release-check -- v0.1.0")
        return 2
    tag = sys.argv[1]
    try:
        found = complaints(SPEC.parent, tag)
    except (BundleError, PublishError) as error:
        found = [str(error)]
    print("\n".join(found or [f"ready to be released as {tag}"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
