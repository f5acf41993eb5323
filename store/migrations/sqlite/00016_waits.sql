-- +goose Up

-- Who waits for a card that no shop has sold yet, and is told by mail when it works. A row goes with the letter, or once
-- there is nothing to wait for any more.

CREATE TABLE card_waits (
  digest TEXT NOT NULL REFERENCES cards,
  email TEXT NOT NULL,
  language TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  PRIMARY KEY (digest, email)
) STRICT, WITHOUT ROWID;

CREATE INDEX card_waits_due ON card_waits (due_at);
