"""The command `igamingace top-up`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from igamingace.cli._accounts import chosen, operator_of
from igamingace.cli._amounts import amounts
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    Currency,
    SomeAccounts,
    Under,
    Yes,
)
from igamingace.cli._output import amount, cell, console, emit, plain, table, tell_failures
from igamingace.cli._running import FAILED, UNKNOWN, confirm, running, stop

if TYPE_CHECKING:
    from igamingace.operators import TopUp

RECORD = Path("top-up.jsonl")


def top_up(
    *,
    minimum: Annotated[
        list[str],
        typer.Option(
            metavar="AMOUNT", help="Who has less is topped up; CODE=AMOUNT for one currency; repeatable."
        ),
    ],
    target: Annotated[
        list[str],
        typer.Option(metavar="AMOUNT", help="Up to so much; CODE=AMOUNT for one currency; repeatable."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and stop.")] = False,
    record: Annotated[
        Path, typer.Option(metavar="FILE", help="Where each transfer is written down; continues one cut off.")
    ] = RECORD,
    account: SomeAccounts = None,
    under: Under = None,
    currency: Currency = None,
    file: AccountsFile = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Give points to the agents that run dry.

    Each gets points from the operator right above it. The plan is shown before anything is sent. After a
    crash, or where the wallets could not be read, the same command with the same record goes on where it
    stopped, and sends nothing twice.

    Exit status: 0 everybody has enough, 1 somebody could not be given points, 2 could not be run or was not
    confirmed, 3 nobody knows whether some transfer was done: look into the books.

    Example: igamingace top-up --minimum 100 --target 1000 --dry-run
    """
    from igamingace.operators import TransferUnknown  # noqa: PLC0415 -- not for --help

    with running(as_json=as_json) as run, operator_of(file) as operator:
        least, most = amounts("--minimum", minimum), amounts("--target", target)
        agents = chosen(operator, account, under, currency, None if account else "agent")
        planned = operator.top_up(agents=agents, minimum=least, target=most, record=record, dry_run=True)
        done = planned
        if not as_json:
            _show_plan(planned)
        if planned.plan.transfers and not dry_run:
            if planned.left:
                confirm(f"Send {_how_many(planned)}?", yes=yes)
            run.changing = True
            try:
                done = operator.top_up(
                    agents=agents, plan=planned.plan, minimum=least, target=most, record=record
                )
            # A full disk, or wallets that cannot be read now: points may have been moved.
            except (OSError, RuntimeError, TransferUnknown) as error:
                again = f"run it again with the record {record}, or with another once you have seen the books"
                stop(f"{error}: {again}", UNKNOWN, as_json=as_json)
            if not as_json:
                _show_outcomes(done)
        status = _status(done, dry_run=dry_run)
        if as_json:
            emit({**done.to_json(), "ok": not status, "dry_run": dry_run})
        if status:
            raise typer.Exit(status)


def _how_many(planned: TopUp) -> str:
    left = replace(planned.plan, transfers=planned.left)
    sums = ", ".join(f"{amount(points)} {currency}" for currency, points in left.by_currency.items())
    one = len(left.transfers) == 1
    return f"{'this transfer' if one else f'these {len(left.transfers)} transfers'} of {sums}"


def _show_plan(planned: TopUp) -> None:
    plan = planned.plan
    if planned.resumed:
        typer.echo("The record holds a top-up that was not ended; it goes on with what was planned then.")
    if not plan.transfers and not plan.short:
        typer.echo("Nobody runs dry." if not plan.failed else "Nobody runs dry, as far as can be seen.")
    else:
        rows = table("to", "has", "gets", "currency", "from", "", right=("has", "gets"))
        ended = {outcome.transfer: outcome.state for outcome in planned.outcomes}
        for one, why in [
            *((one, ended.get(one, "")) for one in plan.transfers),
            *((one, "[red]short") for one in plan.short),
        ]:
            figures = (amount(one.points), amount(one.amount))
            rows.add_row(cell(one.target), *figures, cell(one.currency), cell(one.source), why)
        console().print(rows)
    for one in plan.short:
        said = f"{one.source} has too little, or no {one.currency}, for {one.target}"
        typer.echo(plain(said), err=True)
    tell_failures(plan.failed)


def _show_outcomes(done: TopUp) -> None:
    rows = table("to", "gets", "currency", "outcome", right=("gets",))
    colours = {"done": "green", "not needed": "green", "not done": "red", "unknown": "bold red"}
    for outcome in done.outcomes:
        one = outcome.transfer
        state = f"[{colours[outcome.state]}]{outcome.state}"
        gets = "" if outcome.sent is None else amount(outcome.sent)
        rows.add_row(cell(one.target), gets, cell(one.currency), state)
    console().print(rows)
    for outcome in done.outcomes:
        if outcome.state != "done":
            typer.echo(plain(f"{outcome.transfer.target}: {outcome.state}: {outcome.detail}"), err=True)


def _status(done: TopUp, *, dry_run: bool) -> int:
    if done.of("unknown"):
        return UNKNOWN
    incomplete = done.plan.short or done.plan.failed
    return FAILED if incomplete or not (done.ok or dry_run) else 0
