"""`python -m publish`: make what partners get, judge what changed, show what regeneration would change."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from codegen.__main__ import PACKAGE
from codegen.bundle import BundleError, bundle
from codegen.generate import GenerateError

from . import SPEC
from .artefacts import publish
from .bindings import bindings_diff
from .published import record
from .version_bump import check_version_bump
from .versions import PublishError

if TYPE_CHECKING:
    from .document import Object

ROOT = SPEC.parent


def main() -> int:
    """Run the command line; return the exit code."""
    arguments = _arguments()
    try:
        match arguments.command:
            case "build":
                return _build(arguments.spec, arguments.output, arguments.tools, record_it=arguments.record)
            case "diff":
                return _diff(arguments.spec, arguments.summary)
            case _:
                return _bindings(arguments.spec, arguments.package, arguments.summary)
    except (BundleError, GenerateError, PublishError) as error:
        print(error, file=sys.stderr)
        return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="publish", description=__doc__)
    parser.add_argument("command", choices=["build", "diff", "bindings"])
    parser.add_argument("--spec", type=Path, default=SPEC, help="the folder of the contract's files")
    parser.add_argument("--package", type=Path, default=PACKAGE, help="the generated import package")
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "spec", help="where `build` writes")
    parser.add_argument(
        "--tools", type=Path, default=ROOT / ".nox" / "npm-publish", help="where npm packages are kept"
    )
    parser.add_argument("--record", action="store_true", help="keep what `build` made as published")
    parser.add_argument("--summary", type=Path, help="a file to add the report to, such as CI's summary")
    return parser.parse_args()


def _build(spec_dir: Path, output: Path, tools: Path, *, record_it: bool) -> int:
    document = bundle(spec_dir)
    if complaints := check_version_bump(spec_dir, document).complaints:
        raise PublishError("\n".join(["The contract cannot be published yet:", *complaints]))
    folder = publish(spec_dir, document, output, tools)
    for path in sorted(folder.iterdir()):
        size = path.stat().st_size if path.is_file() else sum(each.stat().st_size for each in path.iterdir())
        print(f"{size:>9}  {path}")
    if record_it:
        print(f"kept as published, commit it: {record(spec_dir, document)}")
    return 0


def _diff(spec_dir: Path, summary: Path | None) -> int:
    document: Object = bundle(spec_dir)
    bump = check_version_bump(spec_dir, document)
    _report(bump.markdown(), summary)
    return 1 if bump.complaints else 0


def _bindings(spec_dir: Path, package_dir: Path, summary: Path | None) -> int:
    report = bindings_diff(spec_dir, package_dir)
    _report(report or "generated/ is what the contract generates.\n", summary)
    if report:
        print("Run `nox -s generate` and commit the result; never edit generated/ by hand.", file=sys.stderr)
    return 1 if report else 0


def _report(text: str, summary: Path | None) -> None:
    print(text)
    if summary is not None:
        with summary.open("a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main())
