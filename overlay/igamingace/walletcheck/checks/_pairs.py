"""All pairs of a transaction's state and of what comes next, each with a check or the reason for none.

The table is complete by construction: `PAIRS` has every state with every arrival. A pair that another check
covers names it, one that cannot be or is covered by another pair says why, and each of the others is a check
that is made here from what the pair must do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Final

from igamingace_bindings.contract import WALLET_RULES

from igamingace.walletcheck._check import Check, CheckFunction
from igamingace.walletcheck._level import level_of_standing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._context import CheckContext

__all__ = ["PAIRS", "SEQUENCES", "Arrival", "Pair", "State", "pair_checks"]


class State(StrEnum):
    """What a wallet knows of a transaction when the next callback about it comes."""

    NEW = "never seen"
    REFUSED = "a refused bet"
    TAKEN = "a taken bet"
    REFUNDED = "a refunded bet"
    BETWIN = "a booked betwin"
    WIN = "a paid win"
    CANCEL = "a booked cancel"


class Arrival(StrEnum):
    """What comes: another change in the transaction's round, or something with its id."""

    BET = "a bet in its round"
    WIN = "a win in its round"
    BETWIN = "a betwin in its round"
    CANCEL = "a cancel by reference"
    CANCEL_ONE_ID = "a cancel with its id alone"
    SAME = "the same again"
    OTHER_COMMAND = "its id with another command"
    OTHER_CONTENT = "its id with another content"


@dataclass(frozen=True, slots=True)
class Pair:
    """A state and what comes.

    Attributes:
        check_id: the check of it; empty where there is none.
        reason: why there is none.
    """

    check_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Transaction:
    """A transaction in a state.

    Attributes:
        message: its callback.
        booked: by how much it changed the balance, as far as a cancel of it would change it back.
    """

    message: CallbackMessage
    booked: int = 0


_FIRST: Final = "Nothing has come before that could come again."
_AS_REFUNDED: Final = "The same as after `a refunded bet`: a booked cancel leaves its bet refunded."

_NONE: Final[Mapping[tuple[State, Arrival], str]] = {
    (State.NEW, Arrival.SAME): _FIRST,
    (State.NEW, Arrival.OTHER_COMMAND): _FIRST,
    (State.NEW, Arrival.OTHER_CONTENT): _FIRST,
    (State.CANCEL, Arrival.BET): _AS_REFUNDED,
    (State.CANCEL, Arrival.WIN): _AS_REFUNDED,
    (State.CANCEL, Arrival.BETWIN): _AS_REFUNDED,
}

_COVERED: Final[Mapping[tuple[State, Arrival], str]] = {
    (State.NEW, Arrival.BET): "happy.bet",
    (State.NEW, Arrival.WIN): "win.without_bet",
    (State.NEW, Arrival.BETWIN): "happy.betwin",
    (State.NEW, Arrival.CANCEL): "cancel.unknown",
    (State.TAKEN, Arrival.WIN): "happy.win",
    (State.TAKEN, Arrival.CANCEL): "happy.cancel",
    (State.TAKEN, Arrival.SAME): "bet.duplicate",
    (State.TAKEN, Arrival.OTHER_CONTENT): "bet.duplicate_changed",
    (State.REFUNDED, Arrival.CANCEL): "cancel.twice",
    (State.REFUNDED, Arrival.SAME): "cancel.bet_again",
    (State.BETWIN, Arrival.CANCEL): "cancel.betwin",
    (State.BETWIN, Arrival.SAME): "betwin.duplicate",
    (State.WIN, Arrival.WIN): "win.several",
    (State.WIN, Arrival.SAME): "win.duplicate",
    (State.CANCEL, Arrival.SAME): "cancel.duplicate",
}

_GROUPS: Final[Mapping[State, str]] = {
    State.NEW: "new",
    State.REFUSED: "refused",
    State.TAKEN: "taken",
    State.REFUNDED: "refunded",
    State.BETWIN: "betwin",
    State.WIN: "win",
    State.CANCEL: "cancel",
}
_NAMES: Final[Mapping[Arrival, str]] = {
    Arrival.BET: "then_bet",
    Arrival.WIN: "then_win",
    Arrival.BETWIN: "then_betwin",
    Arrival.CANCEL: "then_cancel",
    Arrival.CANCEL_ONE_ID: "then_cancel_one_id",
    Arrival.SAME: "then_same",
    Arrival.OTHER_COMMAND: "then_other_command",
    Arrival.OTHER_CONTENT: "then_other_content",
}
_RULES: Final[Mapping[Arrival, str]] = {
    Arrival.BET: "idempotent",
    Arrival.WIN: "win-each",
    Arrival.BETWIN: "idempotent",
    Arrival.CANCEL: "cancel-follows",
    Arrival.CANCEL_ONE_ID: "cancel-one-id",
    Arrival.SAME: "idempotent",
    Arrival.OTHER_COMMAND: "id-reused",
    Arrival.OTHER_CONTENT: "id-reused",
}
_WITHOUT_STAKE: Final = frozenset({State.REFUSED, State.REFUNDED})
"""A win in a round without a stake is a win without a bet."""

_ADVICE: Final[Mapping[Arrival, str]] = {
    Arrival.BET: "Tell repetitions by transactionId, never by roundId: a round may have several bets.",
    Arrival.WIN: "Pay each win whose transactionId is new, whatever else happened in its round.",
    Arrival.BETWIN: "Tell repetitions by transactionId, never by roundId.",
    Arrival.CANCEL: "Refund a bet or betwin that is booked and not refunded yet, by what it changed; "
    "nothing else. Do not store what you refused as if it were booked.",
    Arrival.CANCEL_ONE_ID: "Where referenceId is missing, take transactionId for the bet's id: refund that "
    "bet once, or refuse the cancel.",
    Arrival.SAME: "Look up the transactionId first. What was refused may be booked now or refused again, "
    "but the answer must say which.",
    Arrival.OTHER_COMMAND: "Put one unique index on transactionId, for all commands together, and refuse an "
    "id that was another command's.",
    Arrival.OTHER_CONTENT: "Put one unique index on transactionId, and change nothing when it is known.",
}


# --- how a transaction comes into its state


async def _never_seen(context: CheckContext) -> _Transaction:
    return _Transaction(context.callbacks.bet(5))


async def _refused(context: CheckContext) -> _Transaction:
    bet = context.callbacks.bet(context.floor(await context.ensure_balance()) + 1)
    await context.expect_refusal(bet, "a bet of more than the balance")
    return _Transaction(bet)


async def _taken(context: CheckContext) -> _Transaction:
    bet = context.callbacks.bet(5)
    await context.expect_booked(bet, -5)
    return _Transaction(bet, -5)


async def _refunded(context: CheckContext) -> _Transaction:
    bet = (await _taken(context)).message
    await context.expect_booked(context.callbacks.cancel(bet), 5)
    return _Transaction(bet)


async def _betwin(context: CheckContext) -> _Transaction:
    betwin = context.callbacks.betwin(5, 3)
    await context.expect_booked(betwin, -2)
    return _Transaction(betwin, -2)


async def _win(context: CheckContext) -> _Transaction:
    await context.expect_booked(context.callbacks.bet(1), -1)
    win = context.callbacks.win(4, isRoundFinished=False)
    await context.expect_booked(win, 4)
    return _Transaction(win)


async def _cancel(context: CheckContext) -> _Transaction:
    cancel = context.callbacks.cancel((await _taken(context)).message)
    await context.expect_booked(cancel, 5)
    return _Transaction(cancel)


_PREPARE: Final[Mapping[State, Callable[[CheckContext], Awaitable[_Transaction]]]] = {
    State.NEW: _never_seen,
    State.REFUSED: _refused,
    State.TAKEN: _taken,
    State.REFUNDED: _refunded,
    State.BETWIN: _betwin,
    State.WIN: _win,
    State.CANCEL: _cancel,
}


# --- what comes, and what it must do


async def _then_bet(context: CheckContext, known: _Transaction) -> None:
    bet = context.callbacks.bet(2, roundId=known.message.fields["roundId"])
    await context.expect_booked(bet, -2, "has an id of its own and must be OK")


async def _then_win(context: CheckContext, known: _Transaction) -> None:
    fields = known.message.fields
    win = context.callbacks.win(3, roundId=fields["roundId"], isRoundFinished=False)
    await context.expect_booked(win, 3, "has an id of its own and must be OK")


async def _then_betwin(context: CheckContext, known: _Transaction) -> None:
    betwin = context.callbacks.betwin(2, 3, roundId=known.message.fields["roundId"])
    await context.expect_booked(betwin, 1, "has an id of its own and must be OK")


async def _then_cancel(context: CheckContext, known: _Transaction) -> None:
    # Taken bets and betwins have checks of their own: what else is cancelled gives nothing back, each try.
    cancel = context.callbacks.cancel(known.message)
    await context.expect_unchanged(cancel, "a cancel of what must not be refunded")
    await context.expect_unchanged(cancel, "the same cancel again")


async def _then_cancel_one_id(context: CheckContext, known: _Transaction) -> None:
    cancel = context.callbacks.cancel(known.message).with_fields(
        transactionId=known.message.id, referenceId=...
    )
    await context.expect_consistent(cancel, -known.booked, "a cancel with one id")
    await context.expect_unchanged(cancel, "the same cancel with one id again")


async def _then_same(context: CheckContext, known: _Transaction) -> None:
    # Only a refused bet has no check of its own: it is over the balance still.
    await context.expect_refusal(known.message, "a bet of more than the balance, sent again,")
    await context.expect_unchanged(known.message, "a refused bet that was sent again")


async def _then_other_command(context: CheckContext, known: _Transaction) -> None:
    callbacks, message = context.callbacks, known.message
    same_id = {"transactionId": message.id, "roundId": message.fields["roundId"]}
    bet = callbacks.bet(6)
    await context.expect_booked(bet, -6)
    others = (
        callbacks.bet(2, **same_id),
        callbacks.win(3, **same_id, isRoundFinished=False),
        callbacks.betwin(2, 3, **same_id),
        callbacks.cancel(bet, transactionId=message.id),
    )
    for other in others:
        if other.command != message.command:
            await context.expect_unchanged(
                other, f"the transactionId of a {message.command}, as that of a {other.command},"
            )


async def _then_other_content(context: CheckContext, known: _Transaction) -> None:
    message = known.message
    if message.command == "cancel":
        bet = context.callbacks.bet(6)
        await context.expect_booked(bet, -6)
        other = message.with_fields(referenceId=bet.id)
    elif message.command == "betwin":
        other = message.with_fields(betAmount=4, winAmount=7)
    else:
        other = message.with_fields(amount=7)
    await context.expect_unchanged(other, f"the transactionId of a {message.command} with another content")


async def _refused_then_other(context: CheckContext, known: _Transaction) -> None:
    # Nothing was booked under the id: whether a covered bet may use it is not stated, but half of it may not.
    bet = known.message.with_fields(amount=2)
    result = await context.expect_consistent(bet, -2, "a covered bet with the transactionId of a refused one")
    if result.ok:
        await context.expect_unchanged(bet, "the same covered bet again")


async def _refused_then_other_command(context: CheckContext, known: _Transaction) -> None:
    message = known.message
    win = context.callbacks.win(3, transactionId=message.id, roundId=message.fields["roundId"])
    result = await context.expect_consistent(win, 3, "a win with the transactionId of a refused bet")
    if result.ok:
        await context.expect_unchanged(win, "the same win again")


_ARRIVE: Final[Mapping[Arrival, Callable[[CheckContext, _Transaction], Awaitable[None]]]] = {
    Arrival.BET: _then_bet,
    Arrival.WIN: _then_win,
    Arrival.BETWIN: _then_betwin,
    Arrival.CANCEL: _then_cancel,
    Arrival.CANCEL_ONE_ID: _then_cancel_one_id,
    Arrival.SAME: _then_same,
    Arrival.OTHER_COMMAND: _then_other_command,
    Arrival.OTHER_CONTENT: _then_other_content,
}
_ARRIVE_REFUSED: Final[Mapping[Arrival, Callable[[CheckContext, _Transaction], Awaitable[None]]]] = {
    Arrival.OTHER_COMMAND: _refused_then_other_command,
    Arrival.OTHER_CONTENT: _refused_then_other,
}


def _pair_function(state: State, arrival: Arrival) -> CheckFunction:
    arrive = (_ARRIVE_REFUSED if state is State.REFUSED else {}).get(arrival, _ARRIVE[arrival])

    async def run(context: CheckContext) -> None:
        await context.ensure_balance()
        await arrive(context, await _PREPARE[state](context))

    return run


def _pair_check(state: State, arrival: Arrival) -> Check:
    rule = _RULES[arrival]
    if arrival is Arrival.WIN and state in _WITHOUT_STAKE:
        rule = "win-without-bet"
    return Check(
        f"{_GROUPS[state]}.{_NAMES[arrival]}",
        f"{state}, then {arrival}".capitalize(),
        rule,
        level_of_standing(WALLET_RULES[rule].standing),
        _ADVICE[arrival],
        _pair_function(state, arrival),
    )


_CHECKS: Final[Mapping[tuple[State, Arrival], Check]] = {
    pair: _pair_check(*pair) for pair in product(State, Arrival) if pair not in _NONE and pair not in _COVERED
}


def pair_checks() -> tuple[Check, ...]:
    """Return the checks that are made for pairs that no other check covers."""
    return tuple(_CHECKS.values())


def _pair(pair: tuple[State, Arrival]) -> Pair:
    if pair in _NONE:
        return Pair(reason=_NONE[pair])
    return Pair(_COVERED[pair] if pair in _COVERED else _CHECKS[pair].id)


PAIRS: Final[Mapping[tuple[State, Arrival], Pair]] = {pair: _pair(pair) for pair in product(State, Arrival)}
"""Every state with every arrival."""

SEQUENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "bet, win": ("happy.win",),
    "bet, wins that do not finish the round, win that does": ("win.several",),
    "bet that is lost, win of 0": ("amount.zero",),
    "betwin": ("happy.betwin",),
    "bet refused, its cancel, retries of the cancel": ("refused.then_cancel", "refused.then_cancel_one_id"),
    "betwin refused, its cancel, retries of the cancel": ("cancel.refused_betwin",),
    "bet or betwin whose answer was late or lost, its cancel, retries of the cancel": (
        "cancel.late_bet",
        "cancel.duplicate",
        "taken.then_cancel_one_id",
        "betwin.then_cancel_one_id",
    ),
    "bet or betwin that never arrived, its cancel, retries of the cancel": (
        "cancel.unknown",
        "new.then_cancel_one_id",
    ),
    "bet or betwin that arrives after its cancel": ("cancel.before_bet", "cancel.before_betwin"),
    "bet at the same time as its cancel": ("cancel.race",),
    "round that the provider cancels": ("happy.cancel",),
    "win whose answer was late or lost, its retries": ("win.duplicate", "win.duplicate_later"),
    "callback that arrives twice at once": (
        "bet.duplicate_parallel",
        "win.duplicate_parallel",
        "betwin.duplicate_parallel",
        "cancel.duplicate_parallel",
    ),
    "free spin: bet of 0 with a bonus, its win": ("cancel.free_spin",),
    "fields in other spellings": (
        "spelling.numbers",
        "spelling.ids",
        "spelling.booleans",
        "spelling.command",
        "spelling.missing",
    ),
}
"""What the sandbox plays, with and without its faults, and the checks of it."""
