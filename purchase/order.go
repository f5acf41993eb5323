// Package purchase is the life of a gift card that is bought online: placed, paid, delivered, and perhaps refunded or
// charged back. Its law: every step returns all that follows, for the order, its card and the books on both sides, and
// the money that was received is always somewhere: a deposit, a card's value, on its way back, or a loss. An order is
// paid by a payment gateway alone: no rule here moves value from a balance into an order.
package purchase

import (
	"errors"
	"time"

	"scrip/access"
	"scrip/catalog"
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
)

// The refusals beside those of package giftcard. A refused order and its card are unharmed.
var (
	ErrNotSold      = errors.New("this card is not sold online")
	ErrDate         = errors.New("the day of delivery is over, or more than a year ahead")
	ErrText         = errors.New("a name has at most 60 characters, a message at most 500, and neither has control characters")
	ErrDesign       = errors.New("there is no such design")
	ErrPace         = errors.New("so many cards may not be bought in a day: try again tomorrow")
	ErrNotPlaced    = errors.New("the order waits for no payment")
	ErrNotPaid      = errors.New("the order is not paid, or was delivered already")
	ErrNotDelivered = errors.New("the order was not delivered yet, or is over")
	ErrNotDue       = errors.New("the order is not to be delivered yet")
	ErrOver         = errors.New("the order is over")
	ErrPartUsed     = errors.New("a part of what was paid is used up, and none of it is refunded")
	ErrChargedBack  = errors.New("the card's payment was charged back: it stays frozen until the bank's last word")
)

// State is where an order is in its life.
type State string

// The states.
const (
	Placed      State = "placed"       // waits for its payment
	Expired     State = "expired"      // was not paid in time
	Paid        State = "paid"         // the money is a deposit, until the day of delivery
	Delivered   State = "delivered"    // the card is active, and its code on its way
	Refunding   State = "refunding"    // the money is on its way back
	Refunded    State = "refunded"     // the money is back
	ChargedBack State = "charged_back" // the payer's bank has taken it, and may give it back
	WrittenOff  State = "written_off"  // the bank has kept it for good
)

// Order is what the rules know of an order. Of its card it has the serial number alone.
type Order struct {
	ID        string
	State     State
	Product   catalog.ProductID
	Country   catalog.Country
	Value     money.Amount
	Gift      Gift
	Buyer     access.Email
	Recipient access.Email
	PlacedAt  time.Time
	DeliverAt time.Time
	// Serial is of the card that was delivered; empty before.
	Serial string
	// Taken is what a charge-back took of the balance of whoever redeemed the card.
	Taken money.Amount
	// Froze is whether a charge-back has frozen the card: one that was frozen before stays so.
	Froze bool
}

// Step is all that follows from something that happens to an order: the order and its card as they are now, the
// transfers on the order's side of the books and on the card's, and who is to be told by mail.
type Step struct {
	Order     Order
	Card      giftcard.Card // as it is now; none where it is not concerned
	OfOrder   []ledger.Transfer
	OfCard    []ledger.Transfer
	Tell      []Letter
	Replacing giftcard.Replacement // of a card that another takes the place of, whose serial number is not drawn yet
}

// Letter is what somebody is told by mail of an order.
type Letter string

// The letters. The gift alone goes to the recipient, and has the code.
const (
	Receipt     Letter = "order_receipt"
	GiftMail    Letter = "gift"
	Undelivered Letter = "gift_undelivered"
	RefundMade  Letter = "order_refunded"
)

// PayWithin is how long an order waits for its payment.
const PayWithin = 2 * time.Hour

// Expires is when an order that nobody has paid is over.
func (o Order) Expires() time.Time { return o.PlacedAt.Add(PayWithin) }

// Rest is what the recipient is owed: the value, or after a charge-back that was withdrawn what it had taken.
func (o Order) Rest() money.Amount {
	if o.Taken.IsPositive() {
		return o.Taken
	}
	return o.Value
}

// Abandon ends an order that was not paid in time, once the gateway has confirmed that nobody can pay it any more.
func (o Order) Abandon() (Step, error) {
	if o.State != Placed {
		return Step{}, ErrNotPlaced
	}
	o.State = Expired
	return Step{Order: o}, nil
}

// Pay is the gateway's word that the money was taken: from now on it is the customer's deposit.
func (o Order) Pay() (Step, error) {
	if o.State != Placed {
		return Step{}, ErrNotPlaced
	}
	o.State = Paid
	return Step{Order: o, OfOrder: []ledger.Transfer{move(ledger.MethodClearing, ledger.CustomerDeposits, o.Value)}, Tell: []Letter{Receipt}}, nil
}

// Deliver makes a card of a serial number worth what was paid, once the time has come, and the deposit a liability.
func (o Order) Deliver(serial string, now time.Time) (Step, error) {
	switch {
	case o.State != Paid:
		return Step{}, ErrNotPaid
	case now.Before(o.DeliverAt):
		return Step{}, ErrNotDue
	}
	card := giftcard.New(serial, o.Card())
	card.State, card.Sale = giftcard.Active, giftcard.SaleOf(o.ID)
	o.State, o.Serial = Delivered, serial
	return Step{Order: o, Card: card, Tell: []Letter{GiftMail},
		OfOrder: []ledger.Transfer{move(ledger.CustomerDeposits, ledger.InTransit, card.Value)},
		OfCard:  []ledger.Transfer{move(ledger.InTransit, ledger.CardsOutstanding, card.Value)}}, nil
}

// Card is the product as the order sells it: what it was when it was placed, whatever the catalogue says since.
func (o Order) Card() catalog.Product {
	return catalog.Product{ID: o.Product, Country: o.Country, Value: o.Rest(), Form: catalog.Digital}
}

// Resend kills the card that was delivered and gives its value to a new one, for the same recipient or, where the address
// was wrong, for another; Replaced completes it. The card's refusals stand: what was redeemed is not sent again, nor is
// what is frozen.
func (o Order) Resend(card giftcard.Card, to access.Email) (Step, error) {
	if o.State != Delivered || card.Serial != o.Serial {
		return Step{}, ErrNotDelivered
	}
	if err := card.Usable(); err != nil {
		return Step{}, err
	}
	replacing, err := card.Replace("")
	if err != nil {
		return Step{}, err
	}
	o.Recipient = to
	return Step{Order: o, Replacing: replacing, Tell: []Letter{GiftMail}}, nil
}

// Replaced is the order going on with the card that took its card's place.
func (o Order) Replaced(serial string) Order {
	o.Serial = serial
	return o
}

// Readdress is the recipient's address of an order that is not delivered yet.
func (o Order) Readdress(to access.Email) (Step, error) {
	if o.State != Paid {
		return Step{}, ErrNotPaid
	}
	o.Recipient = to
	return Step{Order: o}, nil
}

// Refund sends the money back: the deposit of an order that waits to be delivered, or the value of a card that nobody
// has redeemed, which is dead from now on.
func (o Order) Refund(card giftcard.Card) (Step, error) {
	step := Step{}
	switch {
	case o.State == Paid && !o.Taken.IsPositive():
		step.OfOrder = []ledger.Transfer{move(ledger.CustomerDeposits, ledger.Refundable, o.Value)}
	case o.State == Delivered && card.Serial == o.Serial && card.Value == o.Value:
		if err := card.Usable(); err != nil {
			return Step{}, err
		}
		step = o.kill(card, ledger.Refundable)
	case o.State == Placed:
		return Step{}, ErrNotPaid
	case o.State == Paid, o.State == Delivered && card.Serial == o.Serial:
		return Step{}, ErrPartUsed
	default:
		return Step{}, ErrOver
	}
	o.State = Refunding
	step.Order = o
	return step, nil
}

// Repaid is the gateway's word that the money went back.
func (o Order) Repaid() (Step, error) {
	if o.State != Refunding {
		return Step{}, ErrOver
	}
	o.State = Refunded
	return Step{Order: o, OfOrder: []ledger.Transfer{move(ledger.Refundable, ledger.MethodClearing, o.Value)}, Tell: []Letter{RefundMade}}, nil
}

// MayMove tells why the order's card may not be unfrozen or replaced by staff: ErrChargedBack.
func (o Order) MayMove() error {
	if o.State == ChargedBack || o.State == WrittenOff {
		return ErrChargedBack
	}
	return nil
}

// kill voids a card, and has its value go to an account on the order's side.
func (o Order) kill(card giftcard.Card, to ledger.Name) Step {
	card.State = giftcard.Voided
	return Step{Card: card,
		OfCard:  []ledger.Transfer{move(ledger.CardsOutstanding, ledger.InTransit, card.Value)},
		OfOrder: []ledger.Transfer{move(ledger.InTransit, to, card.Value)}}
}

func move(debit, credit ledger.Name, amount money.Amount) ledger.Transfer {
	return ledger.Transfer{Debit: ledger.Of(debit), Credit: ledger.Of(credit), Amount: amount}
}
