-- +goose Up

-- The transaction of a till that sold a card, by its key; '' where no till did.

ALTER TABLE cards ADD COLUMN sale TEXT NOT NULL DEFAULT '';

-- What tills have asked for, each by the key that is made of all that tells a shop's transaction from others. It was
-- done, or refused by a rule, or never came before its reversal did. A reversal has undone it, or found nothing to undo,
-- or was refused.

CREATE TABLE till_transactions (
  transaction_key TEXT PRIMARY KEY,
  retailer TEXT NOT NULL,
  store TEXT NOT NULL,
  terminal TEXT NOT NULL,
  business_on TEXT NOT NULL,
  transaction_id TEXT NOT NULL,
  operation TEXT NOT NULL CHECK (operation IN ('activate', 'void', 'return')),
  serial TEXT NOT NULL,
  asked INTEGER NOT NULL CHECK (asked >= 0),
  value INTEGER NOT NULL CHECK (value >= 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('done', 'refused', 'never')),
  refusal TEXT NOT NULL,
  happened_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  reversal TEXT NOT NULL CHECK (reversal IN ('', 'undone', 'nothing', 'already_redeemed', 'replaced')),
  reversed_at INTEGER NOT NULL,
  CHECK ((state = 'done') = (value > 0)),
  CHECK ((state = 'refused') = (refusal <> '')),
  CHECK (state <> 'never' OR reversal = 'nothing'),
  CHECK (state = 'done' OR reversal IN ('', 'nothing')),
  CHECK (operation = 'activate' OR reversal = ''),
  CHECK ((reversal = '') = (reversed_at = 0))
) STRICT, WITHOUT ROWID;

-- What a retailer has sold on a business day.

CREATE INDEX till_transactions_day ON till_transactions (retailer, business_on);
