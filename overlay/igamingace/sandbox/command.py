"""The command `igamingace sandbox`, which `python -m igamingace.sandbox` runs as well."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from igamingace.sandbox._document import ContractError
from igamingace.sandbox._json import members
from igamingace.sandbox.app import SandboxApp, create_app
from igamingace.sandbox.server import bind, serve

if TYPE_CHECKING:
    from igamingace.sandbox._json import Object

__all__ = ["sandbox"]


def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8787,
    token: Annotated[str | None, typer.Option(help="The demo agent's token; made when not given.")] = None,
    latency: Annotated[float, typer.Option(min=0, help="How long each answer takes, in milliseconds.")] = 0,
    contract: Annotated[
        Path | None, typer.Option(help="A bundled contract (JSON) to execute instead of the shipped one.")
    ] = None,
) -> None:
    """Serve a mock of the iGamingAce API: the contract, executed, with demo data in memory."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        if not math.isfinite(latency):
            raise typer.BadParameter("not a number of milliseconds", param_hint="--latency")
        if token is not None and not token.strip():
            raise typer.BadParameter("empty; leave it out to have one made", param_hint="--token")
        app = create_app(_read(contract), token=token, latency=latency / 1000, strict=False)
        listener, url = bind(host, port)
    except ContractError as error:
        raise typer.BadParameter(str(error), param_hint="--contract") from error
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--token") from error
    except OSError as error:
        raise typer.BadParameter(
            f"cannot listen on {host}:{port}: {error}", param_hint="--host/--port"
        ) from error
    typer.echo(_greeting(app, url))
    serve(app, listener)


def _read(path: Path | None) -> Object | None:
    if path is None:
        return None
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ContractError(f"cannot read {path}: {error}") from error
    return members(document)


def _greeting(app: SandboxApp, url: str) -> str:
    accounts = app.world.state.accounts.values()
    width = max(len(account.id) for account in accounts)
    lines = [
        f"{'  ' if account.parent_id else ''}{account.level:8}  {account.id:{width}}  "
        f"{','.join(account.currencies):11}  {account.token}"
        for account in accounts
    ]
    return "\n".join(
        [
            f"igamingace sandbox on {url}",
            "",
            *lines,
            "",
            f"  export IGAMINGACE_BASE_URL={url} IGAMINGACE_API_TOKEN={app.token}",
            f"  curl {url}/_sandbox/stats",
            "",
            "Stop it with Ctrl+C.",
        ]
    )
