"""One limit shared by many hosts, on virtual time, and the table of it in the docs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from .simulation import LEASE, STORM, as_line, simulate, steady_seconds

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "budget.md"
NUMBERS = [1, 10, *(pytest.param(number, marks=pytest.mark.proof) for number in (100, 1000))]

row_of = cache(lambda hosts: simulate(hosts, steady_seconds(hosts)))


@pytest.mark.parametrize("hosts", NUMBERS)
def test_the_limit_is_kept_used_and_shared_fairly(hosts):
    row = row_of(hosts)

    assert row.peak == 50
    assert row.refused == 0
    assert row.utilisation > 0.98
    assert row.fairness > 0.98
    assert row.after_kill <= LEASE
    assert row.after_empty <= LEASE
    assert row.after_storm <= STORM
    if hosts <= 10:
        assert row.commands < 0.05


@pytest.mark.parametrize("hosts", NUMBERS)
def test_the_docs_have_this_row(hosts):
    assert as_line(row_of(hosts)) in PAGE.read_text(encoding="utf-8").splitlines()


def test_it_is_deterministic():
    assert simulate(3, seconds=1.0) == simulate(3, seconds=1.0)
