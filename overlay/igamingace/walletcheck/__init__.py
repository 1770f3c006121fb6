"""Proves a wallet, in any language: plays signed callbacks to it, and checks answers and balances after."""

from igamingace.walletcheck._api import check_wallet, check_wallet_async
from igamingace.walletcheck._check import Check
from igamingace.walletcheck._preflight import CannotCheck
from igamingace.walletcheck.checks import CHECKS
from igamingace.walletcheck.reports._html import html
from igamingace.walletcheck.reports._json import as_json
from igamingace.walletcheck.reports._junit import junit
from igamingace.walletcheck.reports._report import Exchange, Report, Result

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
