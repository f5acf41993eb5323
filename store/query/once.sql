-- name: Question :one
SELECT * FROM questions WHERE account_id = $1 AND question_id = $2;

-- name: SettleQuestion :execrows
UPDATE questions SET state = $3, due_at = $4, answered_at = $5 WHERE account_id = $1 AND question_id = $2 AND state = sqlc.arg(was);

-- name: LeaseQuestion :execrows
UPDATE questions SET attempts = attempts + 1, due_at = $3 WHERE account_id = $1 AND question_id = $2 AND due_at <= sqlc.arg(now);

-- name: DueQuestions :many
SELECT q.account_id, q.question_id FROM questions q JOIN accounts a ON a.account_id = q.account_id
WHERE q.due_at IS NOT NULL AND q.due_at <= $1 AND a.test_clock = '' ORDER BY q.due_at, q.question_id LIMIT $2;

-- name: NextQuestion :one
SELECT CAST(COALESCE(MIN(q.due_at), 0) AS BIGINT) FROM questions q JOIN accounts a ON a.account_id = q.account_id
WHERE q.due_at IS NOT NULL AND a.test_clock = '';

-- name: InsertWaiting :exec
INSERT INTO waiting (account_id, position, command, received_at)
SELECT CAST(sqlc.arg(account_id) AS text), COALESCE(MAX(position), 0) + 1, CAST(sqlc.arg(command) AS text), CAST(sqlc.arg(received_at) AS BIGINT) FROM waiting WHERE account_id = sqlc.arg(account_id);

-- name: Waiting :many
SELECT * FROM waiting WHERE account_id = $1 ORDER BY position;

-- name: DeleteWaiting :exec
DELETE FROM waiting WHERE account_id = $1 AND position = $2;

-- name: Answer :one
SELECT fingerprint, body FROM answers WHERE account_id = $1 AND operation = $2 AND key = $3;

-- name: Answers :many
SELECT answers.account_id, answers.operation, answers.key, answers.fingerprint, answers.body FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id, unnest(CAST(sqlc.arg(operation) AS text[])) AS operation,
  unnest(CAST(sqlc.arg(key) AS text[])) AS key) AS u, LATERAL (SELECT * FROM answers AS kept
WHERE kept.account_id = u.account_id AND kept.operation = u.operation AND kept.key = u.key LIMIT 1) AS answers;

-- name: InsertAnswers :execrows
INSERT INTO answers (account_id, operation, key, fingerprint, body, at)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(operation) AS text[])), unnest(CAST(sqlc.arg(key) AS text[])),
  unnest(CAST(sqlc.arg(fingerprint) AS text[])), unnest(CAST(sqlc.arg(body) AS text[])), unnest(CAST(sqlc.arg(at) AS bigint[]));

-- name: InsertQuestions :execrows
INSERT INTO questions (account_id, question_id, question, put_on, amount, currency, method_token, command, state, attempts, opened_at, due_at)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(question_id) AS text[])), unnest(CAST(sqlc.arg(question) AS text[])),
  unnest(CAST(sqlc.arg(put_on) AS text[])), unnest(CAST(sqlc.arg(amount) AS bigint[])), unnest(CAST(sqlc.arg(currency) AS text[])),
  unnest(CAST(sqlc.arg(method_token) AS text[])), unnest(CAST(sqlc.arg(command) AS text[])), 'open', 0,
  unnest(CAST(sqlc.arg(opened_at) AS bigint[])), unnest(CAST(sqlc.arg(due_at) AS bigint[]));
