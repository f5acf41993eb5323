-- +goose Up

-- Times are microseconds since 1970, dates are ISO texts ('' is none), amounts are minor units, ids are UUIDv7
-- made by the program. Texts are compared byte by byte, as SQLite does. There are no foreign keys: a row is
-- written in one transaction with the account that it belongs to, which that transaction has locked, nothing
-- is ever deleted from under it, and a check for each row would cost more than the row; scrip verify looks
-- for rows that lead nowhere.

CREATE TABLE accounts (
  account_id text COLLATE "C" PRIMARY KEY,
  email text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  language text COLLATE "C" NOT NULL,
  country text COLLATE "C" NOT NULL,
  currency text COLLATE "C" NOT NULL,
  zone text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  method text COLLATE "C" NOT NULL,
  method_token text COLLATE "C" NOT NULL,
  balance bigint NOT NULL CHECK (balance >= 0),
  status text COLLATE "C" NOT NULL CHECK (status IN ('none', 'active', 'held', 'closed')),
  plan text COLLATE "C" NOT NULL,
  pending text COLLATE "C" NOT NULL,
  payer text COLLATE "C" NOT NULL,
  cancelled boolean NOT NULL,
  anchor bigint NOT NULL,
  period_start text COLLATE "C" NOT NULL,
  period_end text COLLATE "C" NOT NULL,
  period_paid_by text COLLATE "C" NOT NULL,
  period_value bigint NOT NULL,
  period_valued_from text COLLATE "C" NOT NULL,
  period_charge text COLLATE "C" NOT NULL,
  held_on text COLLATE "C" NOT NULL,
  retried text COLLATE "C" NOT NULL,
  runs_out text COLLATE "C" NOT NULL,
  estimate_made text COLLATE "C" NOT NULL,
  estimate_holds text COLLATE "C" NOT NULL,
  catalog_version bigint NOT NULL,
  reminded text COLLATE "C" NOT NULL,
  due_at bigint,
  rests_until bigint NOT NULL,
  question_id text COLLATE "C" NOT NULL,
  last_event bigint NOT NULL,
  last_lot bigint NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE emails (
  email text COLLATE "C" PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL
);

CREATE TABLE cards (
  digest text COLLATE "C" PRIMARY KEY,
  key_id text COLLATE "C" NOT NULL,
  serial text COLLATE "C" NOT NULL,
  product text COLLATE "C" NOT NULL,
  country text COLLATE "C" NOT NULL,
  value bigint NOT NULL CHECK (value > 0),
  currency text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('issued', 'active', 'redeemed', 'frozen', 'voided', 'replaced')),
  redeemed_by text COLLATE "C" NOT NULL,
  batch text COLLATE "C" NOT NULL,
  issued_at bigint NOT NULL,
  activated_at bigint,
  redeemed_at bigint,
  CHECK ((state = 'redeemed') = (redeemed_by <> ''))
) WITH (fillfactor = 85);

CREATE TABLE card_serials (
  serial text COLLATE "C" PRIMARY KEY,
  digest text COLLATE "C" NOT NULL
);

CREATE TABLE card_transfers (
  digest text COLLATE "C" NOT NULL,
  transfer_id text COLLATE "C" NOT NULL,
  debit text COLLATE "C" NOT NULL,
  credit text COLLATE "C" NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  currency text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (transfer_id, digest),
  CHECK (debit <> credit)
);

CREATE TABLE lots (
  account_id text COLLATE "C" NOT NULL,
  lot_id text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  source text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  value bigint NOT NULL,
  rest bigint NOT NULL CHECK (rest BETWEEN 0 AND value),
  redeemed_at bigint NOT NULL,
  PRIMARY KEY (account_id, position),
  UNIQUE (account_id, source)
) WITH (fillfactor = 90);

CREATE TABLE charges (
  account_id text COLLATE "C" NOT NULL,
  charge_id text COLLATE "C" NOT NULL,
  plan text COLLATE "C" NOT NULL,
  period_start text COLLATE "C" NOT NULL,
  period_end text COLLATE "C" NOT NULL,
  ended_on text COLLATE "C" NOT NULL,
  total bigint NOT NULL CHECK (total > 0),
  tax bigint NOT NULL CHECK (tax BETWEEN 0 AND total),
  prorated boolean NOT NULL,
  paid_by text COLLATE "C" NOT NULL,
  charged_at bigint NOT NULL,
  PRIMARY KEY (account_id, charge_id),
  UNIQUE (account_id, period_start),
  CHECK (period_start < period_end)
);

CREATE TABLE charge_lines (
  account_id text COLLATE "C" NOT NULL,
  charge_id text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  lot_id text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  PRIMARY KEY (account_id, charge_id, position)
);

CREATE TABLE transfers (
  account_id text COLLATE "C" NOT NULL,
  transfer_id text COLLATE "C" NOT NULL,
  debit text COLLATE "C" NOT NULL,
  credit text COLLATE "C" NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  currency text COLLATE "C" NOT NULL,
  cause text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (transfer_id, account_id),
  CHECK (debit <> credit)
);

CREATE TABLE events (
  account_id text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  told_on text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (account_id, number)
);

CREATE TABLE notices (
  account_id text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sent', 'lapsed', 'failed')),
  attempts bigint NOT NULL,
  due_at bigint NOT NULL,
  created_at bigint NOT NULL,
  settled_at bigint,
  PRIMARY KEY (account_id, key)
) WITH (fillfactor = 85);

CREATE TABLE answers (
  account_id text COLLATE "C" NOT NULL,
  operation text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (account_id, operation, key)
);

CREATE TABLE questions (
  account_id text COLLATE "C" NOT NULL,
  question_id text COLLATE "C" NOT NULL,
  question text COLLATE "C" NOT NULL,
  put_on text COLLATE "C" NOT NULL,
  amount bigint NOT NULL,
  currency text COLLATE "C" NOT NULL,
  method_token text COLLATE "C" NOT NULL,
  command text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'approved', 'declined', 'silent', 'refunding', 'refunded')),
  attempts bigint NOT NULL,
  opened_at bigint NOT NULL,
  due_at bigint,
  answered_at bigint,
  PRIMARY KEY (account_id, question_id)
);

CREATE TABLE waiting (
  account_id text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  command text COLLATE "C" NOT NULL,
  received_at bigint NOT NULL,
  PRIMARY KEY (account_id, position)
);

CREATE TABLE sign_ins (
  sign_in_id text COLLATE "C" PRIMARY KEY,
  email text COLLATE "C" NOT NULL,
  browser text COLLATE "C" NOT NULL,
  language text COLLATE "C" NOT NULL,
  sender text COLLATE "C" NOT NULL,
  tries bigint NOT NULL,
  used boolean NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  mail_state text COLLATE "C" NOT NULL,
  mail_attempts bigint NOT NULL,
  mail_due_at bigint NOT NULL
);

CREATE TABLE sessions (
  token text COLLATE "C" PRIMARY KEY,
  data bytea NOT NULL,
  expires_at bigint NOT NULL
);

CREATE TABLE tries (
  scope text COLLATE "C" PRIMARY KEY,
  opened_at bigint NOT NULL,
  count bigint NOT NULL
);

CREATE TABLE catalogs (
  version bigint PRIMARY KEY,
  digest text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  at bigint NOT NULL
);

CREATE INDEX accounts_due ON accounts (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX notices_queued ON notices (due_at) WHERE state = 'queued';

CREATE INDEX questions_due ON questions (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX sign_ins_mail ON sign_ins (mail_due_at) WHERE mail_state = 'queued';

CREATE INDEX sign_ins_expiry ON sign_ins (expires_at);

CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE INDEX cards_batch ON cards (batch, serial);
