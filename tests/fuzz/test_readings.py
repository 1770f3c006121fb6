"""The same fuzzing, shorter, with the other reading of errors and faults in between."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = (
    "error:share=0.1 busy:share=0.1 maintenance:share=0.05 html:share=0.1 empty:share=0.1 "
    "unknown-field:share=0.2 unknown-code:share=0.1:after latency:seconds=0:share=0.1"
)


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_the_other_reading_keeps_the_contract_under_faults():
    reading = {"FUZZ_STYLE": "envelope", "FUZZ_FAULTS": FAULTS, "FUZZ_EXAMPLES": "3"}
    environment = {**os.environ, **reading}
    command = [sys.executable, "-m", "pytest", "-q", str(Path(__file__).with_name("test_fuzz.py"))]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
