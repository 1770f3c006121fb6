"""The commands `igamingace agents ...`."""

from __future__ import annotations

import typer

from igamingace.cli.agents_check import check
from igamingace.cli.agents_create import create

agents = typer.Typer(no_args_is_help=True, help="Open new accounts, and check the ones there are.")
agents.command()(create)
agents.command()(check)
