-- +goose Up

-- Why somebody did what an entry records, in their own words.

ALTER TABLE audit_entries ADD COLUMN reason TEXT NOT NULL DEFAULT '';

-- A person of the staff who signs in with a passkey. Whoever has the text of which enrolment is the digest may make
-- one, once, until enrol_until. With every change of epoch all sessions end.

CREATE TABLE staff (
  name TEXT PRIMARY KEY,
  duty TEXT NOT NULL CHECK (duty IN ('agent', 'manager', 'auditor')),
  handle TEXT NOT NULL,
  enrolment TEXT NOT NULL,
  enrol_until INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX staff_enrolment ON staff (enrolment);

CREATE TABLE passkeys (
  passkey_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  credential TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER,
  FOREIGN KEY (name) REFERENCES staff (name)
) STRICT, WITHOUT ROWID;

CREATE INDEX passkeys_name ON passkeys (name);
