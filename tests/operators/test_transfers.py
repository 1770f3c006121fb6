"""Points move once or not at all, and who asked is told which of the two, or that nobody knows."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from decimal import Decimal, localcontext

import httpx2
import igamingace
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from igamingace.errors import AuthenticationError, InsufficientFunds, Timeout, TransportError
from igamingace.operators import (
    Account,
    TransferDone,
    TransferNotDone,
    TransferRefused,
    TransferUnknown,
    UnknownAccount,
    Wallets,
)
from igamingace.operators._errors import may_have_been_applied
from igamingace.operators._execution.flow import Sleep
from igamingace.operators._transfers.transfer import SETTLE, TransferOrder, compare
from igamingace.operators._transfers.transfer import transfer as make_transfer
from igamingace.operators._transfers.wallet_locks import _queue, exclusive
from igamingace_bindings.rest.models.money import Money
from igamingace_bindings.rest.models.operator import Operator

from .bank import top_up

D = Decimal


def transfer(world, bank, *arguments, **options):
    return world.use(
        lambda operator: operator.transfer(*arguments, settle=0, **options),
        bank.accounts,
        transport=bank.transport,
    )


def test_points_move_from_an_operator_to_its_child(world, sandbox, tree):
    moved = world.use(
        lambda operator: operator.transfer("lotus", D("10.50"), "USD", remark="for April"),
        tree,
        base_url=sandbox.url,
    )

    accounts = sandbox.app.runtime.state.accounts
    assert (moved.my_pre_balance, moved.my_after_balance) == (D(1000), D("989.50"))
    assert (accounts["id-asia"].points["USD"], accounts["id-lotus"].points["USD"]) == (D("989.5"), D("50.5"))


@pytest.mark.parametrize("parent", ["", 1.5, [], None])
def test_a_parent_that_cannot_be_read_stops_no_transfer(world, bank, parent):
    bank.fields = {"lotus": {"parentId": parent}}

    transfer(world, bank, "lotus", D(10), "USD")

    assert bank.sent["asia", "lotus"] == 1


def test_ids_that_come_as_numbers_are_the_same_accounts(world, bank):
    bank.fields = {"asia": {"id": 7}, "lotus": {"id": 8, "parentId": "7"}}

    transfer(world, bank, "lotus", D(10), "USD")

    assert list(bank.sent) == [("asia", "8")]


@pytest.mark.parametrize("fate", ["lost", "lost done"])
def test_wallets_that_an_answer_lacks_prove_nothing_of_a_lost_transfer(world, bank, fate):
    bank.fates = [fate]
    bank.wallets, bank.wallets_after = {"lotus": [{"currency": "USD"}]}, True

    with pytest.raises(TransferUnknown) as told:
        transfer(world, bank, "lotus", D(10), "USD")

    assert told.value.after is None
    assert sum(bank.sent.values()) == 1


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (("lotus", D("1.001"), "USD"), {}, "more decimals than USD, which has 2"),
        (("lotus", D("1E-9999999999"), "USD"), {}, "more than 4300 digits"),
        (("lotus", D("1E+9999999999"), "USD"), {}, "more than 4300 digits"),
        (("lotus", 1.5, "USD"), {}, "give a Decimal"),
        (("lotus", D(0), "USD"), {}, "must be more than 0"),
        (("lotus", D("-1"), "USD"), {}, "must be more than 0"),
        (("lotus", D("NaN"), "USD"), {}, "must be more than 0"),
        (("lotus", D(1), "EUR"), {}, "not EUR"),
        (("lotus", D(1), "USD"), {"source": "world"}, "is not a child of 'world', but of 'asia'"),
        (("asia", D(1), "USD"), {"source": "lotus"}, "is not a child of 'lotus'"),
        (("world", D(1), "USD"), {}, "has no account above it"),
        (("lotus", D("1000.01"), "USD"), {}, "has only 1000"),
    ],
)
def test_what_makes_no_sense_is_refused_before_it_is_sent(world, bank, arguments, options, reason):
    with pytest.raises(TransferRefused, match=reason) as caught:
        transfer(world, bank, *arguments, **options)

    target, amount, currency = arguments
    giver = options.get("source", {"lotus": "asia"}.get(target))
    assert (caught.value.source, caught.value.target, caught.value.currency) == (giver, target, currency)
    assert caught.value.amount is amount
    assert not bank.sent


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_no_points_move_between_accounts_of_different_currencies(world, bank, currency):
    bank.accounts = [
        *bank.accounts,
        Account(name="tulip", token="token-of-tulip", currency="EUR", parent="asia"),
    ]

    with pytest.raises(TransferRefused, match=f"'tulip' has EUR and 'asia' has USD: not {currency}"):
        transfer(world, bank, "tulip", D(1), currency)

    assert not bank.sent


def test_a_wallet_that_is_short_is_shown_in_the_refusal(world, bank):
    with pytest.raises(TransferRefused) as caught:
        transfer(world, bank, "lotus", D("1000.01"), "USD")

    assert caught.value.before == Wallets(D(1000), D(40))


def test_the_remark_goes_with_the_transfer(world, bank):
    transfer(world, bank, "lotus", D(1), "USD", remark="for April")

    assert bank.remarks == ["for April"]


def test_zeros_at_the_end_are_no_decimals(world, bank):
    transfer(world, bank, "lotus", D("1.500"), "USD")

    assert bank.points["lotus"] == D("41.5")


def test_an_account_that_is_another_ones_child_at_the_vendor_is_refused(world, bank, tree):
    said = [
        Account(name=one.name, token=one.token, currency="USD", level=one.level, parent=parent)
        for one, parent in zip(tree[:3], [None, "world", "world"], strict=True)
    ]

    with pytest.raises(TransferRefused, match="'lotus' is not a child of 'world', but of 'asia'"):
        world.use(lambda operator: operator.transfer("lotus", D(1), "USD"), said, transport=bank.transport)

    assert not bank.sent


def test_a_token_of_another_account_is_noticed(world, bank, tree):
    said = [
        tree[0],
        tree[1],
        Account(name="flower", token=tree[2].token, currency="USD", parent="asia", operator_id="tiger"),
    ]

    with pytest.raises(TransferRefused, match="the token of 'flower' is that of the account 'lotus'"):
        world.use(lambda operator: operator.transfer("flower", D(1), "USD"), said, transport=bank.transport)

    assert not bank.sent


def test_no_points_are_taken_with_the_token_of_another_account(world, bank, tree):
    giver = Account(name="giver", token=tree[1].token, currency="USD", level="operator", operator_id="tiger")
    said = [giver, Account(name="lotus", token=tree[2].token, currency="USD", parent="giver")]

    with pytest.raises(TransferRefused, match="the token of 'giver' is that of the account 'asia'"):
        world.use(lambda operator: operator.transfer("lotus", D(1), "USD"), said, transport=bank.transport)

    assert not bank.sent


def test_a_refusal_of_the_api_is_told_as_it_is(world, bank):
    bank.fates = ["refused"]

    with pytest.raises(InsufficientFunds):
        transfer(world, bank, "lotus", D(1), "USD")


def test_a_wallet_that_cannot_be_read_keeps_a_transfer_from_being_sent(world, bank):
    bank.unreadable = {"lotus"}

    with pytest.raises(AuthenticationError):
        transfer(world, bank, "lotus", D(1), "USD")

    assert not bank.sent


@pytest.mark.parametrize(
    ("fate", "error", "moved"),
    [
        ("lost done", TransferDone, 7),
        ("lost", TransferNotDone, 0),
        ("lost late", TransferDone, 7),
    ],
)
def test_a_lost_answer_is_replaced_by_what_the_wallets_say(world, bank, fate, error, moved):
    bank.fates = [fate]

    with pytest.raises(error) as caught:
        transfer(world, bank, "lotus", D(7), "USD")

    assert caught.value.before == Wallets(D(1000), D(40))
    assert caught.value.after == Wallets(D(1000 - moved), D(40 + moved))
    about = (caught.value.source, caught.value.target, caught.value.amount, caught.value.currency)
    assert about == ("asia", "lotus", D(7), "USD")
    assert "the answer was lost, and the wallets show that" in str(caught.value)
    assert isinstance(caught.value.__cause__, Timeout)
    assert bank.sent == {("asia", "lotus"): 1}


@pytest.mark.parametrize("fate", ["lost", "lost done"])
@pytest.mark.parametrize(("who", "change"), [("asia", -7), ("asia", -1), ("lotus", -3), ("lotus", 7)])
def test_wallets_that_others_use_meanwhile_tell_nothing(world, bank, fate, who, change):
    bank.fates = [fate]

    def others():
        bank.points[who] += change

    bank.meanwhile = others

    with pytest.raises(TransferUnknown):
        transfer(world, bank, "lotus", D(7), "USD")

    assert bank.sent == {("asia", "lotus"): 1}


def test_wallets_that_cannot_be_read_afterwards_tell_nothing(world, bank):
    bank.fates, bank.unreadable_after = ["lost"], True

    with pytest.raises(TransferUnknown) as caught:
        transfer(world, bank, "lotus", D(7), "USD")

    assert (caught.value.before, caught.value.after) == (Wallets(D(1000), D(40)), None)
    assert "the wallets cannot be read: operators.info: TOKEN_INVALID" in str(caught.value)


BEFORE, LOOKS = 2, 4  # reads of both wallets before a transfer, and how often they are looked at afterwards


def test_a_look_that_failed_does_not_matter_when_the_last_one_tells(world, bank):
    bank.fates, bank.failing = ["lost"], {BEFORE + 1, BEFORE + 2, BEFORE + 3}

    with pytest.raises(TransferNotDone):
        transfer(world, bank, "lotus", D(7), "USD")


def test_wallets_that_could_be_read_only_too_early_tell_nothing(world, bank):
    bank.fates, bank.failing = ["lost"], {BEFORE + 2 * (LOOKS - 1) + 1}

    with pytest.raises(TransferUnknown) as caught:
        transfer(world, bank, "lotus", D(7), "USD")

    assert caught.value.after is None


@pytest.mark.parametrize(
    ("options", "settle"), [({"settle": 6.0}, 6.0), ({}, SETTLE)], ids=["6 s", "default"]
)
def test_the_looks_are_spread_over_the_whole_time_to_settle(bank, options, settle):
    _, source, target, *_ = bank.accounts
    order = TransferOrder(source=source, target=target, amount=D(1), currency="USD")
    wallets = [
        Operator(id=account.name, balance=[Money(currency="USD", amount=D(10))])
        for account in (source, target)
    ]
    gone = TransportError("gone", may_have_arrived=True, operation="operators", retryable=False)
    slept = []

    flow = make_transfer(order, **options)
    next(flow)
    flow.send(wallets[0])
    step = flow.send(wallets[1])
    with suppress(TransferUnknown):
        while True:
            if isinstance(step, Sleep):
                slept.append(step.seconds)
                step = next(flow)
            else:
                step = flow.throw(gone)

    assert slept == [settle / (LOOKS - 1)] * (LOOKS - 1)


def test_a_lost_answer_is_replaced_whatever_precision_the_application_computes_with(world, bank):
    bank.fates = ["lost done"]

    with localcontext(prec=4), pytest.raises(TransferDone):
        transfer(world, bank, "lotus", D("123.45"), "USD")


amounts = st.decimals(min_value=-1000, max_value=1000, places=2)
changes = st.sampled_from(["nothing", "the amount"]) | amounts


@settings(deadline=None)
@given(
    before=st.builds(Wallets, amounts, amounts),
    gave=changes,
    got=changes,
    amount=amounts.filter(lambda a: a > 0),
)
def test_the_verdict_is_done_or_not_done_only_when_both_wallets_say_exactly_that(before, gave, got, amount):
    gave, got = ({"nothing": D(0), "the amount": amount}.get(change, change) for change in (gave, got))

    found = compare(before, Wallets(before.source - gave, before.target + got), amount)

    if gave == got == amount:
        assert found == "moved"
    elif gave == got == 0:
        assert found == "unchanged"
    else:
        assert found == "inconsistent"


@pytest.mark.parametrize("name", ["nobody", "lotu"])
def test_names_that_nobody_has_are_errors(use, name):
    with pytest.raises(UnknownAccount):
        use(lambda operator: operator.transfer(name, D(1), "USD"))


def two_at_once(world, bank, first, second):
    """What comes of two transfers of 7 that begin at the same time, with an operator each."""

    def outcomes(futures):
        return {"done" if one.exception() is None else type(one.exception()).__name__ for one in futures}

    if world.kind == "threads":
        with ThreadPoolExecutor(2) as pool:
            futures = [pool.submit(transfer, world, bank, name, D(7), "USD") for name in (first, second)]
            wait(futures)
        return outcomes(futures)

    async def both(operator):
        tasks = [
            asyncio.ensure_future(operator.transfer(name, D(7), "USD", settle=0)) for name in (first, second)
        ]
        await asyncio.wait(tasks)
        return outcomes(tasks)

    return world.use(both, bank.accounts, transport=bank.transport)


@pytest.mark.parametrize("fates", [["lost", "done"], ["done", "lost"]])
def test_of_two_equal_transfers_at_once_the_lost_one_is_not_taken_for_done(world, bank, fates):
    bank.fates = [*fates]
    together = threading.Barrier(2)

    def meet():  # those that do not wait for each other do, before either answer is lost
        with suppress(threading.BrokenBarrierError):
            together.wait(0.3)

    if world.kind == "threads":
        bank.meanwhile = meet

    assert two_at_once(world, bank, "lotus", "lotus") == {"TransferNotDone", "done"}
    assert bank.points["lotus"] == 47


def test_a_transfer_to_an_account_that_hands_points_on_is_not_taken_for_another_one(world, bank):
    bank.fates = ["lost", "done"]
    together = threading.Barrier(2)

    def meet():
        with suppress(threading.BrokenBarrierError):
            together.wait(0.3)

    if world.kind == "threads":
        bank.meanwhile = meet

    assert two_at_once(world, bank, "asia", "lotus") == {"TransferNotDone", "done"}


def test_a_transfer_that_waits_for_another_one_can_be_cancelled_and_blocks_no_loop(bank):
    async def main():
        async with igamingace.AsyncOperator(bank.accounts, transport=bank.transport) as operator:
            under_way = bank.points.copy()
            waiting = asyncio.ensure_future(operator.transfer("lotus", D(7), "USD"))
            async with asyncio.timeout(20):
                while len(_queue) < 2:  # noqa: ASYNC110 -- nothing tells
                    await asyncio.sleep(0)
            assert not waiting.done()
            await operator.transfer("lotus-eu", D(7), "EUR")  # uses other wallets
            waiting.cancel()
            await asyncio.wait([waiting])
            assert bank.points["lotus"] == under_way["lotus"]

    busy = exclusive(frozenset(["asia"]), (step for step in ["sent"]))  # type: ignore[misc]
    next(busy)
    asyncio.run(main())
    busy.close()

    assert not _queue


def test_a_transfer_waits_for_a_top_up_that_uses_its_wallet(world, bank, tmp_path):
    lines = []
    bank.meanwhile = lambda: lines.append([sorted(waiter.names) for waiter in _queue])

    top_up(world, bank, tmp_path / "r")
    transfer(world, bank, "lotus", D(7), "USD")

    assert [["asia", "lotus"]] in lines
    assert all(len(line) == 1 for line in lines)
    assert not _queue


@pytest.mark.parametrize(
    ("status", "body", "uncertain"),
    [
        (400, {"message": "Bad Request"}, False),
        (401, {"message": "Unauthorized"}, False),
        (403, {"message": "Forbidden"}, False),
        (404, {"message": "Cannot POST"}, False),
        (422, {"message": "currency"}, False),
        (402, {"success": False, "code": 2005}, False),
        (200, {"success": False, "code": 2011}, False),
        (409, {"message": "Conflict"}, True),  # it may have been made before
        (408, {"message": "Request Timeout"}, True),
        (429, {"message": "Too Many Requests"}, True),
        (500, {"message": "boom"}, True),
        (200, {"success": False, "code": 9999}, True),
        (404, None, True),
        (502, None, True),
    ],
)
def test_a_write_that_failed_without_a_code_may_have_been_made_unless_its_status_rules_it_out(
    status, body, uncertain
):
    def answer(_):
        return httpx2.Response(status) if body is None else httpx2.Response(status, json=body)

    with (
        igamingace.Agent("a-token", transport=httpx2.MockTransport(answer)) as agent,
        pytest.raises(igamingace.IGamingAceError) as caught,
    ):
        agent.operators.transfer_balance(target_operator_id="x", currency="USD", amount=D(1))

    assert may_have_been_applied(caught.value) is uncertain
