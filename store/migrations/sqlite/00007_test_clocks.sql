-- +goose Up

-- A sandbox says so in its database, once: what was served for real is never served as a sandbox, nor the other way
-- round.

CREATE TABLE sandbox (
  sandbox_id INTEGER PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT;

-- In a sandbox, an account may be bound to a test clock. Its due_at is an instant of that clock, and nobody looks for
-- it by the real one; '' is no test clock.

ALTER TABLE accounts ADD COLUMN test_clock TEXT NOT NULL DEFAULT '';

CREATE INDEX accounts_of_test_clock ON accounts (test_clock, due_at) WHERE test_clock <> '';

-- A clock that is being moved shows at, and is on its way to target; whoever moves it has it until leased_until, which
-- is an instant of the real clock.

CREATE TABLE test_clocks (
  clock_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  target INTEGER NOT NULL CHECK (target >= at),
  leased_until INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT, WITHOUT ROWID;
