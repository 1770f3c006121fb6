"""`python -m lint` prints the contract's problems, with file and line; exit status 1 if there are any."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from codegen.bundle import BundleError, bundle

from . import SPEC
from .problems import located
from .rules import find_problems


def main() -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(prog="lint", description=__doc__)
    parser.add_argument("--spec", type=Path, default=SPEC, help="the folder of the contract's files")
    spec_dir: Path = parser.parse_args().spec.resolve()
    try:
        problems = find_problems(bundle(spec_dir), spec_dir)
    except BundleError as error:
        print(error, file=sys.stderr)
        return 1
    for line in located(problems, spec_dir):
        print(line, file=sys.stderr)
    if problems:
        print(
            f"The contract has {len(problems)} problems; CONTRIBUTING.md says what it needs.", file=sys.stderr
        )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
