"""Yesterday's revenue of all agents, as files; for cron, some time after midnight.

    python daily_report.py agents.toml reports/

Exit status 0: complete. 1: some hours are missing; the next run with the same folder reads only those.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from igamingace import Operator
from igamingace.reports import as_csv, html


def main() -> int:
    """Write REPORTS/DAY.csv and .html, and print what was earned and what is missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("accounts", type=Path, help="the file of accounts: agents.toml")
    parser.add_argument("reports", type=Path, help="the folder to write to")
    parser.add_argument(
        "--pause", type=float, help="seconds between two hours of an agent; 0 for the sandbox"
    )
    arguments = parser.parse_args()
    arguments.reports.mkdir(parents=True, exist_ok=True)
    os.umask(0o077)  # what it writes is for nobody else

    with Operator.from_file(arguments.accounts) as operator:
        journal = arguments.reports / "journal.jsonl"
        report = operator.report("yesterday", pause=arguments.pause, journal=journal)

    day = report.days.first
    (arguments.reports / f"{day}.csv").write_text(as_csv(report, ["agent", "provider"]), "utf-8")
    (arguments.reports / f"{day}.html").write_text(html(report), "utf-8")
    for row in report.by("agent"):
        print(f"{row.agent}: bets {row.bets.amount} {row.currency}, GGR {row.ggr}")
    for hours in report.open:
        print(f"missing: {hours.agent}, {hours.start} to {hours.end}: {hours.reason}", file=sys.stderr)
    if not report.complete:
        return 1
    journal.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
