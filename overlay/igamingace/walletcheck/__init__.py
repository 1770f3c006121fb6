"""Tests a wallet in any language: sends signed callbacks to it, and checks the answers and the balances."""

from igamingace.walletcheck._async import check_wallet_async
from igamingace.walletcheck._check import Check
from igamingace.walletcheck._level import Level
from igamingace.walletcheck._preflight import CannotCheck
from igamingace.walletcheck._sync import check_wallet
from igamingace.walletcheck.checks import CHECKS
from igamingace.walletcheck.reports import CheckResult, Exchange, Report, as_json, html, junit

__all__ = [
    "CHECKS",
    "CannotCheck",
    "Check",
    "CheckResult",
    "Exchange",
    "Level",
    "Report",
    "as_json",
    "check_wallet",
    "check_wallet_async",
    "html",
    "junit",
]
