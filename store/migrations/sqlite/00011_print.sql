-- +goose Up

-- A batch is made in parts: of each, a file with its codes is on the disk before its cards are here. While it is being
-- made it names the run that makes it, so that one that was killed, or that somebody else goes on with, adds nothing
-- more; '' is whole. The sum is the file's SHA-256.

ALTER TABLE batches ADD COLUMN run TEXT NOT NULL DEFAULT '';

CREATE TABLE batch_parts (
  batch TEXT NOT NULL,
  part INTEGER NOT NULL CHECK (part > 0),
  cards INTEGER NOT NULL CHECK (cards > 0),
  sum TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  PRIMARY KEY (batch, part)
) STRICT, WITHOUT ROWID;
