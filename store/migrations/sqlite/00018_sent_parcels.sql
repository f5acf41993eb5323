-- +goose Up

-- A parcel whose letters were all sent stays, as the record of that: its letters get no rows of notices. It is due no
-- more. Its row is long, and so has a rowid: in a tree of keys most of such rows would spill over into a page of their own.

CREATE TABLE parcels_with_sent (
  parcel_id TEXT NOT NULL PRIMARY KEY,
  due_at INTEGER,
  letters TEXT NOT NULL,
  sent_at INTEGER,
  sent INTEGER NOT NULL DEFAULT 0,
  CHECK ((due_at IS NULL) = (sent_at IS NOT NULL))
) STRICT;

INSERT INTO parcels_with_sent (parcel_id, due_at, letters) SELECT parcel_id, due_at, letters FROM parcels;

DROP TABLE parcels;

ALTER TABLE parcels_with_sent RENAME TO parcels;

CREATE INDEX parcels_due ON parcels (due_at) WHERE due_at IS NOT NULL;
