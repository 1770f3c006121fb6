"""`python -m codegen generate` writes the bindings and the synchronous facades; `check` fails where they are stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import SPEC
from .bundle import BundleError
from .facades import facade_differences, generate_facades
from .generate import GenerateError, differences, generate

PACKAGE = SPEC.parent / "generated" / "igamingace_bindings"
OVERLAY = SPEC.parent / "overlay" / "igamingace"


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="codegen", description=__doc__)
    parser.add_argument("command", choices=["generate", "check"])
    parser.add_argument("--spec", type=Path, default=SPEC, help="the folder of the contract's files")
    parser.add_argument(
        "--package", type=Path, default=PACKAGE, help="the folder of the generated import package"
    )
    parser.add_argument(
        "--overlay", type=Path, default=OVERLAY, help="the folder of the import package that has the facades"
    )
    arguments = parser.parse_args()
    try:
        if arguments.command == "generate":
            generate(arguments.spec, arguments.package)
            generate_facades(arguments.overlay)
            return 0
        stale = differences(arguments.spec, arguments.package)
        stale_facades = facade_differences(arguments.overlay)
    except (BundleError, GenerateError) as error:
        print(error, file=sys.stderr)
        return 1
    if stale:
        print(
            "The generated bindings are not what the contract generates:", *stale, sep="\n  ", file=sys.stderr
        )
    if stale_facades:
        print(
            f"The facades in {arguments.overlay} are not what their sources generate:",
            *stale_facades,
            sep="\n  ",
            file=sys.stderr,
        )
    if stale or stale_facades:
        print(
            "Run `nox -s generate` and commit the result; never edit generated files by hand.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
