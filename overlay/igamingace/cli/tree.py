"""The command `igamingace tree`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from igamingace.cli._accounts import operator_of
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    Deadline,
)
from igamingace.cli._output import amount, cell, console, emit, table, tell_failures
from igamingace.cli._running import FAILED, running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from igamingace.operators import Account, Balances, Tree


def tree(
    *,
    account: Annotated[
        str | None,
        typer.Option("--account", "-a", metavar="NAME", help="This account and those below it only."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Show what the file says; ask nobody for points.")
    ] = False,
    deadline: Deadline = None,
    file: AccountsFile = None,
    as_json: AsJson = False,
) -> None:
    """Show the tree of accounts: name, level, currency, points and state.

    Exit status: 0 all accounts answered, 1 some did not, 2 could not be run.

    Example: igamingace tree --account bigoperator
    """
    with running(as_json=as_json):
        with operator_of(file) as operator:
            shown = operator.tree()
            walked = [*shown.walk(account)]
            found = None if offline else operator.balances([one for _, one in walked], deadline=deadline)
        failed = {} if found is None else found.failed
        if as_json:
            emit({"ok": not failed, "accounts": [_described(*each, found) for each in walked]})
        else:
            _draw(shown, account, found)
            tell_failures(failed)
        if failed:
            raise typer.Exit(FAILED)


def _draw(shown: Tree, under: str | None, found: Balances | None) -> None:
    from igamingace.operators._render import branches_for, lines  # noqa: PLC0415 -- only where it is needed

    more = () if found is None else ("points", "state")
    rows = table("account", "level", "currency", *more, right=("points",))
    screen = console()
    for line in lines(shown, under, branches_for(screen.encoding)):
        name = f"[dim]{line.prefix}[/]{cell(line.name)}"
        if line.account is None:
            rows.add_row(name, "[dim]site")
        else:
            rows.add_row(name, line.account.level, line.account.currency, *_cells(line.account, found))
    screen.print(rows)


def _cells(account: Account, found: Balances | None) -> Sequence[str]:
    from igamingace.operators._render import in_short  # noqa: PLC0415 -- only where it is needed

    if found is None:
        return ()
    if account.name in found.failed:
        return ("", f"[red]{cell(in_short(found.failed[account.name]))}")
    points = found.by_agent[account.name].get(account.currency)
    if points is None:
        return ("", f"[red]has no {account.currency}")
    return (amount(points), "ok" if points else "[yellow]empty")


def _described(depth: int, account: Account, found: Balances | None) -> dict[str, object]:
    described: dict[str, object] = {
        "name": account.name,
        "level": account.level,
        "currency": account.currency,
        "parent": account.parent,
        "site": account.site,
        "operator_id": account.operator_id,
        "depth": depth,
    }
    if found is None:
        return described
    points = found.by_agent.get(account.name, {})
    error = found.failed.get(account.name)
    return {
        **described,
        "points": {currency: f"{held:f}" for currency, held in points.items()},
        "error": None if error is None else str(error),
    }
