-- A little history as release 1 left it, to be migrated: its schema, and its rows. Nothing in it is anybody's.

CREATE TABLE goose_db_version (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  version_id INTEGER NOT NULL,
  is_applied INTEGER NOT NULL,
  tstamp TIMESTAMP DEFAULT (datetime('now'))
);

INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, TRUE), (1, TRUE);

CREATE TABLE accounts (
  account_id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  language TEXT NOT NULL,
  country TEXT NOT NULL,
  currency TEXT NOT NULL,
  zone TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  method TEXT NOT NULL,
  method_token TEXT NOT NULL,
  balance INTEGER NOT NULL CHECK (balance >= 0),
  status TEXT NOT NULL CHECK (status IN ('none', 'active', 'held', 'closed')),
  plan TEXT NOT NULL,
  pending TEXT NOT NULL,
  payer TEXT NOT NULL,
  cancelled INTEGER NOT NULL CHECK (cancelled IN (0, 1)),
  anchor INTEGER NOT NULL,
  period_start TEXT NOT NULL,
  period_end TEXT NOT NULL,
  period_paid_by TEXT NOT NULL,
  period_value INTEGER NOT NULL,
  period_valued_from TEXT NOT NULL,
  period_charge TEXT NOT NULL,
  held_on TEXT NOT NULL,
  retried TEXT NOT NULL,
  runs_out TEXT NOT NULL,
  estimate_made TEXT NOT NULL,
  estimate_holds TEXT NOT NULL,
  catalog_version INTEGER NOT NULL,
  reminded TEXT NOT NULL,
  due_at INTEGER,
  rests_until INTEGER NOT NULL,
  question_id TEXT NOT NULL,
  last_event INTEGER NOT NULL,
  last_lot INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE emails (
  email TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cards (
  digest TEXT PRIMARY KEY,
  key_id TEXT NOT NULL,
  serial TEXT NOT NULL,
  product TEXT NOT NULL,
  country TEXT NOT NULL,
  value INTEGER NOT NULL CHECK (value > 0),
  currency TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('issued', 'active', 'redeemed', 'frozen', 'voided', 'replaced')),
  redeemed_by TEXT NOT NULL,
  batch TEXT NOT NULL,
  issued_at INTEGER NOT NULL,
  activated_at INTEGER,
  redeemed_at INTEGER,
  CHECK ((state = 'redeemed') = (redeemed_by <> ''))
) STRICT, WITHOUT ROWID;

CREATE TABLE card_serials (
  serial TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  FOREIGN KEY (digest) REFERENCES cards (digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE card_transfers (
  digest TEXT NOT NULL,
  transfer_id TEXT NOT NULL,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (transfer_id, digest),
  CHECK (debit <> credit),
  FOREIGN KEY (digest) REFERENCES cards (digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE lots (
  account_id TEXT NOT NULL,
  lot_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  value INTEGER NOT NULL,
  rest INTEGER NOT NULL CHECK (rest BETWEEN 0 AND value),
  redeemed_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, position),
  UNIQUE (account_id, source),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE charges (
  account_id TEXT NOT NULL,
  charge_id TEXT NOT NULL,
  plan TEXT NOT NULL,
  period_start TEXT NOT NULL,
  period_end TEXT NOT NULL,
  ended_on TEXT NOT NULL,
  total INTEGER NOT NULL CHECK (total > 0),
  tax INTEGER NOT NULL CHECK (tax BETWEEN 0 AND total),
  prorated INTEGER NOT NULL,
  paid_by TEXT NOT NULL,
  charged_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, charge_id),
  UNIQUE (account_id, period_start),
  CHECK (period_start < period_end),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE charge_lines (
  account_id TEXT NOT NULL,
  charge_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  lot_id TEXT NOT NULL,
  source TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  PRIMARY KEY (account_id, charge_id, position),
  FOREIGN KEY (account_id, charge_id) REFERENCES charges (account_id, charge_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE transfers (
  account_id TEXT NOT NULL,
  transfer_id TEXT NOT NULL,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  cause TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (transfer_id, account_id),
  CHECK (debit <> credit),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  account_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  told_on TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (account_id, number),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
  account_id TEXT NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'lapsed', 'failed')),
  attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  PRIMARY KEY (account_id, key),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE answers (
  account_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (account_id, operation, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE questions (
  account_id TEXT NOT NULL,
  question_id TEXT NOT NULL,
  question TEXT NOT NULL,
  put_on TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  method_token TEXT NOT NULL,
  command TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'declined', 'silent', 'refunding', 'refunded')),
  attempts INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  due_at INTEGER,
  answered_at INTEGER,
  PRIMARY KEY (account_id, question_id),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE waiting (
  account_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  command TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, position),
  FOREIGN KEY (account_id) REFERENCES accounts (account_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_ins (
  sign_in_id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  browser TEXT NOT NULL,
  language TEXT NOT NULL,
  sender TEXT NOT NULL,
  tries INTEGER NOT NULL,
  used INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  mail_state TEXT NOT NULL,
  mail_attempts INTEGER NOT NULL,
  mail_due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  token TEXT PRIMARY KEY,
  data BLOB NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tries (
  scope TEXT PRIMARY KEY,
  opened_at INTEGER NOT NULL,
  count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE catalogs (
  version INTEGER PRIMARY KEY,
  digest TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX accounts_due ON accounts (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX notices_queued ON notices (due_at) WHERE state = 'queued';

CREATE INDEX questions_due ON questions (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX sign_ins_mail ON sign_ins (mail_due_at) WHERE mail_state = 'queued';

CREATE INDEX sign_ins_expiry ON sign_ins (expires_at);

CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE INDEX cards_batch ON cards (batch, serial);

INSERT INTO accounts VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 'ada@example.com', 1768035600000000, 'en', 'US', 'USD', 'UTC', 1, 'none', '', 1604, 'active', 'standard', '', 'self', 0, 5, '2026-04-05', '2026-05-05', 'balance', 1677, '2026-04-05', '01a20703-21dc-7780-bdb8-212ad5ec4747', '', '', '2026-06-03', '2026-01-30', '2026-06-03', 1, 'null', 1777939200000000, 0, '', 8, 2);
INSERT INTO accounts VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 'bob@example.com', 1768035600000000, 'en', 'US', 'USD', 'UTC', 1, 'ok', 'ok:bob', 0, 'closed', 'basic', '', 'self', 0, 0, '2026-03-10', '2026-04-10', 'payment_method', 865, '2026-03-10', '01a20703-21db-74af-887d-b6feda0da2a8', '', '', '', '2026-04-10', '2999-12-31', 1, 'null', NULL, 0, '', 7, 0);
INSERT INTO accounts VALUES ('01a20703-21cd-7dd4-b3e9-4e95cda35655', 'cyd@example.com', 1768035600000000, 'en', 'US', 'USD', 'UTC', 1, 'ok', 'late:cyd', 0, 'none', '', '', 'self', 0, 0, '', '', '', 0, '', '', '', '', '', '2026-01-10', '2999-12-31', 1, 'null', NULL, 0, '01a20703-21de-7789-ad55-f9fe36487003', 1, 0);
INSERT INTO emails VALUES ('ada@example.com', '01a20703-21cc-7d12-afbb-0752463c60b6');
INSERT INTO emails VALUES ('bob@example.com', '01a20703-21cd-7970-8ac0-21f3533d5143');
INSERT INTO emails VALUES ('cyd@example.com', '01a20703-21cd-7dd4-b3e9-4e95cda35655');
INSERT INTO cards VALUES ('JXHBmE_ka34Vub6SBuGHv2xrcneIySq6fB37JrznfoQ', 'test', '8704-0111-9698-4', 'us-50', 'US', 5000, 'USD', 'redeemed', '01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21ce-71cb-9f6a-ab72f9eb9bef', 1768035600000000, 1768035600000000, 1768035600000000);
INSERT INTO cards VALUES ('Qclmmuqr91V8k1cb-KupXCJOAeok2tHoQeahTnVnXTg', 'test', '6969-6615-4595-2', 'us-25', 'US', 2500, 'USD', 'redeemed', '01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21cf-736a-ade7-c932f380200b', 1768035600000000, 1768035600000000, 1768035600000000);
INSERT INTO cards VALUES ('_sxPUrCaTe0b8PB95mlLBoVkG_CR0UUm0h1E3csPgNo', 'test', '1809-5316-6500-5', 'us-50', 'US', 5000, 'USD', 'voided', '', '01a20703-21ce-71cb-9f6a-ab72f9eb9bef', 1768035600000000, 1768035600000000, NULL);
INSERT INTO cards VALUES ('bZ7ZsLOrxsD1ZbIhAXJcNBOCBWoUKPCCp16bkJdUho8', 'test', '6134-9680-3814-5', 'us-50', 'US', 5000, 'USD', 'frozen', '', '01a20703-21ce-71cb-9f6a-ab72f9eb9bef', 1768035600000000, 1768035600000000, NULL);
INSERT INTO cards VALUES ('dy8gNItHOptAv4XAF984Rfd4Sf-iZUYkEPr69ERzaJc', 'test', '2888-8687-8556-8', 'us-25', 'US', 2500, 'USD', 'issued', '', '01a20703-21cf-7dad-ac22-1744b79b8d53', 1768035600000000, NULL, NULL);
INSERT INTO cards VALUES ('mbQ3yOw12FylNjtB1HrCsR3UegLDWCodI0Gbc4YJEK8', 'test', '8355-7887-3803-4', 'us-25', 'US', 2500, 'USD', 'active', '', '01a20703-21cf-736a-ade7-c932f380200b', 1768035600000000, 1768035600000000, NULL);
INSERT INTO cards VALUES ('o2r1GIUMPU1x5FQf_dWJ9nu4IRx5ODh3BRXdkFTluRw', 'test', '9603-5562-2910-7', 'us-50', 'US', 5000, 'USD', 'active', '', '01a20703-21ce-71cb-9f6a-ab72f9eb9bef', 1768035600000000, 1768035600000000, NULL);
INSERT INTO card_serials VALUES ('1809-5316-6500-5', '_sxPUrCaTe0b8PB95mlLBoVkG_CR0UUm0h1E3csPgNo');
INSERT INTO card_serials VALUES ('2888-8687-8556-8', 'dy8gNItHOptAv4XAF984Rfd4Sf-iZUYkEPr69ERzaJc');
INSERT INTO card_serials VALUES ('6134-9680-3814-5', 'bZ7ZsLOrxsD1ZbIhAXJcNBOCBWoUKPCCp16bkJdUho8');
INSERT INTO card_serials VALUES ('6969-6615-4595-2', 'Qclmmuqr91V8k1cb-KupXCJOAeok2tHoQeahTnVnXTg');
INSERT INTO card_serials VALUES ('8355-7887-3803-4', 'mbQ3yOw12FylNjtB1HrCsR3UegLDWCodI0Gbc4YJEK8');
INSERT INTO card_serials VALUES ('8704-0111-9698-4', 'JXHBmE_ka34Vub6SBuGHv2xrcneIySq6fB37JrznfoQ');
INSERT INTO card_serials VALUES ('9603-5562-2910-7', 'o2r1GIUMPU1x5FQf_dWJ9nu4IRx5ODh3BRXdkFTluRw');
INSERT INTO card_transfers VALUES ('JXHBmE_ka34Vub6SBuGHv2xrcneIySq6fB37JrznfoQ', '01a20703-21ce-7db3-bbff-b29f288e0010', 'retailer_receivable', 'cards_outstanding', 5000, 'USD', 1768035600000000);
INSERT INTO card_transfers VALUES ('JXHBmE_ka34Vub6SBuGHv2xrcneIySq6fB37JrznfoQ', '01a20703-21d0-797f-a5c4-998b3ca0bbd8', 'cards_outstanding', 'in_transit', 5000, 'USD', 1768035600000000);
INSERT INTO card_transfers VALUES ('Qclmmuqr91V8k1cb-KupXCJOAeok2tHoQeahTnVnXTg', '01a20703-21cf-792a-8e48-13b0c94f03bf', 'retailer_receivable', 'cards_outstanding', 2500, 'USD', 1768035600000000);
INSERT INTO card_transfers VALUES ('Qclmmuqr91V8k1cb-KupXCJOAeok2tHoQeahTnVnXTg', '01a20703-21d1-79a8-9c76-7028dfa27e90', 'cards_outstanding', 'in_transit', 2500, 'USD', 1768035600000000);
INSERT INTO card_transfers VALUES ('_sxPUrCaTe0b8PB95mlLBoVkG_CR0UUm0h1E3csPgNo', '01a20703-21ce-7ab4-a0b6-186dd5c8ebca', 'retailer_receivable', 'cards_outstanding', 5000, 'USD', 1768035600000000);
INSERT INTO card_transfers VALUES ('_sxPUrCaTe0b8PB95mlLBoVkG_CR0UUm0h1E3csPgNo', '01a20703-21d5-725a-bb61-a012eddaefcd', 'cards_outstanding', 'retailer_receivable', 5000, 'USD', 1768035600000000);
INSERT INTO card_transfers VALUES ('bZ7ZsLOrxsD1ZbIhAXJcNBOCBWoUKPCCp16bkJdUho8', '01a20703-21ce-7d39-bcde-9847b9dc1d16', 'retailer_receivable', 'cards_outstanding', 5000, 'USD', 1768035600000000);
INSERT INTO card_transfers VALUES ('mbQ3yOw12FylNjtB1HrCsR3UegLDWCodI0Gbc4YJEK8', '01a20703-21cf-79a7-83c5-7818f55ba374', 'retailer_receivable', 'cards_outstanding', 2500, 'USD', 1768035600000000);
INSERT INTO card_transfers VALUES ('o2r1GIUMPU1x5FQf_dWJ9nu4IRx5ODh3BRXdkFTluRw', '01a20703-21ce-7e10-a120-2f4504dc8877', 'retailer_receivable', 'cards_outstanding', 5000, 'USD', 1768035600000000);
INSERT INTO lots VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d0-7886-b22b-b4b78944ea54', 1, '8704-0111-9698-4', 'bought', 5000, 0, 1768035600000000);
INSERT INTO lots VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d1-795a-8fd9-fa4e2c4eeee8', 2, '6969-6615-4595-2', 'bought', 2500, 1604, 1768035600000000);
INSERT INTO charges VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d2-728c-a189-c5f0c2c9375b', 'basic', '2026-01-10', '2026-02-10', '2026-02-05', 865, 66, 0, 'balance', 1768035600000000);
INSERT INTO charges VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d7-7b8a-902e-efb72124a290', 'standard', '2026-02-05', '2026-03-05', '2026-03-05', 1677, 128, 0, 'balance', 1770627600000000);
INSERT INTO charges VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21da-7704-b732-f4ac2bb26fc7', 'standard', '2026-03-05', '2026-04-05', '2026-04-05', 1677, 128, 0, 'balance', 1773219600000000);
INSERT INTO charges VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21dc-7780-bdb8-212ad5ec4747', 'standard', '2026-04-05', '2026-05-05', '2026-05-05', 1677, 128, 0, 'balance', 1775811600000000);
INSERT INTO charges VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d3-7e42-8770-35278df55300', 'basic', '2026-01-10', '2026-02-10', '2026-02-10', 865, 66, 0, 'payment_method', 1768035600000000);
INSERT INTO charges VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d9-79a4-9ebc-b2612a795cc4', 'basic', '2026-02-10', '2026-03-10', '2026-03-10', 865, 66, 0, 'payment_method', 1771491600000000);
INSERT INTO charges VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21db-74af-887d-b6feda0da2a8', 'basic', '2026-03-10', '2026-04-10', '2026-04-10', 865, 66, 0, 'payment_method', 1773219600000000);
INSERT INTO charge_lines VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d2-728c-a189-c5f0c2c9375b', 0, '01a20703-21d0-7886-b22b-b4b78944ea54', '8704-0111-9698-4', 865);
INSERT INTO charge_lines VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d7-7b8a-902e-efb72124a290', 0, '01a20703-21d0-7886-b22b-b4b78944ea54', '8704-0111-9698-4', 1677);
INSERT INTO charge_lines VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21da-7704-b732-f4ac2bb26fc7', 0, '01a20703-21d0-7886-b22b-b4b78944ea54', '8704-0111-9698-4', 1677);
INSERT INTO charge_lines VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21dc-7780-bdb8-212ad5ec4747', 0, '01a20703-21d0-7886-b22b-b4b78944ea54', '8704-0111-9698-4', 781);
INSERT INTO charge_lines VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21dc-7780-bdb8-212ad5ec4747', 1, '01a20703-21d1-795a-8fd9-fa4e2c4eeee8', '6969-6615-4595-2', 896);
INSERT INTO charge_lines VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d3-7e42-8770-35278df55300', 0, '', 'payment_method', 865);
INSERT INTO charge_lines VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d9-79a4-9ebc-b2612a795cc4', 0, '', 'payment_method', 865);
INSERT INTO charge_lines VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21db-74af-887d-b6feda0da2a8', 0, '', 'payment_method', 865);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d0-7982-aaf9-b8f6886a5f6b', 'in_transit', 'gift_balance', 5000, 'USD', 'lot:01a20703-21d0-7886-b22b-b4b78944ea54', 1768035600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d1-79aa-9703-c9557a842bb1', 'in_transit', 'gift_balance', 2500, 'USD', 'lot:01a20703-21d1-795a-8fd9-fa4e2c4eeee8', 1768035600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d2-72af-a19f-0ffd1ee1cc3d', 'gift_balance', 'charges', 865, 'USD', 'charge:01a20703-21d2-728c-a189-c5f0c2c9375b', 1768035600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d2-72b0-885b-b8ea42a10f97', 'charges', 'tax_payable', 66, 'USD', 'charge:01a20703-21d2-728c-a189-c5f0c2c9375b', 1768035600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d2-72b1-a297-5163c4900348', 'charges', 'revenue', 799, 'USD', 'charge:01a20703-21d2-728c-a189-c5f0c2c9375b', 1768035600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d7-7b91-8e38-1010734f65de', 'gift_balance', 'charges', 1677, 'USD', 'charge:01a20703-21d7-7b8a-902e-efb72124a290', 1770627600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d7-7b93-8630-f07a78ccb4e4', 'charges', 'tax_payable', 128, 'USD', 'charge:01a20703-21d7-7b8a-902e-efb72124a290', 1770627600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21d7-7b94-b2e7-4292483429a4', 'charges', 'revenue', 1549, 'USD', 'charge:01a20703-21d7-7b8a-902e-efb72124a290', 1770627600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21da-770c-a347-989c85d5d858', 'gift_balance', 'charges', 1677, 'USD', 'charge:01a20703-21da-7704-b732-f4ac2bb26fc7', 1773219600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21da-7712-8cd0-0d2eac51264f', 'charges', 'tax_payable', 128, 'USD', 'charge:01a20703-21da-7704-b732-f4ac2bb26fc7', 1773219600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21da-7713-a6c9-94832bc12446', 'charges', 'revenue', 1549, 'USD', 'charge:01a20703-21da-7704-b732-f4ac2bb26fc7', 1773219600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21dc-778c-998a-5f77ec64997d', 'gift_balance', 'charges', 781, 'USD', 'charge:01a20703-21dc-7780-bdb8-212ad5ec4747', 1775811600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21dc-778e-86cd-44f4fb051701', 'gift_balance', 'charges', 896, 'USD', 'charge:01a20703-21dc-7780-bdb8-212ad5ec4747', 1775811600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21dc-7791-afa8-7f80bf83a06d', 'charges', 'tax_payable', 128, 'USD', 'charge:01a20703-21dc-7780-bdb8-212ad5ec4747', 1775811600000000);
INSERT INTO transfers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', '01a20703-21dc-7793-b5b3-4c1132a920e2', 'charges', 'revenue', 1549, 'USD', 'charge:01a20703-21dc-7780-bdb8-212ad5ec4747', 1775811600000000);
INSERT INTO transfers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d3-7e49-a1ab-c161b45f5d0a', 'payment_method_clearing', 'charges', 865, 'USD', 'charge:01a20703-21d3-7e42-8770-35278df55300', 1768035600000000);
INSERT INTO transfers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d3-7e4b-87ee-330257d95a3d', 'charges', 'tax_payable', 66, 'USD', 'charge:01a20703-21d3-7e42-8770-35278df55300', 1768035600000000);
INSERT INTO transfers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d3-7e4c-a7d6-93e87ef5ba4f', 'charges', 'revenue', 799, 'USD', 'charge:01a20703-21d3-7e42-8770-35278df55300', 1768035600000000);
INSERT INTO transfers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d9-79a9-8718-4d02c8d748b7', 'payment_method_clearing', 'charges', 865, 'USD', 'charge:01a20703-21d9-79a4-9ebc-b2612a795cc4', 1771491600000000);
INSERT INTO transfers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d9-79ab-8d94-0c1cfe730c1d', 'charges', 'tax_payable', 66, 'USD', 'charge:01a20703-21d9-79a4-9ebc-b2612a795cc4', 1771491600000000);
INSERT INTO transfers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d9-79ad-845b-f9df344cd0e4', 'charges', 'revenue', 799, 'USD', 'charge:01a20703-21d9-79a4-9ebc-b2612a795cc4', 1771491600000000);
INSERT INTO transfers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21db-74b5-a0df-755c754d76ed', 'payment_method_clearing', 'charges', 865, 'USD', 'charge:01a20703-21db-74af-887d-b6feda0da2a8', 1773219600000000);
INSERT INTO transfers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21db-74b9-bf6f-7f07476e40b6', 'charges', 'tax_payable', 66, 'USD', 'charge:01a20703-21db-74af-887d-b6feda0da2a8', 1773219600000000);
INSERT INTO transfers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21db-74bb-96f5-5d9787a7aba8', 'charges', 'revenue', 799, 'USD', 'charge:01a20703-21db-74af-887d-b6feda0da2a8', 1773219600000000);
INSERT INTO events VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 1, '2026-01-10', 'redeemed', '{"on":"2026-01-10","event":"redeemed","card":"8704-0111-9698-4","amount":5000,"balance":5000}', 1768035600000000);
INSERT INTO events VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 2, '2026-01-10', 'redeemed', '{"on":"2026-01-10","event":"redeemed","card":"6969-6615-4595-2","amount":2500,"balance":7500}', 1768035600000000);
INSERT INTO events VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 3, '2026-01-10', 'started', '{"on":"2026-01-10","event":"started","plan":"basic"}', 1768035600000000);
INSERT INTO events VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 4, '2026-01-10', 'charged', '{"on":"2026-01-10","event":"charged","plan":"basic","period":["2026-01-10","2026-02-10"],"total":865,"tax":66,"prorated":false,"lines":[{"source":"8704-0111-9698-4","amount":865}],"balance":6635}', 1768035600000000);
INSERT INTO events VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 5, '2026-01-30', 'plan_changed', '{"on":"2026-01-30","event":"plan_changed","plan":"standard","paid_until":"2026-02-05"}', 1769763600000000);
INSERT INTO events VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 6, '2026-02-05', 'charged', '{"on":"2026-02-05","event":"charged","plan":"standard","period":["2026-02-05","2026-03-05"],"total":1677,"tax":128,"prorated":false,"lines":[{"source":"8704-0111-9698-4","amount":1677}],"balance":4958}', 1770627600000000);
INSERT INTO events VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 7, '2026-03-05', 'charged', '{"on":"2026-03-05","event":"charged","plan":"standard","period":["2026-03-05","2026-04-05"],"total":1677,"tax":128,"prorated":false,"lines":[{"source":"8704-0111-9698-4","amount":1677}],"balance":3281}', 1773219600000000);
INSERT INTO events VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 8, '2026-04-05', 'charged', '{"on":"2026-04-05","event":"charged","plan":"standard","period":["2026-04-05","2026-05-05"],"total":1677,"tax":128,"prorated":false,"lines":[{"source":"8704-0111-9698-4","amount":781},{"source":"6969-6615-4595-2","amount":896}],"balance":1604}', 1775811600000000);
INSERT INTO events VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 1, '2026-01-10', 'payment_method_set', '{"on":"2026-01-10","event":"payment_method_set","method":"ok"}', 1768035600000000);
INSERT INTO events VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 2, '2026-01-10', 'started', '{"on":"2026-01-10","event":"started","plan":"basic"}', 1768035600000000);
INSERT INTO events VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 3, '2026-01-10', 'charged', '{"on":"2026-01-10","event":"charged","plan":"basic","period":["2026-01-10","2026-02-10"],"total":865,"tax":66,"prorated":false,"lines":[{"source":"payment_method","amount":865}],"balance":0}', 1768035600000000);
INSERT INTO events VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 4, '2026-02-10', 'charged', '{"on":"2026-02-10","event":"charged","plan":"basic","period":["2026-02-10","2026-03-10"],"total":865,"tax":66,"prorated":false,"lines":[{"source":"payment_method","amount":865}],"balance":0}', 1771491600000000);
INSERT INTO events VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 5, '2026-03-10', 'charged', '{"on":"2026-03-10","event":"charged","plan":"basic","period":["2026-03-10","2026-04-10"],"total":865,"tax":66,"prorated":false,"lines":[{"source":"payment_method","amount":865}],"balance":0}', 1773219600000000);
INSERT INTO events VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 6, '2026-03-11', 'cancelled', '{"on":"2026-03-11","event":"cancelled","ends":"2026-04-10"}', 1773219600000000);
INSERT INTO events VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 7, '2026-04-10', 'closed', '{"on":"2026-04-10","event":"closed","balance":0}', 1775811600000000);
INSERT INTO events VALUES ('01a20703-21cd-7dd4-b3e9-4e95cda35655', 1, '2026-01-10', 'payment_method_set', '{"on":"2026-01-10","event":"payment_method_set","method":"ok"}', 1768035600000000);
INSERT INTO notices VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 'card_applied:6969-6615-4595-2', 'card_applied', '{"kind":"card_applied","on":"2026-01-10","card":"6969-6615-4595-2","currency":"USD","amount":2500,"balance":7500}', 'sent', 1, 1769763660000000, 1768035600000000, 1769763600000000);
INSERT INTO notices VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 'card_applied:8704-0111-9698-4', 'card_applied', '{"kind":"card_applied","on":"2026-01-10","card":"8704-0111-9698-4","currency":"USD","amount":5000,"balance":5000}', 'sent', 1, 1769763660000000, 1768035600000000, 1769763600000000);
INSERT INTO notices VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 'membership_ended:2026-04-10', 'membership_ended', '{"kind":"membership_ended","on":"2026-04-10","currency":"USD","balance":0,"plan":"basic"}', 'sent', 1, 1775811660000000, 1775811600000000, 1775811600000000);
INSERT INTO answers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 'change_plan', '01a20703-21d7-7112-9ce0-b0ce13fd783d', 'test:IDrwSqa-IrBad9yBTQIs2PoXQ1EJ0fpAcgQvxDF72u8', '{"events":[{"on":"2026-01-30","event":"plan_changed","plan":"standard","paid_until":"2026-02-05"}]}', 1769763600000000);
INSERT INTO answers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 'redeem', '01a20703-21d0-74c3-a0b6-88cae0fc1ed1', 'test:yAMOIUGbpVbdgDbGAr8mfpbxALc7dep1dpP5ok24SnA', '{"card":"8704-0111-9698-4","events":[{"on":"2026-01-10","event":"redeemed","card":"8704-0111-9698-4","amount":5000,"balance":5000}]}', 1768035600000000);
INSERT INTO answers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 'redeem', '01a20703-21d1-77c7-b9dd-10cb8b2b54df', 'test:6Cgvocig2O91JYU6ZQ2sFe6TdayxGG4mz_sqZGkcbvs', '{"card":"6969-6615-4595-2","events":[{"on":"2026-01-10","event":"redeemed","card":"6969-6615-4595-2","amount":2500,"balance":7500}]}', 1768035600000000);
INSERT INTO answers VALUES ('01a20703-21cc-7d12-afbb-0752463c60b6', 'start', '01a20703-21d2-7123-9b50-076d6a3943a5', 'test:FTlqHBO-w1CDVErWqdgS9ChzVUatZjh42nvECIPAmBY', '{"events":[{"on":"2026-01-10","event":"started","plan":"basic"},{"on":"2026-01-10","event":"charged","plan":"basic","period":["2026-01-10","2026-02-10"],"total":865,"tax":66,"prorated":false,"lines":[{"source":"8704-0111-9698-4","amount":865}],"balance":6635}]}', 1768035600000000);
INSERT INTO answers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 'cancel', '01a20703-21db-7dec-af9c-35a75e4cf4d0', 'test:QHKPSCw6bjD-Y9Sof8g1sPZXdYu3iChXogftyobSgl8', '{"events":[{"on":"2026-03-11","event":"cancelled","ends":"2026-04-10"}]}', 1773219600000000);
INSERT INTO answers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 'payment_method', '01a20703-21d2-7ac8-a966-f417419b965a', 'test:33JQB2nKnb2T9g9PrZY1HHAVpkNkuXy8gpgksTcF_Lk', '{"events":[{"on":"2026-01-10","event":"payment_method_set","method":"ok"}]}', 1768035600000000);
INSERT INTO answers VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', 'start', '01a20703-21d3-71f7-88e5-dd1c3013c6b9', 'test:uMYB1fzp_gLsMuWrUyT7co4TqDzUjczo7XCfRdmPcCs', '{"events":[{"on":"2026-01-10","event":"started","plan":"basic"},{"on":"2026-01-10","event":"charged","plan":"basic","period":["2026-01-10","2026-02-10"],"total":865,"tax":66,"prorated":false,"lines":[{"source":"payment_method","amount":865}],"balance":0}]}', 1768035600000000);
INSERT INTO answers VALUES ('01a20703-21cd-7dd4-b3e9-4e95cda35655', 'payment_method', '01a20703-21d4-76c3-85b0-f863864609e3', 'test:Fp4lV4hMNuXiuUb5bru93iekTOcV9nzoyr9D_RBtqfM', '{"events":[{"on":"2026-01-10","event":"payment_method_set","method":"ok"}]}', 1768035600000000);
INSERT INTO questions VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d3-72d1-afce-a87ece002473', 'start', '2026-01-10', 865, 'USD', 'ok:bob', '{"kind":"start","plan":"basic","payer":"self","key":"01a20703-21d3-71f7-88e5-dd1c3013c6b9","fingerprint":"test:uMYB1fzp_gLsMuWrUyT7co4TqDzUjczo7XCfRdmPcCs"}', 'approved', 1, 1768035600000000, NULL, 1768035600000000);
INSERT INTO questions VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21d8-7ebe-96a6-bb91e73a0869', 'renewal', '2026-02-10', 865, 'USD', 'ok:bob', '', 'approved', 1, 1771491600000000, NULL, 1771491600000000);
INSERT INTO questions VALUES ('01a20703-21cd-7970-8ac0-21f3533d5143', '01a20703-21da-774b-9417-b2133bc80974', 'renewal', '2026-03-10', 865, 'USD', 'ok:bob', '', 'approved', 1, 1773219600000000, NULL, 1773219600000000);
INSERT INTO questions VALUES ('01a20703-21cd-7dd4-b3e9-4e95cda35655', '01a20703-21de-7789-ad55-f9fe36487003', 'start', '2026-04-20', 2705, 'USD', 'late:cyd', '{"kind":"start","plan":"premium","payer":"self","key":"01a20703-21de-7689-aef1-e73e60a50c04","fingerprint":"test:FoCC-sUkaXAjggM2lpFQtQ5PCDj1PUYzsVS3P2sZejs"}', 'open', 1, 1776675600000000, 1776675610000000, NULL);
INSERT INTO waiting VALUES ('01a20703-21cd-7dd4-b3e9-4e95cda35655', 1, '{"kind":"redeem","card":"mbQ3yOw12FylNjtB1HrCsR3UegLDWCodI0Gbc4YJEK8","key":"01a20703-21df-71ce-8907-3df3f6cd1d95","fingerprint":"test:wUsDU9ec6ZvCM5GQPHZZnKCmHTEn1VxJ5hp5Hc-9iyg"}', 1776675600000000);
INSERT INTO sign_ins VALUES ('01a20703-21dd-7be9-b8dd-365e6139c82e', 'ada@example.com', '1MPooRJWq4Kk_HJWDrSisOh7rYIMKQ3ZsDYW3iQKpts', 'en', '192.0.2.7', 0, 0, 1776675600000000, 1776676200000000, 'queued', 0, 1776675600000000);
INSERT INTO sessions VALUES ('fixture-session', X'000102feff', 1798761600000000);
INSERT INTO tries VALUES ('sign-in/all', 1776675600000000, 1);
INSERT INTO tries VALUES ('sign-in/from/192.0.2.7', 1776675600000000, 1);
INSERT INTO tries VALUES ('sign-in/to/ada@example.com', 1776675600000000, 1);
INSERT INTO catalogs VALUES (1, 'b2732a5550a6c571b38a60dce5c1fcd55382fcab756041aec337885feb986704', 'the catalogue of release 1', 1768035600000000);
