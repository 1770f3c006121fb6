"""A top-up: its result, and its state as the journal has it after a crash."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, get_args

from igamingace_bindings.scalars import is_in_range

from igamingace._common.amounts import EXACT, format_amount, parse_amount
from igamingace._common.numbers import is_integer
from igamingace.errors import ConfigurationError
from igamingace.operators._errors import JournalUnusable, Wallets
from igamingace.operators._transfers.plan import Plan, PlannedTransfer

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from igamingace.operators._transfers.amounts import Amounts
    from igamingace.operators._transfers.journal import Journal

__all__ = ["Attempt", "TopUp", "TopUpState", "TransferOutcome", "TransferState", "journal_limits"]

TransferState: TypeAlias = Literal["done", "not needed", "not done", "unknown"]

_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOutcome:
    """How one transfer of a plan ended.

    Attributes:
        transfer: the planned transfer.
        state: "done"; "not needed": the target has enough points by now; "not done": nothing was moved; or
            "unknown": check the books, it is not sent again.
        detail: the reason; empty for a plain success.
        sent: the amount that was sent, in major units: less than planned where the target received points
            after the plan was made; None where nothing was sent.
    """

    transfer: PlannedTransfer
    state: TransferState
    detail: str = ""
    sent: Decimal | None = None

    def to_json(self) -> dict[str, str | None]:
        """Return a JSON document; amounts are strings."""
        sent = None if self.sent is None else f"{self.sent:f}"
        return {**self.transfer.to_json(), "state": self.state, "detail": self.detail, "sent": sent}


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """The result of a top-up.

    Attributes:
        plan: the plan; of a resumed top-up, the one it began with.
        outcomes: how each transfer of the plan ended; after a dry run, those of an earlier run.
        resumed: whether it continued the plan of an earlier run.
        follow_up: after a resumed top-up, a plan for another one: of the agents that were short or unreadable
            when the resumed plan was made, and those that ran dry since. None where there are none.
    """

    plan: Plan
    outcomes: tuple[TransferOutcome, ...] = ()
    resumed: bool = False
    follow_up: Plan | None = None

    def of(self, state: TransferState) -> tuple[TransferOutcome, ...]:
        """Return the outcomes of a state: "done", "not needed", "not done" or "unknown"."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == state)

    @property
    def remaining(self) -> tuple[PlannedTransfer, ...]:
        """The transfers of the plan that have not ended; all of them after a dry run of a new plan."""
        ended = {outcome.transfer for outcome in self.outcomes}
        return tuple(transfer for transfer in self.plan.transfers if transfer not in ended)

    @property
    def ok(self) -> bool:
        """Whether each agent has its points: all transfers done or not needed, none short or unreadable."""
        done = len(self.of("done")) + len(self.of("not needed")) == len(self.plan.transfers)
        return done and not self.plan.short and not self.plan.failed and self.follow_up is None

    def __str__(self) -> str:
        """The plan, each transfer with its outcome where it has one, and the follow-up."""
        lines = str(self.plan).splitlines()
        for outcome in self.outcomes:
            number = self.plan.transfers.index(outcome.transfer)
            detail = f" ({outcome.detail})" if outcome.detail else ""
            lines[number] = f"{outcome.transfer}: {outcome.state}{detail}"
        if self.follow_up is not None:
            lines += ["follow-up:", *str(self.follow_up).splitlines()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        states = ", ".join(f"{len(self.of(state))} {state}" for state in get_args(TransferState))
        return f"<TopUp of {len(self.plan.transfers)} transfers: {states}>"

    def to_json(self) -> dict[str, object]:
        """Return a JSON document; amounts are strings."""
        return {
            "ok": self.ok,
            "resumed": self.resumed,
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
            "plan": self.plan.to_json(),
            "follow_up": None if self.follow_up is None else self.follow_up.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Attempt:
    """A transfer that the journal says is being sent.

    Attributes:
        amount: in major units.
        before: both wallets before it.
    """

    amount: Decimal
    before: Wallets


@dataclass(slots=True)
class TopUpState:
    """An unfinished top-up.

    Attributes:
        identity: its id in the journal.
        plan: the plan.
        limits: minimum and target, as `journal_limits` returns them.
        attempts: the transfers whose sending has started, by their number in the plan.
        ended: the outcomes so far, by the transfer's number.
    """

    identity: str
    plan: Plan
    limits: dict[str, object]
    attempts: dict[int, Attempt] = field(default_factory=dict[int, Attempt])
    ended: dict[int, TransferOutcome] = field(default_factory=dict[int, TransferOutcome])

    @classmethod
    def begin(cls, journal: Journal, plan: Plan, limits: dict[str, object]) -> TopUpState:
        """Write a new plan to the journal, before any of it is sent."""
        identity = secrets.token_hex(8)
        transfers = [transfer.to_json() for transfer in plan.transfers]
        journal.write(top_up=identity, version=_VERSION, **limits, transfers=transfers)
        return cls(identity, plan, limits)

    @classmethod
    def restore(
        cls, entries: Sequence[Mapping[str, Any]], limits: Mapping[str, object], path: str | os.PathLike[str]
    ) -> TopUpState | None:
        """Return the unfinished top-up of a journal's entries; None without one.

        Raises:
            JournalUnusable: the entries are not those of a top-up, or it has other amounts.
        """
        state: TopUpState | None = None
        try:
            for entry in entries:
                state = _apply(entry, state)
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            raise JournalUnusable(f"{path} is not a top-up journal: give another file") from error
        if state is not None and state.limits != limits:
            found = ", ".join(f"{name}={value}" for name, value in state.limits.items())
            raise JournalUnusable(
                f"{path} holds an unfinished top-up, with {found}: "
                "finish it with those amounts first, or give another file"
            )
        return state

    def end(self, number: int, state: TransferState, detail: str) -> None:
        """Store the outcome of a transfer."""
        transfer, attempt = self.plan.transfers[number], self.attempts.get(number)
        amount = None if attempt is None or state == "not needed" else attempt.amount
        self.ended[number] = TransferOutcome(transfer=transfer, state=state, detail=detail, sent=amount)
        if state == "done" and amount is not None:
            self._rebase_attempts(transfer, amount)

    def _rebase_attempts(self, done: PlannedTransfer, amount: Decimal) -> None:
        """Add a done transfer to the `before` wallets of the attempts that are still open.

        An open attempt is judged by how its wallets changed since `before`. Its accounts may be used by other
        transfers of this plan too; without this, what those moved would look like the attempt's own doing.
        """
        for number in self.attempts.keys() - self.ended.keys():
            transfer, attempt = self.plan.transfers[number], self.attempts[number]
            source, target = (
                EXACT.fma(amount, (name == done.target) - (name == done.source), points)
                for name, points in (
                    (transfer.source, attempt.before.source),
                    (transfer.target, attempt.before.target),
                )
            )
            self.attempts[number] = Attempt(attempt.amount, Wallets(source, target))


def _apply(entry: Mapping[str, Any], state: TopUpState | None) -> TopUpState | None:
    """Return the state after one more entry of the journal."""
    if "top_up" in entry:
        if entry["version"] != _VERSION:
            raise ValueError("the journal has another version")
        transfers = tuple(PlannedTransfer.from_json(transfer) for transfer in entry["transfers"])
        limits = {"minimum": entry["minimum"], "target": entry["target"]}
        return TopUpState(entry["top_up"], Plan(transfers=transfers, failed={}), limits)
    if state is None or entry["of"] != state.identity:
        raise ValueError("the entry belongs to no top-up")
    if "sending" in entry:
        number = _number(entry["sending"], state)
        amount = parse_amount(entry["amount"]) if "amount" in entry else state.plan.transfers[number].amount
        before = Wallets(parse_amount(entry["source_before"]), parse_amount(entry["target_before"]))
        state.attempts[number] = Attempt(amount, before)
    elif "ended" in entry:
        state.end(_number(entry["ended"], state), entry["state"], entry["detail"])
    elif entry["finished"]:
        return None
    return state


def _number(value: object, state: TopUpState) -> int:
    if not (is_integer(value) and 0 <= value < len(state.plan.transfers)):
        raise ValueError("the entry belongs to no transfer of the plan")
    return value


def journal_limits(minimum: Amounts, target: Amounts) -> dict[str, object]:
    """Return minimum and target as a journal stores them.

    Raises:
        ConfigurationError: an amount is invalid.
    """
    return {"minimum": _to_json(minimum, "minimum"), "target": _to_json(target, "target")}


def _to_json(amounts: object, what: str) -> object:
    if isinstance(amounts, Mapping):
        each = sorted(cast("Mapping[str, object]", amounts).items())
        return {currency: _to_json(amount, f"{what} for {currency}") for currency, amount in each}
    if not isinstance(amounts, Decimal) or not is_in_range(amounts) or amounts < 0:
        raise ConfigurationError(f"{what} is {amounts!r}: give a Decimal, such as Decimal('100')")
    return format_amount(amounts)
