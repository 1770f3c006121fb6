"""An agent's transactions, and the page with a round's details."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.handlers.registry import Call, handles
from igamingace.sandbox.store.ids import new_token
from igamingace.sandbox.store.models import RoundPage, Transaction

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON


@handles("transactions.list")
def list_transactions(call: Call) -> JSON:
    """List the account's transactions of a window.

    Assumed: both ends are included, and the oldest comes first; an operator has none, its agents have. The
    pause of 30 s between pages that the platform asks for is not enforced.
    """
    query = call.query
    start = call.time(query["startTime"], "query.startTime")
    end = call.time(query["endTime"], "query.endTime")
    if end < start:
        raise SandboxError("PARAMETERS_INVALID", "query.endTime: is before startTime")
    longest = call.rule("x-max-window-seconds")
    if longest is not None and end - start > timedelta(seconds=longest):
        raise SandboxError("PARAMETERS_INVALID", f"query.endTime: a window has at most {longest} seconds")
    found = [
        transaction
        for transaction in call.account.transactions
        if start <= transaction.at.replace(microsecond=0) <= end
        and query.get("playerExternalId", transaction.player_id) == transaction.player_id
        and query.get("roundId", transaction.round_id) == transaction.round_id
    ]
    found.sort(key=lambda transaction: transaction.at)  # the clock may have been moved back
    offset: int = query["offset"]
    page = found[offset : offset + query["limit"]]
    return {
        "total": len(found),
        "offset": offset,
        "count": len(page),
        "list": [_entry(transaction, call) for transaction in page],
    }


@handles("transactions.round")
def round_page(call: Call) -> JSON:
    """Return the address of a page, served by the sandbox itself, with a round's details.

    Assumed: whoever has the address can open it, as often as need be.
    """
    query = call.query
    player = call.state.player_of(call.agent(), query["playerExternalId"])
    wanted = (player.external_id, query["roundId"], query["providerId"], str(query["gameCode"]))
    for entry in call.account.transactions:
        if (entry.player_id, entry.round_id, entry.provider_id, str(entry.game_id)) == wanted:
            token = new_token()
            call.state.round_pages[token] = RoundPage(
                call.account.id, player.external_id, query["roundId"], entry.provider_id, entry.game_id
            )
            return [{"url": f"{call.base_url}/_sandbox/round?token={token}"}]
    raise SandboxError(
        "ROUND_NOT_FOUND", f"player {player.external_id!r} played no round {query['roundId']} of that game"
    )


def _entry(transaction: Transaction, call: Call) -> JSON:
    optional = {
        "roundId": transaction.round_id,
        "providerId": transaction.provider_id,
        "gameCode": transaction.game_id,
    }
    return {
        "transactionId": transaction.id,
        "type": int(transaction.type),
        "playerExternalId": transaction.player_id,
        **{name: value for name, value in optional.items() if value is not None},
        "currency": transaction.currency,
        "amount": transaction.amount,
        "createdAt": call.time_text(transaction.at),
    }
