import sqlite3
from contextlib import closing, contextmanager
from decimal import Decimal

from igamingace.callbacks import AlreadyRolledBack, NotAuthenticated, NotEnoughMoney, TransactionNotFound

SCHEMA = """
CREATE TABLE IF NOT EXISTS player (id TEXT PRIMARY KEY, cents INTEGER NOT NULL CHECK (cents >= 0));
CREATE TABLE IF NOT EXISTS booking (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL);  -- by transactionId
CREATE TABLE IF NOT EXISTS cancelled (bet INTEGER PRIMARY KEY, by INTEGER NOT NULL);
"""


def in_cents(amount):
    cents = int(amount * 100)
    if cents != amount * 100:
        raise ValueError("finer than a cent: refused, not cut")
    return cents


class MyWallet:
    def __init__(self, path):
        self.path = path
        with closing(sqlite3.connect(path)) as db:
            db.executescript(SCHEMA)

    def balance(self, callback):
        with self.transaction(callback) as (_, cents):
            return Decimal(cents) / 100

    def bet(self, callback):
        return self.book(callback, stake=in_cents(callback.amount))

    def win(self, callback):
        return self.book(callback, win=in_cents(callback.amount))

    def betwin(self, callback):
        return self.book(callback, stake=in_cents(callback.bet_amount), win=in_cents(callback.win_amount))

    def cancel(self, callback):
        this, bet, refund = callback.transaction_id, callback.reference_id, 0
        with self.transaction(callback) as (db, cents):
            before = db.execute("SELECT by FROM cancelled WHERE bet = ?", (bet,)).fetchone()
            booked = db.execute("SELECT cents FROM booking WHERE id = ?", (bet,)).fetchone()
            if before is None:  # remembered also when there is no such bet: it may arrive after its cancel
                db.execute("INSERT INTO cancelled VALUES (?, ?)", (bet, this))
                refund = -booked[0] if booked else 0
            db.execute("UPDATE player SET cents = cents + ? WHERE id = ?", (refund, callback.player_id))
        balance = Decimal(cents + refund) / 100
        if not booked:
            raise TransactionNotFound(balance=balance)
        if before and before[0] != this:
            raise AlreadyRolledBack(balance=balance)
        return balance

    def book(self, callback, stake=0, win=0):
        this, change = callback.transaction_id, win - stake
        with self.transaction(callback) as (db, cents):
            if db.execute("SELECT 1 FROM booking WHERE id = ?", (this,)).fetchone():
                return Decimal(cents) / 100  # it came before: change nothing
            if db.execute("SELECT 1 FROM cancelled WHERE bet = ?", (this,)).fetchone():
                raise NotAuthenticated("cancelled before it arrived")
            if stake > cents:
                raise NotEnoughMoney(balance=Decimal(cents) / 100)
            db.execute("INSERT INTO booking VALUES (?, ?)", (this, change))
            db.execute("UPDATE player SET cents = cents + ? WHERE id = ?", (change, callback.player_id))
            return Decimal(cents + change) / 100

    @contextmanager
    def transaction(self, callback):
        with closing(sqlite3.connect(self.path, timeout=2, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")  # one writer at a time: what is read stays true until the commit
            player = db.execute("SELECT cents FROM player WHERE id = ?", (callback.player_id,)).fetchone()
            if player is None:
                raise NotAuthenticated("no such player")
            yield db, player[0]
            db.execute("COMMIT")


wallet = MyWallet("casino.db")
