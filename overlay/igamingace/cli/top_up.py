"""The command `igamingace top-up`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from igamingace._common.amounts import amount_text
from igamingace.cli._accounts import open_operator, select
from igamingace.cli._command import FAILED, UNKNOWN, command, confirm, stop
from igamingace.cli._options import (
    AccountsFile,
    AsJson,
    Currency,
    SomeAccounts,
    Under,
    Yes,
    parse_amounts,
)
from igamingace.cli._output import amount, cell, console, emit, plain, print_failures, table
from igamingace.cli._progress import progress_bar

if TYPE_CHECKING:
    from igamingace.operators import TopUp

JOURNAL = Path("top-up.jsonl")


def top_up(
    *,
    minimum: Annotated[
        list[str],
        typer.Option(
            metavar="AMOUNT",
            help="Agents with less are topped up; one amount for all, CODE=AMOUNT for one currency.",
        ),
    ],
    target: Annotated[
        list[str],
        typer.Option(
            metavar="AMOUNT",
            help="Top up to this amount; one amount for all, CODE=AMOUNT for one currency.",
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and stop.")] = False,
    journal: Annotated[
        Path, typer.Option(metavar="FILE", help="Journal of the transfers; continues an interrupted top-up.")
    ] = JOURNAL,
    account: SomeAccounts = None,
    under: Under = None,
    currency: Currency = None,
    file: AccountsFile = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Give points to the agents that run dry.

    Each receives points from the operator directly above it. The plan is shown before anything is sent.
    After a crash, Ctrl+C, or when wallets could not be read, the same command with the same journal continues
    where it stopped, and sends nothing twice. Use one journal: two top-ups with two journals at once may both
    give points to an agent.

    Exit status: 0 all agents have enough, 1 some could not be given points, 2 could not be run or was not
    confirmed, 3 unknown whether some transfer was done: run it again, or check the books.

    Example: igamingace top-up --minimum 100 --target 1000 --dry-run
    """
    from igamingace.operators import TopUp, TransferUnknown  # noqa: PLC0415 -- not for --help

    with command(as_json=as_json) as context, open_operator(file) as operator:
        agents = select(operator, account, under, currency, None if account else "agent")
        least = parse_amounts("--minimum", minimum, agents)
        most = parse_amounts("--target", target, agents)
        planned = operator.top_up(agents=agents, minimum=least, target=most, journal=journal, dry_run=True)
        done = planned
        if not as_json:
            _show_plan(planned)
        if planned.plan.transfers and not dry_run:
            if planned.remaining:
                confirm(f"Send {_transfers_text(planned)}?", yes=yes)
            context.changing = True
            try:
                with progress_bar("transfers", as_json=as_json, total=len(planned.remaining)) as update:
                    done = operator.top_up(
                        agents=agents,
                        plan=planned.plan,
                        minimum=least,
                        target=most,
                        journal=journal,
                        on_outcome=lambda _: update(advance=1),
                    )
            # A full disk, or wallets that cannot be read: points may have been moved.
            except (OSError, RuntimeError, TransferUnknown, KeyboardInterrupt) as error:
                advice = (
                    f"run it again with the journal {journal}, or with a new one after checking the books"
                )
                reason = "interrupted" if isinstance(error, KeyboardInterrupt) else error
                stop(f"{reason}: {advice}", UNKNOWN, as_json=as_json)
            if not as_json:
                _show_outcomes(done)
                if done.follow_up is not None:
                    typer.echo("Others still run dry; the same command plans for them.")
                    _show_plan(TopUp(plan=done.follow_up))
        status = _status(done, dry_run=dry_run)
        if as_json:
            emit({**done.to_json(), "ok": not status, "dry_run": dry_run})
        if status:
            raise typer.Exit(status)


def _transfers_text(planned: TopUp) -> str:
    remaining = replace(planned.plan, transfers=planned.remaining)
    sums = ", ".join(f"{amount(points)} {currency}" for currency, points in remaining.by_currency.items())
    single = len(remaining.transfers) == 1
    return f"{'this transfer' if single else f'these {len(remaining.transfers)} transfers'} of {sums}"


def _show_plan(planned: TopUp) -> None:
    plan = planned.plan
    if planned.resumed:
        typer.echo("The journal holds an unfinished top-up, whose plan is continued.")
    if not plan.transfers and not plan.short:
        typer.echo(
            "No agent runs dry." if not plan.failed else "No agent runs dry, among those that could be read."
        )
    else:
        rows = table("to", "has", "gets", "currency", "from", "", right=("has", "gets"))
        ended = {outcome.transfer: outcome.state for outcome in planned.outcomes}
        for one, state in [
            *((one, ended.get(one, "")) for one in plan.transfers),
            *((one, "[red]short") for one in plan.short),
        ]:
            figures = (amount_text(one.points, one.currency), amount_text(one.amount, one.currency))
            rows.add_row(cell(one.target), *figures, cell(one.currency), cell(one.source), state)
        if len(plan.transfers) > 1:
            rows.add_section()
            for currency, points in plan.by_currency.items():
                number = sum(one.currency == currency for one in plan.transfers)
                rows.add_row(f"{number} transfers", "", amount(points), cell(currency), "", "")
        console().print(rows)
    for one in plan.short:
        text = f"{one.source} has too little, or no {one.currency}, for {one.target}"
        typer.echo(plain(text), err=True)
    print_failures(plan.failed)


def _show_outcomes(done: TopUp) -> None:
    rows = table("to", "gets", "currency", "outcome", right=("gets",))
    colours = {"done": "green", "not needed": "green", "not done": "red", "unknown": "bold red"}
    for outcome in done.outcomes:
        one = outcome.transfer
        state = f"[{colours[outcome.state]}]{outcome.state}"
        gets = "" if outcome.sent is None else amount_text(outcome.sent, one.currency)
        rows.add_row(cell(one.target), gets, cell(one.currency), state)
    console().print(rows)
    counts = Counter(outcome.state for outcome in done.outcomes)
    typer.echo("Transfers: " + ", ".join(f"{number} {state}" for state, number in counts.items()))
    for outcome in done.outcomes:
        if outcome.state != "done":
            typer.echo(plain(f"{outcome.transfer.target}: {outcome.state}: {outcome.detail}"), err=True)


def _status(done: TopUp, *, dry_run: bool) -> int:
    if done.of("unknown"):
        return UNKNOWN
    incomplete = done.plan.short or done.plan.failed
    return FAILED if incomplete or not (done.ok or dry_run) else 0
