-- name: Account :one
SELECT * FROM accounts WHERE account_id = $1;

-- name: SetLanguage :execrows
UPDATE accounts SET language = $2 WHERE account_id = $1;

-- name: NextEpoch :execrows
UPDATE accounts SET epoch = epoch + 1 WHERE account_id = $1;

-- name: Epoch :one
SELECT epoch FROM accounts WHERE account_id = $1;

-- name: Epochs :many
SELECT account_id, epoch FROM accounts WHERE account_id = ANY(CAST(sqlc.arg(account_id) AS text[]));

-- name: DueAccounts :many
SELECT account_id FROM accounts WHERE due_at IS NOT NULL AND due_at <= $1 AND rests_until <= $1 AND test_clock = '' ORDER BY due_at, account_id LIMIT $2;

-- name: LockDueAccounts :many
SELECT * FROM accounts WHERE due_at IS NOT NULL AND due_at <= $1 AND rests_until <= $1 AND test_clock = '' ORDER BY due_at, account_id LIMIT $2 FOR UPDATE SKIP LOCKED;

-- name: LockDueAccount :one
SELECT * FROM accounts WHERE account_id = $1 AND due_at IS NOT NULL AND due_at <= $2 AND rests_until <= $2 AND test_clock = '' FOR UPDATE SKIP LOCKED;

-- That it is above 0 tells PostgreSQL to expect few, and to look for them by their index: it is asked again and again.

-- name: CountDue :one
SELECT COUNT(*) FROM accounts WHERE due_at > 0 AND due_at <= $1 AND rests_until <= $1 AND test_clock = '';

-- name: NextDue :one
SELECT CAST(COALESCE(MIN(CASE WHEN rests_until > due_at THEN rests_until ELSE due_at END), 0) AS BIGINT) FROM accounts WHERE due_at IS NOT NULL AND test_clock = '';

-- name: AccountsOfOlderCatalog :many
SELECT account_id FROM accounts WHERE catalog_version < $1 AND status IN ('active', 'held') AND question_id = '' AND rests_until <= $2 ORDER BY catalog_version, account_id LIMIT $3;

-- name: InsertEmails :execrows
INSERT INTO emails (email, account_id)
SELECT
  unnest(CAST(sqlc.arg(email) AS text[])), unnest(CAST(sqlc.arg(account_id) AS text[]));

-- name: AccountOfEmail :one
SELECT account_id FROM emails WHERE email = $1;

-- name: Lots :many
SELECT * FROM lots WHERE account_id = $1 ORDER BY position;

-- name: Charges :many
SELECT * FROM charges WHERE account_id = $1 ORDER BY period_start DESC LIMIT $2;

-- name: ChargeLines :many
SELECT * FROM charge_lines WHERE account_id = $1 ORDER BY charge_id, position;

-- name: EventBodies :many
SELECT body FROM events WHERE account_id = $1 ORDER BY number;

-- name: SetAside :execrows
UPDATE accounts SET rests_until = $2 WHERE account_id = $1;

-- name: InsertAccounts :execrows
INSERT INTO accounts (account_id, email, created_at, language, country, currency, zone, epoch, method, method_token, balance, status, plan, pending, payer, cancelled, anchor, period_start, period_end, period_paid_by, period_value, period_valued_from, period_charge, held_on, retried, runs_out, estimate_made, estimate_holds, catalog_version, reminded, due_at, rests_until, question_id, last_event, last_lot, external_id, last_position, authorized, test_clock)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(email) AS text[])), unnest(CAST(sqlc.arg(created_at) AS bigint[])),
  unnest(CAST(sqlc.arg(language) AS text[])), unnest(CAST(sqlc.arg(country) AS text[])), unnest(CAST(sqlc.arg(currency) AS text[])),
  unnest(CAST(sqlc.arg(zone) AS text[])), unnest(CAST(sqlc.arg(epoch) AS bigint[])), unnest(CAST(sqlc.arg(method) AS text[])),
  unnest(CAST(sqlc.arg(method_token) AS text[])), unnest(CAST(sqlc.arg(balance) AS bigint[])), unnest(CAST(sqlc.arg(status) AS text[])),
  unnest(CAST(sqlc.arg(plan) AS text[])), unnest(CAST(sqlc.arg(pending) AS text[])), unnest(CAST(sqlc.arg(payer) AS text[])),
  unnest(CAST(sqlc.arg(cancelled) AS boolean[])), unnest(CAST(sqlc.arg(anchor) AS bigint[])), unnest(CAST(sqlc.arg(period_start) AS text[])),
  unnest(CAST(sqlc.arg(period_end) AS text[])), unnest(CAST(sqlc.arg(period_paid_by) AS text[])),
  unnest(CAST(sqlc.arg(period_value) AS bigint[])), unnest(CAST(sqlc.arg(period_valued_from) AS text[])),
  unnest(CAST(sqlc.arg(period_charge) AS text[])), unnest(CAST(sqlc.arg(held_on) AS text[])), unnest(CAST(sqlc.arg(retried) AS text[])),
  unnest(CAST(sqlc.arg(runs_out) AS text[])), unnest(CAST(sqlc.arg(estimate_made) AS text[])), unnest(CAST(sqlc.arg(estimate_holds) AS text[])),
  unnest(CAST(sqlc.arg(catalog_version) AS bigint[])), unnest(CAST(sqlc.arg(reminded) AS text[])),
  NULLIF(unnest(CAST(sqlc.arg(due_at) AS bigint[])), 0), 0, unnest(CAST(sqlc.arg(question_id) AS text[])),
  unnest(CAST(sqlc.arg(last_event) AS bigint[])), unnest(CAST(sqlc.arg(last_lot) AS bigint[])), unnest(CAST(sqlc.arg(external_id) AS text[])),
  unnest(CAST(sqlc.arg(last_position) AS bigint[])), unnest(CAST(sqlc.arg(authorized) AS bigint[])), unnest(CAST(sqlc.arg(test_clock) AS text[]));

-- name: Accounts :many
SELECT * FROM accounts WHERE account_id = ANY(CAST(sqlc.arg(account_id) AS text[]));

-- name: LockAccounts :many
SELECT * FROM accounts WHERE account_id = ANY(CAST(sqlc.arg(account_id) AS text[])) ORDER BY account_id FOR UPDATE;

-- name: SpendableLots :many
SELECT account_id, lot_id, source, kind, rest, position FROM lots WHERE account_id = ANY(CAST(sqlc.arg(account_id) AS text[])) AND rest > 0 ORDER BY account_id, position;

-- name: UpdateAccounts :execrows
UPDATE accounts SET
  method = u.method, method_token = u.method_token, balance = u.balance, status = u.status, plan = u.plan, pending = u.pending, payer = u.payer,
  cancelled = u.cancelled, anchor = u.anchor, period_start = u.period_start, period_end = u.period_end, period_paid_by = u.period_paid_by,
  period_value = u.period_value, period_valued_from = u.period_valued_from, period_charge = u.period_charge, held_on = u.held_on,
  retried = u.retried, runs_out = u.runs_out, estimate_made = u.estimate_made, estimate_holds = u.estimate_holds,
  catalog_version = u.catalog_version, reminded = u.reminded, due_at = NULLIF(u.due_at, 0), question_id = u.question_id, last_event = u.last_event,
  last_lot = u.last_lot, last_position = u.last_position, authorized = u.authorized, rests_until = 0
FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id, unnest(CAST(sqlc.arg(method) AS text[])) AS method,
  unnest(CAST(sqlc.arg(method_token) AS text[])) AS method_token, unnest(CAST(sqlc.arg(balance) AS bigint[])) AS balance,
  unnest(CAST(sqlc.arg(status) AS text[])) AS status, unnest(CAST(sqlc.arg(plan) AS text[])) AS plan,
  unnest(CAST(sqlc.arg(pending) AS text[])) AS pending, unnest(CAST(sqlc.arg(payer) AS text[])) AS payer,
  unnest(CAST(sqlc.arg(cancelled) AS boolean[])) AS cancelled, unnest(CAST(sqlc.arg(anchor) AS bigint[])) AS anchor,
  unnest(CAST(sqlc.arg(period_start) AS text[])) AS period_start, unnest(CAST(sqlc.arg(period_end) AS text[])) AS period_end,
  unnest(CAST(sqlc.arg(period_paid_by) AS text[])) AS period_paid_by, unnest(CAST(sqlc.arg(period_value) AS bigint[])) AS period_value,
  unnest(CAST(sqlc.arg(period_valued_from) AS text[])) AS period_valued_from, unnest(CAST(sqlc.arg(period_charge) AS text[])) AS period_charge,
  unnest(CAST(sqlc.arg(held_on) AS text[])) AS held_on, unnest(CAST(sqlc.arg(retried) AS text[])) AS retried,
  unnest(CAST(sqlc.arg(runs_out) AS text[])) AS runs_out, unnest(CAST(sqlc.arg(estimate_made) AS text[])) AS estimate_made,
  unnest(CAST(sqlc.arg(estimate_holds) AS text[])) AS estimate_holds, unnest(CAST(sqlc.arg(catalog_version) AS bigint[])) AS catalog_version,
  unnest(CAST(sqlc.arg(reminded) AS text[])) AS reminded, unnest(CAST(sqlc.arg(due_at) AS bigint[])) AS due_at,
  unnest(CAST(sqlc.arg(question_id) AS text[])) AS question_id, unnest(CAST(sqlc.arg(last_event) AS bigint[])) AS last_event,
  unnest(CAST(sqlc.arg(last_lot) AS bigint[])) AS last_lot, unnest(CAST(sqlc.arg(last_position) AS bigint[])) AS last_position, unnest(CAST(sqlc.arg(authorized) AS bigint[])) AS authorized) AS u
WHERE accounts.account_id = u.account_id;

-- name: UpdateBalances :execrows
UPDATE accounts SET
  balance = u.balance, runs_out = u.runs_out, estimate_made = u.estimate_made, estimate_holds = u.estimate_holds,
  catalog_version = u.catalog_version, due_at = NULLIF(u.due_at, 0), last_event = u.last_event,
  last_lot = u.last_lot, last_position = u.last_position, rests_until = 0
FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id, unnest(CAST(sqlc.arg(balance) AS bigint[])) AS balance,
  unnest(CAST(sqlc.arg(runs_out) AS text[])) AS runs_out, unnest(CAST(sqlc.arg(estimate_made) AS text[])) AS estimate_made,
  unnest(CAST(sqlc.arg(estimate_holds) AS text[])) AS estimate_holds, unnest(CAST(sqlc.arg(catalog_version) AS bigint[])) AS catalog_version,
  unnest(CAST(sqlc.arg(due_at) AS bigint[])) AS due_at, unnest(CAST(sqlc.arg(last_event) AS bigint[])) AS last_event,
  unnest(CAST(sqlc.arg(last_lot) AS bigint[])) AS last_lot, unnest(CAST(sqlc.arg(last_position) AS bigint[])) AS last_position) AS u
WHERE accounts.account_id = u.account_id;

-- name: InsertLots :execrows
INSERT INTO lots (account_id, lot_id, position, source, kind, value, rest, redeemed_at)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(lot_id) AS text[])), unnest(CAST(sqlc.arg(position) AS bigint[])),
  unnest(CAST(sqlc.arg(source) AS text[])), unnest(CAST(sqlc.arg(kind) AS text[])), unnest(CAST(sqlc.arg(value) AS bigint[])),
  unnest(CAST(sqlc.arg(rest) AS bigint[])), unnest(CAST(sqlc.arg(redeemed_at) AS bigint[]));

-- name: DrawLots :execrows
UPDATE lots SET
  rest = lots.rest - u.amount
FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id, unnest(CAST(sqlc.arg(lot_id) AS text[])) AS lot_id,
  unnest(CAST(sqlc.arg(amount) AS bigint[])) AS amount) AS u
WHERE lots.account_id = u.account_id AND lots.lot_id = u.lot_id AND lots.rest >= u.amount;

-- name: InsertCharges :execrows
INSERT INTO charges (account_id, charge_id, plan, period_start, period_end, ended_on, total, tax, prorated, paid_by, charged_at, month_days, balance_before)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(charge_id) AS text[])), unnest(CAST(sqlc.arg(plan) AS text[])),
  unnest(CAST(sqlc.arg(period_start) AS text[])), unnest(CAST(sqlc.arg(period_end) AS text[])), unnest(CAST(sqlc.arg(ended_on) AS text[])),
  unnest(CAST(sqlc.arg(total) AS bigint[])), unnest(CAST(sqlc.arg(tax) AS bigint[])), unnest(CAST(sqlc.arg(prorated) AS boolean[])),
  unnest(CAST(sqlc.arg(paid_by) AS text[])), unnest(CAST(sqlc.arg(charged_at) AS bigint[])),
  unnest(CAST(sqlc.arg(month_days) AS bigint[])), unnest(CAST(sqlc.arg(balance_before) AS bigint[]));

-- name: EndCharges :execrows
UPDATE charges SET
  ended_on = u.ended_on
FROM (SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])) AS account_id, unnest(CAST(sqlc.arg(charge_id) AS text[])) AS charge_id,
  unnest(CAST(sqlc.arg(ended_on) AS text[])) AS ended_on) AS u
WHERE charges.account_id = u.account_id AND charges.charge_id = u.charge_id;

-- name: InsertChargeLines :execrows
INSERT INTO charge_lines (account_id, charge_id, position, lot_id, source, amount)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(charge_id) AS text[])), unnest(CAST(sqlc.arg(position) AS bigint[])),
  unnest(CAST(sqlc.arg(lot_id) AS text[])), unnest(CAST(sqlc.arg(source) AS text[])), unnest(CAST(sqlc.arg(amount) AS bigint[]));

-- name: InsertTransfers :execrows
INSERT INTO transfers (account_id, transfer_id, debit, credit, amount, currency, cause, at)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(transfer_id) AS text[])), unnest(CAST(sqlc.arg(debit) AS text[])),
  unnest(CAST(sqlc.arg(credit) AS text[])), unnest(CAST(sqlc.arg(amount) AS bigint[])), unnest(CAST(sqlc.arg(currency) AS text[])),
  unnest(CAST(sqlc.arg(cause) AS text[])), unnest(CAST(sqlc.arg(at) AS bigint[]));

-- name: InsertEvents :execrows
INSERT INTO events (account_id, number, told_on, kind, body, at, position)
SELECT
  unnest(CAST(sqlc.arg(account_id) AS text[])), unnest(CAST(sqlc.arg(number) AS bigint[])), unnest(CAST(sqlc.arg(told_on) AS text[])),
  unnest(CAST(sqlc.arg(kind) AS text[])), unnest(CAST(sqlc.arg(body) AS text[])), unnest(CAST(sqlc.arg(at) AS bigint[])),
  unnest(CAST(sqlc.arg(position) AS bigint[]));

-- name: Charge :one
SELECT * FROM charges WHERE account_id = $1 AND charge_id = $2;
