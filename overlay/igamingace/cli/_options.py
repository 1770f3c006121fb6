"""The options that commands share, and the amounts in them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from igamingace.cli._command import CannotRun

if TYPE_CHECKING:
    from collections.abc import Sequence

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
Pause: TypeAlias = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="Between two hours of an account; default: the contract's."),
]
TimeZone: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="ZONE", help="Of days and times, such as +09:00 or Asia/Seoul; default: the API's."),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def parse_amounts(option: str, values: Sequence[str]) -> Decimal | dict[str, Decimal]:
    """Parse `100` as one amount for all currencies, `EUR=100` as the amount of one currency."""
    amounts: dict[str, Decimal] = {}
    for text in values:
        currency, _, number = text.rpartition("=")
        if currency in amounts:
            raise CannotRun(f"{option}: {currency or 'an amount'} is given twice")
        amounts[currency] = _amount(option, number)
    if "" not in amounts:
        return amounts
    if len(amounts) > 1:
        raise CannotRun(f"{option}: give one amount for all, or one for each currency, such as EUR=100")
    return amounts[""]


def _amount(option: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        pass
    raise CannotRun(f"{option} {text}: give an amount, such as 100 or EUR=99.50")
