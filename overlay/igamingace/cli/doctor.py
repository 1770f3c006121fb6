"""The command `igamingace doctor`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

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
from igamingace.cli._output import cell, console, emit, table

if TYPE_CHECKING:
    from igamingace.operators import HealthReport

_ALL: Final = "all"


def doctor(
    *,
    account: SomeAccounts = None,
    under: Under = None,
    currency: Currency = None,
    floor: Floor = None,
    callbacks: Annotated[bool, typer.Option(help="Ping the callback URLs from this host.")] = True,
    deadline: Deadline = None,
    file: AccountsFile = None,
    as_json: AsJson = False,
) -> None:
    """Check whether accounts are ready to go live, and say what to do where they are not.

    Token, this host's address, clock, TLS and proxy, callback URL, the budget shared through Redis
    (IGAMINGACE_REDIS_URL), other programs with the same token, points, providers, differences from the
    contract. Nothing is changed. --account all means all accounts, as does leaving it out.

    Exit status: 0 ready, warnings included, 1 a check failed or could not be made, 2 could not be run.

    Example: igamingace doctor --account mycasino --floor 100
    """
    with command(as_json=as_json):
        with open_operator(file) as operator:
            accounts = select(operator, None if account == [_ALL] else account, under, currency)
            least = parse_amounts("--floor", floor, accounts) if floor else None
            bar = sys.stderr.isatty() and not as_json
            report = operator.doctor(
                accounts, floor=least, callbacks=callbacks, deadline=deadline, progress=bar
            )
        if as_json:
            emit(report.to_json())
        else:
            _show(report)
        if not report.ok:
            raise typer.Exit(FAILED)


def _show(report: HealthReport) -> None:
    rows = table("check", "state", "accounts", "what", "what to do")
    found = report.grouped()
    shown = first_of_each_kind(found)
    for result, names in shown.items():
        state = f"[{COLOURS[result.state]}]{result.state}"
        rows.add_row(
            cell(result.check),
            state,
            cell(accounts_text(names, len(report.agents))),
            cell(result.detail),
            cell(result.advice),
        )
    output = console()
    output.print(rows)
    rest = omission_note(report, len(found) - len(shown))
    output.print(f"{report.ready_count} of {len(report.agents)} accounts are ready.{rest}")
