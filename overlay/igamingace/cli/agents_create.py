"""The command `igamingace agents create`."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 -- typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from igamingace._common.amounts import parse_amount
from igamingace._common.secret import Secret
from igamingace._common.text import names_text
from igamingace.cli._accounts import accounts_file, open_operator
from igamingace.cli._append import account_toml, append_account, token_file, token_variable
from igamingace.cli._command import FAILED, UNKNOWN, CannotRun, command, confirm
from igamingace.cli._options import AccountsFile, AsJson, Yes  # noqa: TC001 -- typer reads the annotations
from igamingace.cli._output import emit, muted, plain, warn

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from igamingace.operators import (
        Account,
        AllowedAddresses,
        CreatedOutside,
        CreationUnknown,
        Level,
        NewAccount,
        Operator,
    )


def create(
    name: Annotated[str, typer.Argument(help="How you name the new account.")],
    *,
    currency: Annotated[str, typer.Option(metavar="CODE", help="Its one currency, ISO 4217.")],
    rate: Annotated[
        str, typer.Option(metavar="PERCENT", help="Its rate of the gross gaming revenue, 0 to 100.")
    ],
    parent: Annotated[
        str | None,
        typer.Option(
            "--parent",
            "--account",
            "-a",
            metavar="NAME",
            help="The operator above it; else the one at the top, of several the one in its currency.",
        ),
    ] = None,
    operator: Annotated[
        bool, typer.Option("--operator", help="Open an operator, which may have accounts below it.")
    ] = False,
    operator_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="The vendor's id; without it, the name.")
    ] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Its name in the back office.")] = None,
    site: Annotated[str | None, typer.Option(metavar="NAME", help="The casino site it belongs to.")] = None,
    callback_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where its wallet callbacks go.")
    ] = None,
    allowed_ips: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="ADDRESS", help="Accept its requests from here; repeatable."),
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Accept its requests from everywhere.")
    ] = False,
    password_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The back-office password, - for standard input; default: generated."
        ),
    ] = None,
    append: Annotated[
        bool | None,
        typer.Option(
            help="Append it to the file of accounts, its token in a file beside it; default: it is asked, "
            "except with --yes or --json."
        ),
    ] = None,
    file: AccountsFile = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Open a new account below an operator, and show its token and password, once.

    The vendor must approve a new account before it can log in. The addresses whose requests are accepted
    are required: --allow names one, --everybody accepts all.

    Exit status: 0 opened, 1 refused, or opened and not in the tree or the file (then its token is shown), 2
    could not be run or was not confirmed, 3 unknown whether it was opened: check the back office.

    Example: igamingace agents create mycasino-2 --currency EUR --rate 12.5 --allow 198.51.100.7
    """
    from igamingace.operators import CreatedOutside, CreationUnknown  # noqa: PLC0415 -- not for --help
    from igamingace.operators._accounts.account import check_currency, check_field  # noqa: PLC0415 -- as above
    from igamingace.operators._management.allowed_ips import LOGGER  # noqa: PLC0415 -- as above
    from igamingace.operators._management.create import check_parent, new_password  # noqa: PLC0415 -- as above

    with command(as_json=as_json) as context, open_operator(file) as opened:
        above = opened.tree()[parent].name if parent else _root_for(currency, opened)
        check_field("name", name)
        # Before the question; `create_agent` checks it again.
        check_parent(opened.tree(), opened.tree()[above], check_currency(currency))
        accounts = accounts_file(file)
        if append:
            _check_append(accounts, name)
        percent = _percent(rate)
        # Generated here, so that it is not lost when the call is interrupted.
        password = Secret(new_password()) if password_file is None else _password(password_file)
        password_made = password_file is None
        level: Level = "operator" if operator else "agent"
        addresses = _addresses(allowed_ips or (), everybody=everybody)
        confirm(f"Open the {level} {name!r} with {currency} below {above!r}?", yes=yes)
        context.changing = True
        try:
            with muted(LOGGER):  # the warnings were printed before the question
                made = opened.create_agent(
                    name,
                    parent=above,
                    currency=currency,
                    rate=percent,
                    level=level,
                    operator_id=operator_id,
                    title=title,
                    site=site,
                    password=password.reveal(),
                    allowed_ips=addresses,
                    everybody=everybody,
                    callback_url=callback_url,
                )
        except CreationUnknown as error:
            _print_unknown(error, password_made=password_made, as_json=as_json)
            raise typer.Exit(UNKNOWN) from None
        except KeyboardInterrupt:
            unknown = CreationUnknown(operator_id or name, password)
            _print_unknown(unknown, password_made=password_made, as_json=as_json)
            raise typer.Exit(UNKNOWN) from None
        except CreatedOutside as error:
            _print_outside(error, password_made=password_made, as_json=as_json)
            raise typer.Exit(FAILED) from None
        if as_json:
            emit(_to_json(made, password_made=password_made))
        else:
            _show(made, password_made=password_made)
        if append is None and not (yes or as_json) and accounts is not None:
            append = _wants_append(accounts, name)
        if append and accounts is not None:
            _append(accounts, made.account, as_json=as_json)
        elif not as_json:
            _show_block(made.account)


def _check_append(accounts: Path | None, name: str) -> None:
    """Raise CannotRun where the new account could not be appended."""
    if accounts is None:
        raise CannotRun("--append: there is no file of accounts; give --file")
    secret = token_file(accounts, name)
    if secret.exists():
        raise CannotRun(f"--append: {secret} exists, where the token is to go: move it, or leave it out")


def _wants_append(accounts: Path, name: str) -> bool:
    """Offer to append the account; no answer is a no."""
    try:
        _check_append(accounts, name)
        confirm(f"Append it to {accounts}, its token in {token_file(accounts, name)}?", yes=False)
    except CannotRun:
        return False
    return True


def _append(accounts: Path, account: Account, *, as_json: bool) -> None:
    try:
        secret = append_account(accounts, account)
    except (OSError, UnicodeDecodeError) as error:
        warn(f"the account was opened, but is not in {accounts}: {error}. Save its token; add it by hand.")
        if not as_json:
            _show_block(account)
        raise typer.Exit(FAILED) from None
    typer.echo(f"Appended to {accounts}; its token is in {secret}.", err=True)


def _root_for(currency: str, operator: Operator) -> str:
    """Return the name of the operator at the top; of several, of the only one in the currency.

    Raises:
        CannotRun: it cannot be told which one is meant.
    """
    from igamingace.operators._management.create import parent_advice  # noqa: PLC0415 -- not for --help

    roots = operator.tree().roots
    if len(roots) == 1:
        return roots[0].name
    of_currency = [one for one in roots if (one.level, one.currency) == ("operator", currency)]
    if len(of_currency) == 1:
        return of_currency[0].name
    if of_currency:
        names = names_text([account.name for account in of_currency])
        raise CannotRun(
            f"there are several operators in {currency} at the top: give --parent with one: {names}"
        )
    advice = parent_advice(operator.tree(), currency)
    raise CannotRun(f"there is no operator in {currency} at the top, and no --parent: {advice}")


def _addresses(given: Iterable[str], *, everybody: bool) -> AllowedAddresses:
    """Parse the addresses, and warn of suspicious ones.

    Raises:
        InvalidAddresses: one is invalid, or there are some together with `everybody`.
        CannotRun: there is none, without `everybody`.
    """
    from igamingace.operators import AllowedAddresses  # noqa: PLC0415 -- not for --help

    addresses = AllowedAddresses(given)
    if not addresses and not everybody:
        raise CannotRun("give --allow with each address that its requests come from, or --everybody")
    addresses.to_send(everybody=everybody)
    warn(*addresses.warnings())
    if everybody:
        warn("its requests will be accepted from everywhere, from anyone who has the token.")
    return addresses


def _percent(rate: str) -> Decimal:
    try:
        return parse_amount(rate)
    except ValueError:
        pass
    raise CannotRun(f"--rate {rate}: give a number of percent, such as 12.5")


def _password(file: Path) -> Secret[str]:
    try:
        password = Secret((sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")).strip())
    except UnicodeDecodeError:
        problem = "it is not valid UTF-8"
    else:
        if password.reveal():
            return password
        problem = "it is empty"
    # Raised here, without the decoder's error as context: that shows the bytes.
    raise CannotRun(f"--password-file {file}: {problem}")


def _to_json(made: NewAccount, *, password_made: bool) -> dict[str, object]:
    return {
        "ok": True,
        "name": made.account.name,
        "operator_id": made.account.operator_id,
        "token": made.account.open_token(),
        **({"password": made.password} if password_made else {}),
    }


def _show(made: NewAccount, *, password_made: bool) -> None:
    account = made.account
    # First, so that they are not lost when anything below fails.
    typer.echo(f"  token     {account.open_token()}")
    if password_made:
        typer.echo(f"  password  {made.password}")
    typer.echo(
        f"\nThe {account.level} {plain(account.name)} was opened. Save these; they are shown only once."
    )


def _show_block(account: Account) -> None:
    """Print the account as it can be put into the file by hand."""
    typer.echo(f"\nFor the accounts file:\n\n{account_toml(account, 'token_env', token_variable(account))}")


def _print_unknown(error: CreationUnknown, *, password_made: bool, as_json: bool) -> None:
    """Print the generated password: if the account was opened, this is the only copy."""
    typer.echo(f"Error: {plain(str(error))}", err=True)
    if as_json:
        secrets = {"password": error.password} if password_made else {}
        emit({"ok": False, "error": str(error), "operator_id": error.operator_id, **secrets})
    elif password_made:
        typer.echo(f"  password  {error.password}")


def _print_outside(error: CreatedOutside, *, password_made: bool, as_json: bool) -> None:
    """Print the token, of which this is the only copy."""
    typer.echo(f"Error: {plain(str(error))}", err=True)
    secrets = {"token": error.token, **({"password": error.password} if password_made else {})}
    if as_json:
        emit({"ok": False, "error": str(error), "operator_id": error.operator_id, **secrets})
        return
    for name, value in secrets.items():
        typer.echo(f"  {name:8}  {value}")
