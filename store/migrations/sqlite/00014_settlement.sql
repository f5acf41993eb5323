-- +goose Up

-- What retailers' files said of their business days, compared with what their tills did. Another file of a day takes the
-- place of the one before, as a revision. What is agreed grows as breaks are decided; the commission follows it.

CREATE TABLE settlements (
  retailer TEXT NOT NULL,
  business_on TEXT NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0),
  file_sum TEXT NOT NULL,
  file_rows INTEGER NOT NULL CHECK (file_rows >= 0),
  matched INTEGER NOT NULL CHECK (matched >= 0),
  currency TEXT NOT NULL,
  ours INTEGER NOT NULL,
  theirs INTEGER NOT NULL,
  agreed INTEGER NOT NULL,
  rate TEXT NOT NULL,
  commission INTEGER NOT NULL,
  decided INTEGER NOT NULL CHECK (decided >= 0),
  state TEXT NOT NULL CHECK (state IN ('current', 'replaced')),
  received_at INTEGER NOT NULL,
  PRIMARY KEY (retailer, business_on, revision)
) STRICT, WITHOUT ROWID;

-- The differences. A resolution is proposed by one person and confirmed by another. One that a later day's file had
-- has arrived with that day's.

CREATE TABLE settlement_breaks (
  retailer TEXT NOT NULL,
  business_on TEXT NOT NULL,
  revision INTEGER NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  kind TEXT NOT NULL CHECK (kind IN ('not_in_file', 'not_with_us', 'amount', 'state', 'card', 'duplicate', 'late')),
  transaction_key TEXT NOT NULL,
  transaction_on TEXT NOT NULL,
  serial TEXT NOT NULL,
  line INTEGER NOT NULL CHECK (line >= 0),
  standing TEXT NOT NULL CHECK (standing IN ('', 'stands', 'reversed', 'refused')),
  currency TEXT NOT NULL,
  ours INTEGER NOT NULL,
  theirs INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'proposed', 'resolved', 'arrived', 'superseded')),
  arrived_on TEXT NOT NULL,
  resolution TEXT NOT NULL CHECK (resolution IN ('', 'ours', 'theirs', 'activate', 'written_off')),
  reason TEXT NOT NULL,
  proposer TEXT NOT NULL,
  proposed_at INTEGER NOT NULL,
  confirmer TEXT NOT NULL,
  confirmed_at INTEGER NOT NULL,
  PRIMARY KEY (retailer, business_on, revision, number),
  CHECK ((kind = 'not_in_file') = (line = 0)),
  CHECK ((resolution = '') = (proposer = '')),
  CHECK (state <> 'open' OR resolution = ''),
  CHECK (state NOT IN ('proposed', 'resolved') OR resolution <> ''),
  CHECK ((state = 'resolved') = (confirmer <> '')),
  CHECK (confirmer = '' OR confirmer <> proposer),
  CHECK ((state = 'arrived') = (arrived_on <> ''))
) STRICT, WITHOUT ROWID;

CREATE INDEX settlement_breaks_about ON settlement_breaks (retailer, transaction_on);

-- The transfers that follow from settlements and from what shops pay, on the retailer's side of the books.

CREATE TABLE settlement_transfers (
  retailer TEXT NOT NULL,
  transfer_id TEXT NOT NULL,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL CHECK (credit <> debit),
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  cause TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (retailer, transfer_id)
) STRICT, WITHOUT ROWID;

-- What shops have paid, each payment once by its reference.

CREATE TABLE retailer_payments (
  retailer TEXT NOT NULL,
  reference TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (retailer, reference)
) STRICT, WITHOUT ROWID;
