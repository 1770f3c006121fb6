"""The command `igamingace tree`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from igamingace._common.amounts import amount_text
from igamingace.cli._accounts import open_operator
from igamingace.cli._command import FAILED, command
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    Deadline,
)
from igamingace.cli._output import cell, console, emit, print_failures, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from igamingace.operators import Account, Balances, Tree


def tree(
    *,
    account: Annotated[
        str | None,
        typer.Option("--account", "-a", metavar="NAME", help="Only this account and those below it."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Show the accounts of the file; do not read their points.")
    ] = False,
    deadline: Deadline = None,
    file: AccountsFile = None,
    as_json: AsJson = False,
) -> None:
    """Show the tree of accounts: name, level, currency, points and state.

    Exit status: 0 all accounts could be read, 1 some could not, 2 could not be run.

    Example: igamingace tree --account bigoperator
    """
    with command(as_json=as_json):
        with open_operator(file) as operator:
            accounts = operator.tree()
            walked = [*accounts.walk(account)]
            found = None if offline else operator.balances([one for _, one in walked], deadline=deadline)
        failed = {} if found is None else found.failed
        if as_json:
            emit({"ok": not failed, "accounts": [_to_json(*each, found) for each in walked]})
        else:
            _print(accounts, account, found)
            print_failures(failed)
        if failed:
            raise typer.Exit(FAILED)


def _print(accounts: Tree, under: str | None, found: Balances | None) -> None:
    from igamingace.operators._accounts import tree_text  # noqa: PLC0415 -- only where it is needed

    more = () if found is None else ("points", "state")
    output = console()
    rows = table("account", "level", "currency", *more, right=("points",))

    def children(account: Account | None) -> Sequence[Account]:
        return accounts.roots if account is None else accounts.children(account.name)

    root = None if under is None else accounts[under]
    for row in tree_text.rows(children, root, tree_text.style_for(output.encoding)):
        name = f"[dim]{row.prefix}[/]{cell(row.name)}"
        if row.account is None:
            rows.add_row(name, "[dim]site")
        else:
            rows.add_row(name, row.account.level, row.account.currency, *_cells(row.account, found))
    output.print(rows)


def _cells(account: Account, found: Balances | None) -> Sequence[str]:
    from igamingace.operators._errors import summarize  # noqa: PLC0415 -- only where it is needed

    if found is None:
        return ()
    if account.name in found.failed:
        return ("", f"[red]{cell(summarize(found.failed[account.name]))}")
    points = found.by_agent[account.name].get(account.currency)
    if points is None:
        return ("", f"[red]has no {account.currency}")
    return (amount_text(points, account.currency), "ok" if points else "[yellow]empty")


def _to_json(depth: int, account: Account, found: Balances | None) -> dict[str, object]:
    document: dict[str, object] = {
        "name": account.name,
        "level": account.level,
        "currency": account.currency,
        "parent": account.parent,
        "site": account.site,
        "operator_id": account.operator_id,
        "depth": depth,
    }
    if found is None:
        return document
    points = found.by_agent.get(account.name, {})
    error = found.failed.get(account.name)
    return {
        **document,
        "points": {currency: f"{held:f}" for currency, held in points.items()},
        "error": None if error is None else str(error),
    }
