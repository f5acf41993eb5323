-- name: InsertParcels :execrows
INSERT INTO parcels (parcel_id, due_at, letters)
SELECT
  unnest(CAST(sqlc.arg(parcel_id) AS text[])), unnest(CAST(sqlc.arg(due_at) AS bigint[])), unnest(CAST(sqlc.arg(letters) AS text[]));

-- What was not ended has no sent_at. The due_at would lead PostgreSQL to the index of what is due, which it takes for
-- empty, and there through all that has left it.

-- name: EndParcels :many
UPDATE parcels SET due_at = NULL, sent_at = u.sent_at, sent = u.sent
FROM (SELECT
  unnest(CAST(sqlc.arg(parcel_id) AS text[])) AS parcel_id, unnest(CAST(sqlc.arg(sent_at) AS bigint[])) AS sent_at,
  unnest(CAST(sqlc.arg(sent) AS bigint[])) AS sent) AS u
WHERE parcels.parcel_id = u.parcel_id AND parcels.sent_at IS NULL
RETURNING parcels.parcel_id;

-- name: DeleteParcels :execrows
DELETE FROM parcels WHERE parcel_id = ANY(CAST(sqlc.arg(parcel_id) AS text[]));

-- name: DueParcels :many
SELECT * FROM parcels WHERE due_at > 0 AND due_at <= $1 ORDER BY due_at, parcel_id LIMIT $2;

-- name: NextParcel :one
SELECT CAST(COALESCE(MIN(due_at), 0) AS BIGINT) FROM parcels WHERE due_at > 0;

-- name: CountSent :one
SELECT CAST(COALESCE(SUM(sent), 0) AS BIGINT) FROM parcels;
