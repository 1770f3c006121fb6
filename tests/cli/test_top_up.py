"""`igamingace top-up`: the plan first, then each transfer once, then what became of them."""

import json
from decimal import Decimal

import pytest
from igamingace import Agent

UNDER = ["--under", "west", "--minimum", "100", "--target", "150"]


@pytest.fixture
def points(sandbox, tokens):
    """Return a function that asks how many points an account has."""

    def points_(name):
        with Agent(tokens[name], base_url=sandbox.url) as agent:
            wallets = agent.operators.info().balance
            assert wallets is not None
            return wallets[0].amount

    return points_


def test_a_dry_run_prints_the_plan_and_sends_nothing(run, points, tmp_path):
    before = points("west")

    done = run("top-up", *UNDER, "--dry-run")
    document = run.json("top-up", *UNDER, "--dry-run")

    assert any(
        line.split() == ["west-poor", "0.00", "150.00", "USD", "west"] for line in done.stdout.splitlines()
    )
    assert document["dry_run"] is True
    assert [(one["target"], one["amount"]) for one in document["plan"]["transfers"]] == [("west-poor", "150")]
    assert document["outcomes"] == []
    assert points("west") == before
    assert not (tmp_path / "top-up.jsonl").exists()


def test_nothing_is_sent_before_somebody_agrees(run, points):
    refused = run("top-up", *UNDER, typed="n\n", status=2)
    silent = run("top-up", *UNDER, status=2)

    assert "Send this transfer of 150 USD?" in refused.stderr
    assert "stopped: nothing was changed" in refused.stderr
    assert "give --yes" in silent.stderr
    assert points("west-poor") == 0


def test_who_runs_dry_is_topped_up_once(run, points, tmp_path):
    before = points("west")

    document = run.json("top-up", *UNDER, "--yes")
    again = run("top-up", *UNDER, "--yes")

    assert [(one["target"], one["state"]) for one in document["outcomes"]] == [("west-poor", "done")]
    assert points("west-poor") == 150
    assert before - points("west") == 150
    assert "No agent runs dry." in again.stdout
    assert (tmp_path / "top-up.jsonl").stat().st_mode & 0o077 == 0


def test_people_see_what_became_of_each_transfer(run, points):
    done = run("top-up", "--account", "west-poor", "--minimum", "USD=200", "--target", "USD=250", "--yes")

    assert any(line.split() == ["west-poor", "100.00", "USD", "done"] for line in done.stdout.splitlines())
    assert points("west-poor") == 250


def test_who_cannot_be_given_enough_is_1(run, points):
    given = ["--account", "west-poor", "--minimum", "1000000", "--target", "2000000"]

    done = run("top-up", *given, "--yes", status=1)
    document = run.json("top-up", *given, "--dry-run", status=1)

    assert "short" in done.stdout
    assert "west has too little, or no USD, for west-poor" in done.stderr
    assert [one["target"] for one in document["plan"]["short"]] == ["west-poor"]


def test_an_account_that_cannot_be_read_is_1_and_the_others_go_on(broken, points):
    before = points("west-poor")
    minimum = str(before + Decimal("0.01"))
    amounts = ["--minimum", f"USD={minimum}", "--target", f"USD={minimum}"]
    chosen = ["--account", "west-poor", "--account", "wrong"]

    done = broken("top-up", *chosen, *amounts, "--minimum", "EUR=1", "--target", "EUR=1", "--yes", status=1)

    assert points("west-poor") == before + Decimal("0.01")
    assert "wrong: operators.info: TOKEN_INVALID" in done.stderr


def test_an_outcome_that_nobody_knows_is_3(run, monkeypatch):
    from igamingace.operators import Operator

    real = Operator.top_up

    def cut_off(self, **given):
        found = real(self, **{**given, "dry_run": True})
        if given.get("dry_run"):
            return found
        outcomes = [as_unknown(one) for one in found.plan.transfers]
        return type(found)(plan=found.plan, outcomes=tuple(outcomes))

    def as_unknown(transfer):
        from igamingace.operators import TransferOutcome

        return TransferOutcome(transfer=transfer, state="unknown", detail="the wallets do not tell")

    monkeypatch.setattr(Operator, "top_up", cut_off)

    done = run("top-up", "-a", "west-poor", "--minimum", "900", "--target", "900", "--yes", status=3)

    assert "west-poor: unknown: the wallets do not tell" in done.stderr


def write_record(path, *ended):
    """Write the record of a top-up of three that was cut off when some had ended."""
    transfers = [
        {"source": "west", "target": target, "amount": amount, "currency": "USD", "points": "0"}
        for target, amount in (("west-usd", "30"), ("west-poor", "7"), ("west-new", "5"))
    ]
    lines = [
        {"at": "", "top_up": "x", "version": 1, "minimum": "100", "target": "150", "transfers": transfers},
        *({"at": "", "of": "x", "ended": one, "state": "done", "detail": ""} for one in ended),
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize(
    ("ended", "asked"),
    [
        ([], "Send these 3 transfers of 42 USD?"),
        ([0], "Send these 2 transfers of 12 USD?"),
        ([0, 1], "Send this transfer of 5 USD?"),
    ],
)
def test_of_a_top_up_that_was_cut_off_only_what_is_left_is_asked_about(run, tmp_path, ended, asked):
    write_record(tmp_path / "top-up.jsonl", *ended)

    done = run("top-up", *UNDER, typed="n\n", status=2)

    assert asked in done.stderr
    assert done.stdout.count(" done") == len(ended)


def test_ctrl_c_says_how_to_go_on(run, monkeypatch):
    from igamingace.operators import Operator

    real = Operator.top_up

    def interrupted(self, **given):
        if given.get("dry_run"):
            return real(self, **given)
        raise KeyboardInterrupt

    monkeypatch.setattr(Operator, "top_up", interrupted)
    done = run("top-up", "-a", "west-poor", "--minimum", "900", "--target", "900", "--yes", status=3)

    assert "interrupted: run it again with the journal top-up.jsonl" in done.stderr


def test_an_unfinished_top_up_of_other_accounts_is_2(run, tmp_path):
    write_record(tmp_path / "top-up.jsonl")

    done = run("top-up", "-a", "mycasino", *UNDER[2:], "--yes", status=2)

    assert "an unfinished top-up of accounts that are not selected now" in done.stderr


def test_who_runs_dry_after_a_top_up_that_went_on_is_1_and_told(run, tmp_path):
    write_record(tmp_path / "top-up.jsonl", 0, 1, 2)
    given = ["top-up", "--minimum", "1000000", "--target", "2000000", "--yes"]
    text = (tmp_path / "top-up.jsonl").read_text()
    (tmp_path / "top-up.jsonl").write_text(
        text.replace('"minimum": "100"', '"minimum": "1000000"').replace(
            '"target": "150"', '"target": "2000000"', 1
        )
    )

    done = run(*given, status=1)

    assert "Others still run dry; the same command plans for them." in done.stdout
    assert "mycasino" in done.stdout


def test_the_plan_ends_with_its_sums_and_the_outcomes_with_counts(run, tmp_path):
    write_record(tmp_path / "top-up.jsonl")
    planned = run("top-up", *UNDER, "--dry-run").stdout
    write_record(tmp_path / "top-up.jsonl", 0, 1, 2)
    ended = run("top-up", *UNDER, "--yes").stdout

    assert [line.split() for line in planned.splitlines() if line.split()[:1] == ["3"]] == [
        ["3", "transfers", "42", "USD"]
    ]
    assert "Transfers: 3 done" in ended


def test_a_top_up_that_was_cut_off_with_nothing_left_is_ended_without_a_question(run, tmp_path):
    write_record(tmp_path / "top-up.jsonl", 0, 1, 2)

    assert run.json("top-up", *UNDER)["resumed"] is True
    assert json.loads((tmp_path / "top-up.jsonl").read_text().splitlines()[-1])["finished"] is True


def test_a_transfer_that_nobody_can_look_for_now_is_3_and_the_record_is_named(run, monkeypatch):
    from igamingace.operators import Operator, TransferUnknown

    real = Operator.top_up

    def unreadable(self, **given):
        if given.get("dry_run"):
            return real(self, **given)
        raise TransferUnknown("nobody knows", source="a", target="b", amount=Decimal(1), currency="USD")

    monkeypatch.setattr(Operator, "top_up", unreadable)

    given = ["top-up", "-a", "west-poor", "--minimum", "900", "--target", "900", "--yes"]
    done = run(*given, status=3)

    assert "nobody knows: run it again with the journal top-up.jsonl" in done.stderr
    assert "nobody knows" in run.json(*given, status=3)["error"]


@pytest.mark.parametrize(
    ("amounts", "told"),
    [
        (["--minimum", "ten", "--target", "20"], "--minimum ten: give an amount"),
        (["--minimum", "1_0", "--target", "20"], "--minimum 1_0: give an amount"),
        (["--minimum", "10", "--target", "٢٠"], "--target ٢٠: give an amount"),
        (["--minimum", "snan", "--target", "20"], "--minimum snan: give an amount"),
        (["--minimum", "EUR=", "--target", "20"], "--minimum"),
        (["--minimum", "1", "--minimum", "2", "--target", "20"], "given twice"),
        (["--minimum", "usd=1", "--target", "20"], "currency"),
        (["--minimum", "EUR=1", "--target", "20"], "USD"),
        (["--minimum", "30", "--target", "20"], "below the minimum"),
        (["--minimum", "0.001", "--target", "20"], "decimals"),
        (["--target", "20"], "--minimum"),
    ],
)
def test_amounts_that_make_no_sense_are_2(run, amounts, told):
    assert told in run("top-up", *amounts, "--yes", status=2).stderr


def test_an_amount_for_all_may_stand_beside_those_of_single_currencies(broken):
    chosen = ["-a", "west-poor", "-a", "wrong", "--dry-run"]

    beside = ["--minimum", "2000", "--minimum", "EUR=30", "--target", "2100", "--target", "EUR=40"]
    apart = ["--minimum", "USD=2000", "--minimum", "EUR=30", "--target", "USD=2100", "--target", "EUR=40"]

    first = broken.json("top-up", *chosen, *beside, status=1)
    second = broken.json("top-up", *chosen, *apart, status=1)
    assert first["plan"]["transfers"] == second["plan"]["transfers"] != []
    for option in ("--minimum", "--target"):
        given = {"--minimum": "1", "--target": "20"} | {option: "EUR=ten"}
        amounts = [word for pair in given.items() for word in pair]
        assert f"{option} ten: give an amount" in broken("top-up", *chosen, *amounts, status=2).stderr
