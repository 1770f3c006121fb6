"""`nox -s fuzz`: the fuzzer against a started sandbox over real HTTP, longer than in the tests.

In both readings of errors and in both dialects, with faults and without. The seed is random and printed;
`--seed N` repeats a run. Further arguments go to pytest.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from igamingace.sandbox import Sandbox
from igamingace.sandbox.faults import parse_fault

TESTS = Path(__file__).with_name("test_fuzz.py")
FAULTS = (
    "error:share=0.05",
    "busy:share=0.05",
    "maintenance:share=0.05",
    "html:share=0.05",
    "empty:share=0.05",
    "unknown-field:share=0.2",
    "unknown-code:share=0.05:after",
    "latency:seconds=0.001:spread=0.002:share=0.1",
)
RUNS = [
    (style, dialect, faults)
    for style, dialect in (("status", "igamingace"), ("envelope", "igamingace"), ("status", "sister"))
    for faults in ((), FAULTS)
]


def main() -> int:
    """Fuzz, and return the first exit code of pytest that is not 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=random.randrange(2**32), help="repeats the run of that seed"
    )
    parser.add_argument("--examples", type=int, default=300, help="cases generated for each operation")
    options, further = parser.parse_known_args()
    again = f"nox -s fuzz -- --seed {options.seed} --examples {options.examples}"
    print(f"seed {options.seed}; to repeat: {again}", flush=True)  # noqa: T201 - a script
    code = 0
    for style, dialect, faults in RUNS:
        print(f"errors: {style}; dialect: {dialect}; faults: {len(faults)}", flush=True)  # noqa: T201 - the same
        code = code or fuzz(options, (style, dialect), faults, further)
    print(f"seed {options.seed}: {'no failure' if code == 0 else f'FAILED; to repeat: {again}'}")  # noqa: T201 - the same
    return code


def fuzz(
    options: argparse.Namespace, reading: tuple[Any, Any], faults: tuple[str, ...], further: list[str]
) -> int:
    """Run the tests against one sandbox, and return the exit code of pytest."""
    style, dialect = reading
    met = [parse_fault(text) for text in faults]
    with Sandbox(error_style=style, dialect=dialect, faults=met, seed=options.seed) as sandbox:  # strict
        environment = {
            "FUZZ_URL": sandbox.url,
            "FUZZ_TOKEN": sandbox.token,
            "FUZZ_OPERATOR_TOKEN": sandbox.operator_token,
            "FUZZ_SEED": str(options.seed),
            "FUZZ_EXAMPLES": str(options.examples),
            "FUZZ_STYLE": style,
            "FUZZ_DIALECT": dialect,
            "FUZZ_FAULTS": " ".join(faults),
        }
        command = [sys.executable, "-m", "pytest", str(TESTS), "--timeout=0", *further]
        return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
