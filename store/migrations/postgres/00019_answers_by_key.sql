-- +goose Up

-- Answers stand in the order of their keys. The keys of this product's own pages and clients are ordered by time, so that
-- what is written together stands together, and no longer on a page at random for each account.

ALTER TABLE answers DROP CONSTRAINT answers_pkey;

ALTER TABLE answers ADD CONSTRAINT answers_pkey PRIMARY KEY (key, account_id, operation);
