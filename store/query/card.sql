-- name: CardByDigest :one
SELECT * FROM cards WHERE digest = $1;

-- name: DigestOfSerial :one
SELECT digest FROM card_serials WHERE serial = $1;

-- name: IssuedOfBatch :many
SELECT digest, serial FROM cards WHERE batch = $1 AND serial > $2 AND state = 'issued' ORDER BY serial LIMIT $3;

-- name: InsertCards :execrows
INSERT INTO cards (digest, key_id, serial, product, country, value, currency, state, redeemed_by, batch, issued_at, least, most, sale)
SELECT
  unnest(CAST(sqlc.arg(digest) AS text[])), unnest(CAST(sqlc.arg(key_id) AS text[])), unnest(CAST(sqlc.arg(serial) AS text[])),
  unnest(CAST(sqlc.arg(product) AS text[])), unnest(CAST(sqlc.arg(country) AS text[])), unnest(CAST(sqlc.arg(value) AS bigint[])),
  unnest(CAST(sqlc.arg(currency) AS text[])), unnest(CAST(sqlc.arg(state) AS text[])), unnest(CAST(sqlc.arg(redeemed_by) AS text[])),
  unnest(CAST(sqlc.arg(batch) AS text[])), unnest(CAST(sqlc.arg(issued_at) AS bigint[])), unnest(CAST(sqlc.arg(least) AS bigint[])),
  unnest(CAST(sqlc.arg(most) AS bigint[])), unnest(CAST(sqlc.arg(sale) AS text[]));

-- name: InsertCardSerials :execrows
INSERT INTO card_serials (serial, digest)
SELECT
  unnest(CAST(sqlc.arg(serial) AS text[])), unnest(CAST(sqlc.arg(digest) AS text[]));

-- name: Cards :many
SELECT * FROM cards WHERE digest = ANY(CAST(sqlc.arg(digest) AS text[]));

-- name: CardsHere :many
SELECT here.digest, here.product, here.value, here.currency, here.state, here.least, here.most FROM (SELECT
  unnest(CAST(sqlc.arg(digest) AS text[])) AS digest) AS u, LATERAL (SELECT * FROM cards AS kept
WHERE kept.digest = u.digest LIMIT 1) AS here;

-- name: LockCards :many
SELECT * FROM cards WHERE digest = ANY(CAST(sqlc.arg(digest) AS text[])) ORDER BY digest FOR UPDATE;

-- name: MoveCards :execrows
UPDATE cards SET
  state = u.state, value = u.value, sale = u.sale, redeemed_by = u.redeemed_by, activated_at = COALESCE(NULLIF(u.activated_at, 0), cards.activated_at),
  redeemed_at = COALESCE(NULLIF(u.redeemed_at, 0), cards.redeemed_at)
FROM (SELECT
  unnest(CAST(sqlc.arg(digest) AS text[])) AS digest, unnest(CAST(sqlc.arg(was) AS text[])) AS was,
  unnest(CAST(sqlc.arg(was_sale) AS text[])) AS was_sale, unnest(CAST(sqlc.arg(state) AS text[])) AS state,
  unnest(CAST(sqlc.arg(value) AS bigint[])) AS value, unnest(CAST(sqlc.arg(sale) AS text[])) AS sale, unnest(CAST(sqlc.arg(redeemed_by) AS text[])) AS redeemed_by,
  unnest(CAST(sqlc.arg(activated_at) AS bigint[])) AS activated_at, unnest(CAST(sqlc.arg(redeemed_at) AS bigint[])) AS redeemed_at) AS u
WHERE cards.digest = u.digest AND cards.state = u.was AND cards.sale = u.was_sale;

-- name: InsertCardTransfers :execrows
INSERT INTO card_transfers (digest, transfer_id, debit, credit, amount, currency, at)
SELECT
  unnest(CAST(sqlc.arg(digest) AS text[])), unnest(CAST(sqlc.arg(transfer_id) AS text[])), unnest(CAST(sqlc.arg(debit) AS text[])),
  unnest(CAST(sqlc.arg(credit) AS text[])), unnest(CAST(sqlc.arg(amount) AS bigint[])), unnest(CAST(sqlc.arg(currency) AS text[])),
  unnest(CAST(sqlc.arg(at) AS bigint[]));
