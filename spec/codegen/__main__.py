"""`python -m codegen generate` writes the bindings; `python -m codegen check` fails where they are stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import SPEC
from .bundle import BundleError
from .generate import GenerateError, differences, generate

PACKAGE = SPEC.parent / "generated" / "igamingace_bindings"


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="codegen", description=__doc__)
    parser.add_argument("command", choices=["generate", "check"])
    parser.add_argument("--spec", type=Path, default=SPEC, help="the folder of the contract's files")
    parser.add_argument(
        "--package", type=Path, default=PACKAGE, help="the folder of the generated import package"
    )
    arguments = parser.parse_args()
    try:
        if arguments.command == "generate":
            generate(arguments.spec, arguments.package)
            return 0
        stale = differences(arguments.spec, arguments.package)
    except (BundleError, GenerateError) as error:
        print(error, file=sys.stderr)
        return 1
    if stale:
        print(
            "The generated bindings are not what the contract generates:", *stale, sep="\n  ", file=sys.stderr
        )
        print("Run `nox -s generate` and commit the result; never edit generated/ by hand.", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
