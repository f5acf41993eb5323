-- +goose Up

-- A sandbox says so in its database, once: what was served for real is never served as a sandbox, nor the other way
-- round.

CREATE TABLE sandbox (
  sandbox_id bigint PRIMARY KEY,
  since bigint NOT NULL
);

-- In a sandbox, an account may be bound to a test clock. Its due_at is an instant of that clock, and nobody looks for
-- it by the real one; '' is no test clock.

ALTER TABLE accounts ADD COLUMN test_clock text COLLATE "C" NOT NULL DEFAULT '';

CREATE INDEX accounts_of_test_clock ON accounts (test_clock, due_at) WHERE test_clock <> '';

-- A clock that is being moved shows at, and is on its way to target; whoever moves it has it until leased_until, which
-- is an instant of the real clock.

CREATE TABLE test_clocks (
  clock_id text COLLATE "C" PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  target bigint NOT NULL CHECK (target >= at),
  leased_until bigint NOT NULL,
  created_at bigint NOT NULL,
  deleted_at bigint
);
