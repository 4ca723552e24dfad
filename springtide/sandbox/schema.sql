-- The gateway's own books. Nothing here is shared with the shop.
CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    merchant_reference TEXT NOT NULL,
    page_token TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    doc BLOB NOT NULL,
    UNIQUE (account, merchant_reference)
) STRICT;

CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    merchant_reference TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('authorised', 'captured', 'voided', 'refunded')),
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    reference TEXT NOT NULL,
    occurred_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entries_by_account ON entries (account, seq);
CREATE TRIGGER IF NOT EXISTS entries_keep BEFORE UPDATE ON entries
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE DELETE ON entries
BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END;

CREATE TABLE IF NOT EXISTS idempotency (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    reply BLOB NOT NULL,
    PRIMARY KEY (account, key)
) STRICT;

-- Scenario chosen for a request by its key (so that a repeat meets the same one) and how often its fault struck.
CREATE TABLE IF NOT EXISTS strikes (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    scenario BLOB,
    struck INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, key)
) STRICT;

CREATE TABLE IF NOT EXISTS plans (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    method TEXT,
    merchant_reference TEXT,
    amount_minor INTEGER,
    times_left INTEGER NOT NULL,
    scenario BLOB NOT NULL
) STRICT;

-- Things that happen by themselves at a time: the deadline, an acting buyer, money that arrives late.
CREATE TABLE IF NOT EXISTS timers (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    due_at REAL NOT NULL,
    payment_id TEXT NOT NULL,
    act TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS timers_due ON timers (due_at);

CREATE TABLE IF NOT EXISTS webhooks (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL,
    account TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    url TEXT NOT NULL,
    body BLOB NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    copies_left INTEGER NOT NULL DEFAULT 1,
    last_answer TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS webhooks_due ON webhooks (due_at) WHERE copies_left > 0;

CREATE TABLE IF NOT EXISTS outages (account TEXT PRIMARY KEY) STRICT;
