-- name: TillTransactions :many
SELECT * FROM till_transactions WHERE transaction_key = ANY(CAST(sqlc.arg(transaction_key) AS text[])) ORDER BY transaction_key;

-- name: SoldOn :many
SELECT sold.retailer, sold.business_on, sold.currency, CAST(SUM(sold.value) AS BIGINT) AS value FROM (SELECT
  unnest(CAST(sqlc.arg(retailer) AS text[])) AS retailer, unnest(CAST(sqlc.arg(business_on) AS text[])) AS business_on) AS u, LATERAL (SELECT * FROM till_transactions AS kept
WHERE kept.retailer = u.retailer AND kept.business_on = u.business_on AND kept.operation = 'activate' AND kept.reversal <> 'undone' AND kept.value > 0) AS sold
GROUP BY sold.retailer, sold.business_on, sold.currency ORDER BY sold.retailer, sold.business_on, sold.currency;

-- name: InsertTillTransactions :execrows
INSERT INTO till_transactions (transaction_key, retailer, store, terminal, business_on, transaction_id, operation, serial, asked, value, currency, state, refusal, happened_at, received_at, reversal, reversed_at)
SELECT
  unnest(CAST(sqlc.arg(transaction_key) AS text[])), unnest(CAST(sqlc.arg(retailer) AS text[])), unnest(CAST(sqlc.arg(store) AS text[])),
  unnest(CAST(sqlc.arg(terminal) AS text[])), unnest(CAST(sqlc.arg(business_on) AS text[])), unnest(CAST(sqlc.arg(transaction_id) AS text[])),
  unnest(CAST(sqlc.arg(operation) AS text[])), unnest(CAST(sqlc.arg(serial) AS text[])), unnest(CAST(sqlc.arg(asked) AS bigint[])),
  unnest(CAST(sqlc.arg(value) AS bigint[])), unnest(CAST(sqlc.arg(currency) AS text[])), unnest(CAST(sqlc.arg(state) AS text[])),
  unnest(CAST(sqlc.arg(refusal) AS text[])), unnest(CAST(sqlc.arg(happened_at) AS bigint[])), unnest(CAST(sqlc.arg(received_at) AS bigint[])),
  unnest(CAST(sqlc.arg(reversal) AS text[])), unnest(CAST(sqlc.arg(reversed_at) AS bigint[]));

-- name: ReverseTillTransactions :execrows
UPDATE till_transactions SET reversal = u.reversal, reversed_at = u.reversed_at
FROM (SELECT
  unnest(CAST(sqlc.arg(transaction_key) AS text[])) AS transaction_key, unnest(CAST(sqlc.arg(reversal) AS text[])) AS reversal,
  unnest(CAST(sqlc.arg(reversed_at) AS bigint[])) AS reversed_at) AS u
WHERE till_transactions.transaction_key = u.transaction_key AND till_transactions.reversal = '';
