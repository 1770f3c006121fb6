"""Who runs dry is given points by a plan, which is shown before it is carried out."""

import json
from decimal import Decimal, localcontext
from itertools import product
from typing import get_args

import pytest
from igamingace.errors import ConfigurationError
from igamingace.operators import Account
from igamingace.operators._transfers.top_up import CONCLUSIONS
from igamingace.operators._transfers.transfer import Evidence

from .bank import top_up

D = Decimal


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


def test_a_plan_and_a_top_up_print_a_line_for_each_transfer(world, bank, tmp_path):
    bank.unreadable = {"tiger"}
    amounts = {"minimum": D(100), "target": D(500), "journal": tmp_path / "journal"}

    before = world.use(
        lambda operator: operator.top_up(dry_run=True, **amounts), bank.accounts, transport=bank.transport
    )
    after = world.use(lambda operator: operator.top_up(**amounts), bank.accounts, transport=bank.transport)

    lines = str(before).splitlines()
    assert lines == str(before.plan).splitlines()
    assert len(lines) == len(before.plan.transfers) + len(before.plan.short) + 2
    first = before.plan.transfers[0]
    assert lines[0] == (
        f"{first.target}: has {first.points}, gets {first.amount} {first.currency} from {first.source}"
    )
    assert lines[-2].startswith("tiger: ")
    assert lines[-1] == "3 transfers of 500 EUR, 955 USD"
    assert str(after).splitlines()[0] == f"{lines[0]}: done"


def test_each_outcome_is_told_once_the_journal_has_it(world, bank, tmp_path):
    seen = []

    def tell(outcome):
        seen.append((outcome.transfer.target, outcome.state, (tmp_path / "r").read_text().count("ended")))

    done = top_up(world, bank, tmp_path / "r", on_outcome=tell)

    assert [each[:2] for each in seen] == [(one.target, "done") for one in done.plan.transfers]
    assert [each[2] for each in seen] == [1, 2, 3]


def test_what_a_function_raises_that_is_told_ends_the_top_up_which_goes_on_later(world, bank, tmp_path):
    def fail(outcome):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        top_up(world, bank, tmp_path / "r", on_outcome=fail)

    assert top_up(world, bank, tmp_path / "r").ok
    assert set(bank.sent.values()) == {1}


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
        lambda operator: operator.top_up(minimum=D(100), target=D(500), journal=record),
        tree,
        base_url=sandbox.url,
    )

    points = {one.id: one.points for one in sandbox.app.runtime.state.accounts.values()}
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


def test_nothing_is_rounded_whatever_precision_the_application_computes_with(world, bank, tmp_path):
    bank.points.update(lotus=D("1.23"), eagle=D("2.34"))

    with localcontext(prec=4):
        done = top_up(world, bank, tmp_path / "r", target=D(1000))

    assert done.ok
    assert (bank.points["lotus"], bank.points["eagle"]) == (1000, 1000)
    assert done.plan.by_currency == {"EUR": 1000, "USD": D("1996.43")}


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


def test_each_state_of_the_journal_and_of_the_wallets_has_a_conclusion():
    runs, evidence = ("earlier run", "this run"), get_args(Evidence)

    assert set(CONCLUSIONS) == set(product(runs, evidence))
    assert "send" not in {CONCLUSIONS["this run", one] for one in evidence}  # else it would be sent for ever


def test_a_lost_answer_that_the_wallets_do_not_replace_is_unknown(world, bank, tmp_path):
    bank.fates = ["lost"]

    def others():
        bank.points["eagle"] += 1
        bank.meanwhile = None

    bank.meanwhile = others

    done = top_up(world, bank, tmp_path / "r")

    assert ("eagle", "unknown") in {(one.transfer.target, one.state) for one in done.outcomes}
    assert set(bank.sent.values()) == {1}
    assert not done.ok


def test_a_plan_that_two_people_were_shown_is_carried_out_once(world, bank, tmp_path):
    plans = [top_up(world, bank, tmp_path / "r", dry_run=True).plan for _ in range(2)]

    first, second = (top_up(world, bank, tmp_path / "r", plan=plan) for plan in plans)

    assert first.ok
    assert second.ok
    assert {outcome.state for outcome in second.outcomes} == {"not needed"}
    assert "by now, which is not below 100" in second.outcomes[0].detail
    assert set(bank.sent.values()) == {1}


def test_an_agent_that_nobody_can_give_points_to_is_named(world, bank, tmp_path):
    alone = Account(name="alone", token="token-of-alone", currency="USD")
    bank.accounts = [*bank.accounts, alone]

    planned = top_up(world, bank, tmp_path / "r", dry_run=True)

    assert "above it" in str(planned.plan.failed["alone"])
    assert not planned.ok


def test_who_got_points_since_the_plan_gets_only_what_is_lacking(world, bank, tmp_path):
    planned = top_up(world, bank, tmp_path / "r", dry_run=True)
    bank.points.update(lotus=D(90), eagle=D(100))  # 100 is enough

    done = top_up(world, bank, tmp_path / "r", plan=planned.plan)

    assert done.ok
    assert (bank.points["lotus"], bank.points["eagle"]) == (500, 100)
    assert {one.transfer.target: (one.state, one.sent) for one in done.outcomes} == {
        "eagle": ("not needed", None),
        "lotus": ("done", D(410)),
        "lotus-eu": ("done", D(500)),
    }


def test_a_source_that_has_enough_for_what_is_lacking_is_enough(world, bank, tmp_path):
    planned = top_up(world, bank, tmp_path / "r", dry_run=True)
    bank.points.update(lotus=D(90), asia=D(410))

    assert top_up(world, bank, tmp_path / "r", plan=planned.plan).ok
    assert (bank.points["lotus"], bank.points["asia"]) == (500, 0)


def test_points_finer_than_the_currency_are_topped_up_with_what_can_be_sent(world, bank, tmp_path):
    bank.points.update(lotus=D("40.005"), asia=D(900))
    planned = top_up(world, bank, tmp_path / "r", dry_run=True)
    bank.points.update(lotus=D("40.015"))

    done = top_up(world, bank, tmp_path / "r", plan=planned.plan)

    assert [one.amount for one in planned.plan.transfers if one.target == "lotus"] == [D("460.00")]
    assert done.ok
    assert bank.points["lotus"] == D("500.005")


@pytest.mark.parametrize("amount", [D("1e999999999"), D("1e-999999999")])
def test_an_amount_of_a_giant_exponent_is_refused_and_not_written_out(world, bank, tmp_path, amount):
    with pytest.raises(ConfigurationError, match=r"more than 4300 digits|give a Decimal"):
        top_up(world, bank, tmp_path / "r", minimum=amount, target=amount)


@pytest.mark.parametrize("amount", [100, {"USD": 1.5, "EUR": D(1)}, D("NaN"), "100"])
def test_amounts_of_another_type_are_refused_before_anything_is_done(world, bank, tmp_path, amount):
    with pytest.raises(ConfigurationError, match=r"minimum.* give a Decimal"):
        top_up(world, bank, tmp_path / "r", minimum=amount)

    assert not (tmp_path / "r").exists()
