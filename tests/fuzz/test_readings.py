"""The same fuzzing with the other reading of errors and faults in between; and both readings for longer."""

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


def fuzz(examples, **reading):
    environment = {**os.environ, **reading, "FUZZ_EXAMPLES": str(examples)}
    command = [sys.executable, "-m", "pytest", "-q", "--timeout=0"]
    command.append(str(Path(__file__).with_name("test_fuzz.py")))

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("examples", [3, pytest.param(30, marks=pytest.mark.soak)])
def test_the_other_reading_keeps_the_contract_under_faults(examples):
    fuzz(examples, FUZZ_STYLE="envelope", FUZZ_FAULTS=FAULTS)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("examples", [3, pytest.param(30, marks=pytest.mark.soak)])
def test_the_sisters_dialect_keeps_the_contract(examples):
    fuzz(examples, FUZZ_DIALECT="sister")


@pytest.mark.proof
@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_the_default_reading_keeps_the_contract_for_longer():
    fuzz(100)
