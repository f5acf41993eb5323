-- +goose Up

-- Answers stand in the order of their keys. The keys of this product's own pages and clients are ordered by time, so that
-- what is written together stands together, and no longer on a page at random for each account.

CREATE TABLE answers_by_key (
  account_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (key, account_id, operation)
) STRICT, WITHOUT ROWID;

INSERT INTO answers_by_key SELECT account_id, operation, key, fingerprint, body, at FROM answers ORDER BY key, account_id, operation;

DROP TABLE answers;

ALTER TABLE answers_by_key RENAME TO answers;
