// Package giftcard is a card's life: issued, active once a shop has sold it, redeemed once and for all;
// or frozen, voided or replaced. Redeem returns all that follows from redeeming a card.
package giftcard

import (
	"errors"

	"scrip/catalog"
	"scrip/ledger"
	"scrip/money"
	"scrip/prepaid"
)

// The refusals, in the order in which they are looked for (billing.md 6). A refused card is unharmed.
var (
	ErrNotFound          = errors.New("no card has this code")
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

// Card is what the rules know of a card: everything but its code. Its value is set once.
type Card struct {
	Serial     string
	Product    catalog.ProductID
	Value      money.Amount
	State      State
	RedeemedBy string // the account, once redeemed
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

// Activate is the sale at the till: from now on the card's value is owed to its holder, and the shop
// owes it to us.
func (c Card) Activate() (Card, ledger.Transfer, error) {
	if c.State != Issued {
		return c, ledger.Transfer{}, ErrNotIssued
	}
	c.State = Active
	return c, ledger.Transfer{Debit: ledger.Of(ledger.RetailerReceivable), Credit: ledger.Of(ledger.CardsOutstanding), Amount: c.Value}, nil
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

// Void takes an active or frozen card out of use for good: it was returned, and the shop owes nothing.
func (c Card) Void() (Card, ledger.Transfer, error) {
	if c.State != Active && c.State != Frozen {
		return c, ledger.Transfer{}, ErrNotActive
	}
	c.State = Voided
	return c, ledger.Transfer{Debit: ledger.Of(ledger.CardsOutstanding), Credit: ledger.Of(ledger.RetailerReceivable), Amount: c.Value}, nil
}
