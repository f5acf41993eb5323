-- name: TillsOfDay :many
SELECT * FROM till_transactions WHERE retailer = $1 AND business_on = $2 AND transaction_key > $3 ORDER BY transaction_key LIMIT $4;

-- name: InsertSettlement :exec
INSERT INTO settlements (retailer, business_on, revision, file_sum, file_rows, matched, currency, ours, theirs, agreed, rate, commission, decided, state, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: SettlementOf :one
SELECT * FROM settlements WHERE retailer = $1 AND business_on = $2 AND state = 'current';

-- name: LockSettlement :one
SELECT * FROM settlements WHERE retailer = $1 AND business_on = $2 AND state = 'current' FOR UPDATE;

-- name: SettlementsPage :many
SELECT * FROM settlements WHERE retailer = $1 AND business_on < $2 AND state = 'current' ORDER BY business_on DESC LIMIT $3;

-- name: SettledDays :many
SELECT business_on FROM settlements WHERE retailer = $1 AND state = 'current' ORDER BY business_on;

-- name: SettledSums :many
SELECT currency, CAST(SUM(agreed) AS BIGINT) AS agreed, CAST(SUM(commission) AS BIGINT) AS commission
FROM settlements WHERE retailer = $1 AND state = 'current' GROUP BY currency ORDER BY currency;

-- name: PaidSums :many
SELECT currency, CAST(SUM(amount) AS BIGINT) AS amount FROM retailer_payments WHERE retailer = $1 GROUP BY currency ORDER BY currency;

-- name: ReplaceSettlement :execrows
UPDATE settlements SET state = 'replaced'
WHERE retailer = sqlc.arg(retailer) AND business_on = sqlc.arg(business_on) AND revision = sqlc.arg(revision) AND state = 'current' AND decided = 0;

-- name: AgreeSettlement :execrows
UPDATE settlements SET agreed = sqlc.arg(agreed), commission = sqlc.arg(commission), decided = decided + 1
WHERE retailer = sqlc.arg(retailer) AND business_on = sqlc.arg(business_on) AND revision = sqlc.arg(revision) AND state = 'current';

-- name: InsertSettlementBreak :exec
INSERT INTO settlement_breaks (retailer, business_on, revision, number, kind, transaction_key, transaction_on, serial, line, standing, currency, ours, theirs, state, arrived_on, resolution, reason, proposer, proposed_at, confirmer, confirmed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'open', '', '', '', '', 0, '', 0);

-- name: SettlementBreak :one
SELECT * FROM settlement_breaks WHERE retailer = $1 AND business_on = $2 AND revision = $3 AND number = $4;

-- name: BreaksAbout :many
SELECT * FROM settlement_breaks WHERE retailer = $1 AND transaction_on = $2 AND state <> 'superseded' ORDER BY business_on, number;

-- name: BreaksPage :many
SELECT * FROM settlement_breaks WHERE retailer = sqlc.arg(retailer) AND state <> 'superseded'
  AND business_on >= sqlc.arg(after_on) AND (business_on > sqlc.arg(after_on) OR number > sqlc.arg(after_number))
  AND business_on <= sqlc.arg(last_on) AND (CAST(sqlc.arg(state) AS text) = '' OR state = sqlc.arg(state)) AND (CAST(sqlc.arg(kind) AS text) = '' OR kind = sqlc.arg(kind))
ORDER BY business_on, number LIMIT sqlc.arg(most);

-- name: PendingBreaks :one
SELECT COUNT(*) FROM settlement_breaks WHERE retailer = $1 AND state IN ('open', 'proposed');

-- name: SupersedeBreaks :execrows
UPDATE settlement_breaks SET state = 'superseded', arrived_on = ''
WHERE retailer = sqlc.arg(retailer) AND business_on = sqlc.arg(business_on) AND revision = sqlc.arg(revision);

-- name: BreaksArrive :execrows
UPDATE settlement_breaks SET state = 'arrived', arrived_on = sqlc.arg(arrived_on)
WHERE retailer = sqlc.arg(retailer) AND transaction_on = sqlc.arg(transaction_on) AND transaction_key = sqlc.arg(transaction_key)
  AND kind = 'not_in_file' AND state IN ('open', 'proposed');

-- name: BreaksDepart :execrows
UPDATE settlement_breaks SET state = 'open', arrived_on = '', resolution = '', reason = '', proposer = '', proposed_at = 0
WHERE retailer = sqlc.arg(retailer) AND state = 'arrived' AND arrived_on = sqlc.arg(arrived_on);

-- name: ProposeBreak :execrows
UPDATE settlement_breaks SET state = 'proposed', resolution = sqlc.arg(resolution), reason = sqlc.arg(reason), proposer = sqlc.arg(proposer), proposed_at = sqlc.arg(proposed_at)
WHERE retailer = sqlc.arg(retailer) AND business_on = sqlc.arg(business_on) AND revision = sqlc.arg(revision) AND number = sqlc.arg(number) AND state IN ('open', 'proposed');

-- name: ConfirmBreak :execrows
UPDATE settlement_breaks SET state = 'resolved', confirmer = sqlc.arg(confirmer), confirmed_at = sqlc.arg(confirmed_at)
WHERE retailer = sqlc.arg(retailer) AND business_on = sqlc.arg(business_on) AND revision = sqlc.arg(revision) AND number = sqlc.arg(number) AND state = 'proposed';

-- name: InsertSettlementTransfer :exec
INSERT INTO settlement_transfers (retailer, transfer_id, debit, credit, amount, currency, cause, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: InsertRetailerPayment :exec
INSERT INTO retailer_payments (retailer, reference, amount, currency, at) VALUES ($1, $2, $3, $4, $5);

-- name: RetailerPayment :one
SELECT * FROM retailer_payments WHERE retailer = $1 AND reference = $2;

-- name: AuditSettlementTransfers :many
SELECT * FROM settlement_transfers WHERE transfer_id > $1 ORDER BY transfer_id, retailer LIMIT $2;
