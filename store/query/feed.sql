-- name: Place :many
SELECT CAST(CAST(pg_current_xact_id() AS text) AS BIGINT);

-- name: ShiftedPlace :many
SELECT CAST(CAST(CAST(pg_current_xact_id() AS text) AS BIGINT) + shift AS BIGINT) FROM feed;

-- name: Shift :many
SELECT shift FROM feed;

-- name: FirstOpen :one
SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS BIGINT);

-- name: NextPlace :one
SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS BIGINT);

-- name: LastPosition :one
SELECT CAST(COALESCE(MAX(position), 0) AS BIGINT) FROM events;

-- name: SetShift :execrows
UPDATE feed SET shift = sqlc.arg(to_shift) WHERE feed_id = 1 AND shift < sqlc.arg(to_shift);

-- A page is what is left at a position, and then what is behind it: each an index's range. All that was told before
-- there were positions has one.

-- name: FeedAt :many
SELECT e.account_id, e.number, e.kind, e.body, e.at, e.position, CAST(COALESCE(a.currency, '') AS text) AS currency
FROM events e LEFT JOIN accounts a ON a.account_id = e.account_id
WHERE e.position = $1 AND e.account_id >= $2 AND (e.account_id > $2 OR e.number >= $3)
ORDER BY e.account_id, e.number LIMIT $4;

-- name: FeedBehind :many
SELECT e.account_id, e.number, e.kind, e.body, e.at, e.position, CAST(COALESCE(a.currency, '') AS text) AS currency
FROM events e LEFT JOIN accounts a ON a.account_id = e.account_id
WHERE e.position > $1 AND e.position < sqlc.arg(before)
ORDER BY e.position, e.account_id, e.number LIMIT $2;

-- name: FeedOf :many
SELECT e.account_id, e.number, e.kind, e.body, e.at, e.position, CAST(COALESCE(a.currency, '') AS text) AS currency
FROM events e LEFT JOIN accounts a ON a.account_id = e.account_id
WHERE e.account_id = $1 AND e.number >= $2 ORDER BY e.number LIMIT $3;

-- name: PositionAt :one
SELECT CAST(COALESCE(MIN(position), 0) AS BIGINT) FROM events WHERE at >= $1;

-- name: LastTold :many
SELECT last.account_id, last.number, last.position FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id) AS u, LATERAL (SELECT told.account_id, told.number, told.position FROM events AS told
WHERE told.account_id = u.account_id ORDER BY told.number DESC LIMIT 1) AS last;

-- name: PlaceEvents :execrows
UPDATE events SET position = $1 WHERE position = 0;
