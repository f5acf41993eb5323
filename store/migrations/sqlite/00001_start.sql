-- +goose Up

CREATE TABLE accounts (
  account_id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  language TEXT NOT NULL,
  country TEXT NOT NULL,
  currency TEXT NOT NULL,
  zone TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  method TEXT NOT NULL,
  method_token TEXT NOT NULL,
  balance INTEGER NOT NULL CHECK (balance >= 0),
  status TEXT NOT NULL CHECK (status IN ('none', 'active', 'held', 'closed')),
  plan TEXT NOT NULL,
  pending TEXT NOT NULL,
  payer TEXT NOT NULL,
  cancelled INTEGER NOT NULL CHECK (cancelled IN (0, 1)),
  anchor INTEGER NOT NULL,
  period_start TEXT NOT NULL,
  period_end TEXT NOT NULL,
  period_paid_by TEXT NOT NULL,
  period_value INTEGER NOT NULL,
  period_valued_from TEXT NOT NULL,
  period_charge TEXT NOT NULL,
  held_on TEXT NOT NULL,
  retried TEXT NOT NULL,
  runs_out TEXT NOT NULL,
  estimate_made TEXT NOT NULL,
  estimate_holds TEXT NOT NULL,
  catalog_version INTEGER NOT NULL,
  reminded TEXT NOT NULL,
  due_at INTEGER,
  rests_until INTEGER NOT NULL,
  question_id TEXT NOT NULL,
  last_event INTEGER NOT NULL,
  last_lot INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE emails (
  email TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cards (
  digest TEXT PRIMARY KEY,
  key_id TEXT NOT NULL,
  serial TEXT NOT NULL,
  product TEXT NOT NULL,
  country TEXT NOT NULL,
  value INTEGER NOT NULL CHECK (value > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('issued', 'active', 'redeemed', 'frozen', 'voided', 'replaced')),
  redeemed_by TEXT NOT NULL,
  batch TEXT NOT NULL,
  issued_at INTEGER NOT NULL,
  activated_at INTEGER,
  redeemed_at INTEGER,
  CHECK ((state = 'redeemed') = (redeemed_by <> ''))
) STRICT, WITHOUT ROWID;

CREATE TABLE card_serials (
  serial TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  FOREIGN KEY (digest) REFERENCES cards (digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE card_transfers (
  digest TEXT NOT NULL,
  transfer_id TEXT NOT NULL,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (transfer_id, digest),
  CHECK (debit <> credit),
  FOREIGN KEY (digest) REFERENCES cards (digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE lots (
  account_id TEXT NOT NULL,
  lot_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  value INTEGER NOT NULL,
  rest INTEGER NOT NULL CHECK (rest BETWEEN 0 AND value),
  redeemed_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, position),
  UNIQUE (account_id, source),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE charges (
  account_id TEXT NOT NULL,
  charge_id TEXT NOT NULL,
  plan TEXT NOT NULL,
  period_start TEXT NOT NULL,
  period_end TEXT NOT NULL,
  ended_on TEXT NOT NULL,
  total INTEGER NOT NULL CHECK (total > 0),
  tax INTEGER NOT NULL CHECK (tax BETWEEN 0 AND total),
  prorated INTEGER NOT NULL,
  paid_by TEXT NOT NULL,
  charged_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, charge_id),
  UNIQUE (account_id, period_start),
  CHECK (period_start < period_end),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE charge_lines (
  account_id TEXT NOT NULL,
  charge_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  lot_id TEXT NOT NULL,
  source TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  PRIMARY KEY (account_id, charge_id, position),
  FOREIGN KEY (account_id, charge_id) REFERENCES charges (account_id, charge_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE transfers (
  account_id TEXT NOT NULL,
  transfer_id TEXT NOT NULL,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  cause TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (transfer_id, account_id),
  CHECK (debit <> credit),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  account_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  told_on TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (account_id, number),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
  account_id TEXT NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'lapsed', 'failed')),
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  PRIMARY KEY (account_id, key),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE answers (
  account_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (account_id, operation, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE questions (
  account_id TEXT NOT NULL,
  question_id TEXT NOT NULL,
  question TEXT NOT NULL,
  put_on TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  method_token TEXT NOT NULL,
  command TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'declined', 'silent', 'refunding', 'refunded')),
  attempts INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  due_at INTEGER,
  answered_at INTEGER,
  PRIMARY KEY (account_id, question_id),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE waiting (
  account_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  command TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, position),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_ins (
  sign_in_id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  browser TEXT NOT NULL,
  language TEXT NOT NULL,
  sender TEXT NOT NULL,
  tries INTEGER NOT NULL,
  used INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  mail_state TEXT NOT NULL,
  mail_attempts INTEGER NOT NULL,
  mail_due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  token TEXT PRIMARY KEY,
  data BLOB NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tries (
  scope TEXT PRIMARY KEY,
  opened_at INTEGER NOT NULL,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE catalogs (
  version INTEGER PRIMARY KEY,
  digest TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX accounts_due ON accounts (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX notices_queued ON notices (due_at) WHERE state = 'queued';

CREATE INDEX questions_due ON questions (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX sign_ins_mail ON sign_ins (mail_due_at) WHERE mail_state = 'queued';

CREATE INDEX sign_ins_expiry ON sign_ins (expires_at);

CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE INDEX cards_batch ON cards (batch, serial);
