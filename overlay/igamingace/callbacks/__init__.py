"""Callbacks that iGamingAce sends to a wallet: verify them, parse them, and answer them with your wallet."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

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
from igamingace.callbacks._signature import SIGNATURE_HEADER, sign, verify
from igamingace.callbacks._signing_mistakes import Mistake

if TYPE_CHECKING:
    from igamingace.callbacks._apps import wallet_app, wallet_wsgi
    from igamingace.callbacks._asgi import WalletApp
    from igamingace.callbacks._models import Balance, Bet, BetWin, Callback, Cancel, Win
    from igamingace.callbacks._parse import parse
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

_HOMES: Final = {
    "Balance": "_models",
    "Bet": "_models",
    "BetWin": "_models",
    "Callback": "_models",
    "Cancel": "_models",
    "Wallet": "_wallet",
    "WalletApp": "_asgi",
    "WalletWSGI": "_wsgi",
    "Win": "_models",
    "parse": "_parse",
    "wallet_app": "_apps",
    "wallet_wsgi": "_apps",
}


def __getattr__(name: str) -> object:
    """Import on first use what needs the models: pydantic takes longer to import than all the rest."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
