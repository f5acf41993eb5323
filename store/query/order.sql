-- name: InsertOrder :exec
INSERT INTO orders (order_id, state, product, country, value, currency, design, sender_name, recipient_name, message, language, buyer, buyer_language,
  recipient, zone, payment, digest, serial, taken, froze, placed_at, deliver_at, moved_at, due_at, attempts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '', '', 0, FALSE, $16, $17, $16, $18, 0);

-- name: OrderByID :one
SELECT * FROM orders WHERE order_id = $1;

-- name: LockOrder :one
SELECT * FROM orders WHERE order_id = $1 FOR UPDATE;

-- name: MoveOrder :execrows
UPDATE orders SET state = $2, recipient = $3, digest = $4, serial = $5, taken = $6, froze = $7, moved_at = $8, due_at = $9, attempts = 0
WHERE order_id = $1 AND state = sqlc.arg(was) AND serial = sqlc.arg(was_serial);

-- name: BeginPayment :execrows
UPDATE orders SET payment = $2, due_at = $3, attempts = 0 WHERE order_id = $1 AND state = 'placed' AND (payment = '' OR payment = $2);

-- name: CallOrder :execrows
UPDATE orders SET due_at = $2 WHERE order_id = $1 AND (due_at IS NULL OR due_at > $2);

-- name: RestOrder :execrows
UPDATE orders SET due_at = $2 WHERE order_id = $1 AND state = sqlc.arg(was);

-- name: DueOrders :many
SELECT order_id FROM orders WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at, order_id LIMIT $2;

-- name: NextOrder :one
SELECT CAST(COALESCE(MIN(due_at), 0) AS BIGINT) FROM orders WHERE due_at IS NOT NULL;

-- name: LeaseOrder :execrows
UPDATE orders SET due_at = $2, attempts = attempts + 1 WHERE order_id = $1 AND due_at IS NOT NULL AND due_at <= sqlc.arg(now);

-- name: InsertOrderTransfer :exec
INSERT INTO order_transfers (order_id, transfer_id, debit, credit, amount, currency, at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: InsertOrderLetter :exec
INSERT INTO order_letters (order_id, key, kind, digest, state, attempts, due_at, created_at) VALUES ($1, $2, $3, $4, 'queued', 0, $5, $5)
ON CONFLICT DO NOTHING;

-- name: DueOrderLetters :many
SELECT order_id, key, kind, digest, attempts FROM order_letters WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY due_at, order_id, key LIMIT $2;

-- name: NextOrderLetter :one
SELECT CAST(COALESCE(MIN(due_at), 0) AS BIGINT) FROM order_letters WHERE due_at IS NOT NULL;

-- name: LeaseOrderLetter :execrows
UPDATE order_letters SET due_at = $4, attempts = attempts + 1 WHERE order_id = $1 AND key = $2 AND due_at IS NOT NULL AND attempts = $3;

-- name: DelayOrderLetter :execrows
UPDATE order_letters SET due_at = $4 WHERE order_id = $1 AND key = $2 AND due_at IS NOT NULL AND attempts = $3;

-- name: SettleOrderLetter :execrows
UPDATE order_letters SET state = $3, due_at = NULL WHERE order_id = $1 AND key = $2 AND due_at IS NOT NULL;

-- name: LapseGifts :execrows
UPDATE order_letters SET state = 'lapsed', due_at = NULL WHERE order_id = $1 AND due_at IS NOT NULL AND digest <> '';

-- name: OrderLetters :many
SELECT * FROM order_letters WHERE order_id = $1 ORDER BY created_at, key;

-- name: EraseSealedCode :execrows
DELETE FROM sealed_codes WHERE digest = $1;

-- name: AuditOrders :many
SELECT * FROM orders WHERE order_id > $1 ORDER BY order_id LIMIT $2;

-- name: AuditOrderTransfers :many
SELECT * FROM order_transfers WHERE transfer_id > $1 ORDER BY transfer_id, order_id LIMIT $2;
