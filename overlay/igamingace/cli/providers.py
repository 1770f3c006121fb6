"""The command `igamingace providers`."""

from __future__ import annotations

from igamingace.cli._accounts import agent_of
from igamingace.cli._options import (  # noqa: TC001 -- typer reads the annotations
    AccountsFile,
    AsJson,
    OneAccount,
)
from igamingace.cli._output import cell, console, emit, table
from igamingace.cli._running import running


def providers(*, account: OneAccount = None, file: AccountsFile = None, as_json: AsJson = False) -> None:
    """List the game providers of an account.

    Without --account, of the account whose token is in IGAMINGACE_API_TOKEN.

    Exit status: 0 fine, 1 refused or no answer, 2 could not be run.

    Example: igamingace providers --account mycasino
    """
    with running(as_json=as_json):
        with agent_of(file, account) as agent:
            found = agent.providers.list()
        if as_json:
            emit({"ok": True, "providers": [provider.to_dict() for provider in found]})
            return
        from igamingace.operators._known import known_values  # noqa: PLC0415 -- only for the table

        states = known_values("Provider", "status")
        rows = table("id", "provider", "state", right=("id",))
        for provider in found:
            state = states.get(str(provider.status), str(provider.status))
            rows.add_row(cell(provider.provider_id), cell(provider.provider_name), cell(state))
        console().print(rows)
