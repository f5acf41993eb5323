-- +goose Up

-- The letters of one transaction that the server which made them sends at once, in one row. It goes when they are sent:
-- then they become rows of notices. Where it is still there when it is due, anybody sends them. There are never many.

CREATE TABLE parcels (
  parcel_id TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  letters TEXT NOT NULL,
  PRIMARY KEY (due_at, parcel_id)
) STRICT, WITHOUT ROWID;
