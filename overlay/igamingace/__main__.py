"""The program `igamingace`: a table of commands, of which only the requested one is imported."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from igamingace._common.extras import install_hint
from igamingace._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    import typer

__all__ = ["COMMANDS", "Command", "main", "program"]


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a group of commands, imported on demand.

    Attributes:
        target: "module:name" of its function or its typer.Typer.
        summary: the first line of its help.
        extra: the extra that it needs.
        panel: the heading of `--help` that lists it.
    """

    target: str
    summary: str
    extra: str = "cli"
    panel: str = "Accounts"


_DEVELOPMENT_PANEL: Final = "Build and try"

COMMANDS: Final = {
    "providers": Command("igamingace.cli.games:providers", "List the game providers of an account."),
    "games": Command("igamingace.cli.games:games", "List the games of a provider."),
    "launch": Command(
        "igamingace.cli.games:launch",
        "Launch a game for a player, and print the URL to send the player's browser to.",
    ),
    "allowed-ips": Command(
        "igamingace.cli.allowed_ips:allowed_ips",
        "Show or change the addresses from which an account's requests are accepted.",
    ),
    "callback-url": Command(
        "igamingace.cli.callback_url:callback_url",
        "Set an agent's callback URL, once the wallet there was tried.",
    ),
    "tree": Command(
        "igamingace.cli.tree:tree", "Show the tree of accounts: name, level, currency, points and state."
    ),
    "balances": Command(
        "igamingace.cli.balances:balances", "Show the points of accounts, and their sum by currency."
    ),
    "top-up": Command("igamingace.cli.top_up:top_up", "Give points to the agents that run dry."),
    "report": Command(
        "igamingace.cli.report:report", "Report bets, wins and GGR of agents by day, provider and game."
    ),
    "transactions": Command(
        "igamingace.cli.transactions:transactions", "Print the transactions of an account, as CSV or JSON."
    ),
    "reconcile": Command(
        "igamingace.cli.reconcile:reconcile", "Compare the platform's transactions with a wallet's book."
    ),
    "agents": Command("igamingace.cli.agents:agents", "Open new accounts, and check the ones there are."),
    "doctor": Command(
        "igamingace.cli.doctor:doctor",
        "Check whether accounts are ready to go live, and say what to do where they are not.",
    ),
    "contract": Command(
        "igamingace.cli.contract:contract",
        "Compare the platform with the contract.",
        panel=_DEVELOPMENT_PANEL,
    ),
    "callbacks": Command(
        "igamingace.cli.callbacks:callbacks",
        "Sign callbacks, and explain signatures.",
        panel=_DEVELOPMENT_PANEL,
    ),
    "wallet": Command(
        "igamingace.cli.wallet_check:wallet", "Tools for seamless wallets.", panel=_DEVELOPMENT_PANEL
    ),
    "sandbox": Command(
        "igamingace.sandbox.command:sandbox",
        "Serve a mock of the iGamingAce API: the contract, executed, with a casino in memory.",
        "sandbox",
        _DEVELOPMENT_PANEL,
    ),
    "demo": Command(
        "igamingace.cli.demo:demo",
        "Send many calls at once to a sandbox, within its limit of requests in flight and without it.",
        "sandbox",
        _DEVELOPMENT_PANEL,
    ),
}


def main() -> None:
    """Run the program with the arguments of the command line.

    Raises:
        SystemExit: always, with the exit status; with a message when an extra must be installed.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # the caller closed it
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 -- it stays open
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # characters that the terminal cannot show are escaped
    program(_completed_arguments() or sys.argv[1:])()


def program(arguments: Sequence[str]) -> typer.Typer:
    """Return the program; only the command that the arguments name is imported.

    Raises:
        SystemExit: an extra is not installed; the message names it.
    """
    name = next((argument for argument in arguments if not argument.startswith("-")), "")
    command = COMMANDS.get(name)
    try:
        import typer  # noqa: PLC0415 - of an extra, which may be missing

        function: Any = command and _load(command.target)
    except ImportError as error:
        extra = "cli" if command is None else command.extra
        sys.exit(f"{error}\nThe program needs an extra: {install_hint(extra)}")
    app = typer.Typer(
        name="igamingace",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",  # joins the lines of a paragraph, so that the terminal wraps them
    )
    app.callback()(_about_with_options(typer))
    for name, entry in COMMANDS.items():
        target = function if entry is command else _placeholder
        if isinstance(target, typer.Typer):
            app.add_typer(target, name=name, help=entry.summary, rich_help_panel=entry.panel)
        else:
            summary = None if entry is command else entry.summary
            app.command(name, help=summary, rich_help_panel=entry.panel)(target)
    return app


def _load(target: str) -> object:
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def _placeholder() -> None:
    """Represent a command that is not imported in the list of `--help`."""


def _completed_arguments() -> list[str]:
    """Return the line that a shell wants completed: the options of its command are to be known."""
    if "_IGAMINGACE_COMPLETE" not in os.environ:
        return []
    line = os.environ.get("COMP_WORDS") or os.environ.get(
        "_TYPER_COMPLETE_ARGS", ""
    )  # bash, or another shell
    return line.split()[1:]


def _about_with_options(typer: ModuleType) -> Callable[[bool], None]:
    """Return the function of the program itself, whose parameters are its options."""

    def show(version: bool) -> None:  # noqa: FBT001 -- typer calls it
        if version:
            from igamingace_bindings.contract import VERSION  # noqa: PLC0415 -- not for --help

            typer.echo(f"igamingace {__version__}, contract {VERSION}")
            raise typer.Exit

    def about(
        version: bool = typer.Option(  # noqa: FBT001 -- typer makes an option of it
            False, "--version", callback=show, is_eager=True, help="Show the version of package and contract."
        ),
    ) -> None:
        """Tools for the iGamingAce casino API."""

    return about


if __name__ == "__main__":
    main()
