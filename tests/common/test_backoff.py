"""Pauses between attempts."""

from __future__ import annotations

import pytest
from igamingace._common.backoff import backoff


@pytest.mark.parametrize(("failures", "longest"), [(1, 0.25), (2, 0.5), (5, 4.0), (6, 5.0), (100_000, 5.0)])
def test_a_pause_doubles_up_to_its_bound_and_is_between_half_and_all_of_it(failures, longest):
    pauses = {backoff(0.25, 5.0, failures) for _ in range(50)}

    assert len(pauses) > 1
    assert all(longest / 2 <= pause <= longest for pause in pauses)


def test_without_a_first_pause_there_is_none():
    assert backoff(0, 5.0, 3) == 0
