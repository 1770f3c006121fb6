"""Transfers of points to a child account, sent at most once; the wallets replace a lost answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from igamingace._common.amounts import EXACT
from igamingace.errors import IGamingAceError
from igamingace.operators._accounts.account_info import parent_of, points_of
from igamingace.operators._errors import (
    TransferDone,
    TransferError,
    TransferNotDone,
    TransferRefused,
    TransferUnknown,
    Wallets,
    may_have_been_applied,
)
from igamingace.operators._execution.flow import CallOne, Sleep
from igamingace.operators._execution.read_infos import read_info
from igamingace.operators._transfers.amounts import amount_problem
from igamingace.operators._transfers.wallet_locks import exclusive

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from igamingace_bindings.rest.models.balance_transfer import BalanceTransfer
    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace.operators._accounts.account import Account
    from igamingace.operators._accounts.tree import Tree
    from igamingace.operators._execution.flow import Flow

__all__ = [
    "SETTLE",
    "Evidence",
    "LostAnswer",
    "TransferOrder",
    "attempt",
    "compare",
    "examine_wallets",
    "make_order",
    "transfer",
]

SETTLE: Final = 5.0
"""Seconds over which the wallets must stay unchanged before a lost transfer counts as not done."""

_READINGS: Final = 4

Evidence: TypeAlias = Literal["moved", "unchanged", "inconsistent", "unreadable"]
"""What both wallets show of a transfer whose answer was lost: its exact amount was moved; nothing was; some
other change, as when others use the wallets too; or they could not be read."""

_ERRORS: Final[dict[Evidence, tuple[type[TransferError], str]]] = {
    "moved": (TransferDone, "the wallets show that it, or an equal transfer of others, was carried out"),
    "unchanged": (TransferNotDone, "the wallets show that nothing was moved"),
    "inconsistent": (TransferUnknown, "the wallets do not show whether it was carried out"),
    "unreadable": (TransferUnknown, "the wallets cannot be read"),
}
"""The error for a lost answer, by what the wallets show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOrder:
    """A transfer whose accounts, currency and amount are valid.

    Attributes:
        source: the account that gives.
        target: its child, which receives.
        amount: in major units.
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
        """Names of the accounts whose wallets it uses."""
        return frozenset((self.source.name, self.target.name))

    def error(
        self,
        kind: type[TransferError],
        reason: str,
        before: Wallets | None = None,
        after: Wallets | None = None,
    ) -> TransferError:
        """Return an error about this transfer."""
        return kind(
            reason,
            source=self.source.name,
            target=self.target.name,
            amount=self.amount,
            currency=self.currency,
            before=before,
            after=after,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LostAnswer:
    """A transfer that was sent without receiving an answer, and what the wallets show of it.

    Attributes:
        order: the transfer.
        evidence: what the wallets show.
        before: both wallets before it.
        after: the last reading; None when they are unreadable.
        cause: why the wallets are unreadable, or else why there is no answer, if that is known.
    """

    order: TransferOrder
    evidence: Evidence
    before: Wallets
    after: Wallets | None
    cause: IGamingAceError | None

    def error(self) -> TransferError:
        """Return the error to raise from `cause`."""
        kind, text = _ERRORS[self.evidence]
        reason = f"the answer was lost, and {text}"
        if self.after is None:
            reason += f": {self.cause}"
        return self.order.error(kind, reason, self.before, self.after)


def make_order(
    tree: Tree, target: str, amount: Decimal, currency: str, *, source: str | None, remark: str | None
) -> TransferOrder:
    """Return the order for a transfer.

    Raises:
        TransferRefused: it is invalid.
        UnknownAccount: there is no account of that name.
    """
    to = tree[target]
    parent = tree.parent(target)
    giver = parent if source is None else tree[source]
    reason: str | None
    if parent is None:
        reason = f"{target!r} has no account above it that could give points"
    elif giver is not parent:
        reason = f"{target!r} is not a child of {source!r}, but of {parent.name!r}"
    elif currency != to.currency or currency != parent.currency:
        reason = f"{target!r} has {to.currency} and {parent.name!r} has {parent.currency}: not {currency}"
    elif (reason := amount_problem(amount, currency)) is None:
        return TransferOrder(source=parent, target=to, amount=amount, currency=currency, remark=remark)
    name = None if giver is None else giver.name
    raise TransferRefused(reason, source=name, target=target, amount=amount, currency=currency)


def transfer(order: TransferOrder, *, settle: float = SETTLE) -> Flow[BalanceTransfer]:
    """Carry out a transfer with exclusive use of both wallets in this process.

    Otherwise the wallets could show another transfer of this process. Raises as `attempt`, and:

    Raises:
        TransferDone, TransferNotDone, TransferUnknown: the answer was lost.
    """
    return exclusive(order.names, _transfer(order, settle))


def _transfer(order: TransferOrder, settle: float) -> Flow[BalanceTransfer]:
    answer = yield from attempt(order, settle=settle)
    if isinstance(answer, LostAnswer):
        raise answer.error() from answer.cause
    return answer


def attempt(
    order: TransferOrder,
    *,
    settle: float,
    adjust: Callable[[Wallets], TransferOrder] | None = None,
    before_send: Callable[[TransferOrder, Wallets], object] | None = None,
) -> Flow[BalanceTransfer | LostAnswer]:
    """Read both wallets, refuse an impossible transfer, and send it once.

    Args:
        order: the transfer.
        settle: see SETTLE.
        adjust: called with the wallets; returns the transfer to send, or raises why none is sent.
        before_send: called with that transfer and the wallets right before it is sent.

    Raises:
        TransferRefused: the source has too little, or is not the parent at the vendor; nothing was sent.
        IGamingAceError: a wallet could not be read, or the API refused; nothing was moved.
    """
    source, target = yield from _read_both(order)
    before = _wallets(order, source, target)
    if adjust is not None:
        order = adjust(before)
    _check_accounts(order, source, target, before)
    if before_send is not None:
        before_send(order, before)
    try:
        answer: BalanceTransfer = yield CallOne(
            order.source.name,
            lambda agent: agent.operators.transfer_balance(
                target_operator_id=target.id,
                currency=order.currency,
                amount=order.amount,
                remark=order.remark,
            ),
        )
    except IGamingAceError as error:
        if not may_have_been_applied(error):
            raise
        cause = error
    else:
        return answer
    return (yield from examine_wallets(order, before, settle, cause))


def examine_wallets(
    order: TransferOrder, before: Wallets, settle: float, cause: IGamingAceError | None = None
) -> Flow[LostAnswer]:
    """Read the wallets for what they show of a transfer whose answer was lost.

    A server that did not answer in time may still carry the transfer out. So wallets that show no transfer
    are read again over `settle` seconds, while wallets that show it are believed at once. They are unreadable
    when the last reading fails: earlier ones came too soon.

    Args:
        order: the transfer.
        before: both wallets before it.
        settle: see SETTLE.
        cause: why there is no answer, if that is known.
    """
    seen: set[Evidence] = set()
    last: Wallets | IGamingAceError = before
    for reading in range(_READINGS):
        if reading:
            yield Sleep(settle / (_READINGS - 1))
        try:
            source, target = yield from _read_both(order)
            last = _wallets(order, source, target)
        except IGamingAceError as error:
            last = error
            continue
        seen.add(compare(before, last, order.amount))
        if "moved" in seen:
            return LostAnswer(order=order, evidence="moved", before=before, after=last, cause=cause)
    if isinstance(last, IGamingAceError):
        return LostAnswer(order=order, evidence="unreadable", before=before, after=None, cause=last)
    evidence: Evidence = "inconsistent" if "inconsistent" in seen else "unchanged"
    return LostAnswer(order=order, evidence=evidence, before=before, after=last, cause=cause)


def compare(
    before: Wallets, after: Wallets, amount: Decimal
) -> Literal["moved", "unchanged", "inconsistent"]:
    """Return what two readings of both wallets show of a transfer of `amount` between them.

    Both wallets must show the same: where others use them meanwhile, a change in one proves nothing.
    """
    given = EXACT.subtract(before.source, after.source)
    received = EXACT.subtract(after.target, before.target)
    if given == received == amount:
        return "moved"
    return "unchanged" if given == received == 0 else "inconsistent"


def _read_both(order: TransferOrder) -> Flow[tuple[Info, Info]]:
    source = yield from read_info(order.source.name)
    target = yield from read_info(order.target.name)
    return source, target


def _wallets(order: TransferOrder, source: Info, target: Info) -> Wallets:
    return Wallets(points_of(source, order.currency), points_of(target, order.currency))


def _check_accounts(order: TransferOrder, source: Info, target: Info, before: Wallets) -> None:
    """Raise TransferRefused where the vendor's view of the accounts makes the transfer impossible."""
    other_accounts = [
        (account.name, info.id)
        for account, info in ((order.source, source), (order.target, target))
        if account.operator_id not in (None, info.id)
    ]
    if other_accounts:
        name, operator_id = other_accounts[0]
        reason = f"the token of {name!r} is that of the account {operator_id!r}"
    elif (parent := parent_of(target)) not in (None, source.id):
        reason = f"the account {target.id!r} is not a child of {source.id!r}, but of {parent!r}"
    elif before.source < order.amount:
        reason = f"{order.source.name!r} has only {before.source} {order.currency}"
    else:
        return
    raise order.error(TransferRefused, reason, before)
