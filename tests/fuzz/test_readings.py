"""The same fuzzing, shorter, with the other reading of errors, and with faults in between."""

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
READINGS = {
    "envelopes": {"FUZZ_STYLE": "envelope"},
    "faults": {"FUZZ_FAULTS": FAULTS},
    "faults in envelopes": {"FUZZ_STYLE": "envelope", "FUZZ_FAULTS": FAULTS},
}


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("reading", READINGS)
def test_every_reading_keeps_the_contract(reading):
    environment = {**os.environ, **READINGS[reading], "FUZZ_EXAMPLES": "3"}
    command = [sys.executable, "-m", "pytest", "-q", str(Path(__file__).with_name("test_fuzz.py"))]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
