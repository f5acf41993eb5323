-- +goose Up

-- What retailers' files said of their business days, compared with what their tills did. Another file of a day takes the
-- place of the one before, as a revision. What is agreed grows as breaks are decided; the commission follows it.

CREATE TABLE settlements (
  retailer text COLLATE "C" NOT NULL,
  business_on text COLLATE "C" NOT NULL,
  revision bigint NOT NULL CHECK (revision > 0),
  file_sum text COLLATE "C" NOT NULL,
  file_rows bigint NOT NULL CHECK (file_rows >= 0),
  matched bigint NOT NULL CHECK (matched >= 0),
  currency text COLLATE "C" NOT NULL,
  ours bigint NOT NULL,
  theirs bigint NOT NULL,
  agreed bigint NOT NULL,
  rate text COLLATE "C" NOT NULL,
  commission bigint NOT NULL,
  decided bigint NOT NULL CHECK (decided >= 0),
  state text COLLATE "C" NOT NULL CHECK (state IN ('current', 'replaced')),
  received_at bigint NOT NULL,
  PRIMARY KEY (retailer, business_on, revision)
);

-- The differences. A resolution is proposed by one person and confirmed by another. One that a later day's file had
-- has arrived with that day's.

CREATE TABLE settlement_breaks (
  retailer text COLLATE "C" NOT NULL,
  business_on text COLLATE "C" NOT NULL,
  revision bigint NOT NULL,
  number bigint NOT NULL CHECK (number > 0),
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('not_in_file', 'not_with_us', 'amount', 'state', 'card', 'duplicate', 'late')),
  transaction_key text COLLATE "C" NOT NULL,
  transaction_on text COLLATE "C" NOT NULL,
  serial text COLLATE "C" NOT NULL,
  line bigint NOT NULL CHECK (line >= 0),
  standing text COLLATE "C" NOT NULL CHECK (standing IN ('', 'stands', 'reversed', 'refused')),
  currency text COLLATE "C" NOT NULL,
  ours bigint NOT NULL,
  theirs bigint NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'proposed', 'resolved', 'arrived', 'superseded')),
  arrived_on text COLLATE "C" NOT NULL,
  resolution text COLLATE "C" NOT NULL CHECK (resolution IN ('', 'ours', 'theirs', 'activate', 'written_off')),
  reason text COLLATE "C" NOT NULL,
  proposer text COLLATE "C" NOT NULL,
  proposed_at bigint NOT NULL,
  confirmer text COLLATE "C" NOT NULL,
  confirmed_at bigint NOT NULL,
  PRIMARY KEY (retailer, business_on, revision, number),
  CHECK ((kind = 'not_in_file') = (line = 0)),
  CHECK ((resolution = '') = (proposer = '')),
  CHECK (state <> 'open' OR resolution = ''),
  CHECK (state NOT IN ('proposed', 'resolved') OR resolution <> ''),
  CHECK ((state = 'resolved') = (confirmer <> '')),
  CHECK (confirmer = '' OR confirmer <> proposer),
  CHECK ((state = 'arrived') = (arrived_on <> ''))
);

CREATE INDEX settlement_breaks_about ON settlement_breaks (retailer, transaction_on);

-- The transfers that follow from settlements and from what shops pay, on the retailer's side of the books.

CREATE TABLE settlement_transfers (
  retailer text COLLATE "C" NOT NULL,
  transfer_id text COLLATE "C" NOT NULL,
  debit text COLLATE "C" NOT NULL,
  credit text COLLATE "C" NOT NULL CHECK (credit <> debit),
  amount bigint NOT NULL CHECK (amount > 0),
  currency text COLLATE "C" NOT NULL,
  cause text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (retailer, transfer_id)
);

-- What shops have paid, each payment once by its reference.

CREATE TABLE retailer_payments (
  retailer text COLLATE "C" NOT NULL,
  reference text COLLATE "C" NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  currency text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (retailer, reference)
);
