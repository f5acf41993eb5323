package purchase

import (
	"slices"

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
		step.OfOrder = amounts(move(ledger.CustomerDeposits, ledger.MethodClearing, o.Rest()),
			move(ledger.ChargeBackLosses, ledger.MethodClearing, o.Value.Sub(o.Rest())))
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

// stop takes what can still be taken of a card that was delivered. The rest of what was paid is used up: by this card,
// or by one before, after a charge-back that was withdrawn.
func (o Order) stop(card giftcard.Card, left money.Amount) Step {
	kept, taken := card.Value, card.Value.Zero()
	step := Step{}
	switch card.State {
	case giftcard.Redeemed:
		o.Taken, kept, taken = left, left, left
	case giftcard.Active:
		o.Froze, card.State = true, giftcard.Frozen
		step.Card = card
	}
	step.Order = o
	step.OfOrder = amounts(move(ledger.ChargeBacks, ledger.MethodClearing, o.Value), move(ledger.InTransit, ledger.ChargeBacks, taken),
		move(ledger.ChargeBackLosses, ledger.ChargeBacks, o.Value.Sub(kept)))
	return step
}

// amounts are the transfers of more than nothing.
func amounts(transfers ...ledger.Transfer) []ledger.Transfer {
	return slices.DeleteFunc(transfers, func(t ledger.Transfer) bool { return !t.Amount.IsPositive() })
}

// Won is the bank giving the money back: a card that was frozen for it is good again, a deposit waits to be delivered
// again, and what was taken from an account is delivered anew, as a card of its own. What was a loss is none any more.
func (o Order) Won(card giftcard.Card) (Step, error) {
	if o.State != ChargedBack {
		return Step{}, ErrOver
	}
	switch {
	case o.Serial == "":
		o.State = Paid
		return Step{Order: o, OfOrder: amounts(move(ledger.MethodClearing, ledger.CustomerDeposits, o.Rest()),
			move(ledger.MethodClearing, ledger.ChargeBackLosses, o.Value.Sub(o.Rest())))}, nil
	case card.State == giftcard.Redeemed:
		return o.giveBack(), nil
	}
	o.State = Delivered
	step := Step{OfOrder: amounts(move(ledger.MethodClearing, ledger.ChargeBacks, o.Value),
		move(ledger.ChargeBacks, ledger.ChargeBackLosses, o.Value.Sub(card.Value)))}
	if card.State == giftcard.Frozen && o.Froze {
		card.State = giftcard.Active
		step.Card = card
	}
	o.Froze = false
	step.Order = o
	return step, nil
}

// giveBack undoes a loss, and makes what was taken from an account a deposit, to be delivered anew.
func (o Order) giveBack() Step {
	step := Step{OfOrder: amounts(move(ledger.MethodClearing, ledger.ChargeBacks, o.Value),
		move(ledger.ChargeBacks, ledger.CustomerDeposits, o.Taken), move(ledger.ChargeBacks, ledger.ChargeBackLosses, o.Value.Sub(o.Taken)))}
	o.State = Delivered
	if o.Taken.IsPositive() {
		o.State, o.Serial = Paid, ""
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
