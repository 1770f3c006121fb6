"""Carries out a plan of transfers, each at most once; a crash at any moment leaves its journal usable.

The journal is written ahead: "sending", with both wallets, before a transfer is sent, and "ended" afterwards.
What a transfer's last entry and the wallets together mean:

    journal says                        wallets say     conclusion
    ----------------------------------  --------------  -----------------------------------------
    nothing, or it is planned           (not read)      send it
    ended                               (not read)      nothing to do
    sending, written by an earlier run  moved           done
                                        unchanged       send it: it never arrived
                                        inconsistent    unknown; not sent again
                                        unreadable      open; looked at again in the next run
    sending, written by this run,       moved           done
    whose answer was lost               unchanged       not done; not sent twice in one run
                                        inconsistent    unknown; not sent again
                                        unreadable      open; looked at again in the next run

The rows below "ended" are `CONCLUSIONS`.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from igamingace._common.text import names_text
from igamingace.errors import IGamingAceError
from igamingace.operators._errors import JournalUnusable, TransferError, TransferRefused, TransferUnknown
from igamingace.operators._transfers.amounts import amount_problem, shortfall
from igamingace.operators._transfers.journal import Journal, read_entries
from igamingace.operators._transfers.plan import limits_of
from igamingace.operators._transfers.top_up_state import Attempt, TopUp, TopUpState, journal_limits
from igamingace.operators._transfers.transfer import LostAnswer, attempt, examine_wallets, make_order
from igamingace.operators._transfers.wallet_locks import exclusive

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from igamingace.operators._accounts.tree import Tree
    from igamingace.operators._errors import Wallets
    from igamingace.operators._execution.flow import Flow
    from igamingace.operators._transfers.amounts import Amounts
    from igamingace.operators._transfers.plan import Planning
    from igamingace.operators._transfers.top_up_state import TransferOutcome, TransferState
    from igamingace.operators._transfers.transfer import Evidence, TransferOrder

__all__ = ["CONCLUSIONS", "top_up"]

Sender: TypeAlias = Literal["earlier run", "this run"]
"""Which run wrote the journal's "sending"."""

Conclusion: TypeAlias = "TransferState | Literal['send', 'open']"

CONCLUSIONS: Final[Mapping[tuple[Sender, Evidence], Conclusion]] = {
    ("earlier run", "moved"): "done",
    ("earlier run", "unchanged"): "send",
    ("earlier run", "inconsistent"): "unknown",
    ("earlier run", "unreadable"): "open",
    ("this run", "moved"): "done",
    ("this run", "unchanged"): "not done",
    ("this run", "inconsistent"): "unknown",
    ("this run", "unreadable"): "open",
}


def top_up(
    tree: Tree,
    planning: Planning,
    minimum: Amounts,
    target: Amounts,
    path: str | os.PathLike[str],
    *,
    dry_run: bool,
    settle: float,
    on_outcome: Callable[[TransferOutcome], object] | None = None,
) -> Flow[TopUp]:
    """Continue the unfinished top-up of a journal, or make a plan and carry it out; raises as `_carry_out`.

    Args:
        tree: the accounts.
        planning: who is topped up, and the plan, where the journal has no unfinished top-up.
        minimum: the amounts that the plan is made with, which the journal keeps.
        target: the same.
        path: the path of the journal.
        dry_run: return the plan; nothing is written or sent.
        settle: see SETTLE.
        on_outcome: called with the outcome of each transfer, once the journal has it.

    Raises:
        JournalInUse: another top-up is using the journal.
        JournalUnusable: the file is not a journal, or holds an unfinished top-up with other amounts or of
            other accounts.
        ConfigurationError: an amount is invalid, or a target is below its minimum.
    """
    limits = journal_limits(minimum, target)
    limits_of(planning.accounts, minimum, target)  # before anything is sent
    if dry_run:
        return (yield from _rehearse(tree, planning, limits, path))
    with Journal(path) as journal:
        return (
            yield from _resume_or_begin(tree, planning, limits, journal, settle=settle, on_outcome=on_outcome)
        )


def _rehearse(
    tree: Tree, planning: Planning, limits: dict[str, object], path: str | os.PathLike[str]
) -> Flow[TopUp]:
    state = TopUpState.restore(read_entries(path), limits, path)
    if state is None:
        return TopUp(plan=(yield from planning.plan()))
    _check_selected(tree, planning, state, path)
    ended = tuple(state.ended[number] for number in sorted(state.ended))
    return TopUp(plan=state.plan, outcomes=ended, resumed=True)


def _resume_or_begin(
    tree: Tree,
    planning: Planning,
    limits: dict[str, object],
    journal: Journal,
    *,
    settle: float,
    on_outcome: Callable[[TransferOutcome], object] | None,
) -> Flow[TopUp]:
    state = TopUpState.restore(journal.entries, limits, journal.path)
    if state is None:
        plan = yield from planning.plan()
        if not plan.transfers:
            return TopUp(plan=plan)
        state = TopUpState.begin(journal, plan, limits)
        outcomes = yield from _carry_out(tree, state, journal, settle=settle, on_outcome=on_outcome)
        return TopUp(plan=plan, outcomes=outcomes)
    _check_selected(tree, planning, state, journal.path)
    outcomes = yield from _carry_out(tree, state, journal, settle=settle, on_outcome=on_outcome)
    # Who was short or unreadable when the plan was made, or runs dry since, is not in the journal.
    plan = yield from planning.make()
    return TopUp(plan=state.plan, outcomes=outcomes, resumed=True, follow_up=None if plan.is_empty else plan)


def _check_selected(tree: Tree, planning: Planning, state: TopUpState, path: str | os.PathLike[str]) -> None:
    """Raise JournalUnusable where an unfinished top-up gives points to accounts that are not selected."""
    selected = {account.name for account in planning.accounts}
    others = [
        transfer.target
        for number, transfer in enumerate(state.plan.transfers)
        if number not in state.ended and transfer.target in tree and transfer.target not in selected
    ]
    if others:
        raise JournalUnusable(
            f"{path} holds an unfinished top-up of accounts that are not selected now, {names_text(others)}: "
            "finish it first, with all of its accounts, or give another file"
        )


def _carry_out(
    tree: Tree,
    state: TopUpState,
    journal: Journal,
    *,
    settle: float,
    on_outcome: Callable[[TransferOutcome], object] | None,
) -> Flow[tuple[TransferOutcome, ...]]:
    """Carry out the remaining transfers of a plan, one at a time.

    Where a transfer stays open because its wallets cannot be read, the others continue. Those that could not
    be sent in such a run stay open too, to be tried again: what they lack may depend on the open one.

    Raises:
        TransferUnknown: at least one transfer stays open.
    """
    first_open: TransferUnknown | None = None
    for number, planned in enumerate(state.plan.transfers):
        if number in state.ended:
            continue
        names = frozenset((planned.source, planned.target))
        try:
            result, detail = yield from exclusive(names, _carry_out_one(tree, state, number, journal, settle))
        except TransferUnknown as error:
            first_open = first_open or error
            continue
        if first_open is not None and result == "not done" and number not in state.attempts:
            continue
        journal.write(of=state.identity, ended=number, state=result, detail=detail)
        state.end(number, result, detail)
        if on_outcome is not None:
            on_outcome(state.ended[number])
    if first_open is not None:
        raise first_open
    journal.write(of=state.identity, finished=True)
    return tuple(state.ended[number] for number in range(len(state.plan.transfers)))


class _NotNeeded(TransferRefused):
    """The target has enough points by now."""


def _carry_out_one(
    tree: Tree, state: TopUpState, number: int, journal: Journal, settle: float
) -> Flow[tuple[TransferState, str]]:
    """Carry out one transfer by the table above; returns its state and the reason.

    Raises:
        TransferUnknown: the conclusion is "open".
    """
    planned, earlier = state.plan.transfers[number], state.attempts.get(number)

    def write_ahead(order: TransferOrder, before: Wallets) -> None:
        journal.write(
            of=state.identity,
            sending=number,
            amount=f"{order.amount:f}",
            source_before=f"{before.source:f}",
            target_before=f"{before.target:f}",
        )
        state.attempts[number] = Attempt(order.amount, before)

    try:
        order = make_order(
            tree,
            planned.target,
            planned.amount,
            planned.currency,
            source=planned.source,
            remark=f"top-up {state.identity}/{number}",
        )
    except IGamingAceError as error:
        # The tree has changed since the plan was made: which wallets an earlier run used is not known.
        return ("not done" if earlier is None else "unknown"), _reason(error)
    lost: LostAnswer | None = None
    sender: Sender = "earlier run"
    detail = "the run that sent it was interrupted; the wallets show this"
    if earlier is not None:
        lost = yield from examine_wallets(replace(order, amount=earlier.amount), earlier.before, settle)
    while True:
        conclusion: Conclusion = "send" if lost is None else CONCLUSIONS[sender, lost.evidence]
        if lost is None or conclusion == "send":
            try:
                answer = yield from attempt(
                    order,
                    settle=settle,
                    adjust=lambda before: _adjusted(order, state.limits, before),
                    before_send=write_ahead,
                )
            except _NotNeeded as error:
                return "not needed", error.reason
            except IGamingAceError as error:
                return "not done", _reason(error)
            if not isinstance(answer, LostAnswer):
                return "done", ""
            lost, sender, detail = answer, "this run", answer.error().reason
            continue
        if conclusion == "open":
            raise lost.error() from lost.cause
        return conclusion, detail


def _reason(error: IGamingAceError) -> str:
    return error.reason if isinstance(error, TransferError) else str(error)


def _adjusted(order: TransferOrder, limits: Mapping[str, Any], before: Wallets) -> TransferOrder:
    """Return the order for what the target still lacks: it may have received points since the plan."""
    minimum = _limit(limits["minimum"], order.currency)
    if before.target >= minimum:
        reason = f"it has {before.target:f} by now, which is not below {minimum:f}"
        raise order.error(_NotNeeded, reason, before)
    target = _limit(limits["target"], order.currency)
    amount = min(order.amount, shortfall(before.target, target, order.currency))
    if (problem := amount_problem(amount, order.currency)) is not None:
        raise order.error(TransferRefused, problem, before)
    return replace(order, amount=amount)


def _limit(limit: Any, currency: str) -> Decimal:  # noqa: ANN401 -- a JSON value, see journal_limits
    return Decimal(limit if isinstance(limit, str) else limit[currency])
