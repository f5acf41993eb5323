-- name: AccountOfExternalID :one
SELECT account_id FROM external_ids WHERE external_id = $1;

-- name: InsertExternalIDs :execrows
INSERT INTO external_ids (external_id, account_id)
SELECT
  unnest(CAST(sqlc.arg(external_id) AS text[])), unnest(CAST(sqlc.arg(account_id) AS text[]));

-- name: InsertAPIKey :exec
INSERT INTO api_keys (digest, key_id, name, grants, retailer, created_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: APIKey :one
SELECT * FROM api_keys WHERE digest = $1;

-- name: APIKeys :many
SELECT * FROM api_keys ORDER BY created_at, key_id;

-- name: RevokeAPIKey :execrows
UPDATE api_keys SET revoked_at = $2 WHERE digest = $1 AND revoked_at IS NULL;

-- name: UseAPIKey :execrows
UPDATE api_keys SET used_at = $2 WHERE digest = $1 AND (used_at IS NULL OR used_at < $2);

-- name: InsertAuditEntries :execrows
INSERT INTO audit_entries (subject, entry_id, role, actor, operation, outcome, sender, request, reason, at)
SELECT
  unnest(CAST(sqlc.arg(subject) AS text[])), unnest(CAST(sqlc.arg(entry_id) AS text[])), unnest(CAST(sqlc.arg(role) AS text[])),
  unnest(CAST(sqlc.arg(actor) AS text[])), unnest(CAST(sqlc.arg(operation) AS text[])), unnest(CAST(sqlc.arg(outcome) AS text[])),
  unnest(CAST(sqlc.arg(sender) AS text[])), unnest(CAST(sqlc.arg(request) AS text[])), unnest(CAST(sqlc.arg(reason) AS text[])),
  unnest(CAST(sqlc.arg(at) AS bigint[]));

-- name: AuditEntries :many
SELECT * FROM audit_entries
WHERE subject = sqlc.arg(subject) AND entry_id < sqlc.arg(entry_id) AND (CAST(sqlc.arg(actor) AS text) = '' OR actor = sqlc.arg(actor))
ORDER BY entry_id DESC LIMIT sqlc.arg(most);

-- name: AuditEntriesOfActor :many
SELECT * FROM audit_entries WHERE actor = sqlc.arg(actor) AND entry_id < sqlc.arg(entry_id) ORDER BY entry_id DESC LIMIT sqlc.arg(most);

-- name: AuditEntriesOfAll :many
SELECT * FROM audit_entries WHERE entry_id < sqlc.arg(entry_id) ORDER BY entry_id DESC LIMIT sqlc.arg(most);

-- name: InsertSealedCode :exec
INSERT INTO sealed_codes (digest, key_id, sealed, erase_at) VALUES ($1, $2, $3, $4);

-- name: SealedCode :one
SELECT key_id, sealed, erase_at FROM sealed_codes WHERE digest = $1;

-- name: EraseSealedCodes :execrows
DELETE FROM sealed_codes WHERE erase_at <= $1;

-- name: CardsPage :many
SELECT * FROM cards WHERE digest > $1
AND (CAST(sqlc.arg(state) AS text) = '' OR state = sqlc.arg(state)) AND (CAST(sqlc.arg(product) AS text) = '' OR product = sqlc.arg(product))
ORDER BY digest LIMIT $2;

-- name: CardsOfBatch :many
SELECT * FROM cards WHERE batch = $1 AND serial > $2
AND (CAST(sqlc.arg(state) AS text) = '' OR state = sqlc.arg(state)) AND (CAST(sqlc.arg(product) AS text) = '' OR product = sqlc.arg(product))
ORDER BY serial LIMIT $3;

-- name: LotsPage :many
SELECT * FROM lots WHERE account_id = $1 AND position > $2 ORDER BY position LIMIT $3;

-- name: ChargesPage :many
SELECT * FROM charges WHERE account_id = $1 AND charge_id < $2 ORDER BY charge_id DESC LIMIT $3;

-- name: LinesOfCharges :many
SELECT * FROM charge_lines WHERE account_id = $1 AND charge_id >= sqlc.arg(first) AND charge_id <= sqlc.arg(last) ORDER BY charge_id, position;

-- name: TransfersPage :many
SELECT * FROM transfers WHERE account_id = $1 AND transfer_id < $2 ORDER BY transfer_id DESC LIMIT $3;
