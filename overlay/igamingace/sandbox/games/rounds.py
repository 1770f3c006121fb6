"""Plays rounds: moves the player's money and records the transactions of the agent."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import EXACT
from igamingace._wallet_client.verdict import OK, judge_refund
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.faults.fault import RECORD_KINDS
from igamingace.sandbox.games.sessions import Round, Session
from igamingace.sandbox.games.wallet_modes import BalanceChange
from igamingace.sandbox.store.ids import new_id
from igamingace.sandbox.store.models import TransactionType

if TYPE_CHECKING:
    from collections.abc import Generator

    from igamingace.sandbox._runtime import Runtime
    from igamingace.sandbox.games.callback_sender import Check
    from igamingace.sandbox.games.delivery import Delivery
    from igamingace.sandbox.games.wallet_modes import WalletMode

_CREDITS: Final = (TransactionType.WIN, TransactionType.BET_CANCEL, TransactionType.BONUS_CALL)
"""The types that add to the player's balance."""
_COMMANDS: Final = {
    TransactionType.BET: "bet",
    TransactionType.WIN: "win",
    TransactionType.BONUS_CALL: "win",
    TransactionType.BET_CANCEL: "cancel",
}
"""What a fault calls a type, where no callback was sent."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of something that was played.

    Attributes:
        accepted: Whether it took place, as far as the platform knows.
        deliveries: The callbacks that were sent for it, each try; none in transfer mode.
    """

    accepted: bool
    deliveries: list[Delivery]


class Rounds:
    """Plays rounds; the caller sees to it that one player plays one thing at a time.

    What the vendor does not say, and is assumed: an agent's points fall by what its players stake in seamless
    mode and rise by what they win, while in transfer mode deposits and withdrawals have moved them already; a
    round has one stake, and ends with a win that says so, with a cancel, or with the session. Play of a
    streamer moves no points and is in no report.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime: Final = runtime

    async def bet(self, session: Session, mode: WalletMode, stake: Decimal, *, lost: bool = False) -> Played:
        """Begin a round with a stake; one that is not accepted is cancelled at once.

        Assumed: also one that the wallet has refused in good order, since the vendor calls it unsuccessful. A
        `lost` one ends with its bet where the dialect says so there, else with a win of 0.
        """
        tells_losses = self._runtime.dialect.tells_losses
        with self._start_round(session, stake) as round_:
            taken = await mode.bet(session, round_, lost=lost and not tells_losses)
            self._record(session, round_, TransactionType.BET, stake, taken)
        if not taken.applied:
            return await self._cancel_bet(session, mode, round_, taken)
        session.round = round_
        if not lost:
            return Played(accepted=True, deliveries=taken.deliveries)
        ended = await self.lose(session, mode)
        return Played(ended.accepted, [*taken.deliveries, *ended.deliveries])

    async def lose(self, session: Session, mode: WalletMode) -> Played:
        """End the round: with a win of 0, or without any callback where the dialect has none for it."""
        _open_round(session)
        if self._runtime.dialect.tells_losses or session.mode == "transfer":
            return await self.win(session, mode, Decimal(0))
        session.round = None
        return Played(accepted=True, deliveries=[])

    async def win(
        self, session: Session, mode: WalletMode, amount: Decimal, *, finished: bool = True
    ) -> Played:
        """Pay a win of the round."""
        round_ = _open_round(session)
        paid = await mode.win(session, round_, amount, finished=finished)
        self._record(session, round_, TransactionType.WIN, amount, paid)
        round_.won = EXACT.add(round_.won, amount)
        if finished:
            session.round = None
        return Played(paid.applied, paid.deliveries)

    async def betwin(self, session: Session, mode: WalletMode, stake: Decimal, amount: Decimal) -> Played:
        """Play a whole round at once."""
        with self._start_round(session, stake) as round_:
            moved = await mode.betwin(session, round_, amount)
            staked = BalanceChange(
                moved.transaction_id, moved.deliveries, None
            )  # the answered balance includes the win
            self._record(session, round_, TransactionType.BET, stake, staked)
        if not moved.applied:
            return await self._cancel_bet(session, mode, round_, moved)
        self._record(session, round_, TransactionType.WIN, amount, moved)
        return Played(accepted=True, deliveries=moved.deliveries)

    async def cancel(self, session: Session, mode: WalletMode) -> Played:
        """Give the round's stake back, as a provider does whose game has failed."""
        round_ = _open_round(session)
        returned = await mode.cancel(session, round_)
        self._record(session, round_, TransactionType.BET_CANCEL, round_.stake, returned)
        session.round = None
        return Played(returned.applied, returned.deliveries)

    async def spin(self, session: Session, mode: WalletMode, amount: Decimal | None) -> Played:
        """Play one free spin of the player's bonus call; it pays `amount`, or what a spin is played at.

        Assumed: a spin is a bet of 0 with `isBonusBusy` and the call's id, followed by a win with that id,
        which the report calls a BonusCall; it pays no more than what the call may still pay; a spin whose bet
        failed is not used up.
        """
        bonus = session.bonus(self._runtime.clock())
        if bonus is None:
            raise SandboxError(
                "PARAMETERS_INVALID", "the player has no bonus call to play in this game", status=409
            )
        with self._start_round(session, Decimal(0)) as round_:
            taken = await mode.bet(session, round_, bonus)
            self._record(session, round_, TransactionType.BET, Decimal(0), taken)
        if not taken.applied:
            return await self._cancel_bet(session, mode, round_, taken)
        left = EXACT.subtract(bonus.amount, bonus.won)
        won = min(bonus.base_bet if amount is None else amount, left)
        bonus.remaining -= 1
        bonus.won = EXACT.add(bonus.won, won)
        paid = await mode.win(session, round_, won, bonus=bonus)
        self._record(session, round_, TransactionType.BONUS_CALL, won, paid)
        return Played(paid.applied, [*taken.deliveries, *paid.deliveries])

    @contextmanager
    def _start_round(self, session: Session, stake: Decimal) -> Generator[Round]:
        """Begin a round, whose bet the block records; its points are taken now: others bet meanwhile."""
        if session.round is not None:
            raise SandboxError(
                "PARAMETERS_INVALID", "a round is open: win, lose or cancel it first", status=409
            )
        round_ = Round(new_id(), new_id(), stake)
        if not _moves_points(session):
            yield round_
            return
        account, currency = session.account, session.currency
        if account.points[currency] < stake:
            raise SandboxError(
                "POINT_NOT_ENOUGH", f"{account.id} has {account.points[currency]} {currency} left"
            )
        with account.stake(currency, stake):
            yield round_

    async def _cancel_bet(
        self, session: Session, mode: WalletMode, round_: Round, taken: BalanceChange
    ) -> Played:
        """Cancel a bet that was not accepted; both are recorded."""
        problem = session.problem
        returned = await mode.cancel(session, round_, _refund_check(session, round_, taken))
        self._record(session, round_, TransactionType.BET_CANCEL, round_.stake, returned)
        if returned.deliveries[-1].verdict.status_code != OK or returned.applied:
            session.problem = problem  # the bet's, unless the cancel shows a worse one
        return Played(accepted=False, deliveries=[*taken.deliveries, *returned.deliveries])

    def _record(
        self, session: Session, round_: Round, kind: TransactionType, amount: Decimal, change: BalanceChange
    ) -> None:
        """Record a transaction, whether the wallet accepted it or not: the records are the platform's."""
        session.rounds += kind is TransactionType.BET
        if session.is_streamer:
            return
        if _moves_points(session) and kind in _CREDITS:
            session.account.add_points(session.currency, amount)
        command = change.deliveries[0].command if change.deliveries else _COMMANDS[kind]
        faults = self._runtime.faults
        if faults and faults.draw_callback(session.account.id, command, RECORD_KINDS):
            return
        self._runtime.state.record(
            session.account,
            kind,
            session.player.external_id,
            (amount, session.currency),
            self._runtime.clock(),
            round_id=round_.id,
            game=(session.provider.id, session.game.id),
            number=change.transaction_id,
            balance=change.balance,
        )


def _refund_check(session: Session, round_: Round, taken: BalanceChange) -> Check | None:
    """Return what looks at the balance after the cancel; None where the one before the bet is not known.

    It is what the wallet told with its refusal, else what this session saw last, if it is the player's only
    one.
    """
    refusal = next((each for each in taken.deliveries if each.verdict.outcome == "refused"), None)
    before = session.balance if session.player.playing <= 1 else None
    if refusal is not None and refusal.verdict.balance is not None:
        before = refusal.verdict.balance
    if before is None:
        return None
    return partial(judge_refund, before=before, stake=round_.stake, bet_refused=refusal is not None)


def _moves_points(session: Session) -> bool:
    return session.mode == "seamless" and not session.is_streamer


def _open_round(session: Session) -> Round:
    if session.round is None:
        raise SandboxError("PARAMETERS_INVALID", "no round is open: bet first", status=409)
    return session.round
