"""The pytest fixtures, in a test suite as a user writes it."""

from pathlib import Path

pytest_plugins = ["pytester"]

SUITE = """
from wallets import PLAYER, TOKEN, RightWallet

ME = {"token": TOKEN, "player": PLAYER, "only": ["happy", "refusal"]}

class WrongWallet(RightWallet):
    def refuse(self, refusal):
        return 400, super().refuse(refusal)[1]

def test_right(wallet_check):
    assert wallet_check(RightWallet(), **ME).restored

def test_wrong(wallet_check):
    wallet_check(WrongWallet(), **ME)

async def test_right_in_a_loop(wallet_check_async):
    assert (await wallet_check_async(RightWallet(), **ME)).ok

async def test_wrong_in_a_loop(wallet_check_async):
    await wallet_check_async(WrongWallet(), **ME)
"""


def test_a_suite_of_the_user_s_fails_where_the_wallet_does(pytester):
    wallets = (Path(__file__).parent / "wallets.py").read_text(encoding="utf-8")
    pytester.makepyfile(wallets=wallets, test_wallet=SUITE)
    # A file of its own, or it would be configured by ours where the temporary folder is within the project.
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    done = pytester.runpytest_inprocess("-pno:cacheprovider")

    done.assert_outcomes(passed=2, failed=2)
    done.stdout.fnmatch_lines(
        ["*refusal.http_status (required): Refusals come under HTTP 200*", "*to do: Answer HTTP 200*"]
    )
