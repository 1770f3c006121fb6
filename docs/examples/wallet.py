import sqlite3
from contextlib import closing, contextmanager
from decimal import Decimal

from igamingace.callbacks import AlreadyRolledBack, NotAuthenticated, NotEnoughMoney, TransactionNotFound

SCHEMA = """
CREATE TABLE IF NOT EXISTS player (id TEXT PRIMARY KEY, cents INTEGER NOT NULL CHECK (cents >= 0));
CREATE TABLE IF NOT EXISTS booking (id TEXT PRIMARY KEY, command TEXT NOT NULL, player TEXT NOT NULL,
    round TEXT, cents INTEGER NOT NULL, won INTEGER NOT NULL, -- of a betwin: stake and win
    fingerprint TEXT NOT NULL, cancelled TEXT, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP); -- in UTC
CREATE INDEX IF NOT EXISTS booking_at ON booking (at);
CREATE TABLE IF NOT EXISTS cancelled (bet TEXT PRIMARY KEY, by TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS signature (signature TEXT PRIMARY KEY, fingerprint TEXT NOT NULL);
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
        bet, refund = callback.bet_id, 0
        this = callback.transaction_id or bet  # a cancel may have no id of its own
        with self.transaction(callback) as (db, cents):
            before = db.execute("SELECT by FROM cancelled WHERE bet = ?", (bet,)).fetchone()
            booked = db.execute(
                "SELECT cents - won, player FROM booking WHERE id = ? AND command != 'win'", (bet,)
            ).fetchone()
            if booked and booked[1] != callback.player_id:
                raise ValueError("the cancel names another player's bet")
            other = db.execute(
                "SELECT id FROM booking WHERE id = ? "
                "UNION SELECT bet FROM cancelled WHERE by = ? AND bet != ?",
                (this, this, bet),
            ).fetchone()
            if callback.transaction_id and other:
                raise ValueError("the id of the cancel is that of another callback")
            if before is None:  # remembered also when there is no such bet: it may arrive after its cancel
                db.execute("INSERT INTO cancelled VALUES (?, ?)", (bet, this))
                refund = booked[0] if booked else 0
                db.execute("UPDATE booking SET cancelled = ? WHERE id = ? AND command != 'win'", (this, bet))
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
            before = db.execute("SELECT fingerprint FROM booking WHERE id = ?", (this,)).fetchone()
            if before == (callback.fingerprint,):
                return Decimal(cents) / 100  # it came before: change nothing
            if before:
                raise ValueError("the id came before with another command or content")
            if db.execute("SELECT 1 FROM cancelled WHERE ? IN (bet, by)", (this,)).fetchone():
                raise NotAuthenticated("cancelled before it arrived, or the id of a cancel")
            if stake > cents:
                raise NotEnoughMoney(balance=Decimal(cents) / 100)
            amount, won = (win, 0) if callback.command == "win" else (stake, win)
            row = this, callback.command, callback.player_id, callback.round_id, amount, won
            db.execute(
                "INSERT INTO booking (id, command, player, round, cents, won, fingerprint) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*row, callback.fingerprint),
            )
            db.execute("UPDATE player SET cents = cents + ? WHERE id = ?", (change, callback.player_id))
            return Decimal(cents + change) / 100

    def check_signature(self, db, signature, fingerprint):  # kept whatever becomes of the callback
        db.execute("INSERT OR IGNORE INTO signature VALUES (?, ?)", (signature, fingerprint))
        first = db.execute("SELECT fingerprint FROM signature WHERE signature = ?", (signature,)).fetchone()
        if first != (fingerprint,):
            raise ValueError("the signature came before with other content: somebody has renamed fields")

    @contextmanager
    def transaction(self, callback):
        with closing(sqlite3.connect(self.path, timeout=2, isolation_level=None)) as db:
            if callback.command != "balance":
                self.check_signature(db, callback.signature, callback.fingerprint)
            db.execute("BEGIN IMMEDIATE")  # one writer at a time: what is read stays true until the commit
            player = db.execute("SELECT cents FROM player WHERE id = ?", (callback.player_id,)).fetchone()
            if player is None:
                raise NotAuthenticated("no such player")
            yield db, player[0]
            db.execute("COMMIT")


wallet = MyWallet("casino.db")
