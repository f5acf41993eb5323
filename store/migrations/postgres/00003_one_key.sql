-- +goose Up

-- Each key of a table that grows with every card and every charge is a page written at random. What an account's
-- lock keeps apart already, the position of its lots and the id of its charges, needs none.

ALTER TABLE lots DROP CONSTRAINT lots_pkey, DROP CONSTRAINT lots_account_id_source_key;

ALTER TABLE lots ADD CONSTRAINT lots_pkey PRIMARY KEY (account_id, source);

ALTER TABLE charges DROP CONSTRAINT charges_pkey, DROP CONSTRAINT charges_account_id_period_start_key;

ALTER TABLE charges ADD CONSTRAINT charges_pkey PRIMARY KEY (account_id, period_start);
