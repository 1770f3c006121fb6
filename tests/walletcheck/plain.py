"""A plain wallet that does only what is documented: WSGI, sqlite3, one file, no library of ours.

It knows nothing of other spellings, of cancels that overtake their bets or of renamed fields.
"""

import base64
import hashlib
import hmac
import json
import sqlite3
import threading
from contextlib import closing
from decimal import Decimal

from .wallets import PLAYER, TOKEN

SCHEMA = """
CREATE TABLE player (id TEXT PRIMARY KEY, cents INTEGER NOT NULL);
CREATE TABLE booking (id INTEGER PRIMARY KEY, command TEXT, cents INTEGER, refunded INTEGER DEFAULT 0);
"""


def javascript(value):
    """Return a value as the documented JavaScript joins it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


class PlainWallet:
    def __init__(self, path, cents=100_000):
        self.path = path
        self.lock = threading.Lock()
        with closing(sqlite3.connect(path)) as db, db:
            db.executescript(SCHEMA)
            db.execute("INSERT INTO player VALUES (?, ?)", (PLAYER, cents))

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read()
        try:
            code, cents = self.answer(body, environ.get("HTTP_X_REQUEST_SIGNATURE", ""))
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
            code, cents = "ERR_UNKNOWN", 0
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"balance": cents / 100, "statusCode": code}).encode()]

    def answer(self, body, signature):
        fields = json.loads(body, parse_float=Decimal)
        text = ",".join(javascript(fields[name]) for name in sorted(fields))
        digest = hmac.new(TOKEN.encode(), text.encode(), hashlib.sha512).digest()
        if not hmac.compare_digest(base64.b64encode(digest), signature.encode("latin-1")):
            return "ERR_INTEGRITY_CHECK_FAILED", 0
        with self.lock, closing(sqlite3.connect(self.path)) as db, db:
            db.execute("PRAGMA synchronous = OFF")  # no test cuts the power
            row = db.execute("SELECT cents FROM player WHERE id = ?", (fields["playerId"],)).fetchone()
            if row is None:
                return "ERR_NOT_AUTHENTICATED", 0
            code, change = self.book(db, fields, row[0])
            db.execute("UPDATE player SET cents = cents + ? WHERE id = ?", (change, fields["playerId"]))
            return code, row[0] + change

    def book(self, db, fields, cents):
        command = fields["command"]
        if command == "balance":
            return "OK", 0
        if db.execute("SELECT 1 FROM booking WHERE id = ?", (fields["transactionId"],)).fetchone():
            return "OK", 0
        if command == "cancel":
            return self.cancel(db, fields)
        stake = {"bet": "amount", "betwin": "betAmount"}.get(command)
        win = {"win": "amount", "betwin": "winAmount"}.get(command)
        if stake is None and win is None:
            return "ERR_UNKNOWN", 0
        staked, won = (int(fields[name] * 100) if name else 0 for name in (stake, win))
        if staked > cents:
            return "ERR_NOT_ENOUGH_MONEY", 0
        row = fields["transactionId"], command, won - staked
        db.execute("INSERT INTO booking (id, command, cents) VALUES (?, ?, ?)", row)
        return "OK", won - staked

    def cancel(self, db, fields):
        bet = db.execute(
            "SELECT cents, refunded FROM booking WHERE id = ? AND command IN ('bet', 'betwin')",
            (fields["referenceId"],),
        ).fetchone()
        if bet is None:
            return "ERR_TRANSACTION_DOES_NOT_EXIST", 0
        if bet[1]:
            return "ERR_TRANSACTION_ROLLED_BACK", 0
        db.execute("UPDATE booking SET refunded = 1 WHERE id = ?", (fields["referenceId"],))
        row = fields["transactionId"], "cancel", -bet[0]
        db.execute("INSERT INTO booking (id, command, cents) VALUES (?, ?, ?)", row)
        return "OK", -bet[0]
