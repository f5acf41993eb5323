package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"scrip/catalog"
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
	"scrip/store/query"
)

// Card is a card's row. Of the code it has the digest alone.
type Card struct {
	Digest     string
	KeyID      string
	Card       giftcard.Card
	Country    catalog.Country
	Batch      string
	IssuedAt   time.Time
	RedeemedAt time.Time // zero unless redeemed
}

// AddCard adds a card that was issued, and claims its serial number. The same transaction may move it on.
func (tx *Tx) AddCard(c Card) {
	r := &tx.unit.rows
	r.cards = append(r.cards, tx.row(c))
	r.serials = append(r.serials, query.CardSerial{Serial: c.Card.Serial, Digest: c.Digest})
	c.IssuedAt = tx.Now
	set(tx.unit, tx.unit.cards, c.Digest, &heldCard{Card: c, was: c.Card.State, wasSale: c.Card.Sale})
}

func (tx *Tx) row(c Card) query.Card {
	return query.Card{Digest: c.Digest, KeyID: c.KeyID, Serial: c.Card.Serial, Product: string(c.Card.Product),
		Country: c.Country.String(), Value: c.Card.Value.Minor(), Currency: c.Card.Value.Currency().String(),
		State: string(c.Card.State), Batch: c.Batch, IssuedAt: tx.Now.UnixMicro(), Least: c.Card.Least.Minor(), Most: c.Card.Most.Minor(), Sale: c.Card.Sale}
}

// Card reads a card by its digest, or ErrNotFound.
func (tx *Tx) Card(ctx context.Context, digest string) (Card, error) {
	row, err := tx.q.CardByDigest(ctx, digest)
	return cardOf(row, err)
}

// LockCard is Card for changing it.
func (tx *Tx) LockCard(ctx context.Context, digest string) (Card, error) {
	held, err := tx.unit.card(ctx, digest)
	return held.Card, err
}

// DigestOfSerial finds a card by its serial number, or ErrNotFound.
func (tx *Tx) DigestOfSerial(ctx context.Context, serial string) (string, error) {
	digest, err := tx.q.DigestOfSerial(ctx, serial)
	return digest, found(err)
}

// IssuedOfBatch are the digests of a batch's cards that were not activated yet, from behind a serial number on,
// and the last one's serial number.
func (tx *Tx) IssuedOfBatch(ctx context.Context, batch, after string, most int) (digests []string, last string, err error) {
	rows, err := tx.q.IssuedOfBatch(ctx, query.IssuedOfBatchParams{Batch: batch, Serial: after, Limit: int32(most)})
	for _, row := range rows {
		digests, last = append(digests, row.Digest), row.Serial
	}
	return digests, last, err
}

// MoveCard writes a locked card's new state, guarded by the one that it had, and by the sale that it had: a card that was
// taken back and sold again is in the same state, with another value. ErrConflict says that it has another.
func (tx *Tx) MoveCard(ctx context.Context, was Card, now giftcard.Card) error {
	held, err := tx.unit.card(ctx, was.Digest)
	if err != nil {
		return err
	}
	if held.Card.Card.State != was.Card.State || held.Card.Card.Sale != was.Card.Sale {
		return ErrConflict
	}
	held.Card.Card = now
	switch {
	case now.State == giftcard.Redeemed:
		held.RedeemedAt, held.redeemedAt = tx.Now, tx.Now.UnixMicro()
	case was.Card.State == giftcard.Issued && now.State == giftcard.Active:
		held.activatedAt = tx.Now.UnixMicro()
	}
	set(tx.unit, tx.unit.cards, was.Digest, &held)
	tx.unit.rows.moves = append(tx.unit.rows.moves, was.Digest)
	return nil
}

// AddCardTransfer enters a transfer on a card's side of the books.
func (tx *Tx) AddCardTransfer(digest string, t ledger.Transfer) {
	tx.unit.rows.cardTransfers = append(tx.unit.rows.cardTransfers, query.CardTransfer{Digest: digest, TransferID: NewID(),
		Debit: string(t.Debit.Name), Credit: string(t.Credit.Name), Amount: t.Amount.Minor(),
		Currency: t.Amount.Currency().String(), At: tx.Now.UnixMicro()})
}

// Cause is what a transfer on a member's side follows from.
type Cause struct {
	Kind CauseKind
	ID   string
}

// CauseKind is a kind of cause.
type CauseKind string

// The causes: a lot that came in, a charge, or a question to a payment method.
const (
	ByLot      CauseKind = "lot"
	ByCharge   CauseKind = "charge"
	ByQuestion CauseKind = "question"
)

// AddTransfer enters a transfer on a member's side of the books.
func (tx *Tx) AddTransfer(account string, cause Cause, t ledger.Transfer) {
	tx.unit.rows.transfers = append(tx.unit.rows.transfers, query.Transfer{AccountID: account, TransferID: NewID(),
		Debit: string(t.Debit.Name), Credit: string(t.Credit.Name), Amount: t.Amount.Minor(),
		Currency: t.Amount.Currency().String(), Cause: string(cause.Kind) + ":" + cause.ID, At: tx.Now.UnixMicro()})
}

// limit is one of an amount, or none.
func limit(minor int64, currency money.Currency) money.Amount {
	if minor == 0 {
		return money.Amount{}
	}
	return money.New(minor, currency)
}

func cardOf(row query.Card, err error) (Card, error) {
	if err != nil {
		return Card{}, found(err)
	}
	currency, failedCurrency := money.ParseCurrency(row.Currency)
	country, failedCountry := catalog.ParseCountry(row.Country)
	card := Card{Digest: row.Digest, KeyID: row.KeyID, Country: country, Batch: row.Batch, IssuedAt: instant(row.IssuedAt),
		Card: giftcard.Card{Serial: row.Serial, Product: catalog.ProductID(row.Product), Value: money.New(row.Value, currency),
			Least: limit(row.Least, currency), Most: limit(row.Most, currency), State: giftcard.State(row.State), RedeemedBy: row.RedeemedBy, Sale: row.Sale}}
	if row.RedeemedAt != nil {
		card.RedeemedAt = instant(*row.RedeemedAt)
	}
	if err := errors.Join(failedCurrency, failedCountry); err != nil {
		return card, fmt.Errorf("card %s: %w", row.Serial, err)
	}
	return card, nil
}
