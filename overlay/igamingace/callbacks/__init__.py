"""Callbacks that iGamingAce sends to a wallet: verify them, parse them, and answer them with your wallet."""

from igamingace.callbacks._apps import wallet_app, wallet_wsgi
from igamingace.callbacks._asgi import WalletApp
from igamingace.callbacks._errors import (
    AlreadyRolledBack,
    InvalidAccount,
    InvalidCallback,
    InvalidPlayer,
    InvalidSignature,
    NotAuthenticated,
    NotEnoughMoney,
    Refusal,
    StaleCallback,
    TransactionNotFound,
    UnsignableBody,
)
from igamingace.callbacks._execution import seconds_left
from igamingace.callbacks._explanation import Explanation, explain
from igamingace.callbacks._hooks import CallbackHooks, Event
from igamingace.callbacks._models import Balance, Bet, BetWin, Callback, Cancel, Win
from igamingace.callbacks._parse import parse
from igamingace.callbacks._signature import SIGNATURE_HEADER, sign, verify
from igamingace.callbacks._signing_mistakes import Mistake
from igamingace.callbacks._wallet import Wallet
from igamingace.callbacks._wsgi import WalletWSGI

__all__ = [
    "SIGNATURE_HEADER",
    "AlreadyRolledBack",
    "Balance",
    "Bet",
    "BetWin",
    "Callback",
    "CallbackHooks",
    "Cancel",
    "Event",
    "Explanation",
    "InvalidAccount",
    "InvalidCallback",
    "InvalidPlayer",
    "InvalidSignature",
    "Mistake",
    "NotAuthenticated",
    "NotEnoughMoney",
    "Refusal",
    "StaleCallback",
    "TransactionNotFound",
    "UnsignableBody",
    "Wallet",
    "WalletApp",
    "WalletWSGI",
    "Win",
    "explain",
    "parse",
    "seconds_left",
    "sign",
    "verify",
    "wallet_app",
    "wallet_wsgi",
]
