-- +goose Up

-- The API: keys of programs, batches of cards, accounts by their caller's own ids, who changed what, and codes that may be told once
-- more. An external id of '' is none; a key is found by the digest of its secret.

ALTER TABLE accounts ADD COLUMN external_id text COLLATE "C" NOT NULL DEFAULT '';

CREATE TABLE external_ids (
  external_id text COLLATE "C" PRIMARY KEY,
  account_id text COLLATE "C" NOT NULL
);

CREATE TABLE api_keys (
  digest text COLLATE "C" PRIMARY KEY,
  key_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  grants text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  used_at bigint,
  revoked_at bigint
);

-- An entry's subject is an account's id, a card's serial number, a batch or a key. Entries are only inserted.

CREATE TABLE audit_entries (
  subject text COLLATE "C" NOT NULL,
  entry_id text COLLATE "C" NOT NULL,
  role text COLLATE "C" NOT NULL CHECK (role <> ''),
  actor text COLLATE "C" NOT NULL,
  operation text COLLATE "C" NOT NULL CHECK (operation <> ''),
  outcome text COLLATE "C" NOT NULL,
  sender text COLLATE "C" NOT NULL,
  request text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (subject, entry_id)
);

-- A code that was made for an answer, sealed under a key outside the database, until it is erased.

CREATE TABLE sealed_codes (
  digest text COLLATE "C" PRIMARY KEY,
  key_id text COLLATE "C" NOT NULL,
  sealed text COLLATE "C" NOT NULL,
  erase_at bigint NOT NULL
);

CREATE INDEX sealed_codes_erase ON sealed_codes (erase_at);

-- Batches of cards that were issued earlier are not in here; their cards name them.

CREATE TABLE batches (
  batch text COLLATE "C" PRIMARY KEY,
  product text COLLATE "C" NOT NULL,
  cards bigint NOT NULL,
  issued_at bigint NOT NULL
);
