"""The command `igamingace allowed-ips`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from igamingace.cli._accounts import open_agent
from igamingace.cli._command import CannotRun, command, confirm
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    OneAccount,
    Yes,
)
from igamingace.cli._output import emit, plain, warn

if TYPE_CHECKING:
    from igamingace.operators import AddressChange, AllowedAddresses


def allowed_ips(
    *,
    add: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="Accept this address too; repeatable.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="Stop accepting this address; repeatable.")
    ] = None,
    put: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="ADDRESSES", help="Accept only these addresses; repeatable."),
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Empty the list: requests are accepted from everywhere.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and stop.")] = False,
    account: OneAccount = None,
    file: AccountsFile = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Show or change the addresses from which an account's requests are accepted.

    IPv4 and IPv6, one per line or separated by spaces. A change is shown before it is made. Without
    --account, those of the account whose token is in IGAMINGACE_API_TOKEN.

    Exit status: 0 success, 1 refused or no answer, 2 could not be run or was not confirmed, 3 unknown
    whether it was changed: check with the same command without a change.

    Example: igamingace allowed-ips --account mycasino --add 198.51.100.7
    """
    from igamingace.operators import AllowedAddresses  # noqa: PLC0415 -- not for --help

    with command(as_json=as_json) as context, open_agent(file, account) as agent:
        if sum(map(bool, (put, everybody, add or remove))) > 1:
            raise CannotRun("give --add and --remove, or --set, or --everybody")
        old = AllowedAddresses.read(agent.operators.info().allowed_ips or ())
        if not (add or remove or put or everybody):
            _show(old, as_json=as_json)
            return
        new = AllowedAddresses(put or ())
        if add or remove:
            new = old.with_added(add or ()).without(remove or ())
        to_send = new.to_send(everybody=everybody)
        change = old.change_to(new)
        _print_change(change, new, as_json=as_json)
        if change and not dry_run:
            confirm("Make this change?", yes=yes)
            context.changing = True
            agent.operators.update(allowed_ips=to_send)
        if as_json:
            emit(
                {
                    **_to_json(new),
                    "added": change.added,
                    "removed": change.removed,
                    "changed": bool(change) and not dry_run,
                }
            )


def _show(addresses: AllowedAddresses, *, as_json: bool) -> None:
    if as_json:
        emit(_to_json(addresses))
        return
    typer.echo(str(addresses) if addresses else "The list is empty: requests are accepted from everywhere.")
    warn(*addresses.warnings())


def _print_change(change: AddressChange, new: AllowedAddresses, *, as_json: bool) -> None:
    if not as_json:
        typer.echo(plain(str(change)) if change else "Nothing changes.")
    if change.opens:
        warn("requests will be accepted from everywhere, from anyone who has the token.")
    if change.closes:
        warn(
            "requests were accepted from everywhere; now only from these addresses. Yours must be among them."
        )
    warn(*new.warnings())


def _to_json(addresses: AllowedAddresses) -> dict[str, object]:
    return {
        "ok": True,
        "everybody": addresses.everybody,
        "addresses": [*addresses],
        "unreadable": addresses.unreadable,
        "warnings": addresses.warnings(),
    }
