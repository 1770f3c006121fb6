"""A top-up that was cut off goes on with its record, and sends nothing twice."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from igamingace.operators import JournalInUse, JournalUnusable, TransferUnknown
from igamingace.operators._transfers.journal import Journal

from .bank import top_up

D = Decimal


@pytest.mark.parametrize(("fate", "at"), [(fate, at) for fate in ("crash", "crash done") for at in (0, 1, 2)])
def test_a_top_up_that_was_cut_off_goes_on_and_sends_nothing_twice(world, bank, tmp_path, crash, fate, at):
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


def test_a_top_up_that_went_on_returns_a_follow_up_that_is_not_sent(world, bank, tmp_path, crash):
    """The journal has the transfers only: who was short or unreadable stands in a new plan."""
    bank.points["europe"] = D(1)
    bank.unreadable = {"tiger"}
    bank.fates = ["crash done"]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r")
    bank.points["lotus"] = D(0)  # which is what it was planned to get less
    sent = sum(bank.sent.values())

    resumed = top_up(world, bank, tmp_path / "r")

    assert [outcome.state for outcome in resumed.outcomes] == ["done", "done"]
    assert [one.target for one in resumed.follow_up.short] == ["lotus-eu"]
    assert [*resumed.follow_up.failed] == ["tiger"]
    assert not resumed.ok
    assert resumed.to_json()["follow_up"]["short"]
    assert "follow-up:" in str(resumed)
    assert sum(bank.sent.values()) == sent + 1


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_top_up_of_accounts_that_are_not_selected_now_is_refused(world, bank, tmp_path, crash, dry_run):
    bank.fates = ["crash"]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r", agents=["eagle", "lotus"])
    sent = bank.sent.copy()

    for agents in (["lotus"], ["lotus-eu"]):
        with pytest.raises(
            JournalUnusable, match="an unfinished top-up of accounts that are not selected now"
        ):
            top_up(world, bank, tmp_path / "r", agents=agents, dry_run=dry_run)

    assert bank.sent == sent
    assert top_up(world, bank, tmp_path / "r", agents=["eagle", "lotus"]).ok


def test_a_plan_of_its_own_selects_who_is_in_it(world, bank, tmp_path, crash):
    plan = top_up(world, bank, tmp_path / "none", agents=["eagle"], dry_run=True).plan
    bank.fates = ["crash"]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r", plan=plan)

    resumed = top_up(world, bank, tmp_path / "r", plan=plan)

    assert resumed.ok  # though others run dry
    assert resumed.follow_up is None
    assert {target for _, target in bank.sent} == {"eagle"}


@pytest.mark.parametrize("count", [1, 3])
def test_top_ups_that_have_ended_are_not_read_again(world, bank, tmp_path, crash, count):
    """A journal that is never deleted would take longer each day, and more memory."""
    for _ in range(count):
        top_up(world, bank, tmp_path / "r")
        bank.points["eagle"] = D(0)
    whole = (tmp_path / "r").read_bytes().count(b"\n")
    bank.fates = ["crash"]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r")

    with Journal(tmp_path / "r") as journal:
        assert [*journal.entries[0]][:2] == ["at", "top_up"]
        assert len(journal.entries) == (tmp_path / "r").read_bytes().count(b"\n") - whole == 2
    with (tmp_path / "r").open("ab") as file:
        file.write(b"no journal\n")
    with pytest.raises(JournalUnusable, match=f"r:{whole + 3}: not a line of a top-up journal"):
        Journal(tmp_path / "r")


def test_a_file_of_something_else_that_has_finished_is_refused_and_left_alone(world, bank, tmp_path):
    path = tmp_path / "r"
    path.write_text('{"job": 1}\n{"job": 1, "finished": true}\n')
    with pytest.raises(JournalUnusable, match="is not a top-up journal"):
        top_up(world, bank, path)
    assert path.read_text() == '{"job": 1}\n{"job": 1, "finished": true}\n'


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


def test_a_transfer_of_less_than_planned_that_was_cut_off_is_judged_by_what_was_sent(
    world, bank, tmp_path, crash
):
    planned = top_up(world, bank, tmp_path / "r", dry_run=True)
    bank.points.update(dict.fromkeys(("lotus", "eagle", "lotus-eu"), D(90)))
    bank.fates = ["crash done"]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r", plan=planned.plan)

    resumed = top_up(world, bank, tmp_path / "r")

    assert [(outcome.state, outcome.sent) for outcome in resumed.outcomes] == [("done", D(410))] * 3
    assert set(bank.sent.values()) == {1}


@pytest.mark.parametrize("fate", ["crash", "crash done"])
def test_what_was_under_way_stays_open_as_long_as_nobody_can_look(world, bank, tmp_path, crash, fate):
    bank.fates = ["done", fate]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r")
    record = (tmp_path / "r").read_bytes()

    bank.down = True
    for _ in range(2):
        with pytest.raises(TransferUnknown, match=r"the wallets cannot be read: .*nobody is there"):
            top_up(world, bank, tmp_path / "r")
    assert (tmp_path / "r").read_bytes() == record
    bank.down = False
    resumed = top_up(world, bank, tmp_path / "r")

    assert resumed.ok
    assert [bank.points[name] for name in ("lotus", "eagle", "lotus-eu")] == [500] * 3
    assert max(bank.sent.values()) == (2 if fate == "crash" else 1)


@pytest.mark.parametrize(("fate", "times"), [("lost", 2), ("lost done", 1)])
def test_a_top_up_stops_where_an_answer_is_lost_and_nobody_can_look_and_goes_on_later(
    world, bank, tmp_path, fate, times
):
    bank.fates, bank.unreadable_after = [fate], True
    with pytest.raises(TransferUnknown) as caught:
        top_up(world, bank, tmp_path / "r")
    first = caught.value.target
    bank.unreadable_after = False

    resumed = top_up(world, bank, tmp_path / "r")

    assert resumed.resumed
    assert resumed.ok
    assert [sent for (_, target), sent in bank.sent.items() if target == first] == [times]


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

    with pytest.raises(JournalUnusable, match="minimum=100, target=500"):
        top_up(world, bank, tmp_path / "r", target=D(600))


@pytest.mark.parametrize(
    "text",
    [
        *("not json\n", "[1]\n", '{"sending": 1}\n', '{"top_up": "x", "version": 9}\n', "a-token-in-a-mount"),
        pytest.param("[" * 100_000 + "]" * 100_000 + "\n", id="nested"),
    ],
)
def test_a_file_that_is_no_record_is_refused_and_left_alone(bank, tmp_path, world, text):
    record = tmp_path / "notes.txt"
    record.write_text(text)

    with pytest.raises(JournalUnusable):
        top_up(world, bank, record)

    assert record.read_text() == text
    assert not bank.sent


@pytest.mark.parametrize("value", [True, 1.5, "1_0", "NaN", "sNaN", "Infinity", "1e999999"])
@pytest.mark.parametrize(
    ("line", "name"),
    [(0, "amount"), (0, "points"), (1, "amount"), (1, "source_before"), (1, "target_before")],
)
def test_a_journal_with_an_invalid_amount_is_refused(bank, tmp_path, crash, world, line, name, value):
    bank.fates = ["crash done"]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r")
    entries = [json.loads(text) for text in (tmp_path / "r").read_text().splitlines()]
    place = entries[1] if line else entries[0]["transfers"][0]
    place[name] = value
    (tmp_path / "r").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    sent = bank.sent.copy()

    with pytest.raises(JournalUnusable, match="is not a top-up journal"):
        top_up(world, bank, tmp_path / "r")

    assert bank.sent == sent


@pytest.mark.parametrize("number", [3, -1, True, "0"])
@pytest.mark.parametrize("name", ["sending", "ended"])
def test_a_journal_with_an_entry_of_no_planned_transfer_is_refused(
    bank, tmp_path, crash, world, name, number
):
    bank.fates = ["done", "crash done"]
    with pytest.raises(crash):
        top_up(world, bank, tmp_path / "r")
    entries = [json.loads(text) for text in (tmp_path / "r").read_text().splitlines()]
    next(entry for entry in entries if name in entry)[name] = number
    (tmp_path / "r").write_text("".join(json.dumps(entry) + "\n" for entry in entries))

    with pytest.raises(JournalUnusable, match="is not a top-up journal"):
        top_up(world, bank, tmp_path / "r")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_journal_that_is_no_regular_file_is_refused_before_it_is_read(world, bank, tmp_path, dry_run):
    os.mkfifo(tmp_path / "r", 0o644)

    with pytest.raises(JournalUnusable, match="is not a regular file: give another one"):
        top_up(world, bank, tmp_path / "r", dry_run=dry_run)

    assert (tmp_path / "r").stat().st_mode & 0o777 == 0o644
    assert not bank.sent


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


def test_two_top_ups_at_once_on_one_record_are_refused(bank, tmp_path, world):
    with Journal(tmp_path / "r"), pytest.raises(JournalInUse, match="another top-up"):
        top_up(world, bank, tmp_path / "r")

    assert not bank.sent


def test_a_lock_ends_with_its_process(bank, tmp_path, world):
    imports = "import os, sys; from igamingace.operators._transfers.journal import Journal"
    code = f"{imports}; Journal(sys.argv[1]); os._exit(9)"
    command = [sys.executable, "-c", code, str(tmp_path / "r")]
    assert subprocess.run(command, check=False).returncode == 9

    assert top_up(world, bank, Path(tmp_path / "r")).ok


@pytest.mark.parametrize(("fate", "times"), [("lost", 2), ("lost done", 1)])
def test_an_agent_that_cannot_be_looked_at_does_not_hold_up_others(world, bank, tmp_path, fate, times):
    bank.points["tiger"] = D(0)
    bank.fates = [fate]
    first = top_up(world, bank, tmp_path / "r", dry_run=True).plan.transfers[0].target
    others = {"lotus", "tiger", "eagle", "lotus-eu"} - {first}

    def token_dies():
        bank.unreadable = {first}

    bank.meanwhile = token_dies
    for _ in range(2):
        with pytest.raises(TransferUnknown, match=f"to '{first}'"):
            top_up(world, bank, tmp_path / "r")
        assert {bank.points[name] for name in others} == {500}
    bank.unreadable, bank.meanwhile = set(), None

    resumed = top_up(world, bank, tmp_path / "r")

    assert resumed.ok
    assert {bank.points[name] for name in (first, *others)} == {500}
    assert {target: sent for (_, target), sent in bank.sent.items()} == {
        **dict.fromkeys(others, 1),
        first: times,
    }


def test_what_others_of_the_plan_were_given_since_is_not_taken_for_an_open_transfer(world, bank, tmp_path):
    bank.points.update(lotus=D(0), tiger=D(0), eagle=D(500), **{"lotus-eu": D(500)})  # two equal ones
    bank.fates = ["lost"]

    def token_dies():
        bank.unreadable, bank.meanwhile = {"lotus"}, None

    bank.meanwhile = token_dies
    with pytest.raises(TransferUnknown):
        top_up(world, bank, tmp_path / "r")
    bank.unreadable = set()

    resumed = top_up(world, bank, tmp_path / "r")

    assert resumed.ok
    assert (bank.points["asia"], bank.points["lotus"], bank.points["tiger"]) == (0, 500, 500)
