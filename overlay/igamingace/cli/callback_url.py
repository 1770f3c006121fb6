"""The command `igamingace callback-url`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from igamingace.cli._accounts import only_account, open_operator
from igamingace.cli._command import command, confirm
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    OneAccount,
    Yes,
)
from igamingace.cli._output import emit, plain, warn

if TYPE_CHECKING:
    from igamingace.operators import CallbackUrlChange


def callback_url(
    url: Annotated[str, typer.Argument(help="The new URL of the agent's wallet callbacks.")],
    *,
    player: Annotated[
        str | None, typer.Option(metavar="ID", help="Ask the wallet for this player; else for no real one.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Try the wallet, show what would change, and stop.")
    ] = False,
    account: OneAccount = None,
    file: AccountsFile = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Set an agent's callback URL, once the wallet there was tried.

    It must answer a signed balance callback of this host, and refuse signatures that are not the account's:
    one with a token of nobody, and those of the file's other agents, of at most 50: first those of the same
    site, then those of another server. A change is shown before it is made.

    Exit status: 0 success, 1 the wallet or the API refused, 2 could not be run or was not confirmed, 3
    unknown whether it was changed: check with --dry-run.

    Example: igamingace callback-url https://casino.example/callbacks --account mycasino
    """
    with command(as_json=as_json) as context, open_operator(file) as operator:
        name = operator.tree()[account].name if account else only_account(operator)
        change = operator.set_callback_url(name, url, player=player, dry_run=True)
        if not as_json:
            typer.echo(plain(str(change)) if change else "Nothing changes.")
            if change.untried:
                typer.echo(
                    f"Tried the signatures of {change.tried} other agents, not those of {change.untried}."
                )
        warn(*change.warnings)
        if change and not dry_run:
            confirm("Make this change?", yes=yes)
            context.changing = True
            # Not `set_callback_url`, which would try the wallet again, with up to 52 callbacks. The question
            # may take long to be answered, but a wallet can change right after any try.
            operator.agent(name).operators.update(callback_url=url)
            change = replace(change, changed=True)
        if as_json:
            emit(_to_json(change))


def _to_json(change: CallbackUrlChange) -> dict[str, object]:
    return {
        "ok": True,
        "old": change.old,
        "new": change.new,
        "changed": change.changed,
        "warnings": change.warnings,
        "tried": change.tried,
        "untried": change.untried,
    }
