-- name: Sandbox :many
SELECT sandbox_id FROM sandbox;

-- name: AnyAccount :many
SELECT account_id FROM accounts LIMIT 1;

-- name: InsertSandbox :exec
INSERT INTO sandbox (sandbox_id, since) VALUES (1, $1) ON CONFLICT DO NOTHING;

-- name: InsertTestClock :exec
INSERT INTO test_clocks (clock_id, name, at, target, leased_until, created_at) VALUES ($1, $2, $3, $3, 0, $4);

-- A clock that was deleted still shows its accounts the time at which it stopped.

-- name: ClockByID :one
SELECT * FROM test_clocks WHERE clock_id = $1;

-- name: ClocksPage :many
SELECT * FROM test_clocks WHERE clock_id < $1 AND deleted_at IS NULL ORDER BY clock_id DESC LIMIT $2;

-- name: AimTestClock :execrows
UPDATE test_clocks SET target = $2 WHERE clock_id = $1 AND target = at AND at <= $2 AND deleted_at IS NULL;

-- name: LeaseTestClock :execrows
UPDATE test_clocks SET leased_until = $2 WHERE clock_id = $1 AND target > at AND leased_until <= sqlc.arg(now) AND deleted_at IS NULL;

-- name: MoveTestClock :execrows
UPDATE test_clocks SET at = $2, leased_until = 0 WHERE clock_id = $1 AND leased_until = sqlc.arg(lease) AND deleted_at IS NULL;

-- name: DeleteTestClock :execrows
UPDATE test_clocks SET deleted_at = $2 WHERE clock_id = $1 AND deleted_at IS NULL;

-- name: DueTestClocks :many
SELECT clock_id FROM test_clocks WHERE target > at AND leased_until <= $1 AND deleted_at IS NULL ORDER BY clock_id LIMIT $2;

-- name: DueOfTestClock :many
SELECT account_id FROM accounts WHERE test_clock = $1 AND test_clock <> '' AND due_at IS NOT NULL AND due_at <= $2 ORDER BY due_at, account_id LIMIT $3;

-- name: NextOfTestClock :one
SELECT CAST(COALESCE(MIN(due_at), 0) AS BIGINT) FROM accounts WHERE test_clock = $1 AND test_clock <> '' AND due_at IS NOT NULL;

-- name: QuestionsOfTestClock :many
SELECT q.account_id, q.question_id FROM questions q JOIN accounts a ON a.account_id = q.account_id
WHERE a.test_clock = $1 AND a.test_clock <> '' AND q.due_at IS NOT NULL AND q.due_at <= $2 ORDER BY q.due_at, q.question_id LIMIT $3;

-- name: NextQuestionOfTestClock :one
SELECT CAST(COALESCE(MIN(q.due_at), 0) AS BIGINT) FROM questions q JOIN accounts a ON a.account_id = q.account_id
WHERE a.test_clock = $1 AND a.test_clock <> '' AND q.due_at IS NOT NULL;
