"""The command `igamingace wallet check`: exit statuses, what people see, what machines read."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from contextlib import contextmanager

import pytest
from igamingace._common.secret import Secret
from igamingace.cli.wallet_check import wallet
from igamingace.walletcheck import CHECKS, Level
from igamingace.walletcheck._profile import percentile, profile_async
from igamingace.walletcheck._settings import Settings
from typer.testing import CliRunner

from .faults_of_form import RefusesUnderHTTP400
from .faults_of_money import Overdraws
from .wallets import PLAYER, TOKEN, Refused, RightWallet

PROGRAM = [sys.executable, "-W", "error", "-m", "igamingace", "wallet", "check"]
QUICK = ["--only", "happy", "--only", "refusal"]


@pytest.fixture
def run():
    """Return a function that runs the command in this process."""

    def run_(*arguments, token=TOKEN, player=PLAYER):
        options = ["--player", player] if player else []
        variables = {"IGAMINGACE_API_TOKEN": token, "COLUMNS": "120"}
        return CliRunner().invoke(wallet, ["check", *arguments, *options], env=variables)

    return run_


def test_all_passed_is_0_and_people_see_a_table(served):
    done = subprocess.run(
        [*PROGRAM, served(RightWallet()), "--token", TOKEN, "--player", PLAYER],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "All passed at level required" in done.stdout
    for level in Level:
        number = sum(check.level is level for check in CHECKS)
        assert f"{level} {number} of {number} passed" in " ".join(done.stdout.split())
    assert "as it was before" in done.stdout
    assert done.stderr == ""


def test_a_failed_check_is_1_and_people_see_what_to_do(served, run):
    done = run(served(RefusesUnderHTTP400()), *QUICK)

    assert done.exit_code == 1
    assert "refusal.http_status" in done.stdout
    assert "Answer HTTP 200 whatever you refuse" in done.stdout
    assert "1 failed" in done.stdout


@pytest.mark.parametrize(("given", "sent"), [("777", 777), ("0777", "0777"), ("fruit-5", "fruit-5")])
def test_the_game_is_a_number_or_a_code(served, run, given, sent):
    done = run(served(RightWallet()), "--only", "happy.bet", "--game-code", given, "--json")

    (result,) = json.loads(done.stdout)["checks"]
    (bet,) = [json.loads(one["sent"]) for one in result["exchanges"] if one["command"] == "bet"]
    assert (result["status"], bet["gameCode"]) == ("passed", sent)


def test_machines_read_one_json_document(served, run):
    done = run(served(RefusesUnderHTTP400()), *QUICK, "--json")

    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert report["ok"] is False
    assert report["counts"] == {"passed": 10, "failed": 1, "skipped": 0}
    assert report["balance"] == {"before": "1000.00", "after": "1000.00", "moved": "0.00", "restored": True}
    (failed,) = [check for check in report["checks"] if check["status"] == "failed"]
    assert failed["id"] == "refusal.http_status"
    assert failed["standing"] == "documented"
    assert failed["level"] == "required"
    assert failed["pointer"] == "#/x-wallet-rules/refusal-status"
    assert [exchange["http_status"] for exchange in failed["exchanges"]] == [200, 400]
    assert '"command":"bet"' in failed["exchanges"][1]["sent"]


def test_nobody_there_is_2_and_says_what_to_do(run):
    done = run("http://127.0.0.1:9/callbacks")

    assert done.exit_code == 2
    assert "cannot be reached" in done.stderr
    assert "check the address and the port" in done.stderr


def test_nobody_there_is_json_too(run):
    done = run("http://127.0.0.1:9/callbacks", "--json")

    assert done.exit_code == 2
    assert "cannot be reached" in json.loads(done.stdout)["error"]


def test_a_wrong_token_is_2_and_names_the_token(served, run):
    done = run(served(RightWallet()), token="f" * 32)

    assert done.exit_code == 2
    assert "Either --token is not the token that the wallet has" in done.stderr


def test_a_wrong_player_is_2_and_names_the_player(served, run):
    done = run(served(RightWallet()), player="nobody")

    assert done.exit_code == 2
    assert "player 'nobody'" in done.stderr


async def not_found(scope, receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def test_a_wrong_url_is_2_and_names_the_status(served, run):
    done = run(served(not_found))

    assert done.exit_code == 2
    assert "HTTP 404" in done.stderr
    assert "is /callbacks the path of the callback URL" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ftp://casino.example"], "not an http or https URL"),
        (["http://"], "not an http or https URL"),
        ([], "give the URL"),
        (["http://127.0.0.1:9", "--only", "bet.duplikate"], "did you mean bet.duplicate"),
        (["http://127.0.0.1:9", "--only", "bet", "--skip", "bet"], "no check is left"),
        (["http://127.0.0.1:9", "--currency", "dollars"], "ISO 4217"),
        (["http://127.0.0.1:9", "--game-code", "\udcff"], "--game-code is '\\udcff'"),
    ],
)
def test_what_makes_no_sense_is_2_and_says_why(run, arguments, told):
    done = run(*arguments)

    assert done.exit_code == 2
    assert told in done.stderr


def test_no_token_is_2(run):
    done = run("http://127.0.0.1:9", token=None)

    assert done.exit_code == 2
    assert "IGAMINGACE_API_TOKEN" in done.stderr


def test_a_report_that_cannot_be_written_is_2(served, run, tmp_path):
    done = run(served(RightWallet()), "--only", "happy.balance", "--html", f"{tmp_path}/no/such/folder.html")

    assert done.exit_code == 2
    assert "cannot be written" in done.stderr


def test_the_checks_can_be_listed_without_a_wallet(run):
    done = run("--list", player=None, token=None)

    assert done.exit_code == 0
    assert all(check.id in done.stdout for check in CHECKS)


def test_the_list_is_json_too(run):
    done = run("--list", "--json", "--only", "bet", player=None)

    found = json.loads(done.stdout)
    assert [one["id"] for one in found] == [check.id for check in CHECKS if check.group == "bet"]
    assert {one["standing"] for one in found} == {"documented"}
    assert {one["level"] for one in found} == {"required"}


def test_reports_are_written_to_files(served, run, tmp_path):
    files = ["--junit", f"{tmp_path}/report.xml", "--html", f"{tmp_path}/report.html"]
    done = run(served(Overdraws()), "--only", "happy", "--only", "parallel.overdraw", *files)

    assert done.exit_code == 1
    suite = ET.parse(tmp_path / "report.xml").getroot()[0]
    assert suite.attrib["failures"] == "1"
    assert "parallel.overdraw" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_token_is_in_no_output(served, run, tmp_path):
    class Gossip(RightWallet):
        """Tells the token and the signature in answers and statusCodes, as a page for errors may."""

        async def answer(self, body, signature):
            status, answer = await super().answer(body, signature)
            told = f'"token":"{TOKEN}","signature":"{(signature or b"").decode("latin-1")}",'
            return status, answer.replace(b"{", b"{" + told.encode(), 1).replace(
                b"ERR_", b"ERR_" + TOKEN.encode()
            )

    url = served(Gossip())
    files = ["--junit", f"{tmp_path}/report.xml", "--html", f"{tmp_path}/report.html"]
    secret_url = url.replace("://", "://user:hunter2@") + f"?token={TOKEN}"
    some = ["--only", "happy", "--only", "refusal", "--only", "signature"]
    outputs = [
        run(secret_url, *some, *files),
        run(secret_url, *some, "--json"),
        run(url, "--token", TOKEN, "--only", "happy"),
    ]
    told = "".join(done.stdout + done.stderr + repr(done.exception) for done in outputs)
    told += "".join(file.read_text(encoding="utf-8") for file in tmp_path.iterdir())

    assert [done.exit_code for done in outputs] == [1, 1, 0]
    assert "<token>" in told
    assert "<signature>" in told
    assert TOKEN not in told
    assert "hunter2" not in told


class Waits(RightWallet):
    """Books the first bet, and does not answer until it is told to."""

    def __init__(self):
        super().__init__()
        self.arrived, self.released = threading.Event(), threading.Event()

    async def bet(self, player, fields):
        balance = await super().bet(player, fields)
        if not self.arrived.is_set():
            self.arrived.set()
            await asyncio.to_thread(self.released.wait, 60)
        return balance


@contextmanager
def interruptible(served, *options, **popen):
    """Run the command until a bet is booked and not answered; give the process and the wallet."""
    wallet = Waits()
    arguments = [served(wallet), "--token", TOKEN, "--player", PLAYER, "--timeout", "60", *options]
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen
    ) as running:
        try:
            assert wallet.arrived.wait(60)
            assert wallet.balances[PLAYER] < 1000
            yield running, wallet
        finally:
            wallet.released.set()
            running.kill()


CHECK, PROFILE = ["--only", "happy.bet"], ["--profile", "--calls", "1"]


@pytest.mark.parametrize(
    ("names", "options"),
    [(["SIGINT"], CHECK), (["SIGTERM"], PROFILE), (["SIGHUP", "SIGTERM", "SIGHUP"], CHECK)],
    ids=["Ctrl-C", "SIGTERM", "a closed terminal"],
)
def test_an_interrupted_run_puts_the_balance_back(served, names, options):
    numbers = [getattr(signal, name) for name in names]
    with interruptible(served, *options) as (running, wallet):
        for number in numbers:
            running.send_signal(number)
        shown, told = running.communicate()

    assert running.returncode - 128 in numbers
    assert told.startswith("Interrupted. What was booked has been undone")
    assert shown == ""
    assert wallet.balances[PLAYER] == 1000


def test_nohup_keeps_the_run_going(served):
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with interruptible(served, "--only", "happy.bet", preexec_fn=ignore) as (running, wallet):
        running.send_signal(signal.SIGHUP)
        wallet.released.set()
        running.communicate()

    assert running.returncode == 0


@pytest.mark.parametrize("wrong", [{"player": "nobody"}, {"token": "f" * 32}])
def test_what_cannot_be_run_shows_a_sentence_and_no_table(served, run, wrong):
    done = run(served(RightWallet()), **wrong)

    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1


def test_advice_in_the_shell_names_the_shells_options(served, run):
    no_token = run("http://127.0.0.1:9", token=None)
    no_bets = run(served(RefusesBets()), "--currency", "EUR")

    assert "IGAMINGACE_API_TOKEN is not set or empty; give --token, or better set" in no_token.stderr
    assert "Agent(" not in no_token.stderr
    assert "--currency (EUR), --game-code (655), --provider-id (1), --player (p-1)" in no_bets.stderr


class RefusesBets(RightWallet):
    async def bet(self, player, fields):
        raise Refused("ERR_UNKNOWN", self.balances[player])


def test_a_profile_measures_each_command_against_its_limit(served, run):
    done = run(served(RightWallet()), "--profile", "--calls", "6", "--concurrency", "3", "--json")

    profile = json.loads(done.stdout)
    assert (done.exit_code, profile["ok"], profile["restored"]) == (0, True, True)
    assert profile["concurrency"] == 3
    calls = {each["command"]: (each["calls"], each["limit"]) for each in profile["commands"]}
    assert calls == {"balance": (6, None), "bet": (12, 3), "win": (6, 4), "betwin": (6, 3), "cancel": (6, 4)}
    for each in profile["commands"]:
        assert 0 < each["median"] <= each["p95"] <= each["p99"] <= each["worst"]
        assert (each["late"], each["failed"]) == (0, 0)


def test_a_profile_of_a_wallet_that_fails_is_1_and_shows_how(served, run):
    class NoBetwins(RightWallet):
        async def betwin(self, player, fields):
            raise Refused("ERR_UNKNOWN", self.balances[player])

    done = run(served(NoBetwins()), "--profile", "--calls", "2")

    assert done.exit_code == 1
    assert "betwin: 2 not answered with OK, such as: HTTP 200, ERR_UNKNOWN" in done.stdout
    assert "median" in done.stdout


async def test_a_profile_counts_late_answers_and_puts_the_balance_back():
    class Late(RightWallet):
        async def win(self, player, fields):
            await asyncio.sleep(0.06)
            return await super().win(player, fields)

    wallet = Late("0")
    settings = Settings(
        target=wallet, token=Secret(TOKEN), player=PLAYER, checks=(), time_scale=0.01, timeout=5
    )
    profile = await profile_async(settings, 2, 2)

    assert {each.command: each.late for each in profile.commands}["win"] == 2
    assert not profile.ok
    assert wallet.balances[PLAYER] == 0


def test_the_percentiles_are_answers_that_were_measured():
    assert [percentile(list(range(1, 101)), share) for share in (0.5, 0.95, 0.99, 1)] == [50, 95, 99, 100]
    assert percentile([7], 0.5) == percentile([7], 0.99) == 7
