-- +goose Up

-- Where an event stands in the list of all events: at or behind the number of the transaction that told it, and at or
-- behind the account's last. What was told before has 1. An older server that still runs writes 0; such events
-- are given their place later.

ALTER TABLE accounts ADD COLUMN last_position bigint NOT NULL DEFAULT 0;

ALTER TABLE events ADD COLUMN position bigint NOT NULL DEFAULT 1;

ALTER TABLE events ALTER COLUMN position SET DEFAULT 0;

CREATE INDEX events_position ON events (position, account_id);

-- One row. A database that was restored into another cluster, whose transactions have lower numbers, goes on behind
-- its last event by the shift.

CREATE TABLE feed (
  feed_id bigint PRIMARY KEY,
  shift bigint NOT NULL
);

INSERT INTO feed (feed_id, shift) VALUES (1, 0);

CREATE TABLE endpoints (
  endpoint_id text COLLATE "C" PRIMARY KEY,
  url text COLLATE "C" NOT NULL,
  types text COLLATE "C" NOT NULL,
  secret text COLLATE "C" NOT NULL,
  old_secret text COLLATE "C" NOT NULL,
  old_until bigint NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('enabled', 'disabled', 'gone')),
  cursor text COLLATE "C" NOT NULL,
  failures bigint NOT NULL,
  rests_until bigint NOT NULL,
  created_at bigint NOT NULL
);

CREATE TABLE deliveries (
  account_id text COLLATE "C" NOT NULL,
  endpoint_id text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  type text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('queued', 'delivered', 'dead')),
  attempts bigint NOT NULL,
  due_at bigint,
  answered bigint NOT NULL,
  problem text COLLATE "C" NOT NULL,
  created_at bigint NOT NULL,
  settled_at bigint,
  PRIMARY KEY (account_id, endpoint_id, number),
  CHECK (due_at IS NULL OR state = 'queued')
) WITH (fillfactor = 85);

CREATE INDEX deliveries_due ON deliveries (endpoint_id, due_at) WHERE due_at IS NOT NULL;

CREATE INDEX deliveries_dead ON deliveries (endpoint_id, account_id, number) WHERE state = 'dead';

CREATE INDEX deliveries_old ON deliveries (settled_at) WHERE state = 'delivered';
