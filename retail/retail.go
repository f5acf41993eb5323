package retail

import (
	"errors"
	"time"

	"scrip/catalog"
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
)

// The refusals beside those of package giftcard. A refused card is unharmed.
var (
	ErrNotShipped = errors.New("the card was not shipped to this retailer")
	ErrNotSold    = errors.New("no till of this retailer has sold the card")
	ErrWrongDay   = errors.New("the card was sold on another business day")
	ErrCardLimit  = errors.New("the retailer may not activate one card for so much")
	ErrDayLimit   = errors.New("the retailer may not activate more on this business day")
	ErrTime       = errors.New("the time of the transaction is too far from ours")
	ErrReversed   = errors.New("the transaction was reversed")
	ErrSettled    = errors.New("the sale never came from the till, and was agreed on with the retailer's settlement file")
)

// A till's clock may be ahead by so much, and what it did may come so late.
const (
	MostAhead = 15 * time.Minute
	MostLate  = 48 * time.Hour
)

// Case is all that a decision about a till's transaction stands on.
type Case struct {
	Transaction Transaction
	At          time.Time    // when it happened, as the till says
	Now         time.Time    // when it came
	Amount      money.Amount // that a card is to hold; nothing is the product's own value
	Card        giftcard.Card
	Batch       giftcard.Batch
	Product     catalog.Product
	Limits      catalog.Limits
	Sold        money.Amount // what the retailer has sold on that business day, where it has a limit
}

// Outcome is what follows: the card as it is now, the transfer, and what it is worth.
type Outcome struct {
	Card     giftcard.Card
	Transfer ledger.Transfer
}

// Value is what the transaction was about.
func (o Outcome) Value() money.Amount { return o.Transfer.Amount }

// Decide is what a till's transaction comes to that was not reversed.
func (c Case) Decide() (Outcome, error) {
	switch {
	case c.At.After(c.Now.Add(MostAhead)) || c.At.Before(c.Now.Add(-MostLate)):
		return Outcome{}, ErrTime
	case c.Card.Serial == "":
		return Outcome{}, giftcard.ErrNotFound
	case !c.Batch.ShippedTo(c.Transaction.Retailer):
		return Outcome{}, ErrNotShipped
	}
	switch c.Transaction.Operation {
	case Activate:
		return c.activate()
	case Void:
		return c.void()
	}
	return outcome(c.giveBack())
}

// activate sells the card.
func (c Case) activate() (Outcome, error) {
	if err := c.Batch.MaySell(c.Product); err != nil {
		return Outcome{}, err
	}
	o, err := outcome(c.Card.Activate(c.Amount))
	if err != nil {
		return o, err
	}
	o.Card.Sale = c.Transaction.Key()
	return o, c.within(o.Value())
}

// within tells which limit an activation would pass. A limit in another currency allows nothing.
func (c Case) within(value money.Amount) error {
	over := func(limit, sum money.Amount) bool {
		return !limit.IsZero() && (limit.Currency() != sum.Currency() || limit.Less(sum))
	}
	if over(c.Limits.Card, value) {
		return ErrCardLimit
	}
	sum := value
	if c.Sold.IsPositive() {
		var err error
		if sum, err = c.Sold.Plus(value); err != nil {
			return ErrDayLimit
		}
	}
	if over(c.Limits.Day, sum) {
		return ErrDayLimit
	}
	return nil
}

// void undoes a sale of the same business day.
func (c Case) void() (Outcome, error) {
	o, err := outcome(c.Card.Unsell())
	if err != nil {
		return o, err
	}
	sale, err := ParseKey(c.Card.Sale)
	switch {
	case err != nil || sale.Retailer != c.Transaction.Retailer:
		return Outcome{}, ErrNotSold
	case sale.On != c.Transaction.On:
		return Outcome{}, ErrWrongDay
	}
	return o, nil
}

// giveBack takes an active card out of use. A frozen one is for support to look at.
func (c Case) giveBack() (giftcard.Card, ledger.Transfer, error) {
	if err := c.Card.Usable(); err != nil {
		return c.Card, ledger.Transfer{}, err
	}
	return c.Card.Void()
}

func outcome(card giftcard.Card, transfer ledger.Transfer, err error) (Outcome, error) {
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{card, transfer}, nil
}

// Reversal is what the reversal of an activation came to.
type Reversal string

// What a reversal comes to. Where the card's value has gone on to an account or to another card, the shop still owes it.
const (
	NotReversed     Reversal = ""
	Undone          Reversal = "undone"  // the sale was
	Nothing         Reversal = "nothing" // there was no sale to undo
	AlreadyRedeemed Reversal = "already_redeemed"
	AlreadyReplaced Reversal = "replaced"
)

// Refusal is why a reversal was refused, or nothing.
func (r Reversal) Refusal() error {
	switch r {
	case AlreadyRedeemed:
		return giftcard.ErrAlreadyRedeemed
	case AlreadyReplaced:
		return giftcard.ErrReplaced
	}
	return nil
}

// Settled reports whether the reversal was accepted: its original does nothing any more.
func (r Reversal) Settled() bool { return r == Undone || r == Nothing }

// Reverse undoes the sale that an activation's key names, if it still stands. A frozen card does not go back on sale: it
// is void. Of a reversal that is refused, or finds nothing, there is no outcome.
func Reverse(card giftcard.Card, sale string) (Reversal, Outcome) {
	if card.Sale != sale {
		return Nothing, Outcome{}
	}
	undo := card.Unsell
	switch card.State {
	case giftcard.Redeemed:
		return AlreadyRedeemed, Outcome{}
	case giftcard.Replaced:
		return AlreadyReplaced, Outcome{}
	case giftcard.Frozen:
		undo = card.Void
	}
	o, err := outcome(undo())
	if err != nil {
		return Nothing, Outcome{} // it was returned
	}
	return Undone, o
}
