-- name: InsertParcels :execrows
INSERT INTO parcels (parcel_id, due_at, letters)
SELECT
  unnest(CAST(sqlc.arg(parcel_id) AS text[])), unnest(CAST(sqlc.arg(due_at) AS bigint[])), unnest(CAST(sqlc.arg(letters) AS text[]));

-- name: TakeParcels :many
DELETE FROM parcels WHERE parcel_id = ANY(CAST(sqlc.arg(parcel_id) AS text[]))
RETURNING parcel_id, due_at, letters;

-- name: DueParcels :many
SELECT parcel_id FROM parcels WHERE due_at <= $1 ORDER BY due_at, parcel_id LIMIT $2;

-- name: NextParcel :one
SELECT CAST(COALESCE(MIN(due_at), 0) AS BIGINT) FROM parcels;
