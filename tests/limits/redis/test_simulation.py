"""One limit shared by many hosts, on virtual time; the table in the docs is `simulation.table`."""

from __future__ import annotations

import pytest

from .simulation import LEASE, STORM, simulate


@pytest.mark.parametrize("hosts", [1, 10, pytest.param(100, marks=pytest.mark.proof)])
def test_the_limit_is_kept_used_and_shared_fairly(hosts):
    row = simulate(hosts, seconds=5.0)

    assert row.peak == 50
    assert row.refused == 0
    assert row.utilisation > 0.98
    assert row.fairness > 0.98
    assert row.after_kill <= LEASE
    assert row.after_empty <= LEASE
    assert row.after_storm <= STORM
    if hosts <= 10:
        assert row.commands < 0.05


def test_it_is_deterministic():
    assert simulate(3, seconds=1.0) == simulate(3, seconds=1.0)
