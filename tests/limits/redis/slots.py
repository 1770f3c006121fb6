"""What tests do with slots."""

from __future__ import annotations

import json

from igamingace.errors import AcquireTimeout

ACCOUNT = "0123456789abcdef" * 2


def have(budget, slots):
    return [budget.acquire(timeout=30) for _ in range(slots)]


def members_of(server, account=ACCOUNT):
    """What Redis knows of the processes that use an account: what each holds, and wants besides."""
    state = server.client.get(f"igamingace:{{{account}}}")
    members = json.loads(state)["members"] if state else {}
    return list(members.values()) if members else []


def has_no_free_slot(budget):
    """None comes within the time in which free ones do, even on a busy machine."""
    try:
        budget.acquire(timeout=0.15).done()
    except AcquireTimeout:
        return True
    return False


def use_a_slot(budget):
    budget.acquire(timeout=30).done()
