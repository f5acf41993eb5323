-- +goose Up

-- Where an event stands in the list of all events. What was told before has 1. It is told of an account, or of a card
-- or a batch of cards that no account has, so that no key leads to the accounts.

ALTER TABLE accounts ADD COLUMN last_position INTEGER NOT NULL DEFAULT 0;

CREATE TABLE events_in_order (
  account_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  told_on TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  position INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO events_in_order SELECT account_id, number, told_on, kind, body, at, 1 FROM events;

DROP TABLE events;

ALTER TABLE events_in_order RENAME TO events;

CREATE INDEX events_position ON events (position, account_id);

CREATE TABLE feed (
  feed_id INTEGER PRIMARY KEY,
  shift INTEGER NOT NULL
) STRICT;

INSERT INTO feed (feed_id, shift) VALUES (1, 0);

CREATE TABLE endpoints (
  endpoint_id TEXT PRIMARY KEY,
  url TEXT NOT NULL,
  types TEXT NOT NULL,
  secret TEXT NOT NULL,
  old_secret TEXT NOT NULL,
  old_until INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled', 'gone')),
  cursor TEXT NOT NULL,
  failures INTEGER NOT NULL,
  rests_until INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  account_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  type TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'dead')),
  attempts INTEGER NOT NULL,
  due_at INTEGER,
  answered INTEGER NOT NULL,
  problem TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  PRIMARY KEY (account_id, endpoint_id, number),
  FOREIGN KEY (endpoint_id) REFERENCES endpoints (endpoint_id),
  CHECK (due_at IS NULL OR state = 'queued')
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_due ON deliveries (endpoint_id, due_at) WHERE due_at IS NOT NULL;

CREATE INDEX deliveries_dead ON deliveries (endpoint_id, account_id, number) WHERE state = 'dead';

CREATE INDEX deliveries_old ON deliveries (settled_at) WHERE state = 'delivered';
