-- name: InsertNotice :exec
INSERT INTO notices (account_id, key, kind, body, state, attempts, due_at, created_at, settled_at)
VALUES ($1, $2, $3, $4, 'queued', 0, $5, $6, NULL) ON CONFLICT DO NOTHING;

-- name: DueNotices :many
SELECT account_id, key, body, attempts FROM notices WHERE state = 'queued' AND due_at <= $1 ORDER BY due_at, account_id, key LIMIT $2;

-- name: NextNotice :one
SELECT CAST(COALESCE(MIN(due_at), 0) AS BIGINT) FROM notices WHERE state = 'queued';

-- name: LeaseNotice :execrows
UPDATE notices SET attempts = attempts + 1, due_at = $4 WHERE account_id = $1 AND key = $2 AND state = 'queued' AND attempts = $3;

-- name: DelayNotice :execrows
UPDATE notices SET due_at = $4 WHERE account_id = $1 AND key = $2 AND state = 'queued' AND attempts = $3;

-- name: SettleNotice :execrows
UPDATE notices SET state = $3, settled_at = $4 WHERE account_id = $1 AND key = $2 AND state = 'queued';

-- name: CountNotices :many
SELECT state, COUNT(*) AS count FROM notices GROUP BY state ORDER BY state;
