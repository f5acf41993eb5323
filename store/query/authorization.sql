-- name: OpenAuthorizations :many
SELECT * FROM authorizations WHERE account_id = ANY(CAST(sqlc.arg(account_id) AS text[])) AND fate = 'open' ORDER BY account_id, authorization_id;

-- name: OpenAuthorizationLines :many
SELECT l.* FROM authorization_lines AS l JOIN authorizations AS a ON a.account_id = l.account_id AND a.authorization_id = l.authorization_id
WHERE l.account_id = ANY(CAST(sqlc.arg(account_id) AS text[])) AND a.fate = 'open' ORDER BY l.account_id, l.authorization_id, l.position;

-- name: Authorization :one
SELECT * FROM authorizations WHERE account_id = $1 AND authorization_id = $2;

-- name: AuthorizationLines :many
SELECT * FROM authorization_lines WHERE account_id = $1 AND authorization_id = $2 ORDER BY position;

-- name: AuthorizationsBefore :many
SELECT * FROM authorizations WHERE account_id = $1 AND authorization_id < $2 ORDER BY authorization_id DESC LIMIT $3;

-- name: AuthorizationLinesBetween :many
SELECT * FROM authorization_lines WHERE account_id = $1 AND authorization_id >= sqlc.arg(first_id) AND authorization_id <= sqlc.arg(last_id) ORDER BY authorization_id, position;

-- name: InsertAuthorizations :execrows
INSERT INTO authorizations (account_id, authorization_id, reference, asked, amount, captured, fate, made_on, until_on, ended_on, made_at, ended_at)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(authorization_id) AS text[])), unnest(CAST(sqlc.arg(reference) AS text[])),
  unnest(CAST(sqlc.arg(asked) AS bigint[])), unnest(CAST(sqlc.arg(amount) AS bigint[])), unnest(CAST(sqlc.arg(captured) AS bigint[])),
  unnest(CAST(sqlc.arg(fate) AS text[])), unnest(CAST(sqlc.arg(made_on) AS text[])), unnest(CAST(sqlc.arg(until_on) AS text[])),
  unnest(CAST(sqlc.arg(ended_on) AS text[])), unnest(CAST(sqlc.arg(made_at) AS bigint[])), NULLIF(unnest(CAST(sqlc.arg(ended_at) AS bigint[])), 0);

-- name: InsertAuthorizationLines :execrows
INSERT INTO authorization_lines (account_id, authorization_id, position, lot_id, lot_position, source, kind, amount)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(authorization_id) AS text[])), unnest(CAST(sqlc.arg(position) AS bigint[])),
  unnest(CAST(sqlc.arg(lot_id) AS text[])), unnest(CAST(sqlc.arg(lot_position) AS bigint[])), unnest(CAST(sqlc.arg(source) AS text[])),
  unnest(CAST(sqlc.arg(kind) AS text[])), unnest(CAST(sqlc.arg(amount) AS bigint[]));

-- name: EndAuthorizations :execrows
UPDATE authorizations SET
  fate = u.fate, captured = u.captured, ended_on = u.ended_on, ended_at = u.ended_at
FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id, unnest(CAST(sqlc.arg(authorization_id) AS text[])) AS authorization_id,
  unnest(CAST(sqlc.arg(fate) AS text[])) AS fate, unnest(CAST(sqlc.arg(captured) AS bigint[])) AS captured,
  unnest(CAST(sqlc.arg(ended_on) AS text[])) AS ended_on, unnest(CAST(sqlc.arg(ended_at) AS bigint[])) AS ended_at) AS u
WHERE authorizations.account_id = u.account_id AND authorizations.authorization_id = u.authorization_id AND authorizations.fate = 'open';
