"""`igamingace agents`: open new accounts, check the ones there are."""

import subprocess
import sys

import pytest
from igamingace import Agent
from igamingace.cli import agents_create
from igamingace.cli._append import token_variable
from igamingace.operators import Account

from .conftest import ACCOUNT

TOKEN = "60349266c8d9487eab7531b1a15d2480"
SHORT = ["--currency", "USD", "--rate", "12.5", "--parent", "west"]
NEW = [*SHORT, "--everybody"]
TOP = [*SHORT[:4], "--everybody"]


def test_a_new_agent_s_token_and_password_are_shown_once_and_work(run, sandbox):
    done = run("agents", "create", "fresh", *SHORT, "--site", "casino", "--allow", "127.0.0.1", "--yes")

    lines = [line.split() for line in done.stdout.splitlines()]
    (token,) = [line[1] for line in lines if line[:1] == ["token"]]
    (password,) = [line[1] for line in lines if line[:1] == ["password"]]
    with Agent(token, base_url=sandbox.url) as agent:
        info = agent.operators.info()
    assert (info.id, info.parent_id, info.level) == ("fresh", "west", "agent")
    assert info.allowed_ips == ["127.0.0.1"]
    assert len(password) >= 20
    assert done.output.count(token) == done.output.count(password) == 1


def test_what_is_shown_can_be_put_into_the_file(run, tmp_path, monkeypatch):
    document = run.json("agents", "create", '2nd "agent"', "--id", "second", *NEW, "--yes")
    shown = run("agents", "create", '3rd "agent"', "--id", "third", *NEW, "--yes").stdout
    with (tmp_path / "agents.toml").open("a") as file:
        file.write("\n" + shown[shown.index("[[account]]") :])
    (variable,) = [line.split('"')[1] for line in shown.splitlines() if line.startswith("token_env")]
    monkeypatch.setenv(variable, document["token"])

    assert document["operator_id"] == "second"
    assert run.json("balances", "-a", '3rd "agent"')["by_agent"] == {'3rd "agent"': {"USD": "0"}}


def test_a_password_can_be_given_and_is_not_shown_then(run, tmp_path):
    (tmp_path / "password").write_text("correct-horse\n")

    by_file = run("agents", "create", "by-file", *NEW, "--password-file", "password", "--yes")
    typed = run("agents", "create", "typed", *NEW, "--password-file", "-", "--yes", typed="battery-staple\n")

    assert "correct-horse" not in by_file.output
    assert "battery-staple" not in typed.output
    assert "password" not in typed.stdout


def test_everybody_is_let_in_only_by_name(run):
    done = run("agents", "create", "never", *SHORT, "--yes", status=2)

    assert "give --allow with each address that its requests come from, or --everybody" in done.stderr


def test_an_open_door_is_warned_about_and_the_question_is_asked(run):
    done = run("agents", "create", "never", *NEW, typed="n\n", status=2)

    assert "its requests will be accepted from everywhere, from anyone who has the token" in done.stderr
    assert "Open the agent 'never' with USD below 'west'?" in done.stderr
    assert done.stdout == ""


def test_an_address_that_is_hardly_meant_is_warned_about_once_and_before_the_question(run, caplog):
    given = ["agents", "create", "inside", *SHORT, "--allow", "10.1.2.3"]
    refused = run(*given, typed="n\n", status=2)
    done = run(*given, "--yes")

    told = "Warning: 10.1.2.3: is a private address"
    assert refused.stderr.index(told) < refused.stderr.index("Open the agent 'inside'")
    assert done.stderr.count("10.1.2.3") == 1
    assert "10.1.2.3" not in caplog.text


def test_without_a_parent_it_is_opened_below_the_one_at_the_top(run):
    run("agents", "create", "east", "--operator", *TOP, "--yes")

    assert run.json("tree", "--offline")["accounts"][0]["name"] == "bigoperator"


def add_root(tmp_path, name, currency, level):
    with (tmp_path / "agents.toml").open("a") as file:
        file.write(f'[[account]]\nname = "{name}"\ncurrency = "{currency}"\nlevel = "{level}"\n')
        file.write(f'token = "token-of-{name}"\n')


def test_of_several_at_the_top_it_is_the_only_operator_in_its_currency(run, tmp_path):
    add_root(tmp_path, "top-eur", "EUR", "operator")
    add_root(tmp_path, "agent-usd", "USD", "agent")

    done = run("agents", "create", "more", *TOP, typed="n\n", status=2)

    assert "Open the agent 'more' with USD below 'bigoperator'?" in done.stderr


@pytest.mark.parametrize(
    ("currency", "told"),
    [
        (
            "USD",
            "there are several operators in USD at the top: give --parent with one: bigoperator, top-2",
        ),
        ("EUR", "there is no operator in EUR at the top, and no --parent: give the name of one: low-eur"),
        ("JPY", "no operator among the accounts has JPY"),
    ],
)
def test_where_the_currency_does_not_tell_the_parent_those_that_can_be_it_are_listed(
    run, tmp_path, currency, told
):
    add_root(tmp_path, "top-2", "USD", "operator")
    add_root(tmp_path, "low-eur", "EUR", "operator")
    with (tmp_path / "agents.toml").open("a") as file:
        file.write('parent = "top-2"\n')

    done = run("agents", "create", "more", "--currency", currency, *TOP[2:], "--yes", status=2)

    assert told in done.stderr


@pytest.mark.parametrize("parent", [[], ["--parent", "west"]])
def test_a_parent_in_another_currency_is_refused_before_the_question(run, parent):
    done = run("agents", "create", "more", "--currency", "JPY", *TOP[2:], *parent, status=2)

    assert "has USD, and an account in JPY needs a parent that has JPY" in done.stderr
    assert "no operator among the accounts has JPY" in done.stderr
    assert "Open the agent" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["mycasino", *NEW], "the name 'mycasino' is taken"),
        (["x", *TOP, "--parent", "mycasino"], "is an agent"),
        (["x", *TOP, "--parent", "nobody"], "no account 'nobody'"),
        (["x", "--currency", "EURO", *NEW[2:]], "is not an ISO 4217 code"),
        (["x", *NEW[:2], "--rate", "many", *NEW[4:]], "give a number of percent"),
        (["x", *NEW[:2], "--rate", "nan", *NEW[4:]], "give a number of percent"),
        (["x", *NEW[:2], "--rate", "1_0", *NEW[4:]], "give a number of percent"),
        (["x", *NEW[:2], "--rate", "101", *NEW[4:]], "from 0 to 100"),
        (["x", *SHORT, "--allow", "10.0.0.0/8"], "does not accept networks"),
        (["x", *SHORT, "--allow", " "], "or --everybody"),
        (["x", *NEW, "--allow", "8.8.8.8"], "everybody and addresses are both given"),
        (["x", *NEW, "--callback-url", "nowhere"], "begins with https://"),
        (["x", *NEW, "--password-file", "/no/where"], "/no/where"),
        (["x", *NEW, "--password-file", "/dev/null"], "it is empty"),
        (["x", *NEW, "--password-file", sys.executable], "it is not valid UTF-8"),
        (["x", *NEW[:2]], "--rate"),
    ],
)
def test_what_makes_no_sense_is_2_and_opens_nothing(run, arguments, told):
    assert told in run("agents", "create", *arguments, "--yes", status=2).stderr


def test_an_id_that_is_taken_is_refused_by_the_server(run):
    done = run("agents", "create", "another-name", "--id", "mycasino", *NEW, "--yes", status=1)

    assert "operators.create: " in done.stderr


def test_a_creation_without_an_answer_is_3_and_its_password_is_not_lost(run, monkeypatch):
    from igamingace._common.secret import Secret
    from igamingace.operators import CreationUnknown, Operator

    def lost(self, name, **given):
        assert given["password"]
        raise CreationUnknown(name, Secret("made-password"))

    monkeypatch.setattr(Operator, "create_agent", lost)

    done = run("agents", "create", "lost", *NEW, "--yes", status=3)
    document = run.json("agents", "create", "lost", *NEW, "--yes", status=3)

    assert "look for it in the back office" in done.stderr
    assert done.stdout.split() == ["password", "made-password"]
    assert document["password"] == "made-password"


def test_a_creation_that_is_interrupted_is_3_and_its_password_is_not_lost(run, monkeypatch):
    from igamingace.operators import Operator

    sent = []

    def interrupted(self, name, **given):
        sent.append(given["password"])
        raise KeyboardInterrupt

    monkeypatch.setattr(Operator, "create_agent", interrupted)

    done = run("agents", "create", "cut-off", *NEW, "--yes", status=3)

    assert "look for it in the back office" in done.stderr
    assert done.stdout.split() == ["password", sent[0]]


@pytest.fixture
def healthy(tokens, sandbox):
    """Give the demo agent what a healthy one has: an address and a callback URL."""
    with Agent(tokens["mycasino"], base_url=sandbox.url) as agent:
        agent.operators.update(allowed_ips=["127.0.0.1"], callback_url="http://127.0.0.1:9/callbacks")
        yield
        agent.operators.update(allowed_ips=[])


def test_a_healthy_agent_is_0_and_a_table(run, healthy):
    done = run("agents", "check", "--account", "mycasino", "--no-callbacks", "--floor", "USD=100")

    (row,) = [line.split() for line in done.stdout.splitlines() if line.strip().startswith("mycasino ")]
    assert row[1] == "ok"
    assert "1 of 1 accounts are healthy." in done.stdout


def test_an_agent_that_is_not_healthy_is_1_and_told_in_words(broken, healthy):
    done = broken("agents", "check", "--floor", "USD=1000000", "--floor", "EUR=1", status=1)
    document = broken.json("agents", "check", "-a", "wrong", "-a", "mycasino", status=1)

    told = done.stdout
    assert ", mycasino, west, west-usd, west-poor: below 1000000 USD" in told
    assert "http://127.0.0.1:9/callbacks" in told
    assert told.count("wrong: operators.info: TOKEN_INVALID") == 1
    assert "of 7 accounts are healthy" in told
    states = {one["check"]: one["state"] for one in document["agents"]["wrong"]}
    assert states["token"] == "failed"
    assert states["points"] == "unknown"


def test_accounts_of_which_the_same_is_found_share_a_line(run):
    done = run("agents", "check", "--no-callbacks", "--floor", "2000", status=1)

    rows = [line.strip() for line in done.stdout.splitlines() if "warning" in line or "failed" in line]
    assert any(row.startswith("west-usd, west-poor ") for row in rows), done.stdout
    assert "west-usd, west-poor: below 2000 USD" in done.stdout


def test_many_accounts_are_counted_and_json_names_each(run, monkeypatch, tmp_path):
    with (tmp_path / "agents.toml").open("a") as file:
        for number in range(20):
            monkeypatch.setenv(f"TOKEN_{number}", f"no-token-of-anybody-{number}")
            file.write(
                ACCOUNT.format(name=f"n{number}", currency="USD", level="agent", variable=f"TOKEN_{number}")
            )

    for command in (["agents", "check"], ["doctor"]):
        done = run(*command, "--no-callbacks", status=1)
        assert "and 12 more" in done.stdout
        assert "n19" not in done.stdout
        assert "Each by name: --json." in done.stdout
        assert "n19" in run.json(*command, "--no-callbacks", status=1)["agents"]


MANY = 40


def one_cause_for_all(cause, tmp_path):
    """Add accounts whose tokens cannot be read for one reason; returns what is the same for all of them."""
    with (tmp_path / "agents.toml").open("a") as file:
        for number in range(MANY):
            text = ACCOUNT.format(
                name=f"n{number}", currency="USD", level="agent", variable=f"NOT_SET_{number}"
            )
            if cause == "no folder":
                text = text.replace(f'token_env = "NOT_SET_{number}"', f'token_file = "gone/n{number}"')
            file.write(text)
    return {
        "no variable": "the variable of its token is not set",
        "no folder": "its token file cannot be read: No such file or directory",
    }[cause]


@pytest.mark.parametrize("command", [["agents", "check"], ["doctor"]])
@pytest.mark.parametrize("cause", ["no variable", "no folder"])
def test_one_cause_that_strikes_many_accounts_is_one_line(run, monkeypatch, tmp_path, command, cause):
    reason = one_cause_for_all(cause, tmp_path)
    monkeypatch.setenv("COLUMNS", "240")

    done = run(*command, "--no-callbacks", status=1)

    assert done.stdout.count(reason) == 1
    assert len(done.stdout.splitlines()) < MANY


@pytest.mark.parametrize("command", [["agents", "check"], ["doctor"]])
def test_a_refused_address_is_one_line_for_all_accounts(run, sandbox, monkeypatch, command):
    for account in sandbox.app.runtime.state.accounts.values():
        monkeypatch.setattr(account, "allowed_ips", ("198.51.100.1",))
    monkeypatch.setenv("COLUMNS", "240")

    done = run(*command, "--no-callbacks", status=1)

    assert done.stdout.count("IP_NOT_ALLOWED 1020, HTTP 403 (add this server's public address") == 1


@pytest.mark.parametrize("command", [["agents", "check"], ["doctor"]])
def test_of_reasons_that_differ_the_first_are_shown(run, monkeypatch, tmp_path, command):
    with (tmp_path / "agents.toml").open("a") as file:
        for number in range(MANY):
            file.write(
                ACCOUNT.format(name=f"n{number}", currency="USD", level="agent", variable=f"N_{number}")
            )
    monkeypatch.setattr(
        "igamingace.operators._management.health.shared_reason", lambda error: f"a reason of its own: {error}"
    )

    done = run(*command, "--no-callbacks", status=1)

    assert done.stdout.count("the variable N_") == 20
    assert "N_19 " in done.stdout
    assert f"nd {MANY - 20} more: --json shows all" in done.stdout


def test_the_name_of_an_account_is_not_said_twice_in_a_line(broken):
    told = "the variable TOKEN_OF_LOST is not set"

    for command in (["agents", "check"], ["doctor"]):
        done = broken(*command, "--no-callbacks", status=1)
        assert "account 'lost'" not in done.stdout
        document = broken.json(*command, "--no-callbacks", status=1)
        assert document["agents"]["lost"][0]["detail"].startswith(told)


def test_a_floor_that_leaves_a_currency_out_is_2(broken):
    assert "EUR" in broken("agents", "check", "--floor", "USD=1", status=2).stderr


def test_a_name_that_the_output_cannot_write_keeps_no_secret_back(run, sandbox, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    command = [sys.executable, "-m", "igamingace", "agents", "create"]

    done = subprocess.run(
        [*command, "касино", "--id", "kasino", *NEW, "--yes"], capture_output=True, text=True, check=False
    )

    token = sandbox.app.runtime.state.accounts["kasino"].token
    assert done.returncode == 0
    assert [line.split()[:1] for line in done.stdout.splitlines()[:2]] == [["token"], ["password"]]
    assert done.stdout.split()[1] == token
    assert ascii("касино")[1:-1] in done.stdout


def test_an_account_whose_showing_fails_is_3_and_its_secrets_stand_there_already(run, sandbox, monkeypatch):
    def mistaken(*_):
        raise ZeroDivisionError("by 0")

    monkeypatch.setattr(agents_create, "account_toml", mistaken)

    done = run("agents", "create", "unshown", *NEW, "--yes", status=3)

    assert "it is unknown whether the change was made: check before" in done.stderr
    assert done.stdout.split()[1] == sandbox.app.runtime.state.accounts["unshown"].token


@pytest.mark.parametrize(("name", "variable"), [("касино", "K_7_TOKEN"), ("mycasino-3", "MYCASINO_3_TOKEN")])
def test_the_variable_for_a_token_has_a_name_of_its_own(run, name, variable):
    account = Account(name=name, token="a-token", currency="USD", operator_id="k-7")

    assert token_variable(account) == variable


@pytest.mark.parametrize("option", ["--account", "-a"])
def test_the_operator_above_can_be_given_as_the_account(run, option):
    done = run("agents", "create", "x", *TOP, option, "west", typed="n\n", status=2)

    assert "Open the agent 'x' with USD below 'west'?" in done.stderr


@pytest.mark.parametrize(
    "arguments", [[TOKEN, *NEW], ["x", *TOP, "--account", TOKEN], ["x", *NEW, "--site", TOKEN]]
)
def test_a_token_in_the_place_of_a_name_is_not_shown(run, arguments):
    done = run("agents", "create", *arguments, "--yes", status=2)

    assert TOKEN not in done.output
    assert "<what looks like a token>" in done.stderr


def test_a_floor_that_is_no_number_is_2(run):
    assert "--floor snan: give an amount" in run("agents", "check", "--floor", "snan", status=2).stderr


def test_floors_share_the_grammar_of_top_up(broken):
    chosen = ["agents", "check", "--no-callbacks", "-a", "mycasino"]

    assert "give an amount" in broken(*chosen, "--floor", "USD=ten", status=2).stderr
    assert "given twice" in broken(*chosen, "--floor", "1", "--floor", "2", status=2).stderr
    assert "below 30000" in broken(*chosen, "--floor", "1", "--floor", "USD=30000", status=1).stdout
    broken(*chosen, "--floor", "30000", "--floor", "USD=1")


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["agents", "check", "--floor", "USD=1"], "--floor"),
        (["doctor", "--floor", "USD=1"], "--floor"),
        (["top-up", "--minimum", "USD=1", "--target", "USD=2"], "--minimum"),
    ],
)
def test_a_currency_without_an_amount_is_told_with_the_ways_out(broken, arguments, option):
    said = broken(*arguments, status=2).stderr

    assert f"{option} has no amount for EUR: add {option} EUR=AMOUNT, or {option} AMOUNT for all" in said
    assert "--currency USD" in said


def test_a_new_account_is_appended_to_the_file_and_works_at_once(run, tmp_path):
    done = run("agents", "create", "appended", *NEW, "--yes", "--append")

    secret = tmp_path / "appended.token"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert f"Appended to agents.toml; its token is in {secret.name}." in done.stderr
    assert run.json("balances", "-a", "appended")["by_agent"] == {"appended": {"USD": "0"}}
    assert secret.read_text().strip() not in (tmp_path / "agents.toml").read_text()
    assert "[[account]]" not in done.output  # another block than the one that was written


def test_appending_is_offered_and_no_answer_is_a_no(run, tmp_path):
    before = (tmp_path / "agents.toml").read_text()

    silent = run("agents", "create", "silent", *NEW, typed="y\n")
    refused = run("agents", "create", "unwanted", *NEW, typed="y\nn\n")
    assert (tmp_path / "agents.toml").read_text() == before
    wanted = run("agents", "create", "wanted", *NEW, typed="y\ny\n")

    for done in (silent, refused, wanted):
        assert "Append it to agents.toml, its token in" in done.stderr
    assert [done.stdout.count("[[account]]") for done in (silent, refused, wanted)] == [1, 1, 0]
    assert (tmp_path / "agents.toml").read_text().startswith(before)
    assert run.json("balances", "-a", "wanted")["by_agent"] == {"wanted": {"USD": "0"}}


def test_a_script_is_asked_nothing_and_its_file_stays(run, tmp_path):
    before = (tmp_path / "agents.toml").read_text()

    done = run("agents", "create", "scripted", *NEW, "--yes")

    assert "Append" not in done.stderr
    assert (tmp_path / "agents.toml").read_text() == before


def test_a_token_is_never_written_over_another(run, tmp_path):
    (tmp_path / "taken.token").write_text("of somebody else")

    done = run("agents", "create", "taken", *NEW, "--yes", "--append", status=2)

    assert "taken.token exists" in done.stderr
    assert (tmp_path / "taken.token").read_text() == "of somebody else"


def test_a_file_that_cannot_be_written_is_1_and_the_token_was_shown(run, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "agents.toml")

    monkeypatch.setattr(agents_create, "append_account", full)

    done = run("agents", "create", "full", *NEW, "--yes", "--append", status=1)

    assert "  token     " in done.stdout
    assert "the account was opened, but is not in agents.toml" in done.stderr
    assert "[[account]]" in done.stdout


def test_equal_findings_share_a_line_and_failures_stand_first(broken):
    done = broken("agents", "check", "--no-callbacks", status=1)

    lines = [line for line in done.stdout.splitlines() if ": " in line]
    everywhere = [line for line in lines if "accepted from everywhere" in line]
    assert len(everywhere) == 1
    assert "west-usd" in everywhere[0]
    assert lines.index(everywhere[0]) > next(n for n, line in enumerate(lines) if "TOKEN_INVALID" in line)
