-- name: InsertParcels :execrows
INSERT INTO parcels (parcel_id, due_at, letters)
SELECT
  unnest(CAST(sqlc.arg(parcel_id) AS text[])), unnest(CAST(sqlc.arg(due_at) AS bigint[])), unnest(CAST(sqlc.arg(letters) AS text[]));

-- name: TakeParcels :many
DELETE FROM parcels USING (SELECT
  unnest(CAST(sqlc.arg(parcel_id) AS text[])) AS parcel_id, unnest(CAST(sqlc.arg(due_at) AS bigint[])) AS due_at) AS u
WHERE parcels.parcel_id = u.parcel_id AND parcels.due_at = u.due_at
RETURNING parcels.parcel_id;

-- name: DueParcels :many
SELECT * FROM parcels WHERE due_at <= $1 ORDER BY due_at, parcel_id LIMIT $2;

-- name: NextParcel :one
SELECT CAST(COALESCE(MIN(due_at), 0) AS BIGINT) FROM parcels;
