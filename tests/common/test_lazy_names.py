"""Names that are imported when they are first used: what somebody does not use, is not loaded."""

from __future__ import annotations

import subprocess
import sys

import igamingace
import igamingace.callbacks
import pytest


@pytest.mark.parametrize(
    ("statement", "spared"),
    [
        ("import igamingace", ["asyncio", "msgspec", "pydantic"]),
        ("from igamingace.callbacks import sign, verify", ["asyncio", "pydantic"]),
        ("from igamingace.sandbox import create_app; create_app()", ["pydantic"]),
        ("from igamingace import Agent; Agent('0' * 32)", ["pydantic"]),
    ],
)
def test_what_is_not_used_is_not_loaded(statement, spared):
    program = f"import sys; {statement}; print([name for name in {spared!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("package", [igamingace, igamingace.callbacks])
def test_a_name_that_is_not_there_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        package.nothing  # noqa: B018 -- the access is what is tested
    assert set(package.__all__) <= set(dir(package))
