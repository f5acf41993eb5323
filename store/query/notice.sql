-- name: DueNotices :many
SELECT n.account_id, n.key, n.body, n.attempts FROM notices n
WHERE n.state = 'queued' AND n.due_at <= $1 AND (n.kind = sqlc.arg(always) OR EXISTS (SELECT 1 FROM accounts a
  WHERE a.account_id = n.account_id AND a.question_id = '' AND (a.due_at IS NULL OR a.due_at > $1 OR a.test_clock <> '')))
ORDER BY n.due_at, n.account_id, n.key LIMIT $2;

-- name: NextNotice :one
SELECT CAST(COALESCE(MIN(n.due_at), 0) AS BIGINT) FROM notices n JOIN accounts a ON a.account_id = n.account_id
WHERE n.state = 'queued' AND (n.kind = sqlc.arg(always) OR a.question_id = '' AND (a.due_at IS NULL OR a.due_at > n.due_at OR a.test_clock <> ''));

-- What is queued has no settled_at. The state would lead PostgreSQL to the index of what is queued, which it
-- takes for empty, and there through all that ever was.

-- name: LeaseNotices :many
UPDATE notices SET attempts = notices.attempts + 1, due_at = u.due_at
FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id, unnest(CAST(sqlc.arg(key) AS text[])) AS key,
  unnest(CAST(sqlc.arg(attempts) AS bigint[])) AS attempts, unnest(CAST(sqlc.arg(due_at) AS bigint[])) AS due_at) AS u
WHERE notices.account_id = u.account_id AND notices.key = u.key AND notices.settled_at IS NULL AND notices.attempts = u.attempts
RETURNING notices.account_id, notices.key;

-- name: DelayNotice :execrows
UPDATE notices SET due_at = $4 WHERE account_id = $1 AND key = $2 AND settled_at IS NULL AND attempts = $3;

-- name: SettleNotices :execrows
UPDATE notices SET state = u.state, settled_at = u.settled_at
FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id, unnest(CAST(sqlc.arg(key) AS text[])) AS key,
  unnest(CAST(sqlc.arg(state) AS text[])) AS state, unnest(CAST(sqlc.arg(settled_at) AS bigint[])) AS settled_at) AS u
WHERE notices.account_id = u.account_id AND notices.key = u.key AND notices.settled_at IS NULL;

-- name: CountNotices :many
SELECT state, COUNT(*) AS count FROM notices GROUP BY state ORDER BY state;

-- name: InsertNotices :execrows
INSERT INTO notices (account_id, key, kind, body, state, attempts, due_at, created_at, settled_at)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(key) AS text[])), unnest(CAST(sqlc.arg(kind) AS text[])),
  unnest(CAST(sqlc.arg(body) AS text[])), unnest(CAST(sqlc.arg(state) AS text[])), unnest(CAST(sqlc.arg(attempts) AS bigint[])),
  unnest(CAST(sqlc.arg(due_at) AS bigint[])), unnest(CAST(sqlc.arg(created_at) AS bigint[])),
  NULLIF(unnest(CAST(sqlc.arg(settled_at) AS bigint[])), 0)
ON CONFLICT DO NOTHING;
