"""The program `igamingace`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the program with the arguments of the command line.

    Raises:
        SystemExit: always, with the exit status; with a message that names the extra to install when what the
            program needs is missing.
    """
    try:
        import typer  # noqa: PLC0415 - an extra, whose lack is explained

        from igamingace._demo import demo  # noqa: PLC0415 - the same
        from igamingace.sandbox.command import sandbox  # noqa: PLC0415 - the same
        from igamingace.walletcheck.command import wallet  # noqa: PLC0415 - the same
    except ImportError as error:
        sys.exit(f"{error}\nThe program needs extras: pip install 'igamingace[cli,sandbox]'")
    program = typer.Typer(name="igamingace", no_args_is_help=True, add_completion=False)
    program.callback()(_about)
    program.command()(sandbox)
    program.command()(demo)
    program.add_typer(wallet, name="wallet")
    program()


def _about() -> None:
    """Tools for the iGamingAce casino game API."""


if __name__ == "__main__":
    main()
