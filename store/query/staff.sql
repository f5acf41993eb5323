-- name: PutStaff :exec
INSERT INTO staff (name, duty, handle, enrolment, enrol_until, epoch, created_at) VALUES ($1, $2, $3, $4, $5, 1, $6)
ON CONFLICT (name) DO UPDATE SET duty = excluded.duty, enrolment = excluded.enrolment, enrol_until = excluded.enrol_until,
  epoch = staff.epoch + 1, ended_at = NULL;

-- name: Staff :many
SELECT * FROM staff ORDER BY name;

-- name: StaffByName :one
SELECT * FROM staff WHERE name = $1;

-- name: StaffOfEnrolment :one
SELECT * FROM staff WHERE enrolment = $1;

-- name: UseEnrolment :execrows
UPDATE staff SET enrolment = '' WHERE name = $1 AND enrolment = $2 AND enrol_until > sqlc.arg(now);

-- name: EndStaff :execrows
UPDATE staff SET ended_at = $2, enrolment = '', epoch = epoch + 1 WHERE name = $1 AND ended_at IS NULL;

-- name: InsertPasskey :exec
INSERT INTO passkeys (passkey_id, name, credential, created_at) VALUES ($1, $2, $3, $4);

-- name: Passkey :one
SELECT * FROM passkeys WHERE passkey_id = $1;

-- name: UsePasskey :execrows
UPDATE passkeys SET credential = $2, used_at = $3 WHERE passkey_id = $1 AND credential = sqlc.arg(was);

-- name: DeletePasskeys :execrows
DELETE FROM passkeys WHERE name = $1;
