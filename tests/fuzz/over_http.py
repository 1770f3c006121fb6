"""`nox -s fuzz`: the fuzzer against a started sandbox over real HTTP, longer than in the tests.

The seed is random and printed; `--seed N` repeats a run. Further arguments go to pytest.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from pathlib import Path

from igamingace.sandbox import Sandbox

TESTS = Path(__file__).with_name("test_fuzz.py")


def main() -> int:
    """Fuzz, and return the exit code of pytest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=random.randrange(2**32), help="repeats the run of that seed"
    )
    parser.add_argument("--examples", type=int, default=300, help="cases generated for each operation")
    options, further = parser.parse_known_args()
    again = f"nox -s fuzz -- --seed {options.seed} --examples {options.examples}"
    with Sandbox() as sandbox:  # strict: raises at the end when an answer broke the contract
        environment = {
            "FUZZ_URL": sandbox.url,
            "FUZZ_TOKEN": sandbox.token,
            "FUZZ_OPERATOR_TOKEN": sandbox.operator_token,
            "FUZZ_SEED": str(options.seed),
            "FUZZ_EXAMPLES": str(options.examples),
        }
        print(f"seed {options.seed}; to repeat: {again}", flush=True)  # noqa: T201 - a script
        command = [sys.executable, "-m", "pytest", str(TESTS), "--timeout=0", *further]
        code = subprocess.run(command, env={**os.environ, **environment}, check=False).returncode
    print(f"seed {options.seed}: {'no failure' if code == 0 else f'FAILED; to repeat: {again}'}")  # noqa: T201 - the same
    return code


if __name__ == "__main__":
    sys.exit(main())
