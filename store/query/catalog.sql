-- name: LatestCatalog :one
SELECT version, digest, body FROM catalogs ORDER BY version DESC LIMIT 1;

-- name: InsertCatalog :exec
INSERT INTO catalogs (version, digest, body, at) VALUES ($1, $2, $3, $4);

-- name: CatalogAt :one
SELECT version, digest, body FROM catalogs WHERE at <= $1 ORDER BY version DESC LIMIT 1;

-- name: CatalogOfDigest :one
SELECT version, digest, body FROM catalogs WHERE digest = $1 ORDER BY version DESC LIMIT 1;
