"""After 1018: one drain for all processes together."""

from __future__ import annotations

import threading

from .slots import ACCOUNT, has_no_free_slot, have, members_of, use_a_slot


def test_a_refusal_in_one_process_stops_all_until_all_is_drained(make, until):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    (refused, fine), (elsewhere, other) = have(one, 2), have(two, 2)

    refused.refused()
    until(lambda: two.stats().drains == 1)
    other.done()

    assert has_no_free_slot(one)
    assert has_no_free_slot(two)
    fine.done()
    assert has_no_free_slot(one)
    elsewhere.done()
    use_a_slot(one)
    use_a_slot(two)
    assert one.stats().working_limit == 3
    until(lambda: two.stats().working_limit == 3)


def test_good_answers_raise_the_limit_again_for_all(make, until):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    first, *others = have(one, 4)
    first.refused()
    for permit in others:
        permit.done()

    use_a_slot(two)

    until(lambda: two.stats().working_limit == 4)
    use_a_slot(two)
    use_a_slot(one)
    until(lambda: one.stats().working_limit == 4)


def test_the_refused_request_goes_first(make, server, until):
    one, two = make(limit=1).budget(ACCOUNT), make(limit=1).budget(ACCOUNT)
    (held,) = have(one, 1)
    order = []

    def call(budget, name, *, again):
        permit = budget.acquire(timeout=30, retry=again)
        order.append(name)
        permit.done()

    waiting = threading.Thread(target=call, args=(two, "waiting"), kwargs={"again": False})
    waiting.start()
    until(lambda: any(member["wanted"] for member in members_of(server)))
    again = threading.Thread(target=call, args=(one, "refused"), kwargs={"again": True})
    again.start()
    until(lambda: one.stats().waiting == 1)
    held.refused()
    waiting.join()
    again.join()

    assert order == ["refused", "waiting"]


def test_a_process_that_was_at_rest_when_a_drain_ended_is_not_held_up_by_it(make, until):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    (refused,), held = have(one, 1), have(two, 2)

    refused.refused()
    until(lambda: two.stats().drains == 1)
    for permit in held:
        permit.done()
    use_a_slot(two)

    use_a_slot(one)
    assert one.stats().working_limit == 2


def test_a_call_that_comes_to_a_process_at_rest_waits_for_the_drain_and_changes_nothing_in_it(make, until):
    one, two = make().budget(ACCOUNT), make().budget(ACCOUNT)
    (refused, fine), (elsewhere,) = have(one, 2), have(two, 1)

    refused.refused()
    until(lambda: two.stats().drains == 1)
    fine.done()
    assert has_no_free_slot(one)
    waiting = threading.Thread(target=use_a_slot, args=(one,))
    waiting.start()
    until(lambda: one.stats().waiting == 1)
    assert two.stats().in_flight == 1
    elsewhere.done()
    waiting.join()

    assert one.stats().working_limit == 2
