-- The schema in PostgreSQL's dialect, from which sqlc learns the types of the queries beside it. It has
-- the columns of migrations/sqlite. Times are microseconds since 1970, dates are ISO texts ('' is none),
-- amounts are minor units, ids are UUIDv7 made by the program.

CREATE TABLE accounts (
  account_id text PRIMARY KEY,
  email text NOT NULL,
  created_at bigint NOT NULL,
  language text NOT NULL,
  country text NOT NULL,
  currency text NOT NULL,
  zone text NOT NULL,
  epoch bigint NOT NULL,
  method text NOT NULL,
  method_token text NOT NULL,
  balance bigint NOT NULL,
  status text NOT NULL,
  plan text NOT NULL,
  pending text NOT NULL,
  payer text NOT NULL,
  cancelled boolean NOT NULL,
  anchor bigint NOT NULL,
  period_start text NOT NULL,
  period_end text NOT NULL,
  period_paid_by text NOT NULL,
  period_value bigint NOT NULL,
  period_valued_from text NOT NULL,
  period_charge text NOT NULL,
  held_on text NOT NULL,
  retried text NOT NULL,
  runs_out text NOT NULL,
  estimate_made text NOT NULL,
  estimate_holds text NOT NULL,
  catalog_version bigint NOT NULL,
  reminded text NOT NULL,
  due_at bigint,
  rests_until bigint NOT NULL,
  question_id text NOT NULL,
  last_event bigint NOT NULL,
  last_lot bigint NOT NULL
);

CREATE TABLE emails (
  email text PRIMARY KEY,
  account_id text NOT NULL
);

CREATE TABLE cards (
  digest text PRIMARY KEY,
  key_id text NOT NULL,
  serial text NOT NULL,
  product text NOT NULL,
  country text NOT NULL,
  value bigint NOT NULL,
  currency text NOT NULL,
  state text NOT NULL,
  redeemed_by text NOT NULL,
  batch text NOT NULL,
  issued_at bigint NOT NULL,
  activated_at bigint,
  redeemed_at bigint
);

CREATE TABLE card_serials (
  serial text PRIMARY KEY,
  digest text NOT NULL
);

CREATE TABLE card_transfers (
  digest text NOT NULL,
  transfer_id text NOT NULL,
  debit text NOT NULL,
  credit text NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (transfer_id, digest)
);

CREATE TABLE lots (
  account_id text NOT NULL,
  lot_id text NOT NULL,
  position bigint NOT NULL,
  source text NOT NULL,
  kind text NOT NULL,
  value bigint NOT NULL,
  rest bigint NOT NULL,
  redeemed_at bigint NOT NULL,
  PRIMARY KEY (account_id, position)
);

CREATE TABLE charges (
  account_id text NOT NULL,
  charge_id text NOT NULL,
  plan text NOT NULL,
  period_start text NOT NULL,
  period_end text NOT NULL,
  ended_on text NOT NULL,
  total bigint NOT NULL,
  tax bigint NOT NULL,
  prorated boolean NOT NULL,
  paid_by text NOT NULL,
  charged_at bigint NOT NULL,
  PRIMARY KEY (account_id, charge_id)
);

CREATE TABLE charge_lines (
  account_id text NOT NULL,
  charge_id text NOT NULL,
  position bigint NOT NULL,
  lot_id text NOT NULL,
  source text NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (account_id, charge_id, position)
);

CREATE TABLE transfers (
  account_id text NOT NULL,
  transfer_id text NOT NULL,
  debit text NOT NULL,
  credit text NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL,
  cause text NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (transfer_id, account_id)
);

CREATE TABLE events (
  account_id text NOT NULL,
  number bigint NOT NULL,
  told_on text NOT NULL,
  kind text NOT NULL,
  body text NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (account_id, number)
);

CREATE TABLE notices (
  account_id text NOT NULL,
  key text NOT NULL,
  kind text NOT NULL,
  body text NOT NULL,
  state text NOT NULL,
  attempts bigint NOT NULL,
  due_at bigint NOT NULL,
  created_at bigint NOT NULL,
  settled_at bigint,
  PRIMARY KEY (account_id, key)
);

CREATE TABLE answers (
  account_id text NOT NULL,
  operation text NOT NULL,
  key text NOT NULL,
  fingerprint text NOT NULL,
  body text NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (account_id, operation, key)
);

CREATE TABLE questions (
  account_id text NOT NULL,
  question_id text NOT NULL,
  question text NOT NULL,
  put_on text NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL,
  method_token text NOT NULL,
  command text NOT NULL,
  state text NOT NULL,
  attempts bigint NOT NULL,
  opened_at bigint NOT NULL,
  due_at bigint,
  answered_at bigint,
  PRIMARY KEY (account_id, question_id)
);

CREATE TABLE waiting (
  account_id text NOT NULL,
  position bigint NOT NULL,
  command text NOT NULL,
  received_at bigint NOT NULL,
  PRIMARY KEY (account_id, position)
);

CREATE TABLE sign_ins (
  sign_in_id text PRIMARY KEY,
  email text NOT NULL,
  browser text NOT NULL,
  language text NOT NULL,
  sender text NOT NULL,
  tries bigint NOT NULL,
  used boolean NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  mail_state text NOT NULL,
  mail_attempts bigint NOT NULL,
  mail_due_at bigint NOT NULL
);

CREATE TABLE sessions (
  token text PRIMARY KEY,
  data bytea NOT NULL,
  expires_at bigint NOT NULL
);

CREATE TABLE tries (
  scope text PRIMARY KEY,
  opened_at bigint NOT NULL,
  count bigint NOT NULL
);

CREATE TABLE catalogs (
  version bigint PRIMARY KEY,
  digest text NOT NULL,
  body text NOT NULL,
  at bigint NOT NULL
);
