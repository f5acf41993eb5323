-- name: InsertSentNotices :execrows
INSERT INTO notices (account_id, key, kind, body, state, attempts, due_at, created_at, settled_at)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(key) AS text[])), unnest(CAST(sqlc.arg(kind) AS text[])),
  unnest(CAST(sqlc.arg(body) AS text[])), 'sent', 1, unnest(CAST(sqlc.arg(due_at) AS bigint[])), unnest(CAST(sqlc.arg(created_at) AS bigint[])),
  unnest(CAST(sqlc.arg(settled_at) AS bigint[]));

-- name: InsertSessions :execrows
INSERT INTO sessions (token, data, expires_at)
SELECT
  unnest(CAST(sqlc.arg(token) AS text[])), unnest(CAST(sqlc.arg(data) AS bytea[])), unnest(CAST(sqlc.arg(expires_at) AS bigint[]));
