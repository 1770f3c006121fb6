"""The classifier says "OS Independent": nothing is needed that Windows lacks."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "without_posix.py"


@pytest.mark.proof
def test_the_package_works_without_what_only_posix_has(tmp_path: Path):
    ended = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT, tmp_path],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert int(ended.stdout.split()[-2]) > 300
