"""The options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

AccountsFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        metavar="FILE",
        help="The file of accounts; without it IGAMINGACE_ACCOUNTS, then ./agents.toml.",
    ),
]
OneAccount: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--account", "-a", metavar="NAME", help="Which account of the file; not needed where it has one."
    ),
]
SomeAccounts: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--account", "-a", metavar="NAME", help="This account only; repeatable."),
]
Under: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only accounts anywhere below this one.")
]
Currency: TypeAlias = Annotated[
    str | None, typer.Option(metavar="CODE", help="Only accounts of this currency, ISO 4217.")
]
Deadline: TypeAlias = Annotated[
    float | None, typer.Option(min=0.1, metavar="SECONDS", help="Give up on accounts not answered by then.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
