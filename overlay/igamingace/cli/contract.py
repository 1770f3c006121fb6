"""The command `igamingace contract probe`."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 -- typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from igamingace._common.files import write_file
from igamingace.cli._accounts import open_agent
from igamingace.cli._command import CANNOT, FAILED, CannotRun, command, confirm, stop
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    OneAccount,
    Yes,
)
from igamingace.cli._output import cell, console, plain, table
from igamingace.errors import AgentClosed, ConfigurationError, IGamingAceError, InvalidArgument

if TYPE_CHECKING:
    from igamingace import Agent
    from igamingace.probe import ProbeReport, ProgressStep

__all__ = ["contract", "probe"]

INCOMPLETE: Final = 3
"""The probe ended early, so the report lacks something."""

_COLOURS: Final = {"as stated": "green", "differs": "yellow", "no answer": "red", "refused": "red"}
_WINDOW_PAUSE: Final = 31.0  # of igamingace.probe, which --help does not import

contract = typer.Typer(no_args_is_help=True, help="Compare the platform with the contract.")


@contract.callback()
def _about() -> None:
    """Compare the platform with the contract."""


@contract.command()
def probe(
    *,
    player: Annotated[
        str | None, typer.Option(metavar="ID", help="Your id of a player to read; else one that has played.")
    ] = None,
    bonus_call: Annotated[str | None, typer.Option(metavar="ID", help="A bonus call to read.")] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="The API's address; without it IGAMINGACE_BASE_URL, then iGamingAce."
        ),
    ] = None,
    window_pause: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Pause between two windows of transactions.")
    ] = _WINDOW_PAUSE,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report there, as JSON.")
    ] = None,
    account: OneAccount = None,
    file: AccountsFile = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Compare the live platform with the contract, and print a report that can be shared.

    Sends about 20 GET requests, one at a time, with the account's own token (IGAMINGACE_API_TOKEN, or that of
    --account); eight of them are to be refused. Nothing is changed. Play a round before: a transaction of the
    last half hour tells the most. The report holds no token, player, amount, name, id or address.

    Exit status: 0 as the contract says, 1 something differs, 2 could not be run or was not confirmed, 3 the
    probe ended early.

    Example: igamingace contract probe --output report.json
    """
    from igamingace import probe as library  # noqa: PLC0415 -- not for --help

    with command(as_json=as_json):
        if output is not None and not output.absolute().parent.is_dir():
            raise CannotRun(f"--output {output}: there is no such folder")
        with open_agent(file, account, base_url) as agent:
            _ask(agent, yes=yes)
            try:
                report = library.run(
                    agent,
                    player=player,
                    bonus_call=bonus_call,
                    window_pause=window_pause,
                    progress=None if as_json else _show_step,
                )
            except (AgentClosed, ConfigurationError, InvalidArgument):
                raise
            except IGamingAceError as error:
                stop(f"nothing can be compared: {error}", CANNOT, as_json=as_json)
        if as_json:
            typer.echo(report.json(), nl=False)
        else:
            _show(report)
        if output is not None:
            write_file(output, report.json())
            if not as_json:
                typer.echo(f"The report is in {output}.")
        if not report.complete:
            raise typer.Exit(INCOMPLETE)
        if not report.ok:
            raise typer.Exit(FAILED)


def _ask(agent: Agent, *, yes: bool) -> None:
    confirm(
        f"This sends about 20 GET requests to {agent.base_url}, one at a time. Eight are to be refused, "
        "one of them for a wrong token. Nothing is changed. Go on?",
        yes=yes,
    )


def _show_step(step: ProgressStep) -> None:
    typer.echo(plain(f"[{step.number:2} of at most {step.most}] {step.text}"), err=True)


def _show(report: ProbeReport) -> None:
    rows = table("operation", "request", "HTTP", "code", "result", right=("HTTP",))
    for call in report.calls:
        code = call.name or (str(call.code) if call.code is not None else "")
        place = f" at {call.place}" if call.place else ""
        note = f": {cell(call.note)}" if call.note else ""
        result = f"[{_COLOURS.get(call.result, 'dim')}]{call.result}[/]{note}"
        status = "" if call.http_status is None else str(call.http_status)
        rows.add_row(cell(call.operation), cell(call.situation), status, cell(f"{code}{place}"), result)
    screen = console()
    screen.print(rows)
    for difference in report.differences:
        screen.print(cell(difference), soft_wrap=True)
    for zone in report.time_zones:
        told = ", ".join(
            each
            for each in (
                f"likely {zone.likely}" if zone.likely else "",
                f"at least {zone.at_least}" if zone.at_least else "",
            )
            if each
        )
        line = f"time zone of {zone.operation} {zone.place}: {told or 'not told'}; stated: {zone.stated}"
        screen.print(cell(f"{line} ({zone.standing})"), soft_wrap=True)
    number = len(report.differences)
    found = f"{number} difference{'' if number == 1 else 's'}" if number else "no difference"
    screen.print(
        f"\n{found.capitalize()} from contract {report.contract} at {report.platform}.", soft_wrap=True
    )
    if report.stopped is not None:
        screen.print(cell(f"The probe ended early: {report.stopped}."), soft_wrap=True)
    if report.standing == "probed":
        screen.print(
            "Please share the JSON report (--output FILE): README, 'Probing the platform', says how.",
            soft_wrap=True,
        )
