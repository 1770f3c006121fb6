"""The run as people see it: a table that fills while it runs, then what failed and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from rich.live import Live
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from igamingace.walletcheck._check import Check
    from igamingace.walletcheck.reports._report import Report, Result

_SHOWN: Final = 3


class Screen:
    """A live table with a row for each group of checks; a context manager, and the run's `progress`."""

    def __init__(self, console: Console) -> None:
        """Take where to draw."""
        self._results: list[Result] = []
        self._running = ""
        self._live = Live(console=console, refresh_per_second=8)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Draw for the last time."""
        self._running = ""
        self._live.update(self._table())
        self._live.stop()

    def __call__(self, check: Check, result: Result | None) -> None:
        """Take up a check that starts, or its result."""
        self._running = check.id if result is None else ""
        if result is not None:
            self._results.append(result)
        self._live.update(self._table())

    def _table(self) -> Table:
        table = Table("checks", "passed", "failed", "skipped", "")
        groups = dict.fromkeys(result.id.partition(".")[0] for result in self._results)
        for group in groups:
            found = [result for result in self._results if result.id.startswith(f"{group}.")]
            counts = [
                sum(one.status == status for one in found) for status in ("passed", "failed", "skipped")
            ]
            broken = [one.id.partition(".")[2] for one in found if one.status == "failed"]
            style = "red" if broken else "green"
            table.add_row(f"[{style}]{group}", *map(str, counts), f"[red]{', '.join(broken)}")
        if self._running:
            table.add_row(f"[dim]{self._running}", "", "", "", "[dim]…")
        return table


def print_report(console: Console, report: Report) -> None:
    """Print what failed, what to do about it, and what became of the balance."""
    for result in report.failed:
        console.print(f"\n[bold red]✗ {result.id}[/]  {escape(result.title)}")
        console.print(f"  found: {escape(result.message)}", highlight=False)
        console.print(f"  rule:  {escape(result.rule)} [dim]({result.standing})[/]", highlight=False)
        console.print(f"  to do: {escape(result.advice)}", highlight=False)
        for exchange in result.exchanges[-_SHOWN:]:
            for line in exchange.lines():
                console.print(f"  [dim]{escape(line)}[/]", highlight=False, soft_wrap=True)
    counts = report.counts()
    verdict = "[bold green]All passed" if report.ok else f"[bold red]{counts['failed']} failed"
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    console.print(f"\n{verdict}[/]: {counts['passed']} of {len(report.results)} checks passed{skipped}.")
    console.print(escape(report.balance_line()), highlight=False)
    if late := report.late_line():
        console.print(escape(late), highlight=False)


def print_checks(console: Console, checks: Sequence[Check]) -> None:
    """Print the checks there are."""
    table = Table("id", "what it tries", "standing of its rule")
    for check in checks:
        table.add_row(check.id, escape(check.title), check.standing)
    console.print(table)
