-- name: AuditAccounts :many
SELECT account_id, currency, balance, status, period_end, authorized FROM accounts WHERE account_id > $1 ORDER BY account_id LIMIT $2;

-- name: AuditLots :many
SELECT account_id, lot_id, position, source, kind, value, rest FROM lots WHERE account_id >= $1 AND (account_id > $1 OR position > $2) ORDER BY account_id, position LIMIT $3;

-- name: AuditCards :many
SELECT digest, serial, value, currency, state, redeemed_by FROM cards WHERE digest > $1 ORDER BY digest LIMIT $2;

-- name: AuditCharges :many
SELECT * FROM charges WHERE account_id >= $1 AND (account_id > $1 OR charge_id > $2) ORDER BY account_id, charge_id LIMIT $3;

-- name: AuditChargeLines :many
SELECT * FROM charge_lines WHERE account_id = $1 AND charge_id = $2 ORDER BY position;

-- name: AuditTransfers :many
SELECT * FROM transfers WHERE transfer_id > $1 ORDER BY transfer_id, account_id LIMIT $2;

-- name: AuditCardTransfers :many
SELECT * FROM card_transfers WHERE transfer_id > $1 ORDER BY transfer_id, digest LIMIT $2;

-- name: AuditAuthorizations :many
SELECT * FROM authorizations WHERE account_id >= $1 AND (account_id > $1 OR authorization_id > $2) ORDER BY account_id, authorization_id LIMIT $3;
