"""Players of an agent, and their wallets in transfer mode."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from igamingace._common.amounts import EXACT
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.handlers.registry import Call, handles
from igamingace.sandbox.store.amounts import amount_in
from igamingace.sandbox.store.catalogue import require_currency
from igamingace.sandbox.store.models import Account, Movement, Player, TransactionType

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON


@handles("players.create")
def create(call: Call) -> JSON:
    """Link a player; linking it again answers with the same code."""
    player = call.state.link_player(call.agent(), call.body["playerExternalId"])
    return {"playerCode": player.code}


@handles("players.info")
def info(call: Call) -> JSON:
    """Return a player's code and wallet. Assumed: in seamless mode there is a wallet too, an empty one."""
    agent = call.agent()
    player = call.state.player_of(agent, call.query["playerExternalId"])
    return {
        "playerCode": player.code,
        "balance": [
            {"currency": currency, "amount": player.wallet.get(currency, Decimal(0))}
            for currency in agent.currencies
        ],
    }


@handles("players.deposit")
def deposit(call: Call) -> JSON:
    """Move points of the agent into a player's wallet."""
    return _move(call, TransactionType.DEPOSIT)


@handles("players.withdraw")
def withdraw(call: Call) -> JSON:
    """Move money of a player's wallet back into the agent's points."""
    return _move(call, TransactionType.WITHDRAW)


def _move(call: Call, kind: TransactionType) -> JSON:
    """Carry a movement out, once.

    Assumed: the agent's points pay for it; the same transactionId again changes nothing and answers with the
    wallet as it is, while another movement under that id is refused; the codes of what is refused.
    """
    agent, body = call.agent(), call.body
    if agent.mode != "transfer":
        raise SandboxError("PERMISSION_ERROR", f"transfer mode only: {agent.id} plays in seamless mode")
    player = call.state.player_of(agent, body["playerExternalId"])
    currency: str = body["currency"]
    require_currency(agent, currency, "body.currency")
    movement = Movement(
        kind, player.external_id, currency, amount_in(currency, body["amount"], "body.amount")
    )
    movement_id = str(body["transactionId"])
    known = agent.movements.get(movement_id)
    if known is None:
        _carry_out(agent, player, movement)
        agent.movements[movement_id] = movement
        money = movement.amount, currency
        call.state.record(agent, kind, player.external_id, money, call.now, balance=player.wallet[currency])
    elif known != movement:
        raise SandboxError("PARAMETERS_INVALID", "body.transactionId: stands for another movement already")
    return {"balance": player.wallet.get(currency, Decimal(0)), "currency": currency}


def _carry_out(agent: Account, player: Player, movement: Movement) -> None:
    held = player.wallet.get(movement.currency, Decimal(0))
    points = agent.points[movement.currency]
    is_deposit = movement.type is TransactionType.DEPOSIT
    change = movement.amount if is_deposit else movement.amount.copy_negate()
    points_left, balance = EXACT.subtract(points, change), EXACT.add(held, change)
    if points_left < 0:
        raise SandboxError("POINT_NOT_ENOUGH", f"{agent.id} has {points} {movement.currency} left")
    if balance < 0:
        raise SandboxError(
            "BALANCE_NOT_ENOUGH", f"player {player.external_id!r} has {held} {movement.currency}"
        )
    player.wallet[movement.currency] = balance
    agent.points[movement.currency] = points_left
