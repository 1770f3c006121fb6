"""The command `igamingace wallet play`: a session against a wallet of any make, with trouble on the way."""

import json
from decimal import localcontext

import pytest
from igamingace.callbacks import wallet_app
from igamingace.cli.wallet_check import wallet
from igamingace.ledger import Ledger
from typer.testing import CliRunner

from .wallets import PLAYER, TOKEN, Refused, RightWallet


@pytest.fixture
def played():
    """Return a function that plays against a wallet by the command, and gives its result and document."""

    def play(url, *arguments, token=TOKEN):
        variables = {"IGAMINGACE_API_TOKEN": token, "COLUMNS": "200"}
        options = ["play", url, "--player", PLAYER, *arguments]
        return CliRunner().invoke(wallet, options, env=variables)

    return play


def document(done):
    return json.loads(done.stdout)


def test_a_session_is_played_and_the_balance_is_as_it_was_played(served, played):
    right = RightWallet()
    done = played(served(right), "--rounds", "30", "--seed", "1", "--json")

    result = document(done)
    assert done.exit_code == 0, done.stdout
    assert result["mistakes"] == 0
    assert result["balance"]["after"] == result["balance"]["expected"] == f"{right.balances[PLAYER]:f}"
    commands = {each["command"] for each in result["callbacks"]}
    assert commands == {"balance", "bet", "win", "betwin", "cancel"}
    assert all(each["ok"] for each in result["callbacks"])


def test_the_same_seed_plays_the_same_session(served, played):
    def amounts(seed):
        result = document(played(served(RightWallet()), "--rounds", "10", "--seed", seed, "--json"))
        sent = [json.loads(each["request_body"]) for each in result["callbacks"]]
        return [
            (each["command"], each.get("amount"), each.get("betAmount"), each.get("winAmount"))
            for each in sent
        ]

    assert amounts("7") == amounts("7") != amounts("8")


def test_a_balance_of_more_digits_than_python_computes_with_is_compared_exactly(served, played):
    class Exact(RightWallet):
        async def answer(self, body, signature):
            with localcontext(prec=50):
                return await super().answer(body, signature)

    wallet = Exact("100000000000.000000000000000001")
    result = document(played(served(wallet), "--rounds", "5", "--seed", "1", "--json"))

    assert result["balance"]["before"] == "100000000000.000000000000000001"
    assert result["balance"]["after"] == result["balance"]["expected"]


def test_people_see_each_callback_and_the_balance(served, played):
    done = played(served(RightWallet()), "--rounds", "3", "--seed", "3")

    assert done.exit_code == 0
    assert "OK, balance 1000.00." in done.stdout
    assert "3 rounds, " in done.stdout
    assert "0 mistakes of the wallet; seed 3." in done.stdout
    assert "as it was played." in done.stdout


@pytest.fixture
def ledger_url(tmp_path, served):
    """Return the URL of our own wallet, which takes every spelling; the player has 500."""
    ledger = Ledger(f"sqlite:///{tmp_path}/wallet.db", currency="USD")
    ledger.add_player(PLAYER, "USD")
    ledger.deposit(PLAYER, 500)
    app = wallet_app(ledger, token=TOKEN)
    yield served(app)
    app.close()
    ledger.close()


@pytest.mark.parametrize(
    "fault",
    ["callback_lost:share=0.3", "callback_lost_answer:share=0.3", "callback_duplicate:share=0.5", "spelling"],
)
@pytest.mark.parametrize("dialect", ["igamingace", "sister"])
def test_trouble_on_the_way_is_no_mistake_of_a_right_wallet(ledger_url, played, fault, dialect):
    options = ["--rounds", "15", "--seed", "2", "--fault", fault, "--dialect", dialect, "--json"]
    done = played(ledger_url, *options)

    result = document(done)
    assert done.exit_code == 0, [each["verdict"] for each in result["callbacks"] if not each["ok"]]
    assert any(each["fault"] for each in result["callbacks"])


def test_a_wallet_that_books_twice_is_found_by_its_balance(served, played):
    class Forgets(RightWallet):
        async def known(self, fields):
            return False

    done = played(served(Forgets()), "--rounds", "10", "--seed", "1", "--fault", "callback_duplicate")

    assert done.exit_code == 1
    assert "it should be" in done.stdout


def test_a_wallet_that_refuses_wins_makes_mistakes(served, played):
    class NoWins(RightWallet):
        async def win(self, player, fields):
            raise Refused("ERR_UNKNOWN", self.balances[player])

    done = played(served(NoWins()), "--rounds", "5", "--seed", "1")

    assert done.exit_code == 1
    assert "pay this win by hand" in done.stdout


def test_a_wallet_that_is_not_there_is_2_and_diagnosed(played):
    done = played("http://127.0.0.1:9/callbacks", "--rounds", "2")

    assert done.exit_code == 2
    assert "does the wallet run there?" in done.stdout
    assert "Not played" in done.stderr
    assert "does the wallet run there?" in document(played("http://127.0.0.1:9/", "--json"))["error"]


@pytest.mark.parametrize(
    ("arguments", "token", "told"),
    [
        (["http://127.0.0.1:9"], None, "give --token, or better set IGAMINGACE_API_TOKEN"),
        (["http://127.0.0.1:9", "--stake", "0.001"], TOKEN, "give an amount of 0.01 or more"),
        (["http://127.0.0.1:9", "--stake", "nan"], TOKEN, "give an amount, such as 100"),
        (["http://127.0.0.1:9", "--stake", "inf"], TOKEN, "give an amount, such as 100"),
        (["http://127.0.0.1:9", "--stake", "1e999999999999"], TOKEN, "give an amount, such as 100"),
        (["http://127.0.0.1:9", "--stake", "1e13"], TOKEN, "at most 1000000000000"),
        (["http://127.0.0.1:9", "--game-code", "\udcff"], TOKEN, "--game-code is '\\udcff'"),
        (["http://127.0.0.1:9", "--fault", "nonsense"], TOKEN, "--fault nonsense"),
        (["http://127.0.0.1:9", "--fault", "busy"], TOKEN, "busy is not of callbacks"),
        (["http://127.0.0.1:9", "--fault", "callback_lost:agent=x"], TOKEN, "there is no account 'x'"),
        (["http://127.0.0.1:9", "--fault", "callback_lost:operation=x"], TOKEN, "callbacks have balance"),
        (["http://127.0.0.1:9", "--player", "x" * 300], TOKEN, "longer than 128 characters"),
        (["ftp://127.0.0.1:9"], TOKEN, "not an http or https URL"),
        (["http://127.0.0.1:9", "--dialect", "other"], TOKEN, "dialect"),
        (["http://127.0.0.1:9", "--currency", "dollars"], TOKEN, "ISO 4217"),
    ],
)
def test_what_makes_no_sense_is_2_and_says_why(played, arguments, token, told):
    done = played(*arguments, token=token)

    assert done.exit_code == 2
    assert told in done.stderr
    assert "bug in this program" not in done.stderr


def test_the_token_is_in_no_output(served, played):
    class Gossip(RightWallet):
        async def bet(self, player, fields):
            raise Refused(TOKEN, self.balances[player])

    url = served(Gossip()).replace("://", "://me:hunter2@")
    for options in ([], ["--json"]):
        done = played(url, "--rounds", "2", *options)

        assert TOKEN not in done.stdout + done.stderr
        assert "hunter2" not in done.stdout + done.stderr
