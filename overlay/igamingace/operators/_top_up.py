"""Carrying out a plan of transfers: each once, with a record that a crash at any moment leaves usable."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from igamingace.errors import IGamingAceError
from igamingace.operators._errors import (
    RecordUnusable,
    TransferDone,
    TransferError,
    TransferRefused,
    TransferUnknown,
    Wallets,
)
from igamingace.operators._plan import Plan, PlannedTransfer
from igamingace.operators._record import entries_of
from igamingace.operators._transfer import order_of, settled, transfer

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from igamingace.operators._money import Amounts
    from igamingace.operators._record import Record
    from igamingace.operators._steps import Flow
    from igamingace.operators._tree import Tree

__all__ = ["Outcome", "TopUp", "rehearse", "top_up", "wishes_of"]

State: TypeAlias = Literal["done", "not done", "unknown"]

_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one transfer of a plan.

    Attributes:
        transfer: which one.
        state: done; not done: nothing was moved; or unknown: look into the books, it is not sent again.
        detail: why, in words; empty when it is simply done.
    """

    transfer: PlannedTransfer
    state: State
    detail: str = ""

    def to_json(self) -> dict[str, str]:
        """The same with amounts as text."""
        return {**self.transfer.to_json(), "state": self.state, "detail": self.detail}


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
        """The outcomes of a state: "done", "not done" or "unknown"."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == state)

    @property
    def left(self) -> tuple[PlannedTransfer, ...]:
        """The transfers of the plan that have not ended: of a dry run all, or those that were cut off."""
        ended = {outcome.transfer for outcome in self.outcomes}
        return tuple(transfer for transfer in self.plan.transfers if transfer not in ended)

    @property
    def ok(self) -> bool:
        """Whether everybody who should have points has them: all is done, nobody is short or unreadable."""
        done = len(self.of("done")) == len(self.plan.transfers)
        return done and not self.plan.short and not self.plan.failed

    def to_json(self) -> dict[str, object]:
        """The same for machines: amounts as text."""
        return {
            "ok": self.ok,
            "resumed": self.resumed,
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
            "plan": self.plan.to_json(),
        }


@dataclass(slots=True)
class Pending:
    """A plan in a record, and how far it has come.

    Attributes:
        identity: what the lines of the record call it.
        plan: what is to be done.
        wishes: minimum and target as they were asked for.
        sending: of each transfer whose sending was begun, by its number: the wallets before.
        ended: what came of those that are over.
    """

    identity: str
    plan: Plan
    wishes: dict[str, object]
    sending: dict[int, Wallets] = field(default_factory=dict[int, Wallets])
    ended: dict[int, Outcome] = field(default_factory=dict[int, Outcome])


def wishes_of(minimum: Amounts, target: Amounts) -> dict[str, object]:
    """What was asked for, as a record keeps it."""
    return {"minimum": _text(minimum), "target": _text(target)}


def _text(amounts: Amounts) -> object:
    if isinstance(amounts, Decimal):
        return f"{amounts.normalize():f}"
    return {currency: f"{amount.normalize():f}" for currency, amount in sorted(amounts.items())}


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
        found.sending[int(entry["sending"])] = before
    elif "ended" in entry:
        number = int(entry["ended"])
        found.ended[number] = Outcome(
            transfer=found.plan.transfers[number], state=entry["state"], detail=entry["detail"]
        )
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
    show to be not done is sent again.

    Raises:
        TransferUnknown: of one that was sent nobody can say what became of it as long as the wallets cannot
            be read. The record leaves it open.
    """
    for number, planned in enumerate(work.plan.transfers):
        if number in work.ended:
            continue
        state, detail = yield from _one(tree, work, number, record, settle)
        work.ended[number] = Outcome(transfer=planned, state=state, detail=detail)
        record.write(of=work.identity, ended=number, state=state, detail=detail)
    record.write(of=work.identity, finished=True)
    return tuple(work.ended[number] for number in range(len(work.plan.transfers)))


def _one(tree: Tree, work: Pending, number: int, record: Record, settle: float) -> Flow[tuple[State, str]]:
    """Carry out one transfer; one that was begun is first looked for in the wallets."""
    planned = work.plan.transfers[number]
    begun = number in work.sending

    def sending(before: Wallets) -> None:
        least = _minimum(work.wishes, planned.currency)
        if before.target >= least:  # somebody else has topped it up since the plan was made
            reason = f"it has {before.target:f} by now, which is not below {least:f}"
            raise order.error(TransferRefused, reason, before)
        record.write(
            of=work.identity,
            sending=number,
            source_before=f"{before.source:f}",
            target_before=f"{before.target:f}",
        )

    try:
        order = order_of(
            tree,
            planned.target,
            planned.amount,
            planned.currency,
            source=planned.source,
            remark=f"top-up {work.identity}/{number}",
        )
        if begun:
            found, _ = yield from settled(order, work.sending[number], settle)
            if found != "not done":
                return found, "the run that sent it was cut off; the wallets say this"
        begun = False
        yield from transfer(order, settle=settle, sending=sending)
    except TransferDone as error:
        return "done", error.reason
    except TransferUnknown as error:
        if error.after is None:
            raise
        return "unknown", error.reason
    except IGamingAceError as error:
        said = error.reason if isinstance(error, TransferError) else str(error)
        return ("unknown" if begun else "not done"), said
    return "done", ""


def _minimum(wishes: Mapping[str, Any], currency: str) -> Decimal:
    wish = wishes["minimum"]
    return Decimal(wish if isinstance(wish, str) else wish[currency])
