-- name: InsertSignIn :exec
INSERT INTO sign_ins (sign_in_id, email, browser, language, sender, tries, used, created_at, expires_at, mail_state, mail_attempts, mail_due_at)
VALUES ($1, $2, $3, $4, $5, 0, FALSE, $6, $7, 'queued', 0, $6);

-- name: LockSignIn :one
SELECT * FROM sign_ins WHERE sign_in_id = $1 FOR UPDATE;

-- name: CountSignInTry :execrows
UPDATE sign_ins SET tries = tries + 1 WHERE sign_in_id = $1;

-- name: UseSignIn :execrows
UPDATE sign_ins SET used = TRUE WHERE sign_in_id = $1 AND used = FALSE;

-- name: DueSignIns :many
SELECT sign_in_id, email, language, expires_at, mail_attempts FROM sign_ins WHERE mail_state = 'queued' AND mail_due_at <= $1 ORDER BY mail_due_at LIMIT $2;

-- name: LeaseSignIn :execrows
UPDATE sign_ins SET mail_attempts = mail_attempts + 1, mail_due_at = $3 WHERE sign_in_id = $1 AND mail_state = 'queued' AND mail_attempts = $2;

-- name: DelaySignIn :execrows
UPDATE sign_ins SET mail_due_at = $3 WHERE sign_in_id = $1 AND mail_state = 'queued' AND mail_attempts = $2;

-- name: SettleSignIn :execrows
UPDATE sign_ins SET mail_state = $2 WHERE sign_in_id = $1 AND mail_state = 'queued';

-- name: DeleteOldSignIns :execrows
DELETE FROM sign_ins WHERE expires_at < $1;

-- name: Sessions :many
SELECT * FROM sessions WHERE token = ANY(CAST(sqlc.arg(token) AS text[]));

-- name: PutSession :exec
INSERT INTO sessions (token, data, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at WHERE length(sessions.data) > 0;

-- name: EndSession :exec
UPDATE sessions SET data = sqlc.arg(nothing) WHERE token = sqlc.arg(token);

-- name: DeleteOldSessions :execrows
DELETE FROM sessions WHERE expires_at < $1;

-- name: Tries :one
SELECT opened_at, count FROM tries WHERE scope = $1;

-- name: BeginTries :exec
INSERT INTO tries (scope, opened_at, count) VALUES ($1, 0, 0) ON CONFLICT DO NOTHING;

-- name: LockTries :one
SELECT opened_at, count FROM tries WHERE scope = $1 FOR UPDATE;

-- name: PutTries :exec
INSERT INTO tries (scope, opened_at, count) VALUES ($1, $2, $3)
ON CONFLICT (scope) DO UPDATE SET opened_at = excluded.opened_at, count = excluded.count;

-- name: DeleteOldTries :execrows
DELETE FROM tries WHERE opened_at < $1;
