"""What the script takes over from Python."""

from __future__ import annotations

import re
from importlib.resources import files

from igamingace.limits._backpressure import RULES
from igamingace.limits.redis._script import lease_script


def test_each_constant_of_the_script_is_defined_once():
    used = set(re.findall(r"\b[A-Z]{2,}_[A-Z_]+\b", re.sub(r"--.*", "", lease_script())))
    defined = re.findall(r"^local ([A-Z_, ]+?) = ", lease_script(), re.MULTILINE)
    names = [name for each in defined for name in each.split(", ")]

    assert used <= set(names)
    assert len(names) == len(set(names))


def test_the_constants_stand_in_the_first_line_in_milliseconds():
    first, *rest = lease_script().splitlines()

    names, values = first.removeprefix("local ").split(" -- ")[0].split(" = ")
    constants = dict(zip(names.split(", "), values.split(", "), strict=True))
    assert constants["MAX_DRAIN"] == f"{RULES.max_drain * 1000:.0f}"
    assert constants["RECOVERY_STEPS"] == str(RULES.recovery_steps)
    assert rest == files("igamingace.limits.redis").joinpath("lease.lua").read_text().splitlines()[1:]
