// Package giftcard is a card's life: issued, active once a shop has sold it, redeemed once and for all;
// or frozen, voided or replaced. Redeem returns all that follows from redeeming a card.
package giftcard

import (
	"errors"
	"strings"

	"scrip/catalog"
	"scrip/ledger"
	"scrip/money"
	"scrip/prepaid"
)

// The refusals, in the order in which they are looked for (billing.md 6). A refused card is unharmed.
var (
	ErrNotFound          = errors.New("no card has this code or serial number")
	ErrNotActivated      = errors.New("the card was not activated by the shop yet")
	ErrAlreadyRedeemed   = errors.New("the card was redeemed already")
	ErrFrozen            = errors.New("the card is frozen")
	ErrVoided            = errors.New("the card was returned and is void")
	ErrReplaced          = errors.New("the card was replaced by another")
	ErrCurrencyMismatch  = errors.New("the currency is not the account's")
	ErrBilledByApple     = errors.New("the membership is billed by Apple")
	ErrIncludedInPackage = errors.New("the membership is included in a package")
)

// ErrNotIssued says that a card cannot be activated, because it is not freshly issued.
var ErrNotIssued = errors.New("only a card that is issued and not yet sold can be activated")

// ErrNotActive says that a card cannot be frozen or voided, because it is not active.
var ErrNotActive = errors.New("the card is not active")

// ErrNotFrozen says that a card cannot be unfrozen.
var ErrNotFrozen = errors.New("the card is not frozen")

// State is where a card is in its life.
type State string

// The states.
const (
	Issued   State = "issued"
	Active   State = "active"
	Redeemed State = "redeemed"
	Frozen   State = "frozen"
	Voided   State = "voided"
	Replaced State = "replaced"
)

// ErrValue says that a card cannot be activated for a value: it is not the one that it was made for, or lies outside
// of what its product may hold.
var ErrValue = errors.New("the card cannot hold this value")

// Card is what the rules know of a card: everything but its code. Its value is set once: when it is made, or, where
// it was made with a Least and a Most, when it is activated.
type Card struct {
	Serial     string
	Product    catalog.ProductID
	Value      money.Amount // of one that waits for its value: the least
	Least      money.Amount // the least and the most that it can be activated for; zero where the value is fixed
	Most       money.Amount
	State      State
	RedeemedBy string // the account, once redeemed
	Sale       string // the till's transaction or the online order that sold it, or Elsewhere; empty where it was activated without one
}

// ErrSoldOnline says that a card cannot be voided by itself, because its buyer paid for it online: its order is refunded.
var ErrSoldOnline = errors.New("the card was bought online: refund its order")

// onlineSale begins the sale of a card that was bought online. A till's transaction has slashes, and an order's id none.
const onlineSale = "online:"

// SaleOf is the sale of an online order.
func SaleOf(order string) string { return onlineSale + order }

// Order is the online order that sold the card, or nothing.
func (c Card) Order() string {
	order, online := strings.CutPrefix(c.Sale, onlineSale)
	if !online {
		return ""
	}
	return order
}

// Holder is what the rules must know of the account that redeems.
type Holder struct {
	Account  string
	Currency money.Currency
	Payer    catalog.Payer
}

// Redemption is all that follows from redeeming a card: the card's new state, the lot, and the
// transfers by way of value in transit.
type Redemption struct {
	Card      Card
	Lot       prepaid.Lot
	Transfers [2]ledger.Transfer
}

// Usable tells why a card cannot be redeemed by anyone.
func (c Card) Usable() error {
	switch c.State {
	case Active:
		return nil
	case Issued:
		return ErrNotActivated
	case Redeemed:
		return ErrAlreadyRedeemed
	case Frozen:
		return ErrFrozen
	case Voided:
		return ErrVoided
	case Replaced:
		return ErrReplaced
	}
	return ErrNotFound
}

// Redeem decides whether a holder may redeem the card, and what follows. The reasons to refuse stand
// in the order of billing.md 6.
func (c Card) Redeem(holder Holder) (Redemption, error) {
	if err := c.Usable(); err != nil {
		return Redemption{}, err
	}
	switch {
	case c.Value.Currency() != holder.Currency:
		return Redemption{}, ErrCurrencyMismatch
	case holder.Payer == catalog.Apple:
		return Redemption{}, ErrBilledByApple
	case holder.Payer == catalog.Package:
		return Redemption{}, ErrIncludedInPackage
	}
	c.State, c.RedeemedBy = Redeemed, holder.Account
	return Redemption{
		Card: c,
		Lot:  prepaid.Lot{Source: c.Serial, Kind: prepaid.Bought, Rest: c.Value},
		Transfers: [2]ledger.Transfer{
			{Debit: ledger.Of(ledger.CardsOutstanding), Credit: ledger.Of(ledger.InTransit), Amount: c.Value},
			{Debit: ledger.Of(ledger.InTransit), Credit: ledger.For(ledger.GiftBalance, holder.Account), Amount: c.Value},
		},
	}, nil
}

// Activate is the sale at the till, for a value, or for the card's own where that is fixed and none is named: from now
// on the value is owed to its holder, and the shop owes it to us. Errors: ErrNotIssued, ErrValue.
func (c Card) Activate(value money.Amount) (Card, ledger.Transfer, error) {
	if c.State != Issued {
		return c, ledger.Transfer{}, ErrNotIssued
	}
	if value.IsZero() && c.Most.IsZero() {
		value = c.Value
	}
	if !c.holds(value) {
		return c, ledger.Transfer{}, ErrValue
	}
	c.State, c.Value = Active, value
	return c, ledger.Transfer{Debit: ledger.Of(ledger.RetailerReceivable), Credit: ledger.Of(ledger.CardsOutstanding), Amount: c.Value}, nil
}

// Unsell undoes the sale of an active card, which waits to be sold again, without the value that its buyer chose. It fails
// as Usable does.
func (c Card) Unsell() (Card, ledger.Transfer, error) {
	if err := c.Usable(); err != nil {
		return c, ledger.Transfer{}, err
	}
	owed := ledger.Transfer{Debit: ledger.Of(ledger.CardsOutstanding), Credit: ledger.Of(ledger.RetailerReceivable), Amount: c.Value}
	c.State, c.Sale = Issued, ""
	if !c.Most.IsZero() {
		c.Value = c.Least
	}
	return c, owed, nil
}

// New is a card of a product, freshly made.
func New(serial string, product catalog.Product) Card {
	c := Card{Serial: serial, Product: product.ID, Value: product.Value, State: Issued}
	if !product.Most.IsZero() {
		c.Least, c.Most = product.Value, product.Most
	}
	return c
}

// holds reports whether the card may be activated for a value.
func (c Card) holds(value money.Amount) bool {
	if c.Most.IsZero() {
		return value == c.Value
	}
	return value.Currency() == c.Value.Currency() && value.Minor() >= c.Least.Minor() && value.Minor() <= c.Most.Minor()
}

// Freeze stops an active card until it is unfrozen; its value stays owed.
func (c Card) Freeze() (Card, error) {
	if c.State != Active {
		return c, ErrNotActive
	}
	c.State = Frozen
	return c, nil
}

// Unfreeze makes a frozen card active again.
func (c Card) Unfreeze() (Card, error) {
	if c.State != Frozen {
		return c, ErrNotFrozen
	}
	c.State = Active
	return c, nil
}

// Void takes an active or frozen card out of use for good: it was returned, and who sold it owes nothing. Errors:
// ErrNotActive, ErrSoldOnline.
func (c Card) Void() (Card, ledger.Transfer, error) {
	switch {
	case c.State != Active && c.State != Frozen:
		return c, ledger.Transfer{}, ErrNotActive
	case c.Order() != "":
		return c, ledger.Transfer{}, ErrSoldOnline
	}
	c.State = Voided
	owed := ledger.RetailerReceivable
	if c.Sale == Elsewhere {
		owed = ledger.ImportedCards
	}
	return c, ledger.Transfer{Debit: ledger.Of(ledger.CardsOutstanding), Credit: ledger.Of(owed), Amount: c.Value}, nil
}

// Replacement is all that follows from replacing a card that cannot be read any more: the old one is dead, a new
// one of another code has its whole value, and the value goes from one to the other by way of value in transit.
type Replacement struct {
	Old, New  Card
	Transfers [2]ledger.Transfer // the first on the old card's side, the second on the new one's
}

// Replace gives a card's value to a new one of this serial number. A frozen card may be replaced: support freezes
// it while the proof of purchase is looked at. No till can undo the sale of the new one; an order goes on with it.
func (c Card) Replace(serial string) (Replacement, error) {
	if err := c.Usable(); err != nil && c.State != Frozen {
		return Replacement{}, err
	}
	next := c
	c.State, next.State, next.Serial = Replaced, Active, serial
	if c.Sale != Elsewhere && c.Order() == "" {
		next.Sale = ""
	}
	return Replacement{Old: c, New: next, Transfers: [2]ledger.Transfer{
		{Debit: ledger.Of(ledger.CardsOutstanding), Credit: ledger.Of(ledger.InTransit), Amount: c.Value},
		{Debit: ledger.Of(ledger.InTransit), Credit: ledger.Of(ledger.CardsOutstanding), Amount: c.Value},
	}}, nil
}
