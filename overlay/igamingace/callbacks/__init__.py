"""Callbacks that iGamingAce sends to a wallet: verify them, parse them, and answer them with your wallet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._common.lazy_names import lazy_names

if TYPE_CHECKING:
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

_MODULES = {
    "AlreadyRolledBack": "_errors",
    "Balance": "_models",
    "Bet": "_models",
    "BetWin": "_models",
    "Callback": "_models",
    "CallbackHooks": "_hooks",
    "Cancel": "_models",
    "Event": "_hooks",
    "Explanation": "_explanation",
    "InvalidAccount": "_errors",
    "InvalidCallback": "_errors",
    "InvalidPlayer": "_errors",
    "InvalidSignature": "_errors",
    "Mistake": "_signing_mistakes",
    "NotAuthenticated": "_errors",
    "NotEnoughMoney": "_errors",
    "Refusal": "_errors",
    "SIGNATURE_HEADER": "_signature",
    "StaleCallback": "_errors",
    "TransactionNotFound": "_errors",
    "UnsignableBody": "_errors",
    "Wallet": "_wallet",
    "WalletApp": "_asgi",
    "WalletWSGI": "_wsgi",
    "Win": "_models",
    "explain": "_explanation",
    "parse": "_parse",
    "seconds_left": "_execution",
    "sign": "_signature",
    "verify": "_signature",
    "wallet_app": "_apps",
    "wallet_wsgi": "_apps",
}
"""Where each name is: whoever only signs and verifies needs no models, and so no pydantic."""

__getattr__, __dir__ = lazy_names(
    __name__, {name: f"{__name__}.{module}" for name, module in _MODULES.items()}
)
