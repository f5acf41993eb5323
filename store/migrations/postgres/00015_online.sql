-- +goose Up

-- Gift cards that are bought online. An order waits for its payment, then as a customer's deposit for the day of
-- delivery, and names the card that it made. While something is to be done with it, it is due: the row is the job. The
-- payment is what the gateway calls it, and '' where none was begun.

CREATE TABLE orders (
  order_id text COLLATE "C" PRIMARY KEY,
  state text COLLATE "C" NOT NULL CHECK (state IN ('placed', 'expired', 'paid', 'delivered', 'refunding', 'refunded', 'charged_back', 'written_off')),
  product text COLLATE "C" NOT NULL,
  country text COLLATE "C" NOT NULL,
  value bigint NOT NULL CHECK (value > 0),
  currency text COLLATE "C" NOT NULL,
  design text COLLATE "C" NOT NULL,
  sender_name text COLLATE "C" NOT NULL,
  recipient_name text COLLATE "C" NOT NULL,
  message text COLLATE "C" NOT NULL,
  language text COLLATE "C" NOT NULL,
  buyer text COLLATE "C" NOT NULL,
  buyer_language text COLLATE "C" NOT NULL,
  recipient text COLLATE "C" NOT NULL,
  zone text COLLATE "C" NOT NULL,
  payment text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  serial text COLLATE "C" NOT NULL,
  taken bigint NOT NULL CHECK (taken >= 0),
  froze boolean NOT NULL,
  placed_at bigint NOT NULL,
  deliver_at bigint NOT NULL,
  moved_at bigint NOT NULL,
  due_at bigint,
  attempts bigint NOT NULL CHECK (attempts >= 0),
  CHECK ((digest = '') = (serial = '')),
  CHECK (state <> 'delivered' OR serial <> ''),
  CHECK (state NOT IN ('placed', 'expired') OR serial = '')
);

CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;

-- The order's side of the books.

CREATE TABLE order_transfers (
  order_id text COLLATE "C" NOT NULL,
  transfer_id text COLLATE "C" NOT NULL,
  debit text COLLATE "C" NOT NULL,
  credit text COLLATE "C" NOT NULL CHECK (credit <> debit),
  amount bigint NOT NULL CHECK (amount > 0),
  currency text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (order_id, transfer_id)
);

-- What is told by mail of an order, once for each key; due until it is settled. The digest is of the card whose code a
-- gift mail tells.

CREATE TABLE order_letters (
  order_id text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sent', 'lapsed', 'failed')),
  attempts bigint NOT NULL CHECK (attempts >= 0),
  due_at bigint CHECK ((state = 'queued') = (due_at IS NOT NULL)),
  created_at bigint NOT NULL,
  PRIMARY KEY (order_id, key)
);

CREATE INDEX order_letters_due ON order_letters (due_at) WHERE due_at IS NOT NULL;
