-- name: Answer :one
SELECT fingerprint, body FROM answers WHERE account_id = $1 AND operation = $2 AND key = $3;

-- name: InsertAnswer :exec
INSERT INTO answers (account_id, operation, key, fingerprint, body, at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: InsertQuestion :exec
INSERT INTO questions (account_id, question_id, question, put_on, amount, currency, method_token, command, state, attempts, opened_at, due_at, answered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', 0, $9, $10, NULL);

-- name: Question :one
SELECT * FROM questions WHERE account_id = $1 AND question_id = $2;

-- name: SettleQuestion :execrows
UPDATE questions SET state = $3, due_at = $4, answered_at = $5 WHERE account_id = $1 AND question_id = $2 AND state = sqlc.arg(was);

-- name: LeaseQuestion :execrows
UPDATE questions SET attempts = attempts + 1, due_at = $3 WHERE account_id = $1 AND question_id = $2 AND due_at <= sqlc.arg(now);

-- name: DueQuestions :many
SELECT account_id, question_id FROM questions WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at, question_id LIMIT $2;

-- name: NextQuestion :one
SELECT CAST(COALESCE(MIN(due_at), 0) AS BIGINT) FROM questions WHERE due_at IS NOT NULL;

-- name: InsertWaiting :exec
INSERT INTO waiting (account_id, position, command, received_at)
SELECT CAST(sqlc.arg(account_id) AS text), COALESCE(MAX(position), 0) + 1, CAST(sqlc.arg(command) AS text), CAST(sqlc.arg(received_at) AS BIGINT) FROM waiting WHERE account_id = sqlc.arg(account_id);

-- name: Waiting :many
SELECT * FROM waiting WHERE account_id = $1 ORDER BY position;

-- name: DeleteWaiting :exec
DELETE FROM waiting WHERE account_id = $1 AND position = $2;
