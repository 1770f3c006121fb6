"""The run on a terminal: a table that is updated while it runs, then the failed checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from rich.live import Live
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from igamingace.walletcheck._check import Check
    from igamingace.walletcheck.reports._report import CheckResult, Report

_MAX_EXCHANGES: Final = 3


class ConsoleReporter:
    """A live table with a row for each group of checks; a context manager, and the run's `progress`."""

    def __init__(self, console: Console) -> None:
        self._results: list[CheckResult] = []
        self._running = ""
        self._live = Live(console=console, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._running = ""
        self._live.update(self._table())
        self._live.stop()

    def __call__(self, check: Check, result: CheckResult | None) -> None:
        """Add a check that starts, or its result."""
        self._running = check.id if result is None else ""
        if result is not None:
            self._results.append(result)
        self._live.update(self._table())

    def _table(self) -> Table:
        table = Table("checks", "passed", "failed", "skipped", "")
        groups = dict.fromkeys(result.id.partition(".")[0] for result in self._results)
        for group in groups:
            results = [result for result in self._results if result.id.startswith(f"{group}.")]
            counts = [
                sum(result.status == status for result in results)
                for status in ("passed", "failed", "skipped")
            ]
            failed = [result.id.partition(".")[2] for result in results if result.status == "failed"]
            style = "red" if failed else "green"
            table.add_row(f"[{style}]{group}", *map(str, counts), f"[red]{', '.join(failed)}")
        if self._running:
            table.add_row(f"[dim]{self._running}", "", "", "", "[dim]…")
        return table


def print_report(console: Console, report: Report) -> None:
    """Print the failed checks, what to do about them, and the balance before and after."""
    for result in report.failed:
        console.print(f"\n[bold red]✗ {result.id}[/]  {escape(result.title)}")
        console.print(f"  found: {escape(result.message)}", highlight=False)
        console.print(f"  rule:  {escape(result.rule)} [dim]({result.standing})[/]", highlight=False)
        console.print(f"  to do: {escape(result.advice)}", highlight=False)
        for exchange in result.exchanges[-_MAX_EXCHANGES:]:
            for line in exchange.lines():
                console.print(f"  [dim]{escape(line)}[/]", highlight=False, soft_wrap=True)
    counts = report.counts()
    verdict = "[bold green]All passed" if report.ok else f"[bold red]{counts['failed']} failed"
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    console.print(f"\n{verdict}[/]: {counts['passed']} of {len(report.results)} checks passed{skipped}.")
    console.print(escape(report.balance_summary()), highlight=False)
    if late := report.late_summary():
        console.print(escape(late), highlight=False)


def print_checks(console: Console, checks: Sequence[Check]) -> None:
    """Print a table of checks."""
    table = Table("id", "what it tests", "standing of its rule")
    for check in checks:
        table.add_row(check.id, escape(check.title), check.standing)
    console.print(table)
