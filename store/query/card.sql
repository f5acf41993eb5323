-- name: InsertCard :exec
INSERT INTO cards (digest, key_id, serial, product, country, value, currency, state, redeemed_by, batch, issued_at, activated_at, redeemed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL, NULL);

-- name: InsertCardSerial :exec
INSERT INTO card_serials (serial, digest) VALUES ($1, $2);

-- name: CardByDigest :one
SELECT * FROM cards WHERE digest = $1;

-- name: LockCard :one
SELECT * FROM cards WHERE digest = $1 FOR UPDATE;

-- name: DigestOfSerial :one
SELECT digest FROM card_serials WHERE serial = $1;

-- name: MoveCard :execrows
UPDATE cards SET state = $2, redeemed_by = $3, activated_at = COALESCE($4, activated_at), redeemed_at = $5
WHERE digest = $1 AND state = sqlc.arg(was);

-- name: IssuedOfBatch :many
SELECT digest FROM cards WHERE batch = $1 AND state = 'issued' ORDER BY serial LIMIT $2;

-- name: InsertCardTransfer :exec
INSERT INTO card_transfers (digest, transfer_id, debit, credit, amount, currency, at) VALUES ($1, $2, $3, $4, $5, $6, $7);
