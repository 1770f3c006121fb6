"""An agent's transactions, and the page with a round's details."""

from __future__ import annotations

import math
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.handlers.registry import Call, handles
from igamingace.sandbox.store.ids import canonical_id, new_token
from igamingace.sandbox.store.models import RoundPage, Transaction

if TYPE_CHECKING:
    from datetime import datetime

    from igamingace.sandbox._json import JSON

ROUND_TYPE: Final = "spin"
"""The one that is stated (api-facts section 2)."""


@handles("transactions.list")
def list_transactions(call: Call) -> JSON:
    """List the account's transactions of a window.

    Assumed: both ends are included, and the oldest comes first; an operator has none, its agents have. The
    pause between windows that the older generation asks for is enforced where the sandbox was told to.
    """
    query = call.query
    start, end = call.query_time("startTime"), call.query_time("endTime")
    if end < start:
        raise SandboxError("PARAMETERS_INVALID", "query.endTime: is before startTime")
    walk: Any = call.rule("x-walk") or {}
    longest = walk.get("window", {}).get("longestSeconds")
    if longest is not None and end - start > timedelta(seconds=longest):
        raise SandboxError("PARAMETERS_INVALID", f"query.endTime: a window has at most {longest} seconds")
    _require_pause(call, (start, end))
    round_id = canonical_id(query["roundId"]) if "roundId" in query else None
    found = [
        transaction
        for transaction in call.account.transactions
        if start <= transaction.at.replace(microsecond=0) <= end
        and query.get("playerExternalId", transaction.player_id) == transaction.player_id
        and round_id in {None, transaction.round_id}
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
    round_id, game_id = canonical_id(query["roundId"]), canonical_id(query["gameCode"])
    for entry in call.account.transactions:
        if (
            entry.round_id is not None
            and (entry.player_id, entry.round_id) == (player.external_id, round_id)
            and (entry.provider_id, entry.game_id) == (query["providerId"], game_id)
        ):
            token = new_token()
            call.state.round_pages[token] = RoundPage(
                call.account.id, entry.player_id, entry.round_id, entry.provider_id, entry.game_id
            )
            return [{"url": f"{call.base_url}/_sandbox/round?token={token}"}]
    raise SandboxError(
        "ROUND_NOT_FOUND", f"player {player.external_id!r} played no round {query['roundId']} of that game"
    )


def _require_pause(call: Call, window: tuple[datetime, datetime]) -> None:
    """Refuse a window that comes too soon after another one; the pages of one window need no pause.

    Assumed: how it is refused. The older generation does not say it.
    """
    account = call.account
    if call.window_pause and account.last_window is not None:
        last, at = account.last_window
        wait = call.window_pause - (call.now - at).total_seconds()
        if window != last and 0 < wait <= call.window_pause:
            raise SandboxError(
                "SERVICE_EXCEPTION",
                f"the next window of transactions can be asked for in {wait:.3g} s",
                status=HTTPStatus.TOO_MANY_REQUESTS,
                headers=((b"retry-after", str(math.ceil(wait)).encode()),),
            )
    account.last_window = window, call.now


def _entry(transaction: Transaction, call: Call) -> JSON:
    """Return a transaction as answers have it, ids as texts; what is not known is left out."""
    player = call.account.players.get(transaction.player_id)
    provider = (
        call.state.providers.get(transaction.provider_id) if transaction.provider_id is not None else None
    )
    game = (
        provider.games.get(transaction.game_id)
        if provider is not None and transaction.game_id is not None
        else None
    )
    in_round = transaction.round_id is not None
    fields = {
        "transId": str(call.dialect.transaction_id(transaction.id)),
        "transType": int(transaction.type),
        "userCode": player.code if player is not None else None,
        "userExternalId": transaction.player_id,
        "roundId": str(transaction.round_id) if in_round else None,
        "roundType": ROUND_TYPE if in_round else None,
        "providerId": transaction.provider_id,
        "providerName": provider.name if provider is not None else None,
        "gameCode": str(transaction.game_id) if transaction.game_id is not None else None,
        "gameName": game.name if game is not None else None,
        "amount": transaction.amount,
        "balance": transaction.balance,
        "createdAt": call.time_text(transaction.at, "Transaction", "createdAt"),
    }
    return {name: value for name, value in fields.items() if value is not None}
