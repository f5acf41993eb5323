-- name: InsertSessions :execrows
INSERT INTO sessions (token, data, expires_at)
SELECT
  unnest(CAST(sqlc.arg(token) AS text[])), unnest(CAST(sqlc.arg(data) AS bytea[])), unnest(CAST(sqlc.arg(expires_at) AS bigint[]));
