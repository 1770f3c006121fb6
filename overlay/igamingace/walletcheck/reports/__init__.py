"""The report of a run, and its formats."""

from igamingace.walletcheck.reports._html import html
from igamingace.walletcheck.reports._json import as_json
from igamingace.walletcheck.reports._junit import junit
from igamingace.walletcheck.reports._report import CheckResult, Exchange, Report

__all__ = ["CheckResult", "Exchange", "Report", "as_json", "html", "junit"]
