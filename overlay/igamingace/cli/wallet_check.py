"""The command `igamingace wallet check`."""

from __future__ import annotations

import asyncio
from pathlib import Path  # noqa: TC003 -- typer reads the annotations
from typing import TYPE_CHECKING, Annotated, NoReturn, cast

import msgspec
import typer
from rich.console import Console

from igamingace._client.config import TOKEN_VARIABLE
from igamingace._common.files import write_file
from igamingace.errors import ConfigurationError
from igamingace.walletcheck import CHECKS, CannotCheck, Level, as_json, check_wallet, html, junit
from igamingace.walletcheck._check import select_checks
from igamingace.walletcheck.reports._console import ConsoleReporter, print_checks, print_report

if TYPE_CHECKING:
    from igamingace._wallet_client.dialects import DialectName
    from igamingace.walletcheck import Report

__all__ = ["check", "wallet"]

_FAILED = 1
_NOT_RUN = 2
_INTERRUPTED = 130

wallet = typer.Typer(no_args_is_help=True, help="Tools for seamless wallets.")


@wallet.callback()
def _about() -> None:
    """Tools for seamless wallets."""


@wallet.command()
def check(
    url: Annotated[str | None, typer.Argument(help="The URL of the wallet's callbacks.")] = None,
    *,
    token: Annotated[
        str | None, typer.Option(help=f"The account's API token; better in {TOKEN_VARIABLE}.")
    ] = None,
    player: Annotated[
        str | None, typer.Option(help="A player with an open session, preferably with 100 or more.")
    ] = None,
    currency: Annotated[str, typer.Option(help="The account's currency, ISO 4217.")] = "USD",
    only: Annotated[
        list[str] | None, typer.Option(help="Run this check, group or pattern only; repeatable.")
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(help="Leave this check, group or pattern out; repeatable.")
    ] = None,
    provider_id: Annotated[int, typer.Option(help="The provider in the callbacks.")] = 1,
    game_code: Annotated[str, typer.Option(help="The game in the callbacks: a number or a code.")] = "655",
    dialect: Annotated[
        str,
        typer.Option(help="igamingace: callbacks as documented; sister: as other deployments send them."),
    ] = "igamingace",
    level: Annotated[
        Level, typer.Option(help="Which failed checks make the exit status 1: those up to this level.")
    ] = Level.REQUIRED,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for one answer.")] = 10.0,
    list_only: Annotated[bool, typer.Option("--list", help="List the checks and stop.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, and nothing else.")] = False,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the report as JUnit XML.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one HTML page.")
    ] = None,
) -> None:
    """Test a wallet in any language: send signed callbacks to it, check its answers and balances.

    The player's balance is restored. Exit status: 0 all passed that count at --level, 1 one failed, 2 the
    checks could not be run.

    Example: igamingace wallet check https://casino.example/callbacks --player test-1
    """
    if not list_only and (url is None or player is None):
        _fail("give the URL of the wallet's callbacks, and --player with the id of a test player", json=json)
    try:
        if url is None or player is None or list_only:
            _list(only or (), skip or (), json=json)
            return
        reporter = ConsoleReporter(Console(quiet=json), level)
        with reporter:
            report = check_wallet(
                url,
                token=token,
                player=player,
                currency=currency,
                only=only or (),
                skip=skip or (),
                provider_id=provider_id,
                game_code=int(game_code) if game_code.isascii() and game_code.isdigit() else game_code,
                dialect=cast("DialectName", dialect),
                timeout=timeout,
                level=level,
                progress=reporter,
            )
        _write(report, junit_file, html_file)
    except (CannotCheck, ConfigurationError) as error:
        _fail(str(error), json=json)
    except (KeyboardInterrupt, asyncio.CancelledError):
        typer.echo(
            "Interrupted. What was booked has been undone, as far as the wallet accepted it.", err=True
        )
        raise typer.Exit(_INTERRUPTED) from None
    if json:
        typer.echo(as_json(report))
    else:
        print_report(Console(), report)
    if not report.ok:
        raise typer.Exit(_FAILED)


def _list(only: list[str] | tuple[()], skip: list[str] | tuple[()], *, json: bool) -> None:
    checks = select_checks(CHECKS, only, skip)
    if not json:
        print_checks(Console(), checks)
        return
    rows = [
        {
            "id": check.id,
            "title": check.title,
            "level": check.level,
            "rule": check.rule,
            "standing": check.standing,
            "pointer": check.pointer,
        }
        for check in checks
    ]
    typer.echo(msgspec.json.encode(rows))


def _write(report: Report, junit_file: Path | None, html_file: Path | None) -> None:
    try:
        if junit_file is not None:
            write_file(junit_file, junit(report), private=True)
        if html_file is not None:
            write_file(html_file, html(report).encode(), private=True)
    except OSError as error:
        reason = f"the checks were run, but {error.filename} cannot be written: {error.strerror}"
    else:
        return
    raise ConfigurationError(reason)


def _fail(message: str, *, json: bool) -> NoReturn:
    if json:
        typer.echo(msgspec.json.encode({"ok": False, "error": message}))
    else:
        typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(_NOT_RUN)
