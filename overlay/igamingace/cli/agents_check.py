"""The command `igamingace agents check`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from igamingace.cli._accounts import chosen, operator_of
from igamingace.cli._amounts import amounts
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    Currency,
    Deadline,
    SomeAccounts,
    Under,
)
from igamingace.cli._output import cell, console, emit, table
from igamingace.cli._running import FAILED, running

if TYPE_CHECKING:
    from igamingace.operators import HealthReport

_COLOURS: Final = {"ok": "green", "warning": "yellow", "failed": "bold red", "unknown": "red"}


def check(
    *,
    floor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="AMOUNT", help="Fewer points are unhealthy; CODE=AMOUNT for one currency; repeatable."
        ),
    ] = None,
    callbacks: Annotated[
        bool,
        typer.Option(
            help="Call the URLs that accounts have set, from this host, for a balance, as the vendor would; "
            "or only see whether one is set."
        ),
    ] = True,
    account: SomeAccounts = None,
    under: Under = None,
    currency: Currency = None,
    deadline: Deadline = None,
    file: AccountsFile = None,
    as_json: AsJson = False,
) -> None:
    """Check accounts: token, allowed addresses, callback URL, points, providers.

    Callback URLs are called from this host, wherever they lead; --no-callbacks leaves that out.

    Exit status: 0 healthy, also with warnings, 1 something is not, 2 could not be run.

    Example: igamingace agents check --floor 100 --floor KRW=100000
    """
    with running(as_json=as_json):
        with operator_of(file) as operator:
            agents = chosen(operator, account, under, currency)
            least = amounts("--floor", floor) if floor else None
            bar = sys.stderr.isatty() and not as_json
            report = operator.check(agents, floor=least, callbacks=callbacks, deadline=deadline, progress=bar)
        if as_json:
            emit(report.to_json())
        else:
            _show(report)
        if not report.ok:
            raise typer.Exit(FAILED)


def _show(report: HealthReport) -> None:
    checks = dict.fromkeys(one.check for findings in report.agents.values() for one in findings)
    rows = table("account", *checks)
    for name, findings in report.agents.items():
        rows.add_row(cell(name), *(f"[{_COLOURS[one.state]}]{one.state}" for one in findings))
    screen = console()
    screen.print(rows)
    for name, findings in report.problems.items():
        # One reason may keep several things from being seen.
        for detail in dict.fromkeys(one.detail for one in findings):
            state = next(one.state for one in findings if one.detail == detail)
            screen.print(f"[{_COLOURS[state]}]{cell(name)}[/]: {cell(detail)}", soft_wrap=True)
    healthy = len(report.agents) - sum(
        any(one.state != "warning" for one in findings) for findings in report.problems.values()
    )
    screen.print(f"\n{healthy} of {len(report.agents)} accounts are healthy.")
