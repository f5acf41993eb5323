package engine

import (
	"cmp"
	"context"
	"errors"
	"time"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
	"scrip/retail"
	"scrip/store"
)

var (
	// ErrNoTills says that the catalogue has no retailer of an id that has tills, or that none was named.
	ErrNoTills = errors.New("the catalogue has no such retailer with tills")
	// ErrTransactionReused says that a shop's transaction came before, with another card or amount.
	ErrTransactionReused = errors.New("the transaction was used for another card or amount")
	// ErrTransactionID says that an id of a store, a terminal or a transaction is not one.
	ErrTransactionID = errors.New("the ids of a store, a terminal and a transaction are 1 to 64 letters, digits and . _ : -")
)

// AtTill is what a till asks for. All but the card and the amount tell its transaction from others.
type AtTill struct {
	Retailer    catalog.RetailerID // may be empty where the key is one retailer's
	Store       string
	Terminal    string
	Transaction string
	At          time.Time // when it happened; its date is the business date, where the shop is
	Serial      giftcode.Serial
	Amount      money.Amount // of a card whose value its buyer chooses; else zero, or its value
}

// Sold is what a till's transaction came to.
type Sold struct {
	Serial string
	State  giftcard.State // of the card, then
	Value  money.Amount
	On     calendar.Date
}

// Reversed is what a reversal came to.
type Reversed struct {
	Serial string
	On     calendar.Date
	Undone bool // there was a sale, and it is undone
}

// tilled is a till's transaction with the card that it is about, which may be none.
type tilled struct {
	AtTill
	actor    access.Actor
	retailer catalog.Retailer
	of       retail.Transaction
	card     store.Card // as it was a moment ago; only what never changes counts
}

// Till activates a card, voids its sale or takes it back, once for each transaction of the shop: the same one gives the
// same answer for good, until it is reversed. Errors: access.ErrDenied, ErrNoTills, ErrTransactionID,
// ErrTransactionReused, the refusals of packages retail and giftcard, and those of the store.
func (e *Engine) Till(ctx context.Context, actor access.Actor, operation retail.Operation, asked AtTill) (sold Sold, replayed bool, err error) {
	t, end, err := e.atTill(ctx, actor, operation, asked)
	if err != nil {
		return sold, false, err
	}
	defer end()
	var refusal error
	err = e.retried(ctx, t.needs(), func(tx *store.Tx) error {
		kept, err := tx.Till(ctx, t.of.Key())
		if replayed = err == nil; replayed {
			sold, refusal, err = t.recall(kept)
			return err
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		sold, refusal, err = e.decideAtTill(ctx, tx, t)
		return err
	})
	if err == nil {
		err = refusal
	}
	return sold, replayed, err
}

// ReverseSale undoes an activation that a till got no answer to, by the activation's own transaction: whether it came
// before, comes later or never. Afterwards it does nothing. Of a card whose value has gone on it is refused. Errors: as
// Till, giftcard.ErrAlreadyRedeemed and ErrReplaced, and retail.ErrSettled.
func (e *Engine) ReverseSale(ctx context.Context, actor access.Actor, asked AtTill) (reversed Reversed, replayed bool, err error) {
	t, end, err := e.atTill(ctx, actor, retail.Activate, asked)
	if err != nil {
		return reversed, false, err
	}
	defer end()
	var reversal retail.Reversal
	lookedTwice := false
	err = e.retried(ctx, t.needs(), func(tx *store.Tx) error {
		kept, err := tx.Till(ctx, t.of.Key())
		replayed = false
		switch {
		case errors.Is(err, store.ErrNotFound):
			sold, err := t.isSale(ctx, tx)
			switch {
			case err != nil:
				return err
			case sold && !lookedTwice: // perhaps it came just now, behind the look for it
				lookedTwice = true
				return store.ErrConflict
			case sold:
				return retail.ErrSettled
			}
			reversal = retail.Nothing
			tx.AddTill(t.row(store.TillNever, reversal))
		case err != nil:
			return err
		case kept.Serial != t.Serial.String():
			return ErrTransactionReused
		case kept.Reversal != retail.NotReversed:
			reversal, replayed = kept.Reversal, true
			return nil
		default:
			if reversal, err = reverse(ctx, tx, t, kept); err != nil {
				return err
			}
		}
		t.record(tx, "till.reverse", reversal.Refusal())
		return nil
	})
	if err == nil {
		err = reversal.Refusal()
	}
	return Reversed{t.Serial.String(), t.of.On, reversal == retail.Undone}, replayed, err
}

// ShopCard is a card that was shipped to a retailer, by its serial number. Errors: access.ErrDenied, giftcard.ErrNotFound,
// retail.ErrNotShipped.
func (e *Engine) ShopCard(ctx context.Context, actor access.Actor, retailer catalog.RetailerID, serial giftcode.Serial) (card store.Card, err error) {
	shop, err := shopOf(actor, retailer)
	if err != nil {
		return card, err
	}
	if card, err = e.onShelf(ctx, serial); err != nil {
		return card, err
	}
	if card.Digest == "" {
		return card, giftcard.ErrNotFound
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		batch, err := tx.LookBatchOf(ctx, card)
		if err == nil && shop != "" && !batch.ShippedTo(shop) {
			err = retail.ErrNotShipped
		}
		return err
	})
	return card, err
}

// shopOf is the retailer for which an actor asks: one whose key is a retailer's asks for no other.
func shopOf(actor access.Actor, named catalog.RetailerID) (catalog.RetailerID, error) {
	own := catalog.RetailerID(actor.Retailer)
	if err := actor.May(access.SellCards, ""); err != nil {
		return "", err
	}
	if own != "" && named != "" && named != own {
		return "", access.ErrDenied
	}
	return cmp.Or(own, named), nil
}

// atTill reads all that does not change of what a till asks, and has its twin end before it.
func (e *Engine) atTill(ctx context.Context, actor access.Actor, operation retail.Operation, asked AtTill) (t tilled, end func(), err error) {
	shop, err := shopOf(actor, asked.Retailer)
	if err != nil {
		return t, nil, err
	}
	retailer, known := e.Terms().Catalog.Retailer(shop)
	zone, err := store.Zone(retailer.Zone)
	switch {
	case !known || retailer.Zone == "" || err != nil:
		return t, nil, ErrNoTills
	case !retail.IsID(asked.Store) || !retail.IsID(asked.Terminal) || !retail.IsID(asked.Transaction):
		return t, nil, ErrTransactionID
	}
	t = tilled{AtTill: asked, actor: actor, retailer: retailer, of: retail.Transaction{Retailer: shop, Store: asked.Store,
		Terminal: asked.Terminal, On: calendar.In(asked.At, zone), ID: asked.Transaction, Operation: operation}}
	if t.card, err = e.onShelf(ctx, asked.Serial); err != nil {
		return t, nil, err
	}
	end, err = e.underWay.begin(ctx, store.AnswerKey{AccountID: "till", Operation: string(operation), Key: t.of.Key()})
	return t, end, err
}

// onShelf is the card of a serial number, or none.
func (e *Engine) onShelf(ctx context.Context, serial giftcode.Serial) (card store.Card, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		digest, err := tx.DigestOfSerial(ctx, serial.String())
		if err == nil {
			card, err = tx.Card(ctx, digest)
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.Card{}, nil
	}
	return card, err
}

// needs is what a till's transaction reads. What was sold on the day is asked only where there is a limit.
func (t tilled) needs() store.Needs {
	needs := store.Needs{Tills: []string{t.of.Key()}}
	if t.card.Digest != "" {
		needs.Cards, needs.Told, needs.Batches = []string{t.card.Digest}, []string{t.card.Digest}, []string{t.card.Batch}
	}
	if t.limited() {
		needs.Days = []store.SalesDay{t.day()}
	}
	return needs
}

func (t tilled) limited() bool {
	return t.of.Operation == retail.Activate && t.retailer.Limits.Day.IsPositive()
}

func (t tilled) day() store.SalesDay {
	return store.SalesDay{Retailer: t.retailer.ID, On: t.of.On, Currency: t.retailer.Limits.Day.Currency()}
}

// recall is what a transaction was answered.
func (t tilled) recall(kept store.Till) (sold Sold, refusal, err error) {
	switch {
	case kept.Serial != t.Serial.String() || kept.State != store.TillNever && kept.Asked != t.Amount:
		return sold, nil, ErrTransactionReused
	case kept.Reversal.Settled():
		return sold, retail.ErrReversed, nil
	case kept.State == store.TillRefused:
		return sold, Refusals()[kept.Refusal], nil
	}
	return t.sold(kept.Value), nil, nil
}

// after is the state of a card after each operation.
var after = map[retail.Operation]giftcard.State{retail.Activate: giftcard.Active, retail.Void: giftcard.Issued, retail.Return: giftcard.Voided}

func (t tilled) sold(value money.Amount) Sold {
	return Sold{t.Serial.String(), after[t.of.Operation], value, t.of.On}
}

// row is a transaction as it is kept.
func (t tilled) row(state store.TillState, reversal retail.Reversal) store.Till {
	return store.Till{Transaction: t.of, Serial: t.Serial.String(), Asked: t.Amount, State: state, HappenedAt: t.At, Reversal: reversal}
}

// decideAtTill puts a transaction that never came before to the rules, and keeps what it came to.
func (e *Engine) decideAtTill(ctx context.Context, tx *store.Tx, t tilled) (sold Sold, refusal, err error) {
	c, card, err := e.caseOf(ctx, tx, t)
	if err != nil {
		return sold, nil, err
	}
	outcome, refusal := c.Decide()
	row := t.row(store.TillDone, retail.NotReversed)
	if refusal != nil {
		row.State, row.Refusal = store.TillRefused, Reason(refusal)
	} else {
		row.Value, sold = outcome.Value(), t.sold(outcome.Value())
		err = moveAtTill(ctx, tx, card, outcome)
	}
	tx.AddTill(row)
	t.record(tx, "till."+string(t.of.Operation), refusal)
	return sold, refusal, err
}

// caseOf is all that a decision stands on, as it is now.
func (e *Engine) caseOf(ctx context.Context, tx *store.Tx, t tilled) (c retail.Case, card store.Card, err error) {
	c = retail.Case{Transaction: t.of, At: t.At, Now: tx.Now, Amount: t.Amount, Limits: t.retailer.Limits}
	if t.card.Digest == "" {
		return c, card, nil
	}
	card, err = tx.LockCard(ctx, t.card.Digest)
	if err != nil {
		return c, card, err
	}
	c.Card = card.Card
	c.Product = e.productOf(card)
	if t.limited() {
		if c.Sold, err = tx.SoldOn(ctx, t.day()); err != nil {
			return c, card, err
		}
	}
	c.Batch, err = tx.BatchOf(ctx, card)
	return c, card, err
}

// reverse undoes what is left of a sale.
func reverse(ctx context.Context, tx *store.Tx, t tilled, kept store.Till) (retail.Reversal, error) {
	if kept.State != store.TillDone {
		if sold, err := t.isSale(ctx, tx); err != nil || sold {
			return retail.NotReversed, cmp.Or(err, retail.ErrSettled)
		}
		tx.ReverseTill(kept, retail.Nothing)
		return retail.Nothing, nil
	}
	card, err := tx.LockCard(ctx, t.card.Digest)
	if err != nil {
		return retail.NotReversed, err
	}
	reversal, outcome := retail.Reverse(card.Card, t.of.Key())
	tx.ReverseTill(kept, reversal)
	if reversal != retail.Undone {
		return reversal, nil
	}
	return reversal, moveAtTill(ctx, tx, card, outcome)
}

// isSale reports whether the card was sold by the transaction. Where that never came, the sale was made good by the
// retailer's file: two persons have agreed that the shop owes it, and no till undoes that.
func (t tilled) isSale(ctx context.Context, tx *store.Tx) (bool, error) {
	if t.card.Digest == "" {
		return false, nil
	}
	card, err := tx.LockCard(ctx, t.card.Digest)
	return card.Card.Sale == t.of.Key(), err
}

// moveAtTill writes what follows for a card.
func moveAtTill(ctx context.Context, tx *store.Tx, was store.Card, o retail.Outcome) error {
	told := o.Card
	told.Value = o.Value() // of a sale undone: what it was sold for
	tx.AddCardTransfer(was.Digest, o.Transfer)
	return errors.Join(tx.MoveCard(ctx, was, o.Card), tellOfCard(ctx, tx, was.Digest, was.Card.State, told))
}

func (t tilled) record(tx *store.Tx, operation string, refusal error) {
	tx.AddEntry(store.Entry{Subject: t.Serial.String(), Actor: t.actor, Operation: operation, Outcome: outcomeOf(refusal)})
}
