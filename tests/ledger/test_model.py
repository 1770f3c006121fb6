"""Any order of any callbacks does what a model of a page does."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from igamingace.callbacks import Bet, BetWin, Cancel, Refusal, Win

OK = "OK"
UNKNOWN = "ERR_UNKNOWN"
PLAYERS = st.sampled_from(["ann", "ann", "bob", "nobody"])
NUMBERS = st.integers(1, 8)
AMOUNTS = st.decimals(0, 60, places=2) | st.sampled_from(
    [Decimal(0), Decimal(10), Decimal(10), Decimal("1e30")]
)


class Model:
    """What should happen: dictionaries, one callback at a time."""

    def __init__(self):
        self.balances = {"ann": Decimal(50), "bob": Decimal(0)}
        self.booked = {}  # transactionId: the callback as it came
        self.undone = {}  # by the transactionId of a bet: what the cancel that undid it is known by

    def change(self, player, number, content, debit, credit):
        if player not in self.balances:
            return "ERR_NOT_AUTHENTICATED"
        if number in self.booked or number in self.undone:
            same = number not in self.undone and self.booked[number] == (player, content, debit, credit)
            return (
                OK
                if same
                else UNKNOWN
                if number in self.booked or content == "win"
                else "ERR_TRANSACTION_ROLLED_BACK"
            )
        if debit > self.balances[player]:
            return "ERR_NOT_ENOUGH_MONEY"
        if credit >= Decimal("1e30"):
            return UNKNOWN
        self.booked[number] = (player, content, debit, credit)
        self.balances[player] += credit - debit
        return OK

    def cancel(self, player, number, of):
        if player not in self.balances:
            return "ERR_NOT_AUTHENTICATED"
        if number in self.booked:
            return OK if self.booked[number] == (player, "cancel", of) else UNKNOWN
        if number in self.undone:
            return UNKNOWN
        if of not in self.booked:
            self.undone.setdefault(of, number)
            return "ERR_TRANSACTION_DOES_NOT_EXIST"
        return self.undo(player, number, of)

    def cancel_without_id(self, player, of):
        if player not in self.balances:
            return "ERR_NOT_AUTHENTICATED"
        if of not in self.booked:
            self.undone.setdefault(of, of)
            return "ERR_TRANSACTION_DOES_NOT_EXIST"
        owner, content, *_ = self.booked[of]
        if content not in {"bet", "betwin"}:
            return UNKNOWN
        if owner == player and self.undone.get(of) == of:
            return OK
        return self.undo(player, of, of)

    def undo(self, player, number, of):
        owner, content, *amounts = self.booked[of]
        if content not in {"bet", "betwin"}:
            return "ERR_TRANSACTION_DOES_NOT_EXIST"
        if owner != player:
            return UNKNOWN
        if of in self.undone:
            return "ERR_TRANSACTION_ROLLED_BACK"
        debit, credit = amounts
        if self.balances[player] + debit - credit < 0:
            return UNKNOWN
        self.balances[player] += debit - credit
        if number != of:
            self.booked[number] = (player, "cancel", of)
        self.undone[of] = number
        return OK


class Callbacks(RuleBasedStateMachine):
    def __init__(self, ledger):
        super().__init__()
        self.ledger = ledger

    @initialize()
    def open(self):
        with self.ledger.engine.begin() as connection:
            for table in self.ledger._schema.own_tables():
                if table is not self.ledger._schema.version:
                    connection.execute(table.delete())
        self.model = Model()
        for player in self.model.balances:
            self.ledger.add_player(player, "USD")
        self.ledger.deposit("ann", 50)

    def answered(self, model, player, number, **fields):
        common = {"roundId": 1, "providerId": 1, "gameCode": 1, "timestamp": datetime.now(UTC)}
        command = model.__name__.lower()
        callback = model(command=command, transactionId=number, playerId=player, **common, **fields)
        try:
            balance, status = getattr(self.ledger, command)(callback), OK
        except Refusal as refusal:
            balance, status = refusal.balance, refusal.status_code
        assert balance in {None, self.model.balances.get(player)}
        assert balance is not None or status != OK
        return status

    @rule(player=PLAYERS, number=NUMBERS, amount=AMOUNTS)
    def bet(self, player, number, amount):
        due = self.model.change(player, number, "bet", amount, 0)
        fields = {"currency": "USD", "amount": amount, "isBonusBusy": False, "bonusId": 0}
        assert rolled(self.answered(Bet, player, number, **fields)) == rolled(due)

    @rule(player=PLAYERS, number=NUMBERS, amount=AMOUNTS)
    def win(self, player, number, amount):
        due = self.model.change(player, number, "win", 0, amount)
        assert self.answered(Win, player, number, amount=amount, isRoundFinished=True, bonusId=0) == due

    @rule(player=PLAYERS, number=NUMBERS, bet=AMOUNTS, win=AMOUNTS)
    def betwin(self, player, number, bet, win):
        due = self.model.change(player, number, "betwin", bet, win)
        assert rolled(
            self.answered(BetWin, player, number, betAmount=bet, winAmount=win, bonusId=0)
        ) == rolled(due)

    @rule(player=PLAYERS, number=NUMBERS, of=NUMBERS)
    def cancel(self, player, number, of):
        due = self.model.cancel(player, number, of)
        assert self.answered(Cancel, player, number, referenceId=of) == due

    @rule(player=PLAYERS, of=NUMBERS)
    def cancel_without_an_id_of_its_own(self, player, of):
        due = self.model.cancel_without_id(player, of)
        assert self.answered(Cancel, player, of) == due

    @rule(player=st.sampled_from(["ann", "bob"]), amount=st.decimals("0.01", 60, places=2))
    def deposit(self, player, amount):
        self.model.balances[player] += amount
        assert self.ledger.deposit(player, amount) == self.model.balances[player]

    @invariant()
    def books_agree(self):
        for player, balance in self.model.balances.items() if hasattr(self, "model") else ():
            assert self.ledger.balance_of(player) == balance >= 0
            history = self.ledger.history(player, limit=1000)
            assert sum(entry.credit - entry.debit for entry in history) == balance


def rolled(status):
    """The contract knows no ERR_TRANSACTION_ROLLED_BACK for bets: wallet_app answers ERR_UNKNOWN."""
    return UNKNOWN if status == "ERR_TRANSACTION_ROLLED_BACK" else status


EXAMPLES = [
    ("sqlite", 40),
    ("postgresql", 20),
    ("engine", 10),
    pytest.param("pgbouncer", 10, marks=pytest.mark.proof),
    pytest.param("pgbouncer_engine", 10, marks=pytest.mark.proof),
]


@pytest.mark.parametrize(("database", "examples"), EXAMPLES, indirect=["database"])
def test_any_order_of_callbacks_does_what_the_model_does(opened, examples):
    ledger = opened()
    checks = list(HealthCheck)
    options = settings(
        max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=checks
    )
    run_state_machine_as_test(lambda: Callbacks(ledger), settings=options)  # type: ignore[arg-type]
