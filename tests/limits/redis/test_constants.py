"""The script follows the same rules of back-pressure as a process that is alone."""

from __future__ import annotations

import re
from importlib.resources import files

from igamingace.limits import _backpressure as rules
from igamingace.limits.redis._script import lease_script


def test_each_constant_of_the_script_is_defined_once():
    used = set(re.findall(r"\b[A-Z]{2,}_[A-Z_]+\b", re.sub(r"--.*", "", lease_script())))
    defined = re.findall(r"^local ([A-Z_, ]+?) = ", lease_script(), re.MULTILINE)
    names = [name for each in defined for name in each.split(", ")]

    assert used <= set(names)
    assert len(names) == len(set(names))


def test_the_rules_of_back_pressure_stand_in_the_first_line_in_milliseconds():
    first, *rest = lease_script().splitlines()

    assert first.startswith(
        f"local STORM_GAP, MAX_DRAIN, FIRST_PAUSE, MAX_PAUSE, MAX_DOUBLINGS, MAX_STEP = "
        f"{rules.STORM_GAP * 1000:.0f}, {rules.MAX_DRAIN * 1000:.0f}, {rules.FIRST_PAUSE * 1000:.0f}, "
        f"{rules.MAX_PAUSE * 1000:.0f}, {rules.MAX_DOUBLINGS}, {rules.MAX_STEP} -- "
    )
    assert rest == files("igamingace.limits.redis").joinpath("lease.lua").read_text().splitlines()[1:]
