"""msgspec prepares a type at its first use, and ends the process where two threads do so at once."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("first_use.py")


@pytest.mark.parametrize(("what", "rounds"), [("snapshot", "30"), ("casino", "3")])
def test_threads_may_use_a_type_for_the_first_time_at_once(what, rounds):
    arguments = [sys.executable, "-X", "faulthandler", str(PROGRAM), what, rounds]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
