"""Moving points to a child, never twice: what is sent, and what the wallets say when the answer is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from igamingace.errors import IGamingAceError
from igamingace.operators._errors import (
    TransferDone,
    TransferError,
    TransferNotDone,
    TransferRefused,
    TransferUnknown,
    Wallets,
)
from igamingace.operators._money import points_of, wrong_amount
from igamingace.operators._outcome import may_have_been_done
from igamingace.operators._steps import Ask, Sleep
from igamingace.operators._turns import in_turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from igamingace_bindings.rest.models.balance_transfer import BalanceTransfer
    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace.operators._accounts import Account
    from igamingace.operators._steps import Flow
    from igamingace.operators._tree import Tree

__all__ = ["SETTLE", "Order", "attempt", "order_of", "settled", "transfer", "verdict"]

SETTLE: Final = 5.0
"""Seconds over which the wallets must stay as they were before a lost transfer counts as not done."""

_LOOKS: Final = 4

Verdict: TypeAlias = Literal["done", "not done", "unknown"]

_ERRORS: Final[dict[Verdict, tuple[type[TransferError], str]]] = {
    "done": (
        TransferDone,
        "the answer was lost, and the wallets show that it, or an equal one of others, was carried out",
    ),
    "not done": (TransferNotDone, "the answer was lost, and the wallets show that nothing was moved"),
    "unknown": (TransferUnknown, "the answer was lost, and the wallets do not tell whether it was done"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A transfer that makes sense as far as can be told without asking.

    Attributes:
        source: the account that gives.
        target: its child, which receives.
        amount: how much, in major units.
        currency: of both wallets.
        remark: a note for people.
    """

    source: Account
    target: Account
    amount: Decimal
    currency: str
    remark: str | None = None

    @property
    def names(self) -> frozenset[str]:
        """Of the accounts whose wallets it uses."""
        return frozenset((self.source.name, self.target.name))

    def error(
        self,
        kind: type[TransferError],
        reason: str,
        before: Wallets | None = None,
        after: Wallets | None = None,
    ) -> TransferError:
        """An error about this transfer."""
        return kind(
            reason,
            source=self.source.name,
            target=self.target.name,
            amount=self.amount,
            currency=self.currency,
            before=before,
            after=after,
        )


def order_of(
    tree: Tree, target: str, amount: Decimal, currency: str, *, source: str | None, remark: str | None
) -> Order:
    """The order for a transfer.

    Raises:
        TransferRefused: it makes no sense.
        UnknownAccount: there is no account of that name.
    """
    to = tree[target]
    parent = tree.parent(target)
    giver = parent if source is None else tree[source]
    reason = wrong_amount(amount, currency)
    if parent is None:
        reason = f"{target!r} has no account above it that could give points"
    elif giver is not parent:
        reason = f"{target!r} is not a child of {source!r}, but of {parent.name!r}"
    elif currency != to.currency or currency != parent.currency:
        reason = f"{target!r} has {to.currency} and {parent.name!r} has {parent.currency}: not {currency}"
    if reason is not None or parent is None:
        name = None if giver is None else giver.name
        raise TransferRefused(reason or "", source=name, target=target, amount=amount, currency=currency)
    return Order(source=parent, target=to, amount=amount, currency=currency, remark=remark)


def transfer(order: Order, *, settle: float = SETTLE) -> Flow[BalanceTransfer]:
    """Make an attempt in turn with the other transfers of this process that use one of both wallets.

    What the wallets show could be another's doing otherwise. The errors are those of `attempt`.
    """
    return in_turn(order.names, attempt(order, settle=settle))


def attempt(
    order: Order,
    *,
    settle: float,
    fit: Callable[[Wallets], Order] | None = None,
    sending: Callable[[Order, Wallets], object] | None = None,
) -> Flow[BalanceTransfer]:
    """Read both wallets, refuse what cannot be, send once.

    Args:
        order: what to move.
        settle: see SETTLE.
        fit: called with the wallets; returns what is to be moved indeed, or raises why nothing is.
        sending: called with that and the wallets right before it is sent.

    Raises:
        TransferRefused: the source has too little, or is not the parent at the vendor; nothing was sent.
        TransferDone, TransferNotDone, TransferUnknown: the answer was lost; see also `settled`.
        IGamingAceError: the wallets could not be read, or the API refused; nothing was moved.
    """
    mine, theirs = yield from _infos(order)
    before = Wallets(points_of(mine, order.currency), points_of(theirs, order.currency))
    if fit is not None:
        order = fit(before)
    _refuse(order, mine, theirs, before)
    if sending is not None:
        sending(order, before)
    try:
        moved: BalanceTransfer = yield Ask(
            order.source.name,
            lambda agent: agent.operators.transfer_balance(
                target_operator_id=theirs.id,
                currency=order.currency,
                amount=order.amount,
                remark=order.remark,
            ),
        )
    except IGamingAceError as error:
        if not may_have_been_done(error):
            raise
        lost = error
    else:
        return moved
    found, after = yield from settled(order, before, settle)
    kind, reason = _ERRORS[found]
    raise order.error(kind, reason, before, after) from lost


def settled(order: Order, before: Wallets, settle: float) -> Flow[tuple[Verdict, Wallets]]:
    """What the wallets say of a transfer whose answer was lost, and how they were read last.

    A server that did not answer in time may still be at it. So wallets that show no transfer are read again
    over `settle` seconds, while wallets that show it are believed at once.

    Raises:
        TransferUnknown: they could not be read at the end of that time, and may tell more later; its `after`
            is None.
    """
    verdicts: set[Verdict] = set()
    unread: IGamingAceError | None = None
    after = before
    for look in range(_LOOKS):
        if look:
            yield Sleep(settle / (_LOOKS - 1))
        try:
            mine, theirs = yield from _infos(order)
        except IGamingAceError as error:
            unread = error
            continue
        unread = None
        after = Wallets(points_of(mine, order.currency), points_of(theirs, order.currency))
        verdicts.add(verdict(before, after, order.amount))
        if "done" in verdicts:
            return "done", after
    if unread is not None:
        reason = f"the answer was lost, and the wallets cannot be read: {unread}"
        raise order.error(TransferUnknown, reason, before) from unread
    return ("unknown" if "unknown" in verdicts else "not done"), after


def verdict(before: Wallets, after: Wallets, amount: Decimal) -> Verdict:
    """What two readings of both wallets say of a transfer of `amount` between them.

    Both wallets must say the same. Where others spend from them or add to them meanwhile, nobody can tell.
    """
    gave, got = before.source - after.source, after.target - before.target
    if gave == got == amount:
        return "done"
    return "not done" if gave == got == 0 else "unknown"


def _infos(order: Order) -> Flow[tuple[Info, Info]]:
    mine: Info = yield Ask(order.source.name, lambda agent: agent.operators.info())
    theirs: Info = yield Ask(order.target.name, lambda agent: agent.operators.info())
    return mine, theirs


def _refuse(order: Order, mine: Info, theirs: Info, before: Wallets) -> None:
    wrong = [
        (account.name, info.id)
        for account, info in ((order.source, mine), (order.target, theirs))
        if account.operator_id not in (None, info.id)
    ]
    if wrong:
        reason = f"the token of {wrong[0][0]!r} is that of the account {wrong[0][1]!r}"
    elif theirs.parent_id is not None and theirs.parent_id != mine.id:
        reason = f"the account {theirs.id!r} is not a child of {mine.id!r}, but of {theirs.parent_id!r}"
    elif before.source < order.amount:
        reason = f"{order.source.name!r} has only {before.source} {order.currency}"
    else:
        return
    raise order.error(TransferRefused, reason, before)
