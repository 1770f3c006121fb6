"""The commands `igamingace agents`, and `agents check`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from igamingace._common.text import accounts_text
from igamingace.cli._accounts import open_operator, select
from igamingace.cli._command import FAILED, command
from igamingace.cli._health import COLOURS, first_of_each_kind, omission_note
from igamingace.cli._options import (
    AccountsFile,
    AsJson,
    Currency,
    Deadline,
    Floor,
    SomeAccounts,
    Under,
    parse_amounts,
)
from igamingace.cli._output import MOST_SHOWN, cell, console, emit, table
from igamingace.cli.agents_create import create

if TYPE_CHECKING:
    from igamingace.operators import HealthCheckResult, HealthReport

agents = typer.Typer(no_args_is_help=True, help="Open new accounts, and check the ones there are.")
agents.command()(create)


@agents.command()
def check(
    *,
    floor: Floor = None,
    callbacks: Annotated[
        bool,
        typer.Option(
            help="Ping the callback URLs of accounts from this host with a balance callback, as the vendor "
            "would; if not, only check that one is set."
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

    Callback URLs are called from this host, wherever they lead; --no-callbacks disables that.

    Exit status: 0 healthy, warnings included, 1 a check failed, 2 could not be run.

    Example: igamingace agents check --floor 100 --floor KRW=100000
    """
    with command(as_json=as_json):
        with open_operator(file) as operator:
            accounts = select(operator, account, under, currency)
            least = parse_amounts("--floor", floor, accounts) if floor else None
            bar = sys.stderr.isatty() and not as_json
            report = operator.check(
                accounts, floor=least, callbacks=callbacks, deadline=deadline, progress=bar
            )
        if as_json:
            emit(report.to_json())
        else:
            _show(report)
        if not report.ok:
            raise typer.Exit(FAILED)


def _show(report: HealthReport) -> None:
    checks = dict.fromkeys(result.check for results in report.agents.values() for result in results)
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, results in report.agents.items():
        alike.setdefault(tuple(result.state for result in results), []).append(name)
    rows = table("accounts", *checks)
    for states, accounts in [*alike.items()][:MOST_SHOWN]:
        shown = cell(accounts_text(accounts, len(report.agents)))
        rows.add_row(shown, *(f"[{COLOURS[state]}]{state}" for state in states))
    output = console()
    output.print(rows)
    findings = _findings(report)
    printed = first_of_each_kind(findings)
    for result, names in printed.items():
        who = cell(accounts_text(names, len(report.agents)))
        output.print(f"[{COLOURS[result.state]}]{who}[/]: {cell(_reason(result))}", soft_wrap=True)
    left_out = len(findings) - len(printed) + max(len(alike) - MOST_SHOWN, 0)
    rest = omission_note(report, left_out)
    output.print(f"\n{report.ready_count} of {len(report.agents)} accounts are healthy.{rest}")


def _findings(report: HealthReport) -> dict[HealthCheckResult, tuple[str, ...]]:
    """Return each kind of finding with the names of the accounts, failures first."""
    findings: dict[tuple[str, tuple[str, ...]], HealthCheckResult] = {}
    for result, names in report.grouped().items():
        if result.state != "ok":
            # One error may make several checks impossible.
            findings.setdefault((_reason(result), names), result)
    return {result: names for (_, names), result in findings.items()}


def _reason(result: HealthCheckResult) -> str:
    return f"{result.detail}: {result.advice}" if result.advice else result.detail
