-- +goose Up

-- Gift cards that are bought online. An order waits for its payment, then as a customer's deposit for the day of
-- delivery, and names the card that it made. While something is to be done with it, it is due: the row is the job. The
-- payment is what the gateway calls it, and '' where none was begun.

CREATE TABLE orders (
  order_id TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('placed', 'expired', 'paid', 'delivered', 'refunding', 'refunded', 'charged_back', 'written_off')),
  product TEXT NOT NULL,
  country TEXT NOT NULL,
  value INTEGER NOT NULL CHECK (value > 0),
  currency TEXT NOT NULL,
  design TEXT NOT NULL,
  sender_name TEXT NOT NULL,
  recipient_name TEXT NOT NULL,
  message TEXT NOT NULL,
  language TEXT NOT NULL,
  buyer TEXT NOT NULL,
  buyer_language TEXT NOT NULL,
  recipient TEXT NOT NULL,
  zone TEXT NOT NULL,
  payment TEXT NOT NULL,
  digest TEXT NOT NULL,
  serial TEXT NOT NULL,
  taken INTEGER NOT NULL CHECK (taken >= 0),
  froze INTEGER NOT NULL CHECK (froze IN (0, 1)),
  placed_at INTEGER NOT NULL,
  deliver_at INTEGER NOT NULL,
  moved_at INTEGER NOT NULL,
  due_at INTEGER,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  CHECK ((digest = '') = (serial = '')),
  CHECK (state <> 'delivered' OR serial <> ''),
  CHECK (state NOT IN ('placed', 'expired') OR serial = '')
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;

-- The order's side of the books.

CREATE TABLE order_transfers (
  order_id TEXT NOT NULL,
  transfer_id TEXT NOT NULL,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL CHECK (credit <> debit),
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (order_id, transfer_id)
) STRICT, WITHOUT ROWID;

-- What is told by mail of an order, once for each key; due until it is settled. The digest is of the card whose code a
-- gift mail tells.

CREATE TABLE order_letters (
  order_id TEXT NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  digest TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'lapsed', 'failed')),
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  due_at INTEGER CHECK ((state = 'queued') = (due_at IS NOT NULL)),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (order_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_letters_due ON order_letters (due_at) WHERE due_at IS NOT NULL;
