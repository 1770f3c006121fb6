"""What tests do with slots."""

from __future__ import annotations

from igamingace.errors import AcquireTimeout

ACCOUNT = "0123456789abcdef" * 2


def have(budget, slots):
    return [budget.acquire(timeout=30) for _ in range(slots)]


def has_no_free_slot(budget):
    """None comes within the time in which free ones do, even on a busy machine."""
    try:
        budget.acquire(timeout=0.15).done()
    except AcquireTimeout:
        return True
    return False


def use_a_slot(budget):
    budget.acquire(timeout=30).done()
