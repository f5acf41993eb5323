-- +goose Up

-- A parcel whose letters were all sent stays, as the record of that: its letters get no rows of notices. It is due no
-- more. What is due is found in an index of its own; each parcel that leaves it leaves a dead entry, in front of all that
-- is due, so the table is vacuumed more often than others of its size.

ALTER TABLE parcels DROP CONSTRAINT parcels_pkey;

ALTER TABLE parcels ADD CONSTRAINT parcels_pkey PRIMARY KEY (parcel_id);

ALTER TABLE parcels ALTER COLUMN due_at DROP NOT NULL;

ALTER TABLE parcels ADD COLUMN sent_at bigint;

ALTER TABLE parcels ADD COLUMN sent bigint NOT NULL DEFAULT 0;

ALTER TABLE parcels ADD CONSTRAINT parcels_check CHECK ((due_at IS NULL) = (sent_at IS NOT NULL));

ALTER TABLE parcels SET (autovacuum_vacuum_scale_factor = 0.05);

CREATE INDEX parcels_due ON parcels (due_at) WHERE due_at IS NOT NULL;
