-- +goose Up

-- The API: keys of programs, batches of cards, accounts by their caller's own ids, who changed what, and codes that may be told once
-- more. An external id of '' is none; a key is found by the digest of its secret.

ALTER TABLE accounts ADD COLUMN external_id TEXT NOT NULL DEFAULT '';

CREATE TABLE external_ids (
  external_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
  digest TEXT PRIMARY KEY,
  key_id TEXT NOT NULL,
  name TEXT NOT NULL,
  grants TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- An entry's subject is an account's id, a card's serial number, a batch or a key. Entries are only inserted.

CREATE TABLE audit_entries (
  subject TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role <> ''),
  actor TEXT NOT NULL,
  operation TEXT NOT NULL CHECK (operation <> ''),
  outcome TEXT NOT NULL,
  sender TEXT NOT NULL,
  request TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (subject, entry_id)
) STRICT, WITHOUT ROWID;

-- A code that was made for an answer, sealed under a key outside the database, until it is erased.

CREATE TABLE sealed_codes (
  digest TEXT PRIMARY KEY,
  key_id TEXT NOT NULL,
  sealed TEXT NOT NULL,
  erase_at INTEGER NOT NULL,
  FOREIGN KEY (digest) REFERENCES cards (digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX sealed_codes_erase ON sealed_codes (erase_at);

-- Batches of cards that were issued earlier are not in here; their cards name them.

CREATE TABLE batches (
  batch TEXT PRIMARY KEY,
  product TEXT NOT NULL,
  cards INTEGER NOT NULL,
  issued_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
