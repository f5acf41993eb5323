-- name: InsertBatch :exec
INSERT INTO batches (batch, product, cards, issued_at, run) VALUES ($1, $2, $3, $4, $5);

-- name: BatchByID :one
SELECT * FROM batches WHERE batch = $1;

-- name: LockBatch :one
SELECT * FROM batches WHERE batch = $1 FOR UPDATE;

-- name: HoldBatches :many
SELECT * FROM batches WHERE batch = ANY(CAST(sqlc.arg(batch) AS text[])) ORDER BY batch FOR SHARE;

-- name: Batches :many
SELECT * FROM batches WHERE batch < $1 ORDER BY batch DESC LIMIT $2;

-- name: CountBatch :many
SELECT state, COUNT(*) AS cards FROM cards WHERE batch = $1 GROUP BY state ORDER BY state;

-- name: MoveBatch :execrows
UPDATE batches SET state = sqlc.arg(state), was = sqlc.arg(was), retailer = sqlc.arg(retailer), moved_at = sqlc.arg(moved_at)
WHERE batch = sqlc.arg(batch);

-- name: RunBatch :execrows
UPDATE batches SET run = sqlc.arg(next) WHERE batch = sqlc.arg(batch) AND run = sqlc.arg(run);

-- name: InsertBatchPart :exec
INSERT INTO batch_parts (batch, part, cards, sum, made_at) VALUES ($1, $2, $3, $4, $5);

-- name: BatchParts :many
SELECT * FROM batch_parts WHERE batch = $1 ORDER BY part;

-- name: TakenSerials :many
SELECT serial FROM card_serials WHERE serial = ANY(CAST(sqlc.arg(serial) AS text[]));
