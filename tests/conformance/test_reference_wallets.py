"""The reference wallets in docs/examples/wallets: right, short, and never late with an OK."""

import itertools
import socket
import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import httpx2
import pytest
from igamingace._wallet_client.messages import CallbackFactory
from igamingace.callbacks import sign
from igamingace.walletcheck import check_wallet

from .reference_wallets import WALLETS
from .vectors import TOKEN

_numbers = itertools.count(1)


@pytest.fixture
def player(reference_wallet):
    """A player of the wallet, of this test alone, with 250 USD and an open session."""
    name = f"p-{next(_numbers)}"
    reference_wallet.add(name, "250.00")
    return name


def answer(wallet, body):
    headers = {"X-Request-Signature": sign(body, TOKEN)}
    return httpx2.post(wallet.url, content=body, headers=headers).json()


@pytest.mark.parametrize("name", ["wallet.mjs", "wallet.php"])
def test_a_reference_wallet_has_under_250_lines(name):
    assert len((WALLETS / name).read_text().splitlines()) < 250


@pytest.mark.proof  # some seconds each; every Python sends the same
@pytest.mark.parametrize("dialect", ["igamingace", "sister"])
def test_a_reference_wallet_passes_every_check(reference_wallet, player, dialect):
    report = check_wallet(reference_wallet.url, token=TOKEN, player=player, dialect=dialect, level="advised")

    assert report.ok, report.text()
    assert report.restored


def test_a_bet_that_waits_too_long_for_the_database_is_refused_and_not_booked(reference_wallet, player):
    callbacks = CallbackFactory(player, "USD", 1, 655)
    bet, balance = callbacks.bet(5), callbacks.balance()
    with closing(sqlite3.connect(reference_wallet.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = answer(reference_wallet, bet.body)
        other.execute("ROLLBACK")

    assert refused["statusCode"] == "ERR_UNKNOWN"
    assert str(bet.id) not in reference_wallet.bookings()
    assert answer(reference_wallet, balance.body) == {"balance": 250, "statusCode": "OK"}


def test_without_a_session_nobody_bets_and_every_win_and_refund_is_booked(reference_wallet, player):
    callbacks = CallbackFactory(player, "USD", 1, 655)
    bet = callbacks.bet(5)
    assert answer(reference_wallet, bet.body)["statusCode"] == "OK"
    with closing(sqlite3.connect(reference_wallet.database)) as book, book:
        book.execute("UPDATE player SET has_session = 0 WHERE id = ?", (player,))

    for message in (callbacks.balance(), callbacks.bet(1), callbacks.betwin(1, 2)):
        assert answer(reference_wallet, message.body)["statusCode"] == "ERR_NOT_AUTHENTICATED"
    assert answer(reference_wallet, bet.body) == {"balance": 245, "statusCode": "OK"}
    assert answer(reference_wallet, callbacks.win(7).body) == {"balance": 252, "statusCode": "OK"}
    assert answer(reference_wallet, callbacks.cancel(bet).body) == {"balance": 257, "statusCode": "OK"}


def test_a_get_and_a_huge_body_are_answered_without_a_booking(reference_wallet):
    assert httpx2.get(reference_wallet.url).status_code == 405
    assert httpx2.post(reference_wallet.url, content=b" " * 70_000).status_code == 413


def test_a_body_that_is_cut_off_ends_nothing_but_its_own_request(reference_wallet, player):
    address = urlsplit(reference_wallet.url)
    with socket.create_connection((address.hostname, address.port)) as caller:
        caller.sendall(b"POST / HTTP/1.1\r\nHost: wallet\r\nContent-Length: 100\r\n\r\n{")
        caller.shutdown(socket.SHUT_WR)
        while caller.recv(1024):  # the server has noticed when it closes
            pass
    balance = CallbackFactory(player, "USD", 1, 655).balance()

    assert answer(reference_wallet, balance.body) == {"balance": 250, "statusCode": "OK"}
