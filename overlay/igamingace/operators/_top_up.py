"""Carrying out a plan of transfers: each once, with a record that a crash at any moment leaves usable."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from igamingace.errors import ConfigurationError, IGamingAceError
from igamingace.operators._errors import (
    RecordUnusable,
    TransferDone,
    TransferError,
    TransferRefused,
    TransferUnknown,
    Wallets,
)
from igamingace.operators._money import wrong_amount
from igamingace.operators._plan import Plan, PlannedTransfer
from igamingace.operators._record import entries_of
from igamingace.operators._transfer import attempt, order_of, settled
from igamingace.operators._turns import in_turn

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from igamingace.operators._money import Amounts
    from igamingace.operators._record import Record
    from igamingace.operators._steps import Flow
    from igamingace.operators._transfer import Order
    from igamingace.operators._tree import Tree

__all__ = ["Outcome", "TopUp", "rehearse", "top_up", "wishes_of"]

State: TypeAlias = Literal["done", "not needed", "not done", "unknown"]

_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one transfer of a plan.

    Attributes:
        transfer: which one.
        state: done; not needed: the target has enough points by now; not done: nothing was moved; or unknown:
            look into the books, it is not sent again.
        detail: why, in words; empty when it is simply done.
        sent: how much was asked for, in major units: less than planned where the target got points since the
            plan was made; None where nothing was sent.
    """

    transfer: PlannedTransfer
    state: State
    detail: str = ""
    sent: Decimal | None = None

    def to_json(self) -> dict[str, str | None]:
        """The same with amounts as text."""
        sent = None if self.sent is None else f"{self.sent:f}"
        return {**self.transfer.to_json(), "state": self.state, "detail": self.detail, "sent": sent}


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """What came of a top-up.

    Attributes:
        plan: what was to be done; of a top-up that was resumed, what was planned when it began.
        outcomes: what came of each transfer of the plan; after a dry run, of those that had ended before.
        resumed: whether it went on with a plan that an earlier run had begun.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...] = ()
    resumed: bool = False

    def of(self, state: State) -> tuple[Outcome, ...]:
        """The outcomes of a state: "done", "not needed", "not done" or "unknown"."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == state)

    @property
    def left(self) -> tuple[PlannedTransfer, ...]:
        """The transfers of the plan that have not ended: of a dry run all, or those that were cut off."""
        ended = {outcome.transfer for outcome in self.outcomes}
        return tuple(transfer for transfer in self.plan.transfers if transfer not in ended)

    @property
    def ok(self) -> bool:
        """Whether who should have points has them: all is done or not needed, nobody short or unreadable."""
        done = len(self.of("done")) + len(self.of("not needed")) == len(self.plan.transfers)
        return done and not self.plan.short and not self.plan.failed

    def to_json(self) -> dict[str, object]:
        """The same for machines: amounts as text."""
        return {
            "ok": self.ok,
            "resumed": self.resumed,
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
            "plan": self.plan.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Sent:
    """A transfer whose sending was begun.

    Attributes:
        amount: how much, in major units.
        before: both wallets before it.
    """

    amount: Decimal
    before: Wallets


@dataclass(slots=True)
class Pending:
    """A plan in a record, and how far it has come.

    Attributes:
        identity: what the lines of the record call it.
        plan: what is to be done.
        wishes: minimum and target as they were asked for.
        sending: the transfers whose sending was begun, by their number. The wallets before are those that
            would be there now without it: what this plan has moved since is taken into account.
        ended: what came of those that are over.
    """

    identity: str
    plan: Plan
    wishes: dict[str, object]
    sending: dict[int, Sent] = field(default_factory=dict[int, Sent])
    ended: dict[int, Outcome] = field(default_factory=dict[int, Outcome])

    def end(self, number: int, state: State, detail: str) -> None:
        """Take note of what came of a transfer."""
        transfer, sent = self.plan.transfers[number], self.sending.get(number)
        amount = None if sent is None or state == "not needed" else sent.amount
        self.ended[number] = Outcome(transfer=transfer, state=state, detail=detail, sent=amount)
        if state == "done" and amount is not None:
            self._moved(transfer, amount)

    def _moved(self, moved: PlannedTransfer, amount: Decimal) -> None:
        """Have the wallets of those still open show what another transfer has moved since."""
        for number in self.sending.keys() - self.ended.keys():
            one, sent = self.plan.transfers[number], self.sending[number]
            source, target = (
                points + amount * ((name == moved.target) - (name == moved.source))
                for name, points in ((one.source, sent.before.source), (one.target, sent.before.target))
            )
            self.sending[number] = Sent(sent.amount, Wallets(source, target))


def wishes_of(minimum: Amounts, target: Amounts) -> dict[str, object]:
    """What was asked for, as a record keeps it.

    Raises:
        ConfigurationError: an amount is none.
    """
    return {"minimum": _text(minimum, "minimum"), "target": _text(target, "target")}


def _text(amounts: object, what: str) -> object:
    if isinstance(amounts, Mapping):
        each = sorted(cast("Mapping[str, object]", amounts).items())
        return {currency: _text(amount, f"{what} for {currency}") for currency, amount in each}
    if not isinstance(amounts, Decimal) or not amounts.is_finite() or amounts < 0:
        raise ConfigurationError(f"{what} is {amounts!r}: give a Decimal, such as Decimal('100')")
    return f"{amounts.normalize():f}"


def pending(
    entries: Sequence[Mapping[str, Any]], wishes: Mapping[str, object], path: str | os.PathLike[str]
) -> Pending | None:
    """The plan that a record says was begun and not ended; None where there is none.

    Raises:
        RecordUnusable: it is no record of a top-up, or the plan is one of other amounts.
    """
    found: Pending | None = None
    try:
        for entry in entries:
            found = _after(entry, found)
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise RecordUnusable(f"{path} is no record of a top-up: give another file") from error
    if found is not None and found.wishes != wishes:
        raise RecordUnusable(
            f"{path} holds a top-up that was not ended, with {_said(found.wishes)}: "
            "end it with those first, or give another file"
        )
    return found


def _said(wishes: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in wishes.items())


def _after(entry: Mapping[str, Any], found: Pending | None) -> Pending | None:
    """What is pending after one more line of a record."""
    if "top_up" in entry:
        if entry["version"] != _VERSION:
            raise ValueError("a record of another version")
        transfers = tuple(PlannedTransfer.from_json(one) for one in entry["transfers"])
        wishes = {"minimum": entry["minimum"], "target": entry["target"]}
        return Pending(entry["top_up"], Plan(transfers=transfers, failed={}), wishes)
    if found is None or entry["of"] != found.identity:
        raise ValueError("a line of no top-up")
    if "sending" in entry:
        before = Wallets(Decimal(entry["source_before"]), Decimal(entry["target_before"]))
        number = int(entry["sending"])
        found.sending[number] = Sent(
            Decimal(entry.get("amount", found.plan.transfers[number].amount)), before
        )
    elif "ended" in entry:
        found.end(int(entry["ended"]), entry["state"], entry["detail"])
    elif entry["finished"]:
        return None
    return found


def rehearse(reading: Flow[Plan], wishes: dict[str, object], path: str | os.PathLike[str]) -> Flow[TopUp]:
    """Plan, or show the plan that a record says was cut off; nothing is written or sent."""
    work = pending(entries_of(path), wishes, path)
    if work is None:
        return TopUp(plan=(yield from reading))
    ended = tuple(work.ended[number] for number in sorted(work.ended))
    return TopUp(plan=work.plan, outcomes=ended, resumed=True)


def top_up(
    tree: Tree, reading: Flow[Plan], wishes: dict[str, object], record: Record, *, settle: float
) -> Flow[TopUp]:
    """Go on with the plan that was cut off, or make one and carry it out."""
    work = pending(record.entries, wishes, record.path)
    resumed = work is not None
    if work is None:
        plan = yield from reading
        if not plan.transfers:
            return TopUp(plan=plan)
        work = begin(record, plan, wishes)
    outcomes = yield from carry_out(tree, work, record, settle=settle)
    return TopUp(plan=work.plan, outcomes=outcomes, resumed=resumed)


def begin(record: Record, plan: Plan, wishes: dict[str, object]) -> Pending:
    """Write a plan into a record, before anything of it is done."""
    identity = secrets.token_hex(8)
    transfers = [transfer.to_json() for transfer in plan.transfers]
    record.write(top_up=identity, version=_VERSION, **wishes, transfers=transfers)
    return Pending(identity, plan, wishes)


def carry_out(tree: Tree, work: Pending, record: Record, *, settle: float) -> Flow[tuple[Outcome, ...]]:
    """Carry out what is left of a plan.

    One transfer at a time. Before one is sent, the record says so, with both wallets; when it has ended, the
    record says how. So of one that a crash cut off, the wallets tell what became of it. Only one that they
    show to be not done is sent again. Where the wallets cannot be read, it stays open, and the others go on;
    what could not be sent in such a run stays open with it, to be tried again.

    Raises:
        TransferUnknown: of one that was sent nobody can say what became of it as long as the wallets cannot
            be read. The record leaves it open.
    """
    left_open: TransferUnknown | None = None
    for number, planned in enumerate(work.plan.transfers):
        if number in work.ended:
            continue
        names = frozenset((planned.source, planned.target))
        try:
            state, detail = yield from in_turn(names, _one(tree, work, number, record, settle))
        except TransferUnknown as error:
            left_open = left_open or error
            continue
        if left_open is not None and state == "not done" and number not in work.sending:
            continue
        record.write(of=work.identity, ended=number, state=state, detail=detail)
        work.end(number, state, detail)
    if left_open is not None:
        raise left_open
    record.write(of=work.identity, finished=True)
    return tuple(work.ended[number] for number in range(len(work.plan.transfers)))


class _NotNeeded(TransferRefused):
    """The target has enough by now."""


def _one(tree: Tree, work: Pending, number: int, record: Record, settle: float) -> Flow[tuple[State, str]]:
    """Carry out one transfer; one that was begun is first looked for in the wallets."""
    planned = work.plan.transfers[number]
    sent = work.sending.get(number)

    def sending(order: Order, before: Wallets) -> None:
        record.write(
            of=work.identity,
            sending=number,
            amount=f"{order.amount:f}",
            source_before=f"{before.source:f}",
            target_before=f"{before.target:f}",
        )
        work.sending[number] = Sent(order.amount, before)

    try:
        order = order_of(
            tree,
            planned.target,
            planned.amount,
            planned.currency,
            source=planned.source,
            remark=f"top-up {work.identity}/{number}",
        )
        if sent is not None:
            found, _ = yield from settled(replace(order, amount=sent.amount), sent.before, settle)
            if found != "not done":
                return found, "the run that sent it was cut off; the wallets say this"
        sent = None
        yield from attempt(
            order, settle=settle, fit=lambda before: _fitted(order, work.wishes, before), sending=sending
        )
    except TransferDone as error:
        return "done", error.reason
    except _NotNeeded as error:
        return "not needed", error.reason
    except TransferUnknown as error:
        if error.after is None:
            raise
        return "unknown", error.reason
    except IGamingAceError as error:
        said = error.reason if isinstance(error, TransferError) else str(error)
        return ("not done" if sent is None else "unknown"), said
    return "done", ""


def _fitted(order: Order, wishes: Mapping[str, Any], before: Wallets) -> Order:
    """The order for what the target still lacks: somebody else may have given it points since the plan."""
    least = _wish(wishes["minimum"], order.currency)
    if before.target >= least:
        reason = f"it has {before.target:f} by now, which is not below {least:f}"
        raise order.error(_NotNeeded, reason, before)
    amount = min(order.amount, _wish(wishes["target"], order.currency) - before.target)
    if (problem := wrong_amount(amount, order.currency)) is not None:
        raise order.error(TransferRefused, problem, before)
    return replace(order, amount=amount)


def _wish(wish: Any, currency: str) -> Decimal:  # noqa: ANN401 -- as JSON has it
    return Decimal(wish if isinstance(wish, str) else wish[currency])
