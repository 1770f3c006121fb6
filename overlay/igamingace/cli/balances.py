"""The command `igamingace balances`."""

from __future__ import annotations

import typer

from igamingace.cli._accounts import chosen, operator_of
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    Currency,
    Deadline,
    SomeAccounts,
    Under,
)
from igamingace.cli._output import amount, cell, console, emit, table, tell_failures
from igamingace.cli._running import FAILED, running


def balances(
    *,
    account: SomeAccounts = None,
    under: Under = None,
    currency: Currency = None,
    deadline: Deadline = None,
    file: AccountsFile = None,
    as_json: AsJson = False,
) -> None:
    """Show the points of accounts, and their sum by currency.

    Exit status: 0 all could be read, 1 some could not, 2 could not be run.

    Example: igamingace balances --currency EUR
    """
    from igamingace.operators._render import in_short  # noqa: PLC0415 -- not for --help

    with running(as_json=as_json):
        with operator_of(file) as operator:
            accounts = chosen(operator, account, under, currency)
            found = operator.balances(accounts, deadline=deadline)
        if as_json:
            emit({"ok": not found.failed, **found.to_json()})
        else:
            rows = table("account", "currency", "points", right=("points",))
            for one in accounts:
                if one.name in found.failed:
                    rows.add_row(
                        cell(one.name), one.currency, f"[red]{cell(in_short(found.failed[one.name]))}"
                    )
                for held, points in found.by_agent.get(one.name, {}).items():
                    rows.add_row(cell(one.name), cell(held), amount(points))
            rows.add_section()
            for held, points in found.by_currency.items():
                rows.add_row("[bold]all", cell(held), f"[bold]{amount(points)}")
            console().print(rows)
            tell_failures(found.failed)
        if found.failed:
            raise typer.Exit(FAILED)
