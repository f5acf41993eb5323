-- name: InsertEndpoint :exec
INSERT INTO endpoints (endpoint_id, url, types, secret, old_secret, old_until, state, cursor, failures, rests_until, created_at)
VALUES ($1, $2, $3, $4, '', 0, 'enabled', $5, 0, 0, $6);

-- name: Endpoint :one
SELECT * FROM endpoints WHERE endpoint_id = $1;

-- name: LockEndpoint :one
SELECT * FROM endpoints WHERE endpoint_id = $1 FOR UPDATE;

-- name: Endpoints :many
SELECT * FROM endpoints WHERE endpoint_id > $1 ORDER BY endpoint_id LIMIT $2;

-- name: UpdateEndpoint :execrows
UPDATE endpoints SET url = $2, types = $3, secret = $4, old_secret = $5, old_until = $6, state = $7, cursor = $8, failures = $9, rests_until = $10
WHERE endpoint_id = $1;

-- name: DeleteEndpoint :execrows
DELETE FROM endpoints WHERE endpoint_id = $1;

-- name: DeleteDeliveries :execrows
DELETE FROM deliveries WHERE endpoint_id = $1;

-- name: QueueDeliveries :execrows
INSERT INTO deliveries (account_id, endpoint_id, number, type, state, attempts, answered, problem, created_at)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(endpoint_id) AS text[])), unnest(CAST(sqlc.arg(number) AS bigint[])),
  unnest(CAST(sqlc.arg(type) AS text[])), 'queued', 0, 0, '', unnest(CAST(sqlc.arg(created_at) AS bigint[]))
ON CONFLICT (account_id, endpoint_id, number) DO UPDATE SET state = 'queued', attempts = 0, due_at = NULL, settled_at = NULL
WHERE deliveries.settled_at IS NOT NULL;

-- What is first in line of an account's deliveries is due; what stands behind it has no due_at.

-- name: CallNext :execrows
UPDATE deliveries SET due_at = u.due_at
FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id, unnest(CAST(sqlc.arg(endpoint_id) AS text[])) AS endpoint_id,
  unnest(CAST(sqlc.arg(due_at) AS bigint[])) AS due_at) AS u
WHERE deliveries.account_id = u.account_id AND deliveries.endpoint_id = u.endpoint_id AND deliveries.due_at IS NULL
  AND deliveries.number = (SELECT MIN(line.number) FROM deliveries AS line
    WHERE line.account_id = u.account_id AND line.endpoint_id = u.endpoint_id AND line.settled_at IS NULL);

-- name: DueDeliveries :many
SELECT account_id, endpoint_id, number, type, attempts FROM deliveries
WHERE endpoint_id = $1 AND due_at IS NOT NULL AND due_at <= $2 ORDER BY due_at, account_id, number LIMIT $3;

-- name: NextDelivery :one
SELECT CAST(COALESCE(MIN(CASE WHEN e.rests_until > d.due_at THEN e.rests_until ELSE d.due_at END), 0) AS BIGINT)
FROM deliveries d, endpoints e WHERE e.endpoint_id = d.endpoint_id AND e.state = 'enabled' AND d.due_at IS NOT NULL;

-- name: LeaseDeliveries :many
UPDATE deliveries SET attempts = deliveries.attempts + 1, due_at = u.due_at
FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id, unnest(CAST(sqlc.arg(endpoint_id) AS text[])) AS endpoint_id,
  unnest(CAST(sqlc.arg(number) AS bigint[])) AS number, unnest(CAST(sqlc.arg(attempts) AS bigint[])) AS attempts,
  unnest(CAST(sqlc.arg(due_at) AS bigint[])) AS due_at) AS u
WHERE deliveries.account_id = u.account_id AND deliveries.endpoint_id = u.endpoint_id AND deliveries.number = u.number
  AND deliveries.due_at IS NOT NULL AND deliveries.attempts = u.attempts
RETURNING deliveries.account_id, deliveries.number;

-- name: EndDeliveries :execrows
UPDATE deliveries SET state = u.state, due_at = NULLIF(u.due_at, 0), settled_at = NULLIF(u.settled_at, 0), answered = u.answered, problem = u.problem
FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id, unnest(CAST(sqlc.arg(endpoint_id) AS text[])) AS endpoint_id,
  unnest(CAST(sqlc.arg(number) AS bigint[])) AS number, unnest(CAST(sqlc.arg(attempts) AS bigint[])) AS attempts,
  unnest(CAST(sqlc.arg(state) AS text[])) AS state, unnest(CAST(sqlc.arg(due_at) AS bigint[])) AS due_at,
  unnest(CAST(sqlc.arg(settled_at) AS bigint[])) AS settled_at, unnest(CAST(sqlc.arg(answered) AS bigint[])) AS answered,
  unnest(CAST(sqlc.arg(problem) AS text[])) AS problem) AS u
WHERE deliveries.account_id = u.account_id AND deliveries.endpoint_id = u.endpoint_id AND deliveries.number = u.number
  AND deliveries.settled_at IS NULL AND deliveries.attempts = u.attempts;

-- name: SendAgain :execrows
INSERT INTO deliveries (account_id, endpoint_id, number, type, state, attempts, due_at, answered, problem, created_at)
VALUES ($1, $2, $3, $4, 'queued', 0, $5, 0, '', $6)
ON CONFLICT (account_id, endpoint_id, number) DO UPDATE SET state = 'queued', attempts = 0, due_at = excluded.due_at, settled_at = NULL;

-- name: DeadDeliveries :many
SELECT * FROM deliveries WHERE endpoint_id = $1 AND state = 'dead' AND account_id >= $2 AND (account_id > $2 OR number > $3)
ORDER BY account_id, number LIMIT $4;

-- name: DeliveriesOf :many
SELECT * FROM deliveries WHERE account_id = $1 AND number >= $2 AND number < sqlc.arg(below) ORDER BY endpoint_id, number;

-- name: CountDeliveries :many
SELECT state, COUNT(*) AS count FROM deliveries WHERE endpoint_id = $1 GROUP BY state ORDER BY state;

-- name: DeleteOldDeliveries :execrows
DELETE FROM deliveries WHERE state = 'delivered' AND settled_at < $1;
