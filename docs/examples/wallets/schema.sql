-- The book of both reference wallets. Amounts are integers: ten-thousandths of the currency's unit, so that every
-- currency's minor unit fits and no amount is ever a binary fraction.
CREATE TABLE IF NOT EXISTS player (
    id TEXT PRIMARY KEY,
    currency TEXT NOT NULL,
    balance INTEGER NOT NULL CHECK (balance >= 0),
    has_session INTEGER NOT NULL DEFAULT 1 -- 0: may not bet; wins and refunds are booked all the same
);
CREATE TABLE IF NOT EXISTS booking (
    id TEXT PRIMARY KEY,       -- transactionId; kept for ever, for it makes the callback idempotent
    command TEXT NOT NULL,     -- bet, win, betwin, cancel; void: a bet that was cancelled before it came
    player TEXT NOT NULL,
    round TEXT,
    taken INTEGER NOT NULL DEFAULT 0,
    given INTEGER NOT NULL DEFAULT 0,
    reference TEXT,            -- of a cancel: the bet
    cancelled_by TEXT,         -- of a bet: the id of the cancel that refunded it
    at TEXT NOT NULL           -- when it was booked, in UTC: a reconciliation reads by it
);
CREATE INDEX IF NOT EXISTS booking_at ON booking (at);
-- What a reconciliation reads: of each row its amount, and of a betwin also what was won. A cancel marks its bet.
CREATE VIEW IF NOT EXISTS transactions AS
    SELECT id, command, player, round, CASE command WHEN 'win' THEN given ELSE taken END AS amount, given AS won,
        cancelled_by, at
    FROM booking WHERE command IN ('bet', 'win', 'betwin');
CREATE TABLE IF NOT EXISTS signature (
    signature TEXT PRIMARY KEY,
    content TEXT NOT NULL      -- what it came with first: the same signature with anything else is a forgery
);
