"""How users write wallets, for mypy and pyright: methods may be plain or asynchronous. Never run."""

# A comment that ignores an error fails here where there is none.
# pyright: reportUnnecessaryTypeIgnoreComment=error

from decimal import Decimal
from typing import assert_type

from igamingace import callbacks
from igamingace.callbacks import Balance, Bet, BetWin, Cancel, Wallet, Win, wallet_app, wallet_wsgi
from igamingace.ledger import Ledger


class Plain:
    """A wallet of plain methods."""

    def balance(self, callback: Balance) -> Decimal:
        assert_type(callback.player_id, str)
        return Decimal(0)

    def bet(self, callback: Bet) -> Decimal:
        assert_type(callback.amount, Decimal)
        assert_type(callback.transaction_id, str)
        return Decimal(0)

    def win(self, callback: Win) -> Decimal:
        assert_type(callback.is_round_finished, bool | None)
        return Decimal(0)

    def betwin(self, callback: BetWin) -> Decimal:
        return callback.win_amount - callback.bet_amount

    def cancel(self, callback: Cancel) -> int:
        return len(callback.bet_id)


class Asynchronous(Plain):
    """A wallet of which one method is asynchronous."""

    async def bet(self, callback: Bet) -> Decimal:  # type: ignore[override]
        return callback.amount


class Lacking:
    """No wallet: it takes bets and nothing else."""

    def bet(self, callback: Bet) -> Decimal:
        return callback.amount


def wallets_are_served(ledger: Ledger) -> None:
    wallet: Wallet = Plain()
    wallet_app(wallet, token="t").close()
    wallet_app(Asynchronous(), token="t").close()
    wallet_app(ledger, token="t").close()
    wallet_wsgi(Plain(), token="t").close()
    wallet_app(Lacking(), token="t")  # type: ignore[arg-type]


def callbacks_are_read(body: bytes, signature: str) -> None:
    assert_type(callbacks.sign(body, "t"), str)
    read = callbacks.parse(body, signature, "t")
    if isinstance(read, Bet):
        assert_type(read.amount, Decimal)
    match read:
        case Cancel():
            assert_type(read.bet_id, str)
        case _:
            assert_type(read, Balance | Bet | Win | BetWin)
