"""The command `igamingace wallet check`: exit statuses, what people see, what machines read."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET

import pytest
from igamingace.cli.wallet_check import wallet
from igamingace.walletcheck import CHECKS, Level
from typer.testing import CliRunner

from .faults_of_form import RefusesUnderHTTP400
from .faults_of_money import Overdraws
from .wallets import PLAYER, TOKEN, RightWallet

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
        assert f"{level} {number} of {number} passed" in done.stdout
    assert "as it was before" in done.stdout
    assert done.stderr == ""


def test_a_failed_check_is_1_and_people_see_what_to_do(served, run):
    done = run(served(RefusesUnderHTTP400()), *QUICK)

    assert done.exit_code == 1
    assert "refusal.http_status" in done.stdout
    assert "Answer HTTP 200 whatever you refuse" in done.stdout
    assert "1 failed" in done.stdout


@pytest.mark.parametrize(("given", "sent"), [("777", 777), ("fruit-5", "fruit-5")])
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
    assert report["balance"] == {"before": "1000.00", "after": "1000.00", "restored": True}
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


def test_an_interrupted_run_puts_the_balance_back(served):
    class Waits(RightWallet):
        """Books the first bet and does not answer."""

        async def bet(self, player, fields):
            balance = await super().bet(player, fields)
            if not arrived.is_set():
                arrived.set()
                await asyncio.to_thread(interrupted.wait)
            return balance

    arrived, interrupted = threading.Event(), threading.Event()
    wallet = Waits()
    arguments = [
        served(wallet),
        "--token",
        TOKEN,
        "--player",
        PLAYER,
        "--only",
        "happy.bet",
        "--timeout",
        "60",
    ]
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        assert arrived.wait(60)
        assert wallet.balances[PLAYER] == 999
        running.send_signal(signal.SIGINT)
        _, told = running.communicate()
        interrupted.set()

    assert running.returncode == 130
    assert told.startswith("Interrupted")
    assert wallet.balances[PLAYER] == 1000
