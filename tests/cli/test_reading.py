"""The commands that only read: tables and trees for people, one JSON document for machines."""

import json
import subprocess
import sys

import pytest


def test_the_tree_has_names_levels_points_and_states(run):
    lines = [line.split() for line in run("tree").stdout.splitlines() if line.strip()]

    assert lines[0] == ["account", "level", "currency", "points", "state"]
    assert [line[-5:] for line in lines[2:]] == [
        ["bigoperator", "operator", "USD", "995,000.00", "ok"],
        ["mycasino", "agent", "USD", "25,000.00", "ok"],
        ["west", "operator", "USD", "3,765.50", "ok"],
        ["west-usd", "agent", "USD", "1,234.50", "ok"],
        ["west-poor", "agent", "USD", "0.00", "empty"],
    ]
    assert [" ".join(line[:-5]) for line in lines[2:]] == ["", "├─", "└─", "├─", "└─"]


def test_a_part_of_the_tree_is_json_too(run):
    document = run.json("tree", "--account", "west")

    assert [(each["name"], each["depth"], each["points"]) for each in document["accounts"]] == [
        ("west", 0, {"USD": "3765.50"}),
        ("west-usd", 1, {"USD": "1234.50"}),
        ("west-poor", 1, {"USD": "0"}),
    ]
    assert document["accounts"][0]["parent"] == "bigoperator"


def test_the_tree_shows_who_does_not_answer_and_why(broken):
    done = broken("tree", status=1)

    assert "TOKEN_INVALID" in done.stdout
    assert "not set up" in done.stdout
    assert "wrong: operators.info: TOKEN_INVALID 1009" in done.stderr
    assert "lost: the variable TOKEN_OF_LOST is not set" in done.stderr
    errors = {each["name"]: each["error"] for each in broken.json("tree", status=1)["accounts"]}
    assert [name for name, error in errors.items() if error] == ["wrong", "lost"]


def test_the_tree_can_be_shown_without_asking_anybody(broken, sandbox):
    sandbox_before = sandbox.stats()

    done = broken("tree", "--offline")
    document = broken.json("tree", "--offline")

    assert [line.split()[-3] for line in done.stdout.splitlines() if " USD" in line][:2] == [
        "bigoperator",
        "mycasino",
    ]
    assert "points" not in done.stdout
    assert "points" not in document["accounts"][0]
    assert sandbox.stats() == sandbox_before


def test_balances_have_a_sum_for_each_currency(run):
    done = run("balances", "--under", "west")
    document = run.json("balances", "--account", "west-usd", "--account", "mycasino")

    assert [line.split() for line in done.stdout.splitlines() if line.strip()][2:] == [
        ["west-usd", "USD", "1,234.50"],
        ["west-poor", "USD", "0.00"],
        ["all", "USD", "1,234.50"],
    ]
    assert document["by_agent"] == {"west-usd": {"USD": "1234.50"}, "mycasino": {"USD": "25000"}}
    assert document["by_currency"] == {"USD": "26234.50"}


def test_balances_that_cannot_be_read_are_1_and_the_others_are_shown(broken):
    done = broken("balances", status=1)
    document = broken.json("balances", "--currency", "EUR", status=1)

    assert "25,000" in done.stdout
    assert "TOKEN_INVALID" in done.stdout
    assert "wrong: operators.info" in done.stderr
    assert sorted(document["failed"]) == ["lost", "wrong"]


def test_providers_and_games_have_states_and_types_in_words(run):
    providers = run.json("providers", "--account", "mycasino")["providers"]
    games = run.json("games", "1", "--account", "mycasino")["games"]
    shown = run("providers", "--account", "mycasino").stdout + run("games", "1", "-a", "mycasino").stdout
    rows = [" ".join(line.split()) for line in shown.splitlines()]

    states = {0: "inactive", 1: "normal", 2: "maintenance"}
    for one in providers:
        assert f"{one['providerId']} {one['providerName']} {states[one['status']]}" in rows
    for one in games:
        state = "maintenance" if one["inMaintenance"] else "normal"
        kind = ["slot", "live", "other"][one["gameType"]]
        assert f"{one['gameID']} {one['gameName']} {kind} {state}" in rows
    assert len(rows) > len(providers) + len(games) > 4


LAUNCH = ["launch", "1", "655", "--return-url", "https://casino.example/lobby", "-a", "mycasino"]


def test_a_launch_prints_the_url_and_nothing_else(run):
    done = run(*LAUNCH, "--player", "p-1")

    assert done.stdout.startswith("http")
    assert len(done.stdout.split()) == 1
    assert run.json(*LAUNCH, "--player", "p-1")["url"].startswith("http")


def test_a_player_is_linked_first_when_that_is_asked_for(run):
    done = run(*LAUNCH, "--player", "brand-new", status=1)
    run(*LAUNCH, "--player", "brand-new", "--link")

    assert "USER_NOT_FOUND" in done.stderr
    assert done.stdout == ""


def test_the_environment_alone_is_enough_for_one_account(run, tmp_path, tokens, monkeypatch):
    (tmp_path / "agents.toml").unlink()
    monkeypatch.setenv("IGAMINGACE_API_TOKEN", tokens["mycasino"])

    assert len(run.json("providers")["providers"]) == 4
    done = run("balances", status=2)
    monkeypatch.setenv("IGAMINGACE_CURRENCY", "USD")

    assert "IGAMINGACE_CURRENCY is not set" in done.stderr
    assert run.json("balances")["by_agent"] == {"default": {"USD": "25000"}}


def test_the_file_is_found_by_option_then_by_variable(run, tmp_path, monkeypatch):
    (tmp_path / "agents.toml").rename(tmp_path / "elsewhere.toml")

    assert "no accounts" in run("tree", status=2).stderr
    assert run.json("tree", "--file", "elsewhere.toml", "--offline")
    monkeypatch.setenv("IGAMINGACE_ACCOUNTS", "elsewhere.toml")
    assert run.json("tree", "--offline")
    assert "nowhere.toml" in run("tree", "--file", "nowhere.toml", status=2).stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["providers"], "which account? give --account with one of bigoperator, mycasino, west"),
        (["providers", "--account", "mycasin"], "did you mean 'mycasino'"),
        (["tree", "--account", "nobody"], "no account 'nobody'"),
        (["balances", "--under", "nobody"], "no account 'nobody'"),
        (["balances", "--currency", "KRW"], "no account matches"),
        (
            ["launch", "1", "655", "--player", "p", "--return-url", "x", "--language", "english"],
            "which account",
        ),
        (["games", "one"], "is not a valid int"),
    ],
)
def test_what_makes_no_sense_is_2_and_a_sentence(run, arguments, told):
    done = run(*arguments, status=2)

    assert told in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_a_mistake_in_the_file_is_2_and_told_with_its_line(run, tmp_path):
    (tmp_path / "agents.toml").write_text('[[account]]\nname = "a"\ncurency = "USD"\ntoken_env = "A"\n')

    done = run("tree", status=2)
    document = run.json("tree", status=2)

    assert done.stderr.splitlines()[1] == (
        "agents.toml:3: [[account]] there is no key 'curency' here: did you mean 'currency'?"
    )
    assert "agents.toml:3" in document["error"]


def test_a_refusal_is_1_in_a_sentence_and_in_json(run):
    done = run("games", "99", "-a", "mycasino", status=1)
    document = run.json("games", "99", "-a", "mycasino", status=1)

    assert done.stderr.startswith("Error: games.list: PROVIDER_NOT_FOUND 2007")
    assert len(done.stderr.splitlines()) == 1
    assert "PROVIDER_NOT_FOUND" in document["error"]


def test_nobody_there_is_1(run, monkeypatch):
    monkeypatch.setenv("IGAMINGACE_BASE_URL", "http://127.0.0.1:1")

    done = run("balances", "--account", "mycasino", status=1)

    assert "no connection" in done.stdout
    assert "It did not reach the server" in done.stderr


def test_a_launch_without_an_answer_is_1_for_it_changes_nothing(run, monkeypatch):
    from igamingace.errors import Timeout

    def lost(self, **given):
        raise Timeout(
            limit="total", seconds=30, operation="games.launch", may_have_arrived=True, retryable=False
        )

    monkeypatch.setattr("igamingace_bindings.rest.api.games.Games.launch", lost)

    done = run(*LAUNCH, "--player", "p-1", status=1)

    assert "It may have reached the server" in done.stderr


def test_a_mistake_of_the_program_is_a_sentence_too(run, monkeypatch):
    def mistaken(*given, **more):
        raise ZeroDivisionError("by 0")

    monkeypatch.setattr("igamingace.operators.Operator.balances", mistaken)

    done = run("tree", status=2)

    assert done.stderr.startswith("Error: a bug in this program, please report it: ZeroDivisionError: by 0")


def test_a_mistake_of_the_program_can_be_looked_into(run, monkeypatch):
    def mistaken(*given, **more):
        raise ZeroDivisionError("by 0")

    monkeypatch.setenv("IGAMINGACE_DEBUG", "1")
    monkeypatch.setattr("igamingace.operators.Operator.balances", mistaken)

    assert isinstance(run("tree", status=1).exception, ZeroDivisionError)


def test_names_from_outside_cannot_command_the_terminal(run, monkeypatch):
    from igamingace.models import Provider, ProviderStatus

    evil = Provider(provider_id=1, provider_name="\x1b[2J[red]evil[/red]\r", status=ProviderStatus(7))
    monkeypatch.setattr("igamingace_bindings.rest.api.providers.Providers.list", lambda self: [evil])

    done = run("providers", "-a", "mycasino")

    assert r"\x1b[2J[red]evil[/red]\r" in done.stdout
    assert " 7 " in done.stdout


@pytest.mark.parametrize(
    ("encoding", "child"), [("cp1252", "|-"), ("ascii", "|-"), ("cp437", "├─"), ("utf-8", "├─")]
)
def test_the_tree_is_drawn_with_what_the_output_can_write(run, tmp_path, monkeypatch, encoding, child):
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    with (tmp_path / "agents.toml").open("a", encoding="utf-8") as file:
        file.write('[[account]]\nname = "казино"\ncurrency = "USD"\ntoken_env = "TOKEN_OF_KASINO"\n')

    done = subprocess.run(
        [sys.executable, "-m", "igamingace", "tree", "--offline"], capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
    lines = [line.split() for line in done.stdout.decode(encoding).splitlines() if line.strip()]
    assert [line[0] for line in lines if "mycasino" in line] == [child]
    assert lines[-1][0] == ("казино" if encoding == "utf-8" else ascii("казино")[1:-1])


def test_it_runs_from_a_shell_and_a_pipe_finds_whole_lines(run, tmp_path):
    name = "a-" + "very-" * 30 + "long-name"
    (tmp_path / "agents.toml").write_text(
        f'[[account]]\nname = "{name}"\ncurrency = "USD"\ntoken_env = "TOKEN_OF_MYCASINO"\n'
    )
    command = [sys.executable, "-W", "error", "-m", "igamingace"]

    done = subprocess.run(
        [*command, "balances"], capture_output=True, text=True, check=True, env=without_columns()
    )
    machine = subprocess.run([*command, "balances", "--json"], capture_output=True, text=True, check=True)

    assert any(line.split() == [name, "USD", "25,000.00"] for line in done.stdout.splitlines())
    assert json.loads(machine.stdout)["by_agent"] == {name: {"USD": "25000"}}
    assert done.stderr == machine.stderr == ""


def without_columns():
    import os

    return {name: value for name, value in os.environ.items() if name != "COLUMNS"}
