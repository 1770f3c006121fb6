"""The options that commands share, and the amounts in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from igamingace._common.amounts import parse_amount
from igamingace._common.text import names_text
from igamingace.cli._command import CannotRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from igamingace.operators import Account


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
Floor: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="AMOUNT",
        help="Minimum points; CODE=AMOUNT for one currency, which may stand beside one for all; repeatable.",
    ),
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


def parse_amounts(
    option: str, values: Sequence[str], accounts: Iterable[Account]
) -> Decimal | dict[str, Decimal]:
    """Parse `100` as the amount for every currency, `KRW=100000` as that of one; both may be given.

    Args:
        option: the option's name.
        values: its values.
        accounts: those it is for.

    Raises:
        CannotRun: a value is invalid, a currency is given twice, or an account's has no amount.
    """
    from igamingace.operators._accounts.account import check_currency  # noqa: PLC0415 -- not for --help

    amounts: dict[str, Decimal] = {}
    for text in values:
        currency, _, number = text.rpartition("=")
        if currency in amounts:
            raise CannotRun(f"{option}: {currency or 'an amount'} is given twice")
        if currency:
            check_currency(currency)
        amounts[currency] = _amount(option, number)
    every = amounts.pop("", None)
    if every is None:
        _check_complete(option, amounts, accounts)
        return amounts
    if not amounts:
        return every
    return {**dict.fromkeys((account.currency for account in accounts), every), **amounts}


def _check_complete(option: str, amounts: Mapping[str, Decimal], accounts: Iterable[Account]) -> None:
    missing = sorted({account.currency for account in accounts}.difference(amounts))
    if missing:
        raise CannotRun(
            f"{option} has no amount for {names_text(missing)}: add {option} "
            f"{missing[0]}=AMOUNT, or {option} AMOUNT for all that have none, or choose accounts with "
            f"--currency {next(iter(amounts))}"
        )


def _amount(option: str, text: str) -> Decimal:
    try:
        return parse_amount(text)
    except ValueError:
        pass
    raise CannotRun(f"{option} {text}: give an amount, such as 100, or KRW=100000 for one currency")
