package purchase

import (
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
)

// A charge-back is the payer's bank taking the money back, and later its last word. What the card is worth by then is
// stopped where it can be: a deposit is not delivered, a card that nobody has redeemed is frozen, and of one that was,
// what is left on the account is taken. What was watched already is not, and is a loss.

// ChargeBack is the bank taking the money. Left is what is left to spend of the card, where it was redeemed; it goes
// through value in transit, and the account's side of that is billing.TakeBack.
func (o Order) ChargeBack(card giftcard.Card, left money.Amount) (Step, error) {
	step := Step{}
	switch o.State {
	case Paid:
		step.OfOrder = []ledger.Transfer{move(ledger.CustomerDeposits, ledger.MethodClearing, o.Rest())}
	case Refunding: // the bank was quicker
		step.OfOrder = []ledger.Transfer{move(ledger.Refundable, ledger.MethodClearing, o.Value)}
	case Delivered:
		step = o.stop(card, left)
	default:
		return Step{}, ErrOver
	}
	if step.Order.ID == "" {
		step.Order = o
	}
	step.Order.State = ChargedBack
	return step, nil
}

// stop takes what can still be taken of a card that was delivered.
func (o Order) stop(card giftcard.Card, left money.Amount) Step {
	taken := card.Value
	step := Step{OfOrder: []ledger.Transfer{move(ledger.ChargeBacks, ledger.MethodClearing, taken)}}
	switch card.State {
	case giftcard.Redeemed:
		o.Taken = left
		if left.IsPositive() {
			step.OfOrder = append(step.OfOrder, move(ledger.InTransit, ledger.ChargeBacks, left))
			taken = taken.Sub(left)
		}
		if taken.IsPositive() {
			step.OfOrder = append(step.OfOrder, move(ledger.ChargeBackLosses, ledger.ChargeBacks, taken))
		}
	case giftcard.Active:
		card.State = giftcard.Frozen
		step.Card = card
	}
	step.Order = o
	return step
}

// Won is the bank giving the money back: a card that was frozen is good again, a deposit waits to be delivered again,
// and what was taken from an account is delivered anew, as a card of its own.
func (o Order) Won(card giftcard.Card) (Step, error) {
	if o.State != ChargedBack {
		return Step{}, ErrOver
	}
	switch {
	case o.Serial == "":
		o.State = Paid
		return Step{Order: o, OfOrder: []ledger.Transfer{move(ledger.MethodClearing, ledger.CustomerDeposits, o.Rest())}}, nil
	case card.State == giftcard.Redeemed:
		return o.giveBack(card), nil
	}
	o.State = Delivered
	step := Step{Order: o, OfOrder: []ledger.Transfer{move(ledger.MethodClearing, ledger.ChargeBacks, card.Value)}}
	if card.State == giftcard.Frozen {
		card.State = giftcard.Active
		step.Card = card
	}
	return step, nil
}

// giveBack undoes a loss, and makes what was taken from an account a deposit, to be delivered anew.
func (o Order) giveBack(card giftcard.Card) Step {
	lost := card.Value
	step := Step{OfOrder: []ledger.Transfer{move(ledger.MethodClearing, ledger.ChargeBacks, card.Value)}}
	o.State = Delivered
	if o.Taken.IsPositive() {
		lost, o.State = lost.Sub(o.Taken), Paid
		step.OfOrder = append(step.OfOrder, move(ledger.ChargeBacks, ledger.CustomerDeposits, o.Taken))
		o.Serial = ""
	}
	if lost.IsPositive() {
		step.OfOrder = append(step.OfOrder, move(ledger.ChargeBacks, ledger.ChargeBackLosses, lost))
	}
	step.Order = o
	return step
}

// Lost is the bank keeping the money for good: a card that was frozen is void, and pays for it.
func (o Order) Lost(card giftcard.Card) (Step, error) {
	if o.State != ChargedBack {
		return Step{}, ErrOver
	}
	step := Step{}
	if o.Serial != "" && (card.State == giftcard.Active || card.State == giftcard.Frozen) {
		step = o.kill(card, ledger.ChargeBacks)
	}
	o.State = WrittenOff
	step.Order = o
	return step, nil
}
