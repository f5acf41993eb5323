package giftcard

import (
	"errors"

	"scrip/catalog"
	"scrip/ledger"
	"scrip/money"
)

// ErrUsedElsewhere says that a card cannot be taken over, because its value was used up elsewhere.
var ErrUsedElsewhere = errors.New("a card that was redeemed or replaced elsewhere has nothing left to take over")

// ErrOtherCard says that a card of the same code is here already, and is not the same.
var ErrOtherCard = errors.New("a card of this code is here already, with another product, value or state")

// Elsewhere is the sale of a card that was sold before it was imported: no shop of ours owes for it. A till's transaction
// is never called so.
const Elsewhere = "elsewhere"

// TakenOver is all that follows from taking a card over from another system.
type TakenOver struct {
	Card     Card
	Transfer ledger.Transfer // of nothing where nobody is owed anything
}

// TakeOver is a card of a product that another system issued, as it is there. A value is what is left on it, or nothing
// for the product's own; where the product has a range, a value that a card has before it is sold stays its own. What is owed
// to the holder of an active or frozen card was owed by the other system's books. Errors: ErrUsedElsewhere, ErrValue.
func TakeOver(product catalog.Product, state State, value money.Amount) (TakenOver, error) {
	c := New("", product)
	owed := state == Active || state == Frozen
	switch {
	case !owed && state != Issued && state != Voided:
		return TakenOver{}, ErrUsedElsewhere
	case value.IsZero() && (c.Most.IsZero() || !owed):
		value = c.Value
	case !c.holds(value):
		return TakenOver{}, ErrValue
	case state == Issued:
		c.Least, c.Most = money.Amount{}, money.Amount{}
	}
	c.State, c.Value = state, value
	if !owed {
		return TakenOver{Card: c}, nil
	}
	c.Sale = Elsewhere
	return TakenOver{c, ledger.Transfer{Debit: ledger.Of(ledger.ImportedCards), Credit: ledger.Of(ledger.CardsOutstanding), Amount: value}}, nil
}

// Was tells whether a card that is here may be what became of one that was imported as another: ErrOtherCard where it
// cannot.
func (c Card) Was(imported Card) error {
	sameValue := c.Value == imported.Value
	if !imported.Most.IsZero() && imported.State == Issued {
		sameValue = c.Least == imported.Least && c.Most == imported.Most
	}
	if c.Product != imported.Product || !sameValue || !c.State.follows(imported.State) {
		return ErrOtherCard
	}
	return nil
}

// follows reports whether a card may come from one state to another, or stay.
func (s State) follows(was State) bool {
	switch was {
	case Issued:
		return true
	case Active, Frozen:
		return s != Issued
	}
	return s == was
}
