-- +goose Up

-- A charge keeps what it was decided by: the days of a whole month, and the balance before it. Both are 0 of charges
-- from before.

ALTER TABLE charges ADD COLUMN month_days INTEGER NOT NULL DEFAULT 0;

ALTER TABLE charges ADD COLUMN balance_before INTEGER NOT NULL DEFAULT 0;

-- What open authorizations keep of an account's lots is not in their rests, nor in the account's balance.

ALTER TABLE accounts ADD COLUMN authorized INTEGER NOT NULL DEFAULT 0 CHECK (authorized >= 0);

CREATE TABLE authorizations (
  account_id TEXT NOT NULL,
  authorization_id TEXT NOT NULL,
  reference TEXT NOT NULL,
  asked INTEGER NOT NULL,
  amount INTEGER NOT NULL CHECK (amount BETWEEN 1 AND asked),
  captured INTEGER NOT NULL CHECK (captured BETWEEN 0 AND amount),
  fate TEXT NOT NULL CHECK (fate IN ('open', 'captured', 'released', 'expired')),
  made_on TEXT NOT NULL,
  until_on TEXT NOT NULL,
  ended_on TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  ended_at INTEGER,
  PRIMARY KEY (account_id, authorization_id),
  CHECK ((fate = 'captured') = (captured > 0)),
  CHECK ((fate = 'open') = (ended_on = '')),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE authorization_lines (
  account_id TEXT NOT NULL,
  authorization_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  lot_id TEXT NOT NULL,
  lot_position INTEGER NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  PRIMARY KEY (account_id, authorization_id, position),
  FOREIGN KEY (account_id, authorization_id) REFERENCES authorizations (account_id, authorization_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX authorizations_open ON authorizations (account_id) WHERE fate = 'open';
