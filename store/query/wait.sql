-- name: InsertWait :exec
INSERT INTO card_waits (digest, email, language, asked_at, due_at, attempts) VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT DO NOTHING;

-- name: DueWaits :many
SELECT * FROM card_waits WHERE due_at <= $1 ORDER BY due_at, digest, email LIMIT $2;

-- name: LeaseWait :execrows
UPDATE card_waits SET attempts = attempts + 1, due_at = $4 WHERE digest = $1 AND email = $2 AND attempts = $3;

-- name: DelayWait :execrows
UPDATE card_waits SET due_at = $4 WHERE digest = $1 AND email = $2 AND attempts = $3;

-- name: DeleteWait :execrows
DELETE FROM card_waits WHERE digest = $1 AND email = $2;
