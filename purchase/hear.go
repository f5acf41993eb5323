package purchase

import (
	"scrip/giftcard"
	"scrip/money"
)

// Standing is how the gateway says that an order's payment stands.
type Standing string

// The standings.
const (
	StandsOpen        Standing = "open"         // it can be paid still
	StandsPaid        Standing = "paid"         // the money is with the gateway
	StandsClosed      Standing = "closed"       // nobody has paid, and nobody can any more
	StandsRefunded    Standing = "refunded"     // it was paid, and the money went back
	StandsChargedBack Standing = "charged_back" // the payer's bank has taken the money, and may give it back
	StandsLost        Standing = "lost"         // the bank has kept it for good
)

// A turn is one step of an order on hearing how its payment stands.
type turn func(o Order, card giftcard.Card, left money.Amount) (Step, error)

func pay(o Order, _ giftcard.Card, _ money.Amount) (Step, error)       { return o.Pay() }
func abandon(o Order, _ giftcard.Card, _ money.Amount) (Step, error)   { return o.Abandon() }
func refund(o Order, card giftcard.Card, _ money.Amount) (Step, error) { return o.Refund(card) }
func repaid(o Order, _ giftcard.Card, _ money.Amount) (Step, error)    { return o.Repaid() }
func chargeBack(o Order, card giftcard.Card, l money.Amount) (Step, error) {
	return o.ChargeBack(card, l)
}
func won(o Order, card giftcard.Card, _ money.Amount) (Step, error)  { return o.Won(card) }
func lost(o Order, card giftcard.Card, _ money.Amount) (Step, error) { return o.Lost(card) }

// Hear is all that follows from how the gateway says that the payment stands, however much was missed meanwhile. What
// says nothing new gives a step without a change.
func (o Order) Hear(standing Standing, card giftcard.Card, left money.Amount) (Step, error) {
	step := Step{Order: o, Card: card}
	for _, next := range o.turns(standing, card) {
		one, err := next(step.Order, step.Card, left)
		if err != nil {
			return Step{}, err
		}
		if one.Card.Serial != "" {
			step.Card = one.Card
		}
		step.Order = one.Order
		step.OfOrder, step.OfCard = append(step.OfOrder, one.OfOrder...), append(step.OfCard, one.OfCard...)
		step.Tell = append(step.Tell, one.Tell...)
	}
	return step, nil
}

// turns are the steps from a state to how the payment stands. A refund that was made at the gateway itself, of a card
// that was redeemed, is a loss as a charge-back is one.
func (o Order) turns(standing Standing, card giftcard.Card) []turn {
	switch o.State {
	case Placed:
		return map[Standing][]turn{StandsPaid: {pay}, StandsClosed: {abandon}, StandsRefunded: {pay, refund, repaid},
			StandsChargedBack: {pay, chargeBack}, StandsLost: {pay, chargeBack, lost}}[standing]
	case Paid, Delivered:
		refunded := []turn{chargeBack, lost}
		if _, err := o.Refund(card); err == nil {
			refunded = []turn{refund, repaid}
		}
		return map[Standing][]turn{StandsRefunded: refunded, StandsChargedBack: {chargeBack}, StandsLost: {chargeBack, lost}}[standing]
	case Refunding:
		return map[Standing][]turn{StandsRefunded: {repaid}, StandsChargedBack: {chargeBack}, StandsLost: {chargeBack, lost}}[standing]
	case ChargedBack:
		return map[Standing][]turn{StandsPaid: {won}, StandsLost: {lost}}[standing]
	case Expired, Refunded, WrittenOff:
	}
	return nil
}

// MayTake reports whether hearing so may take what is left on the account of whoever redeemed the card.
func (o Order) MayTake(standing Standing, card giftcard.Card) bool {
	return o.State == Delivered && card.State == giftcard.Redeemed && standing != StandsPaid && standing != StandsOpen
}
