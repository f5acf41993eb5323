-- +goose Up

CREATE INDEX accounts_catalog ON accounts (catalog_version, account_id) WHERE status IN ('active', 'held');
