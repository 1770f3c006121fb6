"""`python -m vectors generate` writes the conformance vectors; `check` fails where they are stale."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from codegen.bundle import BundleError, bundle

from . import OUTPUT, SPEC
from .files import differences, generate


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="vectors", description=__doc__)
    parser.add_argument("command", choices=["generate", "check"])
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the folder of the vectors")
    arguments = parser.parse_args()
    try:
        version: str = bundle(SPEC)["info"]["version"]
    except BundleError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.command == "generate":
        generate(arguments.output, version)
        return 0
    stale = differences(arguments.output, version)
    if stale:
        print("The conformance vectors are not what spec/vectors makes:", *stale, sep="\n  ", file=sys.stderr)
        print("Run `nox -s generate` and commit the result.", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
