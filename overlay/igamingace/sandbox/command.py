"""The command `igamingace sandbox`, which `python -m igamingace.sandbox` runs as well."""

from __future__ import annotations

import errno
import json
import logging
import math
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, cast

import typer

from igamingace._common.files import is_writable, write_file
from igamingace._common.ip_addresses import parse_host
from igamingace._common.json import encode
from igamingace.sandbox._json import members
from igamingace.sandbox.app import SandboxApp, create_app
from igamingace.sandbox.contract.document import ContractError
from igamingace.sandbox.contract.error_style import CODE_FIELDS, CodeField, StatusStyle
from igamingace.sandbox.data import DataError, as_json, read_casino
from igamingace.sandbox.faults import KINDS, Fault, parse_fault
from igamingace.sandbox.faults.parse import OPTIONS
from igamingace.sandbox.http.origin import LOOPBACK
from igamingace.sandbox.server import bind, serve

if TYPE_CHECKING:
    from igamingace._wallet_client.dialects import DialectName
    from igamingace.sandbox._json import Object
    from igamingace.sandbox.data import Casino
    from igamingace.sandbox.store.models import Account

__all__ = ["sandbox"]

_FAULT_HELP = (
    "Something that goes wrong, for example busy:share=0.1 or latency:seconds=0.2:spread=0.5:agent=mycasino; "
    f"may be given again. Kinds: {', '.join(KINDS)}. Further: {', '.join(OPTIONS)}."
)


def sandbox(  # noqa: PLR0917 - typer makes options of them
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8787,
    token: Annotated[str | None, typer.Option(help="The first agent's token; made when not given.")] = None,
    latency: Annotated[float, typer.Option(min=0, help="How long each answer takes, in milliseconds.")] = 0,
    contract: Annotated[
        Path | None, typer.Option(help="A bundled contract (JSON) to execute instead of the shipped one.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="A casino to start with: accounts, catalogue, players (TOML).")
    ] = None,
    import_: Annotated[
        Path | None, typer.Option("--import", help="A state to go on from, as --export wrote it.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option(help="Where to write the state (JSON, with tokens) at the end.")
    ] = None,
    accounts: Annotated[
        Path | None,
        typer.Option(
            "--write-accounts",
            "--accounts",
            help="Where to write all accounts with their tokens, as agents.toml (see Operator).",
        ),
    ] = None,
    fault: Annotated[list[str] | None, typer.Option(help=_FAULT_HELP)] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="What faults, and tokens not given, are drawn from; made when not given."),
    ] = None,
    dialect: Annotated[
        str, typer.Option(help="igamingace: as documented; sister: as other deployments speak.")
    ] = "igamingace",
    window_pause: Annotated[
        float, typer.Option(min=0, help="Seconds that must pass between two windows of transactions.")
    ] = 0,
    error_style: Annotated[
        str, typer.Option(help="Errors under their own HTTP status (status) or under 200 (envelope).")
    ] = "status",
    code_field: Annotated[
        str, typer.Option(help=f"Where an error's code stands: {', '.join(CODE_FIELDS)}.")
    ] = "all",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A further name of the sandbox's own routes, such as *.example.com; * for any."),
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            help="Address or network of a proxy whose X-Forwarded-Proto, -Host and -Port are believed, "
            "besides those on this machine; * for any."
        ),
    ] = None,
) -> None:
    """Serve a mock of the iGamingAce API: the contract, executed, with a casino in memory."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if not math.isfinite(latency):
        raise typer.BadParameter("not a number of milliseconds", param_hint="--latency")
    if not math.isfinite(window_pause):
        raise typer.BadParameter("not a number of seconds", param_hint="--window-pause")
    if token is not None and not token.strip():
        raise typer.BadParameter("empty; leave it out to have one made", param_hint="--token")
    faults = [_fault(text) for text in fault or ()]
    _require_writable(export)
    _require_own(accounts)
    try:
        document = _read(contract)
        casino = _casino(data, import_, document)
        app = create_app(
            document,
            token=token,
            latency=latency / 1000,
            raise_errors=False,
            casino=casino,
            faults=faults,
            seed=seed,
            dialect=cast("DialectName", dialect),
            window_pause=window_pause,
            error_style=cast("StatusStyle", error_style),
            code_field=cast("CodeField", code_field),
            hosts=[host, *(allow_host or ())],
            trusted_proxies=[*LOOPBACK, *(trusted_proxy or ())],
        )
    except ContractError as error:
        raise typer.BadParameter(str(error), param_hint="--contract") from error
    except (LookupError, ValueError) as error:
        raise typer.BadParameter(str(error)) from error
    _listen(app, host, port, accounts)
    if export is not None:
        _write(app, export)


def _listen(app: SandboxApp, host: str, port: int, accounts: Path | None) -> None:
    try:
        listener, url = bind(host, port)
    except OSError as error:
        hint = "--host/--port"
        advice = "; another sandbox may run there; try --port 0" if error.errno == errno.EADDRINUSE else ""
        raise typer.BadParameter(
            f"cannot listen on {host}:{port}: {error}{advice}", param_hint=hint
        ) from error
    if not _is_loopback(listener.getsockname()[0]):
        typer.echo(
            f"warning: {host} can be reached from other machines: a caller can change everything "
            "here, and read every token with /_sandbox/export",
            err=True,
        )
    if accounts is not None:
        write_file(accounts, _accounts_file(app, url).encode(), private=True)
    serve(app, listener, lambda: typer.echo(_greeting(app, url, accounts)))


def _casino(data: Path | None, imported: Path | None, contract: Object | None) -> Casino | None:
    if data is not None and imported is not None:
        raise typer.BadParameter("give one of them", param_hint="--data/--import")
    path = data or imported
    try:
        return read_casino(path, contract) if path is not None else None
    except DataError as error:
        raise typer.BadParameter(str(error), param_hint="--data" if data else "--import") from error


def _fault(text: str) -> Fault:
    try:
        return parse_fault(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text}: {error}", param_hint="--fault") from error


def _require_writable(path: Path | None) -> None:
    """Refuse at the start what could not be written at the end, when the state would be lost."""
    if path is not None and not is_writable(path):
        raise typer.BadParameter(f"{path}: cannot be written", param_hint="--export")


_ACCOUNTS_MARK = "# Written by `igamingace sandbox --write-accounts` at each start.\n"


def _require_own(path: Path | None) -> None:
    """Refuse to overwrite a file of accounts that a person wrote: it may hold tokens of the live platform."""
    if path is None:
        return
    if path.exists() and not path.read_text(errors="replace").startswith(_ACCOUNTS_MARK):
        text = f"{path}: exists, and was not written by a sandbox; give another name"
        raise typer.BadParameter(text, param_hint="--write-accounts")
    if not is_writable(path):
        raise typer.BadParameter(f"{path}: cannot be written", param_hint="--write-accounts")


def _accounts_file(app: SandboxApp, url: str) -> str:
    """Return the accounts as agents.toml has them: an operator in several currencies is one for each.

    An agent, which may not be several, has the first of its currencies.
    """
    blocks = [f"{_ACCOUNTS_MARK}base_url = {_toml(url)}\n"]
    accounts = app.runtime.state.accounts
    for account in accounts.values():
        parent = accounts.get(account.parent_id or "")
        for currency in account.currencies if account.level == "operator" else account.currencies[:1]:
            fields = {
                "name": _name(account, currency),
                "level": account.level,
                "parent": None if parent is None else _name(parent, currency),
                "currency": currency,
                "token": account.token,
            }
            lines = [f"{name} = {_toml(value)}" for name, value in fields.items() if value]
            blocks.append("\n".join(["[[account]]", *lines, ""]))
    return "\n".join(blocks)


def _name(account: Account, currency: str) -> str:
    """Return the name of an account in a currency: with the currency where an operator has several."""
    if account.level != "operator" or len(account.currencies) == 1:
        return account.id
    own = currency if currency in account.currencies else account.currencies[0]
    return f"{account.id}-{own.lower()}"


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a basic string of TOML escapes as JSON does


def _write(app: SandboxApp, path: Path) -> None:
    try:
        write_file(path, encode(as_json(app.runtime.save())), private=True)  # it holds tokens
    except OSError as error:
        typer.echo(f"the state could not be written: {error}", err=True)
        raise typer.Exit(1) from error


def _is_loopback(address: str) -> bool:
    parsed = parse_host(address)
    return parsed is not None and parsed.is_loopback


def _read(path: Path | None) -> Object | None:
    if path is None:
        return None
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ContractError(f"cannot read {path}: {error}") from error
    return members(document)


_MAX_GREETED = 20


def _greeting(app: SandboxApp, url: str, accounts_file: Path | None = None) -> str:
    accounts = list(app.runtime.state.accounts.values())
    listed = accounts[:_MAX_GREETED]
    width = max(len(account.id) for account in listed)
    lines = [
        f"{'  ' if account.parent_id else ''}{account.level:8}  {account.id:{width}}  "
        f"{','.join(account.currencies):11}  {account.token}"
        for account in listed
    ]
    if len(accounts) > len(listed):
        lines.append(
            f"and {len(accounts) - len(listed)} more: --write-accounts agents.toml writes the tokens of all, "
            f"and {url}/_sandbox/export shows them"
        )
    faults = [f"fault {fault.id}: {fault.kind}, share {fault.share:g}" for fault in app.faults]
    if faults:
        faults = ["", *faults, f"seed {app.faults.seed}"]
    if app.runtime.dialect.name != "igamingace":
        faults = ["", f"dialect {app.runtime.dialect.name}", *faults]
    agent = next((account for account in accounts if account.level == "agent"), accounts[0])
    return "\n".join(
        [
            f"igamingace sandbox on {url}",
            "",
            *lines,
            *([] if accounts_file is None else ["", f"all accounts: {accounts_file}"]),
            *faults,
            "",
            f"  export IGAMINGACE_BASE_URL={url} IGAMINGACE_API_TOKEN={agent.token}",
            f"  curl {url}/_sandbox/stats",
            f"  open {url}/ in a browser",
            "",
            "Stop it with Ctrl+C.",
        ]
    )
