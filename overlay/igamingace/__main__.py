"""The program `igamingace`."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

__all__ = ["COMMANDS", "Command", "main", "program"]


@dataclass(frozen=True, slots=True)
class Command:
    """A command, imported when it is the one that is wanted.

    Attributes:
        place: module and name of its function, or of a group of commands.
        summary: the first line of its help.
        extra: what must be installed for it.
        panel: under which title `--help` lists it.
    """

    place: str
    summary: str
    extra: str = "cli"
    panel: str = "Accounts"


_TRY: Final = "Build and try"

COMMANDS: Final = {
    "providers": Command("igamingace.cli.providers:providers", "List the game providers of an account."),
    "games": Command("igamingace.cli.games:games", "List the games of a provider."),
    "launch": Command(
        "igamingace.cli.launch:launch",
        "Launch a game for a player, and print the URL to send the player's browser to.",
    ),
    "allowed-ips": Command(
        "igamingace.cli.allowed_ips:allowed_ips",
        "Show or change the addresses from which an account's requests are accepted.",
    ),
    "tree": Command(
        "igamingace.cli.tree:tree", "Show the tree of accounts: name, level, currency, points and state."
    ),
    "balances": Command(
        "igamingace.cli.balances:balances", "Show the points of accounts, and their sum by currency."
    ),
    "top-up": Command("igamingace.cli.top_up:top_up", "Give points to the agents that run dry."),
    "agents": Command("igamingace.cli.agents:agents", "Open new accounts, and check the ones there are."),
    "wallet": Command("igamingace.cli.wallet_check:wallet", "Tools for seamless wallets.", panel=_TRY),
    "sandbox": Command(
        "igamingace.sandbox.command:sandbox",
        "Serve a mock of the iGamingAce API: the contract, executed, with a casino in memory.",
        "sandbox",
        _TRY,
    ),
    "demo": Command(
        "igamingace._demo:demo",
        "Send many calls at once to a sandbox, within its limit of requests in flight and then without.",
        "sandbox",
        _TRY,
    ),
}


def main() -> None:
    """Run the program with the arguments of the command line.

    Raises:
        SystemExit: always, with the exit status; with a message that names the extra to install when what the
            program needs is missing.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that cannot be written stops nothing
    program(sys.argv[1:])()


def program(arguments: Sequence[str]) -> typer.Typer:
    """Return the program; of its commands, only the one that the arguments want is imported.

    Raises:
        SystemExit: what it needs is not installed; the message names the extra.
    """
    wanted = next((argument for argument in arguments if not argument.startswith("-")), None)
    command = COMMANDS.get(wanted or "")
    try:
        import typer  # noqa: PLC0415 - an extra, whose lack is explained

        found: Any = command and _imported(command.place)
    except ImportError as error:
        extra = "cli" if command is None else command.extra
        sys.exit(f"{error}\nThe program needs an extra: pip install 'igamingace[{extra}]'")
    made = typer.Typer(
        name="igamingace", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    made.callback()(_about)
    for name, one in COMMANDS.items():
        what = found if one is command else _elsewhere
        if isinstance(what, typer.Typer):
            made.add_typer(what, name=name, help=one.summary, rich_help_panel=one.panel)
        else:
            about = None if one is command else one.summary
            made.command(name, help=about, rich_help_panel=one.panel)(what)
    return made


def _imported(place: str) -> object:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def _elsewhere() -> None:
    """Stand in the list of commands for one that is not wanted now."""


def _about() -> None:
    """Tools for the iGamingAce casino game API."""


if __name__ == "__main__":
    main()
