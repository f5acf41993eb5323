-- +goose Up

-- A charge keeps what it was decided by: the days of a whole month, and the balance before it. Both are 0 of charges
-- from before.

ALTER TABLE charges ADD COLUMN month_days bigint NOT NULL DEFAULT 0;

ALTER TABLE charges ADD COLUMN balance_before bigint NOT NULL DEFAULT 0;

-- What open authorizations keep of an account's lots is not in their rests, nor in the account's balance.

ALTER TABLE accounts ADD COLUMN authorized bigint NOT NULL DEFAULT 0;

ALTER TABLE accounts ADD CONSTRAINT accounts_authorized_check CHECK (authorized >= 0);

CREATE TABLE authorizations (
  account_id text COLLATE "C" NOT NULL,
  authorization_id text COLLATE "C" NOT NULL,
  reference text COLLATE "C" NOT NULL,
  asked bigint NOT NULL,
  amount bigint NOT NULL CHECK (amount BETWEEN 1 AND asked),
  captured bigint NOT NULL CHECK (captured BETWEEN 0 AND amount),
  fate text COLLATE "C" NOT NULL CHECK (fate IN ('open', 'captured', 'released', 'expired')),
  made_on text COLLATE "C" NOT NULL,
  until_on text COLLATE "C" NOT NULL,
  ended_on text COLLATE "C" NOT NULL,
  made_at bigint NOT NULL,
  ended_at bigint,
  PRIMARY KEY (account_id, authorization_id),
  CHECK ((fate = 'captured') = (captured > 0)),
  CHECK ((fate = 'open') = (ended_on = ''))
) WITH (fillfactor = 85);

CREATE TABLE authorization_lines (
  account_id text COLLATE "C" NOT NULL,
  authorization_id text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  lot_id text COLLATE "C" NOT NULL,
  lot_position bigint NOT NULL,
  source text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  PRIMARY KEY (account_id, authorization_id, position)
);

CREATE INDEX authorizations_open ON authorizations (account_id) WHERE fate = 'open';
