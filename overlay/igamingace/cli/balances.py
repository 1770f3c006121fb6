"""The command `igamingace balances`."""

from __future__ import annotations

import typer

from igamingace._common.amounts import amount_text
from igamingace.cli._accounts import open_operator, select
from igamingace.cli._command import FAILED, command
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    Currency,
    Deadline,
    SomeAccounts,
    Under,
)
from igamingace.cli._output import cell, console, emit, print_failures, table


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

    Exit status: 0 all accounts could be read, 1 some could not, 2 could not be run.

    Example: igamingace balances --currency EUR
    """
    from igamingace.operators._errors import summarize  # noqa: PLC0415 -- not for --help

    with command(as_json=as_json):
        with open_operator(file) as operator:
            accounts = select(operator, account, under, currency)
            found = operator.balances(accounts, deadline=deadline)
        if as_json:
            emit({"ok": not found.failed, **found.to_json()})
        else:
            rows = table("account", "currency", "points", right=("points",))
            for one in accounts:
                if one.name in found.failed:
                    rows.add_row(
                        cell(one.name), one.currency, f"[red]{cell(summarize(found.failed[one.name]))}"
                    )
                for held, points in found.by_agent.get(one.name, {}).items():
                    rows.add_row(cell(one.name), cell(held), amount_text(points, held))
            rows.add_section()
            for held, points in found.by_currency.items():
                rows.add_row("[bold]all", cell(held), f"[bold]{amount_text(points, held)}")
            console().print(rows)
            print_failures(found.failed)
        if found.failed:
            raise typer.Exit(FAILED)
