"""Bonus calls: free spins for a player, one active at a time.

Assumed, since the vendor does not say it: the player is linked and the game can be played when the call is
made; the codes of what is refused, but for BONUSCALL_DOUBLE and BONUSCALL_ALEADY_ENDED; `platformId` makes no
request idempotent.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.handlers.registry import Call, handles
from igamingace.sandbox.store.amounts import amount_in
from igamingace.sandbox.store.catalogue import playable
from igamingace.sandbox.store.ids import canonical_id
from igamingace.sandbox.store.models import Account, BonusCall, BonusStatus

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON

_MAX_DIGITS: Final = 20

ACTIVE_TYPE: Final = "free spins"
"""What the contract calls the bonus type that is active (api-facts section 2)."""


@handles("bonus_calls.register")
def register(call: Call) -> JSON:
    """Give a player free spins, when none are running; assumed: one that was played or has expired is not."""
    agent, body = call.agent(), call.body
    player = call.state.player_of(agent, body["playerId"])
    game_id = canonical_id(body["gameId"])
    playable(call.state, agent, body["providerId"], game_id)
    if body["bonusType"] != call.number("RegisterBonusCall", "bonusType", ACTIVE_TYPE):
        raise SandboxError("PARAMETERS_INVALID", f"body.bonusType: {body['bonusType']} is not active now")
    amount = amount_in(agent.currency, body["callAmount"], "body.callAmount")
    base_bet = amount_in(agent.currency, body["metaData"]["baseBetAmount"], "body.metaData.baseBetAmount")
    expires = call.body_time("RegisterBonusCall", "expireAt")
    if expires <= call.now:
        raise SandboxError("PARAMETERS_INVALID", "body.expireAt: is past")
    if player.bonus_call is not None and player.bonus_call.status(call.now) is BonusStatus.ACTIVE:
        raise SandboxError(
            "BONUSCALL_DOUBLE", f"bonus call {player.bonus_call.id} of this player is still running"
        )
    made = BonusCall(
        id=call.state.next_bonus_call_id(),
        player_id=player.external_id,
        amount=amount,
        rounds=body["metaData"]["spinAmount"],
        expires=expires,
        provider_id=body["providerId"],
        game_id=game_id,
        base_bet=base_bet,
        created=call.now,
    )
    agent.bonus_calls[made.id] = player.bonus_call = made
    return {"issueId": call.dialect.bonus_id(made.id)}


@handles("bonus_calls.cancel")
def cancel(call: Call) -> None:
    """End a bonus call that is running; this cannot be undone. Assumed: spins that are left are lost."""
    agent = call.agent()
    player = call.state.player_of(agent, call.body["playerId"])
    bonus_call = _own(call, agent, call.body["issueId"], "body.issueId")
    if bonus_call.player_id != player.external_id:
        raise SandboxError(
            "PARAMETERS_INVALID", f"body.issueId: bonus call {bonus_call.id} is another player's"
        )
    status = bonus_call.status(call.now)
    if status is not BonusStatus.ACTIVE:
        raise SandboxError("BONUSCALL_ALEADY_ENDED", f"bonus call {bonus_call.id} is {status.name.lower()}")
    bonus_call.cancelled = True


@handles("bonus_calls.detail")
def detail(call: Call) -> JSON:
    """Return where a bonus call stands, as `BonusStatus` has it, in the fields of both pages.

    Assumed: once ended, no rounds remain; `playedAmount` counts spins, `betLevel` is the bet of a spin.
    """
    agent = call.agent()
    bonus_call = _own(call, agent, call.path["issueId"], "path.issueId")
    status = bonus_call.status(call.now)
    found: JSON = {
        "issueId": call.dialect.bonus_id(bonus_call.id),
        "operatorId": agent.id,
        "providerId": bonus_call.provider_id,
        "gameCode": str(bonus_call.game_id),
        "playerExternalId": bonus_call.player_id,
        "currency": agent.currency,
        "bonusType": call.number("RegisterBonusCall", "bonusType", ACTIVE_TYPE),
        "callAmount": bonus_call.amount,
        "metaData": {
            "spinAmount": bonus_call.rounds,
            "playedAmount": bonus_call.rounds - bonus_call.remaining,
            "betLevel": bonus_call.base_bet,
            "expireAt": bonus_call.expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "maxWinAmount": bonus_call.amount,
        },
        "status": int(status),
        "roundsRemaining": bonus_call.remaining if status is BonusStatus.ACTIVE else 0,
        "totalWinAmount": bonus_call.won,
    }
    if bonus_call.created is not None:
        found["createdAt"] = call.time_text(bonus_call.created, "BonusCall", "createdAt")
    return found


def _own(call: Call, agent: Account, issue_id: int | str, place: str) -> BonusCall:
    """Return the agent's bonus call of that id, which is as the dialect tells it."""
    told = str(issue_id)
    digits = told.lstrip("i")
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < _MAX_DIGITS else -1
    bonus_call = agent.bonus_calls.get(number)
    if bonus_call is None or str(call.dialect.bonus_id(number)) != told:
        raise SandboxError("PARAMETERS_INVALID", f"{place}: you have no bonus call {issue_id!r}")
    return bonus_call
