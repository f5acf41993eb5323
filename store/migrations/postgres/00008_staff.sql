-- +goose Up

-- Why somebody did what an entry records, in their own words.

ALTER TABLE audit_entries ADD COLUMN reason text COLLATE "C" NOT NULL DEFAULT '';

-- A person of the staff who signs in with a passkey. Whoever has the text of which enrolment is the digest may make
-- one, once, until enrol_until. With every change of epoch all sessions end.

CREATE TABLE staff (
  name text COLLATE "C" PRIMARY KEY,
  duty text COLLATE "C" NOT NULL CHECK (duty IN ('agent', 'manager', 'auditor')),
  handle text COLLATE "C" NOT NULL,
  enrolment text COLLATE "C" NOT NULL,
  enrol_until bigint NOT NULL,
  epoch bigint NOT NULL,
  created_at bigint NOT NULL,
  ended_at bigint
);

CREATE INDEX staff_enrolment ON staff (enrolment);

CREATE TABLE passkeys (
  passkey_id text COLLATE "C" PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  credential text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  used_at bigint
);

CREATE INDEX passkeys_name ON passkeys (name);
