"""The demo: what it shows is what the server counted, and a limit kept is its success."""

import json
import os
import shlex
import subprocess
import sys

from igamingace.sandbox import Sandbox

RUN = [sys.executable, "-W", "error", "-m", "igamingace", "demo", "--calls", "150", "--latency", "20"]


def test_within_the_limit_all_is_answered_and_nothing_refused_and_without_it_much_is():
    done = subprocess.run([*RUN, "--json"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    limited, hasty = json.loads(done.stdout)
    assert (limited["done"], limited["requests"], limited["peak"], limited["busy"]) == (150, 150, 50, 0)
    assert hasty["busy"] > 0
    assert hasty["requests"] == hasty["done"] + hasty["busy"]
    assert hasty["peak"] <= 50


def test_people_see_a_table():
    done = subprocess.run(RUN, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "Northern Reels" in done.stdout
    assert "150 of 150" in done.stdout
    assert "peak in flight" in done.stdout


def test_it_ends_with_what_to_do_next_and_shows_no_address_that_is_gone():
    done = subprocess.run(RUN, capture_output=True, text=True, check=False)

    (last_command,) = [line for line in done.stdout.splitlines() if line.startswith("  python -c ")]
    assert "  igamingace sandbox\n" in done.stdout
    assert "_sandbox/launch?token" not in done.stdout
    with Sandbox() as sandbox:
        environment = {
            **os.environ,
            "IGAMINGACE_BASE_URL": sandbox.url,
            "IGAMINGACE_API_TOKEN": sandbox.token,
        }
        (program,) = shlex.split(last_command)[2:]
        called = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
    assert called.stdout.count("Provider(") == 4
