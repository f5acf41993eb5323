-- +goose Up

-- Who waits for a card that no shop has sold yet, and is told by mail when it works. A row goes with the letter, or once
-- there is nothing to wait for any more.

CREATE TABLE card_waits (
  digest text COLLATE "C" NOT NULL,
  email text COLLATE "C" NOT NULL,
  language text COLLATE "C" NOT NULL,
  asked_at bigint NOT NULL,
  due_at bigint NOT NULL,
  attempts bigint NOT NULL CHECK (attempts >= 0),
  PRIMARY KEY (digest, email)
);

CREATE INDEX card_waits_due ON card_waits (due_at);
