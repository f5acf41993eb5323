-- +goose Up

-- Each key of a table that grows with every card is a page written at random. What an account's lock keeps apart
-- already, the position of its lots, needs none.

CREATE TABLE lots_by_card (
  account_id TEXT NOT NULL,
  lot_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  value INTEGER NOT NULL,
  rest INTEGER NOT NULL CHECK (rest BETWEEN 0 AND value),
  redeemed_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, source),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

INSERT INTO lots_by_card SELECT * FROM lots;

DROP TABLE lots;

ALTER TABLE lots_by_card RENAME TO lots;
