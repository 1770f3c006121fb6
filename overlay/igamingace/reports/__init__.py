"""The revenue of agents: transactions added up by day, provider and game.

    from igamingace import Agent, reports

    with Agent() as agent:
        report = reports.report(agent, "yesterday")
    for row in report.by("provider"):
        print(row.provider, row.currency, row.ggr)

`operator.report` does it for many agents at once, and `igamingace report` from the command line. Amounts are
exact, and those of different currencies are never added.
"""

from igamingace.reports._aggregate import aggregate
from igamingace.reports._async import report_async
from igamingace.reports._csv import as_csv
from igamingace.reports._days import Days
from igamingace.reports._html import html
from igamingace.reports._report import AgentDays, Dimension, OpenHours, ReportRow, RevenueReport
from igamingace.reports._sync import report
from igamingace.reports._tally import Sum

__all__ = [
    "AgentDays",
    "Days",
    "Dimension",
    "OpenHours",
    "ReportRow",
    "RevenueReport",
    "Sum",
    "aggregate",
    "as_csv",
    "html",
    "report",
    "report_async",
]
