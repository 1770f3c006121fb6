"""Compares the live platform with the contract: fields, spellings, codes, HTTP statuses, time zones.

    report = probe.run(agent)
    print(report.json().decode())

About 20 GET requests, one at a time, within the account's budget. The report is made to be shared. It holds
nothing of the account: no token, player, amount, name, id or address. `igamingace contract probe` does the
same.
"""

from igamingace.probe._async import run_async
from igamingace.probe._flow import MAX_REQUESTS, WINDOW_PAUSE
from igamingace.probe._report import CallFindings, FieldFinding, Finding, ProbeReport, ZoneFinding
from igamingace.probe._run import Progress, ProgressStep
from igamingace.probe._sync import run

__all__ = [
    "MAX_REQUESTS",
    "WINDOW_PAUSE",
    "CallFindings",
    "FieldFinding",
    "Finding",
    "ProbeReport",
    "Progress",
    "ProgressStep",
    "ZoneFinding",
    "run",
    "run_async",
]
