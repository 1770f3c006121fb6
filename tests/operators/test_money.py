"""Points move once or not at all, and who asked is told which of the two, or that nobody knows."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from igamingace.errors import AuthenticationError, ConfigurationError, InsufficientFunds
from igamingace.operators import (
    Account,
    RecordInUse,
    RecordUnusable,
    TransferDone,
    TransferNotDone,
    TransferRefused,
    TransferUnknown,
    Wallets,
)
from igamingace.operators._record import Record
from igamingace.operators._transfer import verdict

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

    accounts = sandbox.app.world.state.accounts
    assert (moved.my_pre_balance, moved.my_after_balance) == (D(1000), D("989.50"))
    assert (accounts["id-asia"].points["USD"], accounts["id-lotus"].points["USD"]) == (D("989.5"), D("50.5"))


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (("lotus", D("1.001"), "USD"), {}, "more decimals than USD, which has 2"),
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
    with pytest.raises(TransferRefused, match=reason):
        transfer(world, bank, *arguments, **options)

    assert not bank.sent


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
        Account(name="lotus", token=tree[2].token, currency="USD", parent="asia", operator_id="tiger"),
    ]

    with pytest.raises(TransferRefused, match="the token of 'lotus' is that of the account 'lotus'"):
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

    assert caught.value.after is None


amounts = st.decimals(min_value=-1000, max_value=1000, places=2)


@given(
    before=st.builds(Wallets, amounts, amounts),
    gave=amounts,
    got=amounts,
    amount=amounts.filter(lambda a: a > 0),
)
def test_the_verdict_is_done_or_not_done_only_when_both_wallets_say_exactly_that(before, gave, got, amount):
    found = verdict(before, Wallets(before.source - gave, before.target + got), amount)

    assert (found == "done") == (gave == got == amount)
    assert (found == "not done") == (gave == got == 0)


def top_up(world, bank, record, **options):
    wanted = {"minimum": D(100), "target": D(500), "settle": 0, "record": record, **options}
    return world.use(lambda operator: operator.top_up(**wanted), bank.accounts, transport=bank.transport)


def test_a_plan_tops_up_who_has_too_little_from_who_is_right_above(world, sandbox, tree):
    plan = world.use(
        lambda operator: operator.plan_top_up(minimum=D(100), target={"USD": D(500), "EUR": D(9001)}),
        tree,
        base_url=sandbox.url,
    )

    assert [(one.source, one.target, one.amount) for one in plan.transfers] == [
        ("world", "eagle", D(495)),
        ("asia", "lotus", D(460)),
    ]
    assert [(one.source, one.target, one.amount) for one in plan.short] == [("europe", "lotus-eu", D(9001))]
    assert plan.by_currency == {"USD": D(955)}
    assert plan.to_json()["transfers"][0]["amount"] == "495"


def test_an_operator_in_between_is_topped_up_first_and_hands_on(world, bank):
    bank.points["asia"] = D(10)
    everybody = [account.name for account in bank.accounts]

    plan = world.use(
        lambda operator: operator.plan_top_up(
            minimum=D(100), target={"USD": D(800), "EUR": D(200)}, agents=everybody
        ),
        bank.accounts,
        transport=bank.transport,
    )

    assert [(one.source, one.target) for one in plan.transfers] == [
        ("world", "asia"),
        ("world", "eagle"),
        ("europe", "lotus-eu"),
        ("asia", "lotus"),
    ]
    assert not plan.short


def test_a_plan_names_whose_points_are_not_known(world, bank):
    bank.unreadable = {"tiger"}

    plan = world.use(
        lambda operator: operator.plan_top_up(minimum=D(100), target=D(500)),
        bank.accounts,
        transport=bank.transport,
    )

    assert list(plan.failed) == ["tiger"]


@pytest.mark.parametrize(
    ("minimum", "target", "reason"),
    [
        (D(100), D(50), "below the minimum"),
        (D(1), {"USD": D(5)}, "no amount for EUR"),
        (D("0.001"), D(5), "more decimals"),
        (1.0, D(5), "give a Decimal"),
    ],
)
def test_amounts_that_make_no_sense_are_refused(world, bank, minimum, target, reason):
    with pytest.raises(ConfigurationError, match=reason):
        world.use(
            lambda operator: operator.plan_top_up(minimum=minimum, target=target),
            bank.accounts,
            transport=bank.transport,
        )


def test_a_top_up_is_carried_out_with_a_record(world, sandbox, tree, tmp_path):
    record = tmp_path / "top-up.jsonl"

    done = world.use(
        lambda operator: operator.top_up(minimum=D(100), target=D(500), record=record),
        tree,
        base_url=sandbox.url,
    )

    points = {one.id: one.points for one in sandbox.app.world.state.accounts.values()}
    assert done.ok
    assert [points[f"id-{name}"][currency] for name, currency in (("lotus", "USD"), ("eagle", "USD"))] == [
        500,
        500,
    ]
    assert points["id-lotus-eu"] == {"EUR": 500}
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert [("sending" in line, "ended" in line) for line in lines[1:-1]] == [
        (True, False),
        (False, True),
    ] * 3
    assert lines[-1]["finished"] is True
    assert not any(account.open_token() in record.read_text() for account in tree)


def test_the_plan_that_was_shown_is_the_one_that_is_carried_out(world, bank, tmp_path):
    planned = top_up(world, bank, tmp_path / "r", dry_run=True)
    bank.points["lotus"] -= 15  # somebody has played meanwhile

    done = top_up(world, bank, tmp_path / "r", plan=planned.plan)

    assert done.ok
    assert done.plan == planned.plan
    assert bank.points["lotus"] == 485


def test_a_dry_run_sends_and_writes_nothing(world, bank, tmp_path):
    planned = top_up(world, bank, tmp_path / "r", dry_run=True)

    assert len(planned.plan.transfers) == 3
    assert not planned.outcomes
    assert not bank.sent
    assert not (tmp_path / "r").exists()


def test_where_nobody_runs_dry_nothing_is_done(world, bank, tmp_path):
    bank.points.update(lotus=D(100), eagle=D(100), **{"lotus-eu": D(100)})

    assert top_up(world, bank, tmp_path / "r").ok
    assert not bank.sent


def test_each_outcome_is_told_and_one_that_failed_does_not_end_the_others(world, bank, tmp_path):
    bank.fates = ["refused", "lost done", "lost"]

    done = top_up(world, bank, tmp_path / "r")

    assert [outcome.state for outcome in done.outcomes] == ["not done", "done", "not done"]
    assert not done.ok
    assert set(bank.sent.values()) == {1}


@pytest.mark.parametrize(("fate", "at"), [(fate, at) for fate in ("crash", "crash done") for at in (0, 1, 2)])
def test_a_top_up_that_was_cut_off_goes_on_and_sends_nothing_twice(  # noqa: PLR0917 -- fixtures
    world, bank, tmp_path, crash, fate, at
):
    bank.fates = ["done"] * at + [fate]
    before = sum(bank.points.values())
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r")

    resumed = top_up(world, bank, tmp_path / "r")

    assert resumed.resumed
    assert resumed.ok
    assert [bank.points[name] for name in ("lotus", "eagle", "lotus-eu")] == [500] * 3
    assert sum(bank.points.values()) == before
    assert max(bank.sent.values()) == (2 if fate == "crash" else 1)  # sent again only where it was not done


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_record_that_ends_anywhere_is_gone_on_with(bank, tmp_path, world, cut):
    top_up(world, bank, tmp_path / "whole")
    lines = (tmp_path / "whole").read_text().splitlines(keepends=True)
    half = lines[cut][: len(lines[cut]) // 2]
    (tmp_path / "cut").write_text("".join(lines[:cut]) + half)
    # What was sent up to there, was: the others still have what they had.
    sent = {json.loads(line)["sending"] for line in lines[:cut] if "sending" in line}
    planned = json.loads(lines[0])["transfers"]
    for number, one in enumerate(planned):
        if number not in sent:
            bank.points[one["source"]] += D(one["amount"])
            bank.points[one["target"]] -= D(one["amount"])
    bank.sent.clear()

    resumed = top_up(world, bank, tmp_path / "cut")

    assert resumed.ok
    assert [bank.points[name] for name in ("lotus", "eagle", "lotus-eu")] == [500] * 3
    assert sum(bank.sent.values()) == len(planned) - len(sent)


def test_what_the_wallets_do_not_tell_after_a_crash_is_unknown_and_not_sent_again(
    bank, tmp_path, crash, world
):
    bank.fates = ["crash"]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r")
    bank.points["eagle"] += 1
    sent = bank.sent.copy()

    resumed = top_up(world, bank, tmp_path / "r")

    (unknown,) = resumed.of("unknown")
    assert unknown.transfer.target == "eagle"
    assert bank.sent["world", "eagle"] == sent["world", "eagle"] == 1
    assert not resumed.ok


def test_a_dry_run_shows_the_plan_that_was_cut_off(bank, tmp_path, crash, world):
    bank.fates = ["done", "crash"]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r")

    shown = top_up(world, bank, tmp_path / "r", dry_run=True)

    assert shown.resumed
    assert len(shown.plan.transfers) == 3
    assert [outcome.state for outcome in shown.outcomes] == ["done"]


def test_a_record_can_hold_one_top_up_after_another(bank, tmp_path, world):
    top_up(world, bank, tmp_path / "r")
    bank.points["lotus"] = D(3)

    again = top_up(world, bank, tmp_path / "r")

    assert not again.resumed
    assert [outcome.transfer.target for outcome in again.outcomes] == ["lotus"]


def test_a_top_up_with_other_amounts_must_be_ended_first(bank, tmp_path, crash, world):
    bank.fates = ["crash"]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r")

    with pytest.raises(RecordUnusable, match="minimum=100, target=500"):
        top_up(world, bank, tmp_path / "r", target=D(600))


@pytest.mark.parametrize(
    "text",
    ["not json\n", "[1]\n", '{"sending": 1}\n', '{"top_up": "x", "version": 9}\n', "a-token-in-a-mount"],
)
def test_a_file_that_is_no_record_is_refused_and_left_alone(bank, tmp_path, world, text):
    record = tmp_path / "notes.txt"
    record.write_text(text)

    with pytest.raises(RecordUnusable):
        top_up(world, bank, record)

    assert record.read_text() == text
    assert not bank.sent


def test_a_plan_that_two_people_were_shown_is_carried_out_once(world, bank, tmp_path):
    plans = [top_up(world, bank, tmp_path / "r", dry_run=True).plan for _ in range(2)]

    first, second = (top_up(world, bank, tmp_path / "r", plan=plan) for plan in plans)

    assert first.ok
    assert {outcome.state for outcome in second.outcomes} == {"not done"}
    assert "by now, which is not below 100" in second.outcomes[0].detail
    assert set(bank.sent.values()) == {1}


def test_a_transfer_that_was_under_way_to_an_account_gone_from_the_tree_is_unknown(
    world, bank, tmp_path, crash
):
    bank.fates = ["crash done"]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r")
    (target,) = {target for _, target in bank.sent}
    bank.accounts = [account for account in bank.accounts if account.name != target]

    resumed = top_up(world, bank, tmp_path / "r")

    (of_it,) = [outcome for outcome in resumed.outcomes if outcome.transfer.target == target]
    assert of_it.state == "unknown"
    assert f"no account {target!r}" in of_it.detail


def test_an_agent_that_nobody_can_give_points_to_is_named(world, bank, tmp_path):
    alone = Account(name="alone", token="token-of-alone", currency="USD")
    bank.accounts = [*bank.accounts, alone]

    planned = top_up(world, bank, tmp_path / "r", dry_run=True)

    assert "above it" in str(planned.plan.failed["alone"])
    assert not planned.ok


def test_two_top_ups_at_once_on_one_record_are_refused(bank, tmp_path, world):
    with Record(tmp_path / "r"), pytest.raises(RecordInUse, match="another top-up"):
        top_up(world, bank, tmp_path / "r")

    assert not bank.sent


def test_a_lock_ends_with_its_process(bank, tmp_path, world):
    code = "import os, sys; from igamingace.operators._record import Record; Record(sys.argv[1]); os._exit(9)"
    command = [sys.executable, "-c", code, str(tmp_path / "r")]
    assert subprocess.run(command, check=False).returncode == 9

    assert top_up(world, bank, Path(tmp_path / "r")).ok
