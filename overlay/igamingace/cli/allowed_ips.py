"""The command `igamingace allowed-ips`."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Annotated

import typer

from igamingace._common.ip_addresses import Address, parse_host
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
    lock_out: Annotated[
        bool, typer.Option("--lock-out", help="Make the change even if it locks this host out.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and stop.")] = False,
    account: OneAccount = None,
    file: AccountsFile = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Show or change the addresses from which an account's requests are accepted.

    IPv4 and IPv6, one per line or separated by spaces. A change is shown before it is made. Without
    --account, those of the account whose token is in IGAMINGACE_API_TOKEN. A change after which this host is
    surely not accepted any more is refused without --lock-out.

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
        locked_out = bool(change) and locks_out(old, new, agent.base_url)
        if locked_out and not lock_out:
            raise CannotRun(
                f"this locks out the host it runs on: {_come_back(account)}. Keep its address in the list, "
                "or give --lock-out"
            )
        if change and not dry_run:
            confirm("Make this change?", yes=yes)
            context.changing = True
            agent.operators.update(allowed_ips=to_send)
            if locked_out:
                warn(f"this host is locked out: {_come_back(account)}.")
        if as_json:
            emit(
                {
                    **_to_json(new),
                    "added": change.added,
                    "removed": change.removed,
                    "changed": bool(change) and not dry_run,
                }
            )


def locks_out(old: AllowedAddresses, new: AllowedAddresses, base_url: str) -> bool:
    """Whether this host, which the old list accepted, is surely not accepted by the new one."""
    if new.everybody:
        return False
    own = own_address(base_url)
    if own is not None and (own.is_global or own.is_loopback or str(own) in old):
        return str(own) not in new
    # The server sees another address than this host: one of the old list, whichever it is.
    return not old.everybody and not any(address in new for address in old)


def own_address(base_url: str) -> Address | None:
    """Return the address from which this host reaches a server; None behind a proxy, or without a way to it.

    Nothing is sent.
    """
    from igamingace._transport.route import route_to  # noqa: PLC0415 -- not for --help

    route = route_to(base_url, "")
    if route.proxy is not None:
        return None
    try:
        for family, kind, number, _, place in socket.getaddrinfo(
            route.server.host, route.server.port, type=socket.SOCK_DGRAM
        ):
            with socket.socket(family, kind, number) as one:
                one.connect(place)
                return parse_host(str(one.getsockname()[0]))
    except OSError:
        pass
    return None


def _come_back(account: str | None) -> str:
    named = f" --account {account}" if account else ""
    return (
        "to come back, add its address to [Allowed IP] in Settings of the back office, or run `igamingace "
        f"allowed-ips{named} --add ADDRESS` on a host that is accepted"
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
