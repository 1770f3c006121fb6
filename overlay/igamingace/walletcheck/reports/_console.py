"""The run on a terminal: a table that is updated while it runs, then the failed checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from rich.live import Live
from rich.markup import escape
from rich.table import Table

from igamingace.walletcheck._level import Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from igamingace.walletcheck._check import Check
    from igamingace.walletcheck.reports._report import CheckResult, Report

_MAX_EXCHANGES: Final = 3


class ConsoleReporter:
    """A live table with a row for each group of checks; a context manager, and the run's `progress`."""

    def __init__(self, console: Console, level: Level) -> None:
        self._level: Final = level
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
        table = Table("checks", *Level, "skipped", "")
        groups = dict.fromkeys(result.id.partition(".")[0] for result in self._results)
        for group in groups:
            results = [result for result in self._results if result.id.startswith(f"{group}.")]
            counts = [_passed([result for result in results if result.level is level]) for level in Level]
            skipped = sum(result.status == "skipped" for result in results)
            failed = [result for result in results if result.status == "failed"]
            names = [f"[{_style(result, self._level)}]{result.id.partition('.')[2]}[/]" for result in failed]
            blocking = any(result.level.counts_at(self._level) for result in failed)
            style = "red" if blocking else "yellow" if failed else "green"
            table.add_row(f"[{style}]{group}", *counts, str(skipped or ""), ", ".join(names))
        if self._running:
            table.add_row(f"[dim]{self._running}", *("" for _ in Level), "", "[dim]…")
        return table


def _passed(results: list[CheckResult]) -> str:
    """Return how many of those that ran have passed; nothing where there are none."""
    ran = [result for result in results if result.status != "skipped"]
    return f"{sum(result.status == 'passed' for result in ran)}/{len(ran)}" if ran else ""


def _style(result: CheckResult, chosen: Level) -> str:
    return "red" if result.level.counts_at(chosen) else "yellow"


def print_report(console: Console, report: Report) -> None:
    """Print what failures share, the failed checks by level, and the balance before and after."""
    if cause := report.shared_cause():
        console.print(f"\n[bold red]{escape(cause)}[/]", highlight=False)
    for level in Level:
        for result in report.failed:
            if result.level is level:
                _print_failure(console, result, report.level)
    for result in report.results:
        if result.status == "skipped":
            console.print(f"[dim]· {result.id} skipped: {escape(result.message)}[/]", highlight=False)
    blocking = len(report.blocking)
    verdict = f"[bold red]{blocking} failed" if blocking else "[bold green]All passed"
    console.print(f"\n{verdict}[/] at level {report.level}.")
    for summary in report.level_summary().split("; "):
        console.print(f"  {summary}", highlight=False)
    console.print(escape(report.balance_summary()), highlight=False)
    if late := report.late_summary():
        console.print(escape(late), highlight=False)


def _print_failure(console: Console, result: CheckResult, chosen: Level) -> None:
    style = _style(result, chosen)
    note = "" if result.level.counts_at(chosen) else ", does not count"
    console.print(
        f"\n[bold {style}]✗ {result.id}[/]  {escape(result.title)} [{style}]({result.level}{note})[/]"
    )
    console.print(f"  found: {escape(result.message)}", highlight=False)
    console.print(f"  rule:  {escape(result.rule)} [dim]({result.standing})[/]", highlight=False)
    console.print(f"  to do: {escape(result.advice)}", highlight=False)
    for exchange in result.exchanges[-_MAX_EXCHANGES:]:
        for line in exchange.lines():
            console.print(f"  [dim]{escape(line)}[/]", highlight=False, soft_wrap=True)


def print_checks(console: Console, checks: Sequence[Check]) -> None:
    """Print a table of checks."""
    table = Table("id", "what it tests", "level", "standing of its rule")
    for check in checks:
        table.add_row(check.id, escape(check.title), check.level, check.standing)
    console.print(table)
