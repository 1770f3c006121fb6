"""The command `igamingace wallet check`."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path  # noqa: TC003 -- typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import msgspec
import typer
from rich.console import Console

from igamingace._client.config import TOKEN_VARIABLE
from igamingace._common.files import write_file
from igamingace._common.secret import Secret
from igamingace._wallet_client.client import MAX_CONCURRENCY
from igamingace.cli._output import console, plain, table
from igamingace.cli._signals import Interrupted, run_until_signal
from igamingace.cli.wallet_play import play
from igamingace.errors import ConfigurationError
from igamingace.walletcheck import CHECKS, CannotCheck, Level, as_json, html, junit
from igamingace.walletcheck._check import select_checks
from igamingace.walletcheck._profile import profile_async
from igamingace.walletcheck._run import run_async
from igamingace.walletcheck._settings import make_settings, parse_game_code
from igamingace.walletcheck.reports._console import ConsoleReporter, print_checks, print_report

if TYPE_CHECKING:
    from igamingace.walletcheck import Check, CheckResult, Report
    from igamingace.walletcheck._profile import Profile
    from igamingace.walletcheck._settings import Settings

__all__ = ["check", "wallet"]

_FAILED: Final = 1
_NOT_RUN: Final = 2

wallet = typer.Typer(no_args_is_help=True, help="Tools for seamless wallets.")


@wallet.callback()
def _about() -> None:
    """Tools for seamless wallets."""


wallet.command()(play)


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
    profile: Annotated[
        bool, typer.Option("--profile", help="Measure the time of each command instead of checking rules.")
    ] = False,
    calls: Annotated[int, typer.Option(min=1, help="With --profile: callbacks of each command.")] = 100,
    concurrency: Annotated[
        int, typer.Option(min=1, max=MAX_CONCURRENCY, help="With --profile: callbacks at the same time.")
    ] = 1,
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

    The player's balance is restored, also after Ctrl-C, SIGTERM and SIGHUP. With --profile the times of the
    answers are measured instead, against the contract's limits.

    Exit status: 0 all passed that count at --level, 1 one failed (an answer was late), 2 it could not be run.

    Example: igamingace wallet check https://casino.example/callbacks --player test-1
    """
    if not list_only and (url is None or player is None):
        _fail("give the URL of the wallet's callbacks, and --player with the id of a test player", json=json)
    secret = Secret(token)
    del token  # a traceback shows local variables
    try:
        if url is None or player is None or list_only:
            _list(only or (), skip or (), json=json)
            return
        with _Progress(ConsoleReporter(Console(quiet=json), level)) as progress:
            settings = make_settings(
                url,
                secret,
                player=player,
                currency=currency,
                only=only or (),
                skip=skip or (),
                provider_id=provider_id,
                game_code=parse_game_code(game_code),
                path="/",
                dialect=dialect,
                timeout=timeout,
                level=level,
                progress=progress,
                in_shell=True,
            )
            if profile:
                _profile(settings, calls, concurrency, json=json)
                return
            report = run_until_signal(run_async(settings))
        _write(report, junit_file, html_file)
    except (CannotCheck, ConfigurationError) as error:
        _fail(str(error), json=json)
    except Interrupted as error:
        with suppress(OSError):  # the terminal may be gone
            undone = "What was booked has been undone, as far as the wallet accepted it."
            typer.echo(f"{str(error).capitalize()}. {undone}", err=True)
        raise typer.Exit(error.exit_status) from None
    if json:
        typer.echo(as_json(report))
    else:
        print_report(Console(), report)
    if not report.ok:
        raise typer.Exit(_FAILED)


class _Progress(ExitStack):
    """Shows a table once the first check begins: what cannot be checked has none."""

    def __init__(self, reporter: ConsoleReporter) -> None:
        super().__init__()
        self._reporter = reporter
        self._shown = False

    def __call__(self, check: Check, result: CheckResult | None) -> None:
        """Add a check that starts, or its result."""
        if not self._shown:
            self._shown = True
            self.enter_context(self._reporter)
        self._reporter(check, result)


def _profile(settings: Settings, calls: int, concurrency: int, *, json: bool) -> None:
    measured = run_until_signal(profile_async(settings, calls, concurrency))
    if json:
        typer.echo(msgspec.json.encode({"ok": measured.ok, **asdict(measured)}))
    else:
        _print_profile(measured)
    if not measured.ok:
        raise typer.Exit(_FAILED)


def _print_profile(measured: Profile) -> None:
    columns = ("calls", "median", "p95", "p99", "worst", "limit", "late", "failed")
    shown = table("command", *columns, right=columns)
    for each in measured.commands:
        times = (f"{seconds * 1000:.0f} ms" for seconds in (each.median, each.p95, each.p99, each.worst))
        limit = "" if each.limit is None else f"{each.limit * 1000:.0f} ms"
        shown.add_row(each.command, str(each.calls), *times, limit, str(each.late), str(each.failed))
    console().print(shown)
    for each in measured.commands:
        if each.failure:
            typer.echo(f"{each.command}: {each.failed} not answered with OK, such as: {plain(each.failure)}")
    typer.echo(f"{measured.concurrency} at the same time; {measured.seconds:.1f} s in all.")
    if not measured.restored:
        typer.echo(f"The balance of {plain(measured.player)} is not as it was before.")


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
