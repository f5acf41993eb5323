-- name: InsertAccount :exec
INSERT INTO accounts (account_id, email, created_at, language, country, currency, zone, epoch, method, method_token,
  balance, status, plan, pending, payer, cancelled, anchor, period_start, period_end, period_paid_by, period_value,
  period_valued_from, period_charge, held_on, retried, runs_out, estimate_made, estimate_holds, catalog_version,
  reminded, due_at, rests_until, question_id, last_event, last_lot)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
  $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35);

-- name: Account :one
SELECT * FROM accounts WHERE account_id = $1;

-- name: LockAccount :one
SELECT * FROM accounts WHERE account_id = $1 FOR UPDATE;

-- name: UpdateAccount :execrows
UPDATE accounts SET method = $2, method_token = $3, balance = $4, status = $5, plan = $6, pending = $7, payer = $8,
  cancelled = $9, anchor = $10, period_start = $11, period_end = $12, period_paid_by = $13, period_value = $14,
  period_valued_from = $15, period_charge = $16, held_on = $17, retried = $18, runs_out = $19, estimate_made = $20,
  estimate_holds = $21, catalog_version = $22, reminded = $23, due_at = $24, question_id = $25, last_event = $26,
  last_lot = $27, rests_until = 0
WHERE account_id = $1;

-- name: SetLanguage :execrows
UPDATE accounts SET language = $2 WHERE account_id = $1;

-- name: NextEpoch :execrows
UPDATE accounts SET epoch = epoch + 1 WHERE account_id = $1;

-- name: Epoch :one
SELECT epoch FROM accounts WHERE account_id = $1;

-- name: DueAccounts :many
SELECT account_id FROM accounts WHERE due_at IS NOT NULL AND due_at <= $1 AND rests_until <= $1 ORDER BY due_at, account_id LIMIT $2;

-- name: NextDue :one
SELECT CAST(COALESCE(MIN(CASE WHEN rests_until > due_at THEN rests_until ELSE due_at END), 0) AS BIGINT) FROM accounts WHERE due_at IS NOT NULL;

-- name: AccountsOfOlderCatalog :many
SELECT account_id FROM accounts WHERE catalog_version < $1 AND status IN ('active', 'held') AND question_id = '' AND rests_until <= $2 ORDER BY account_id LIMIT $3;

-- name: InsertEmail :exec
INSERT INTO emails (email, account_id) VALUES ($1, $2);

-- name: AccountOfEmail :one
SELECT account_id FROM emails WHERE email = $1;

-- name: Lots :many
SELECT * FROM lots WHERE account_id = $1 ORDER BY position;

-- name: SpendableLots :many
SELECT lot_id, source, kind, rest FROM lots WHERE account_id = $1 AND rest > 0 ORDER BY position;

-- name: InsertLot :exec
INSERT INTO lots (account_id, lot_id, position, source, kind, value, rest, redeemed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: DrawLot :execrows
UPDATE lots SET rest = rest - $3 WHERE account_id = $1 AND lot_id = $2 AND rest >= $3;

-- name: InsertCharge :exec
INSERT INTO charges (account_id, charge_id, plan, period_start, period_end, ended_on, total, tax, prorated, paid_by, charged_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: EndCharge :execrows
UPDATE charges SET ended_on = $3 WHERE account_id = $1 AND charge_id = $2;

-- name: InsertChargeLine :exec
INSERT INTO charge_lines (account_id, charge_id, position, lot_id, source, amount) VALUES ($1, $2, $3, $4, $5, $6);

-- name: Charges :many
SELECT * FROM charges WHERE account_id = $1 ORDER BY period_start DESC LIMIT $2;

-- name: ChargeLines :many
SELECT * FROM charge_lines WHERE account_id = $1 ORDER BY charge_id, position;

-- name: InsertTransfer :exec
INSERT INTO transfers (account_id, transfer_id, debit, credit, amount, currency, cause, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: InsertEvent :exec
INSERT INTO events (account_id, number, told_on, kind, body, at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: EventBodies :many
SELECT body FROM events WHERE account_id = $1 ORDER BY number;

-- name: SetAside :execrows
UPDATE accounts SET rests_until = $2 WHERE account_id = $1;
