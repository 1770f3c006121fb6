"""Before the checks: what is refused is named, with the options that may be wrong; the balance stays."""

import base64
import hashlib
import hmac
from typing import Any

import pytest
from igamingace.walletcheck import CannotCheck, check_wallet

from .wallets import PLAYER, TOKEN, UNKNOWN, Refused, RightWallet

ME: dict[str, Any] = {"token": TOKEN, "player": PLAYER}


def refused(wallet, **options):
    """Return why the checks of a wallet could not run; the balance is as it was."""
    before = dict(wallet.balances)
    with pytest.raises(CannotCheck) as caught:
        check_wallet(wallet, **ME, **options)

    assert wallet.balances == before
    assert TOKEN not in str(caught.value)
    return str(caught.value)


class OtherCurrency(RightWallet):
    """Refuses bets in another currency than its own; wins name none, and are paid."""

    async def bet(self, player, fields):
        if fields["currency"] != "USD":
            raise Refused(UNKNOWN, self.balances[player])
        return await super().bet(player, fields)


def test_a_wrong_currency_is_named_before_any_win_is_paid():
    wallet = OtherCurrency()
    text = refused(wallet, currency="EUR")

    assert "refuses a bet of 1 EUR" in text
    assert "currency (EUR), game_code (655), provider_id (1), player (p-1)" in text
    assert text.endswith("The balance is 1000.00 EUR, as it was.")
    assert wallet.booked == {}


def test_a_session_that_has_ended_is_named():
    class Ended(RightWallet):
        async def bet(self, player, fields):
            raise Refused("ERR_NOT_AUTHENTICATED", self.balances[player])

    assert "One of these may be wrong: player (p-1). The player needs an open session." in refused(Ended())


def test_a_bet_whose_win_is_refused_is_cancelled():
    class NoWins(RightWallet):
        async def win(self, player, fields):
            raise Refused(UNKNOWN, self.balances[player])

    wallet = NoWins()

    assert "refuses a win of 1 USD" in refused(wallet)
    assert [command for command, _ in wallet.booked.values()] == ["bet", "cancel"]


def test_a_bet_whose_cancel_is_refused_is_put_back_by_a_win():
    class NoCancels(RightWallet):
        async def cancel(self, player, fields):
            raise Refused(UNKNOWN, self.balances[player])

    assert "refuses the cancel of a bet of 1 USD" in refused(NoCancels())


def test_a_bet_of_which_nobody_knows_whether_it_was_booked_is_cancelled():
    class BooksAndBreaks(RightWallet):
        async def bet(self, player, fields):
            await super().bet(player, fields)
            raise RuntimeError

    text = refused(BooksAndBreaks())

    assert "HTTP 500 counts as failed" in text
    assert "see its log" in text


@pytest.mark.parametrize("balance", ["0", "0.37", "0.004"])
def test_a_player_without_money_is_enough(balance):
    wallet = RightWallet(balance)

    assert check_wallet(wallet, **ME, only=["happy"]).ok
    assert wallet.balances == RightWallet(balance).balances


class TakesNothing(RightWallet):
    """Answers OK to bets that it does not book, and pays wins."""

    def __init__(self, balance="1000.00"):
        super().__init__(balance)
        self.paid = []

    async def bet(self, player, fields):
        return self.balances[player]

    async def win(self, player, fields):
        self.paid.append(fields["amount"])
        return await super().win(player, fields)


def test_nothing_larger_than_the_balance_is_paid_where_small_amounts_are_not_put_back():
    wallet = TakesNothing()
    report = check_wallet(wallet, **ME, only=["amount", "happy"])

    assert report.failed
    assert max(wallet.paid) <= 1000
    assert any("is not sent" in result.message for result in report.results if result.status == "skipped")


class Signs(RightWallet):
    """Signs otherwise than documented; a mistake of one kind."""

    def digest(self, text, algorithm=hashlib.sha512):
        return hmac.new(TOKEN.encode(), text.encode(), algorithm).digest()

    def joined(self, names, fields):
        return ",".join(self.signed(fields[name]) for name in names)


class InHex(Signs):
    def sign(self, fields):
        return self.digest(self.joined(sorted(fields), fields)).hex().encode()


class WithSHA256(Signs):
    def sign(self, fields):
        return base64.b64encode(self.digest(self.joined(sorted(fields), fields), hashlib.sha256))


class InBodyOrder(Signs):
    def sign(self, fields):
        return base64.b64encode(self.digest(self.joined(fields, fields)))


class WithNewline(Signs):
    def sign(self, fields):
        return base64.b64encode(self.digest(self.joined(sorted(fields), fields) + "\n"))


class BooleansAsDigits(Signs):
    def signed(self, value):
        return str(int(value)) if isinstance(value, bool) else super().signed(value)

    def sign(self, fields):
        return base64.b64encode(self.digest(self.joined(sorted(fields), fields)))


@pytest.mark.parametrize(
    ("wallet", "mistake"),
    [
        (InHex, "hex instead of base64"),
        (WithSHA256, "SHA-256 instead of SHA-512"),
        (InBodyOrder, "the order of the body"),
        (WithNewline, "a line end"),
        (BooleansAsDigits, "booleans as 1 and 0"),
    ],
)
def test_the_signing_mistake_of_a_wallet_that_refuses_right_signatures_is_named(wallet, mistake):
    text = refused(wallet())

    assert "The wallet refuses right signatures: it accepts one that was made with" in text
    assert mistake in text


def test_a_page_that_repeats_the_signature_and_the_token_is_shown_without_them(served):
    sent = []

    class Debugs(RightWallet):
        async def answer(self, body, signature):
            sent.append(signature.decode())
            return 500, f"<h1>Error</h1> {signature.decode()} {TOKEN}".encode()

    with pytest.raises(CannotCheck) as caught:
        check_wallet(served(Debugs()), **ME)

    assert "<signature> <token>" in str(caught.value)
    assert not any(each in str(caught.value) for each in (*sent, TOKEN))


def test_no_mistake_is_named_for_another_token():
    class OtherToken(RightWallet):
        def verify(self, fields, signature):
            raise Refused("ERR_INTEGRITY_CHECK_FAILED")

    text = refused(OtherToken())

    assert "Either token is not the token that the wallet has" in text
    assert "it accepts" not in text
