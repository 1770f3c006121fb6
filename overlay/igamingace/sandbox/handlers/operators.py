"""Accounts: what they are, making one below another, changing one, handing points down."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from igamingace._common.amounts import EXACT
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.handlers.registry import Call, handles
from igamingace.sandbox.store.addresses import parse_allowed
from igamingace.sandbox.store.amounts import amount_in
from igamingace.sandbox.store.catalogue import require_currency
from igamingace.sandbox.store.ids import new_token
from igamingace.sandbox.store.models import Account

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON
    from igamingace.sandbox.store.state import CasinoState


@handles("operators.info")
def info(call: Call) -> JSON:
    """Return the caller's account."""
    account = call.account
    optional = {"parentId": account.parent_id, "callbackURL": account.callback_url}
    return {
        "id": account.id,
        "name": account.name,
        **{name: value for name, value in optional.items() if value is not None},
        "balance": [{"currency": currency, "amount": amount} for currency, amount in account.points.items()],
        "rtp": account.rtp,
        "allowedIPs": list(account.allowed_ips),
        "providers": list(account.provider_ids),
        "ggrRate": account.ggr_rate,
        "level": account.level,
        "paymentMethod": account.payment_method,
    }


@handles("operators.create")
def create(call: Call) -> JSON:
    """Make an account below the caller, or below an operator that is; it can be used at once.

    The vendor approves a new account first; here it needs no approval, and the password is not stored.
    Assumed: it may have its parent's currencies only, may offer its parent's providers, and begins without
    points; an id that is taken is refused with PARAMETERS_INVALID.
    """
    body = call.body
    parent = _parent(call.operator(), body.get("parentId"), call.state)
    currencies: tuple[str, ...] = tuple(dict.fromkeys(body["currency"]))
    for index, currency in enumerate(currencies):
        require_currency(parent, currency, f"body.currency[{index}]")
    account = Account(
        id=body["operatorId"],
        name=body["name"],
        level=body["level"],
        token=new_token(),
        currencies=currencies,
        provider_ids=parent.provider_ids,
        parent_id=parent.id,
        ggr_rate=Decimal(body["ggrRate"]),
        callback_url=body.get("callbackURL"),
        allowed_ips=parse_allowed(body.get("allowedIPs", ()), "body.allowedIPs"),
    )
    call.state.add_account(account)
    return {"id": account.id, "token": account.token}


@handles("operators.update")
def update(call: Call) -> None:
    """Change the caller's own account. Assumed: with a callback url its players play in seamless mode."""
    account, body = call.account, call.body
    if "allowedIPs" in body:  # first, since it alone can be refused
        account.allowed_ips = parse_allowed(body["allowedIPs"], "body.allowedIPs")
    account.name = body.get("name", account.name)
    account.rtp = Decimal(body.get("rtp", account.rtp))
    account.callback_url = body.get("callbackURL", account.callback_url)


@handles("operators.transfer_balance")
def transfer_balance(call: Call) -> JSON:
    """Move points of the caller to one of its children. Assumed: the codes of what is refused."""
    mine, body = call.operator(), call.body
    target = call.state.accounts.get(body["targetOperatorId"])
    if target is None:
        raise SandboxError("AGENT_NOT_FOUND", f"there is no account {body['targetOperatorId']!r}")
    if target.parent_id != mine.id:
        raise SandboxError("PERMISSION_ERROR", f"{target.id} is not a child of {mine.id}")
    currency: str = body["currency"]
    require_currency(mine, currency, "body.currency")
    require_currency(target, currency, "body.currency")
    amount = amount_in(currency, body["amount"], "body.amount")
    before, target_before = mine.points[currency], target.points[currency]
    if before < amount:
        raise SandboxError("POINT_NOT_ENOUGH", f"{mine.id} has {before} {currency}")
    mine.points[currency] = EXACT.subtract(before, amount)
    target.points[currency] = EXACT.add(target_before, amount)
    return {
        "currency": currency,
        "myPreBalance": before,
        "myAfterBalance": mine.points[currency],
        "targetPreBalance": target_before,
        "targetAfterBalance": target.points[currency],
    }


def _parent(caller: Account, parent_id: str | None, state: CasinoState) -> Account:
    """Return the account to create below: the caller, or an operator somewhere below it."""
    if parent_id is None:
        return caller
    parent = state.accounts.get(parent_id)
    if parent is None:
        raise SandboxError("AGENT_NOT_FOUND", f"there is no account {parent_id!r}")
    above: Account | None = parent
    while above is not None and above is not caller:
        above = state.accounts.get(above.parent_id or "")
    if above is None or parent.level != "operator":
        raise SandboxError("PERMISSION_ERROR", f"{parent_id} is not an operator of yours")
    return parent
