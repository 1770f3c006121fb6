"""What all tests need: Ctrl-C that works, also in the background, and an id for each test."""

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

# A shell lets what it starts in the background ignore Ctrl-C, and so would we and all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before pytest looks at `-m`
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make each soak test a proof too, so that none is an ordinary one; refuse two tests of one id.

    pytest-xdist would run one of those two and say nothing of the other.
    """
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker("proof")
        if not item.nodeid.endswith(item.name):
            # schemathesis names its tests by operation, which pytest since 9.2 leaves out of their ids.
            item._id = item.parent.id.child(item.name)
    ids = Counter(item.nodeid for item in items)
    twice = [name for name, count in ids.items() if count > 1]
    if twice:
        raise pytest.UsageError(f"tests of one id: {', '.join(twice)}")


@pytest.fixture(scope="session")
def nox_sessions() -> dict[str, list[str]]:
    """The names of the sessions that noxfile.py defines, `all` and those of a plain `nox`: `default`."""
    code = "import json, nox, noxfile; from nox import registry; "
    code += "print(json.dumps({'all': list(registry.get()), 'default': nox.options.sessions}))"
    root = Path(__file__).parents[1]
    asked = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    names: dict[str, list[str]] = json.loads(asked.stdout)
    return names
