"""Proves a wallet, in any language: plays signed callbacks to it, and checks answers and balances after."""

from igamingace.walletcheck._api import check_wallet, check_wallet_async
from igamingace.walletcheck._check import Check
from igamingace.walletcheck._html import html
from igamingace.walletcheck._json_report import as_json
from igamingace.walletcheck._junit import junit
from igamingace.walletcheck._ready import CannotCheck
from igamingace.walletcheck._report import Exchange, Report, Result
from igamingace.walletcheck.checks import CHECKS

__all__ = [
    "CHECKS",
    "CannotCheck",
    "Check",
    "Exchange",
    "Report",
    "Result",
    "as_json",
    "check_wallet",
    "check_wallet_async",
    "html",
    "junit",
]
