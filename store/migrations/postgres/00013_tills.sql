-- +goose Up

-- The transaction of a till that sold a card, by its key; '' where no till did.

ALTER TABLE cards ADD COLUMN sale text COLLATE "C" NOT NULL DEFAULT '';

-- What tills have asked for, each by the key that is made of all that tells a shop's transaction from others. It was
-- done, or refused by a rule, or never came before its reversal did. A reversal has undone it, or found nothing to undo,
-- or was refused.

CREATE TABLE till_transactions (
  transaction_key text COLLATE "C" PRIMARY KEY,
  retailer text COLLATE "C" NOT NULL,
  store text COLLATE "C" NOT NULL,
  terminal text COLLATE "C" NOT NULL,
  business_on text COLLATE "C" NOT NULL,
  transaction_id text COLLATE "C" NOT NULL,
  operation text COLLATE "C" NOT NULL CHECK (operation IN ('activate', 'void', 'return')),
  serial text COLLATE "C" NOT NULL,
  asked bigint NOT NULL CHECK (asked >= 0),
  value bigint NOT NULL CHECK (value >= 0),
  currency text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('done', 'refused', 'never')),
  refusal text COLLATE "C" NOT NULL,
  happened_at bigint NOT NULL,
  received_at bigint NOT NULL,
  reversal text COLLATE "C" NOT NULL CHECK (reversal IN ('', 'undone', 'nothing', 'already_redeemed', 'replaced')),
  reversed_at bigint NOT NULL,
  CHECK ((state = 'done') = (value > 0)),
  CHECK ((state = 'refused') = (refusal <> '')),
  CHECK (state <> 'never' OR reversal = 'nothing'),
  CHECK (state = 'done' OR reversal IN ('', 'nothing')),
  CHECK (operation = 'activate' OR reversal = ''),
  CHECK ((reversal = '') = (reversed_at = 0))
);

-- What a retailer has sold on a business day.

CREATE INDEX till_transactions_day ON till_transactions (retailer, business_on);
