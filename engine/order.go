package engine

import (
	"context"
	"errors"
	"time"

	"scrip/access"
	"scrip/checkout"
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
	"scrip/purchase"
	"scrip/store"
	"scrip/timeline"
)

const (
	// codeSealedFor is for how long a gift's code is kept until it is sent: longer than it is tried to send it.
	codeSealedFor = 7 * 24 * time.Hour
	// pacedOver is the time over which it is counted how much is bought.
	pacedOver = 24 * time.Hour
	// ordersAtOnce is how many due orders are read at once.
	ordersAtOnce = 64
)

// errAsking says that a charge-back waits until the account's payment method has answered.
var errAsking = errors.New("the account is asking its payment method: what is left of the card is taken once that has answered")

// DueOrders are the orders with which something is to be done now.
func (e *Engine) DueOrders(ctx context.Context) (orders []string, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		orders, err = tx.DueOrders(ctx, tx.Now, ordersAtOnce)
		return err
	})
	return orders, err
}

// HearOfOrder is told that something happened to an order's payment: it is due from now on, and looked after at once.
// What is told is not believed: the gateway is asked. An order that is not ours is nobody's business.
func (e *Engine) HearOfOrder(ctx context.Context, order string) error {
	if err := e.db.Write(ctx, func(tx *store.Tx) error { return tx.CallOrder(ctx, order) }); err != nil {
		return err
	}
	if _, err := e.AdvanceOrder(ctx, access.Loop(), order); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// ReturnToOrder is HearOfOrder for a buyer who comes back from the gateway's page.
func (e *Engine) ReturnToOrder(ctx context.Context, actor access.Actor, link string) error {
	o, err := e.orderOf(ctx, actor, link)
	if err != nil || o.State != purchase.Placed {
		return err
	}
	return e.HearOfOrder(ctx, o.ID)
}

// AdvanceOrder does what is due on an order: it asks the gateway how the payment stands, takes that in, and delivers the
// card once its time has come. It reports whether it was done; what goes wrong is tried again later. It may be called by
// many at once: one of them has the lease.
func (e *Engine) AdvanceOrder(ctx context.Context, actor access.Actor, id string) (done bool, err error) {
	if err := actor.May(access.LiveDue, ""); err != nil {
		return false, err
	}
	o, err := e.leaseOrder(ctx, id)
	if err != nil || o.ID == "" {
		return false, err
	}
	answer, err := e.standing(ctx, o)
	if err != nil {
		return false, err
	}
	o, err = e.hear(ctx, o, answer)
	if errors.Is(err, store.ErrConflict) {
		return false, nil // whoever was quicker has done it, or it is due again
	}
	if err != nil {
		return false, err
	}
	if o.State == purchase.Paid && !e.Now().Before(o.DeliverAt) {
		return true, e.deliver(ctx, o.ID)
	}
	return true, nil
}

// leaseOrder takes an order for one attempt, or nothing where it is not due.
func (e *Engine) leaseOrder(ctx context.Context, id string) (o store.Order, err error) {
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		if o, err = tx.Order(ctx, id); err != nil {
			return err
		}
		pause := min(askAgainMost, askAgainAfter<<min(o.Attempts, 10))
		err = tx.LeaseOrder(ctx, id, tx.Now.Add(max(pause, answerTimeout)))
		if errors.Is(err, store.ErrConflict) {
			o, err = store.Order{}, nil
		}
		return err
	})
	return o, err
}

// standing asks the gateway how an order's payment stands, or has it ended: one that nobody has paid in time, and one
// that goes back. An order whose payment was never begun cannot be paid.
func (e *Engine) standing(ctx context.Context, o store.Order) (checkout.Answer, error) {
	if e.checkout == nil {
		return checkout.Answer{}, ErrNoCheckout
	}
	asking, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	over := o.State == purchase.Placed && !e.Now().Before(o.Expires())
	switch {
	case o.Payment == "" && over:
		return checkout.Answer{Standing: purchase.StandsClosed}, nil
	case o.Payment == "":
		return checkout.Answer{Standing: purchase.StandsOpen}, nil
	case over || o.State == purchase.Refunding:
		return e.checkout.End(asking, o.Payment)
	}
	return e.checkout.Ask(asking, o.Payment)
}

// hear takes in how a payment stands, and gives the order as it is then.
func (e *Engine) hear(ctx context.Context, asked store.Order, answer checkout.Answer) (now store.Order, err error) {
	take := func(tx *store.Tx) error {
		o, err := tx.LockOrder(ctx, asked.ID)
		if err != nil {
			return err
		}
		if o.Payment != asked.Payment || o.State != asked.State {
			return store.ErrConflict // somebody else was quicker, and it is asked again
		}
		now, err = e.takeIn(ctx, tx, o, answer)
		return err
	}
	err = e.withNewTerms(ctx, func() error { return e.db.Write(ctx, take) })
	return now, err
}

// takeIn puts to the rules how a payment stands, and writes what follows.
func (e *Engine) takeIn(ctx context.Context, tx *store.Tx, o store.Order, answer checkout.Answer) (store.Order, error) {
	left, c, outcome, err := e.leftOf(ctx, tx, o, answer.Standing)
	if err != nil {
		return o, err
	}
	var card store.Card
	if o.Digest != "" {
		if card, err = tx.LockCard(ctx, o.Digest); err != nil {
			return o, err
		}
	}
	if c == nil && o.MayTake(answer.Standing, card.Card) {
		return o, store.ErrConflict // it was redeemed just now
	}
	step, err := o.Hear(answer.Standing, card.Card, left)
	if err != nil {
		return o, err
	}
	if step.Order == o.Order {
		return o, tx.RestOrder(ctx, o, e.rest(o))
	}
	if o.State == purchase.Placed && step.Order.State == purchase.Paid {
		if step, err = e.tooMany(ctx, tx, step, answer.Fingerprint); err != nil {
			return o, err
		}
	}
	if left.IsPositive() {
		if err := errors.Join(c.take(outcome, ""), c.save()); err != nil {
			return o, err
		}
	}
	return e.write(ctx, tx, o, card, step)
}

// leftOf is what is left to spend of an order's card on the account of whoever redeemed it, where hearing so takes it.
// The account is locked before the card, as everywhere.
func (e *Engine) leftOf(ctx context.Context, tx *store.Tx, o store.Order, standing purchase.Standing) (left money.Amount, c *change, outcome timeline.Outcome, err error) {
	left = o.Value.Zero()
	if o.Digest == "" {
		return left, nil, outcome, nil
	}
	card, err := tx.Card(ctx, o.Digest)
	if err != nil || !o.MayTake(standing, card.Card) {
		return left, nil, outcome, err
	}
	if c, err = e.open(ctx, tx, card.Card.RedeemedBy); err != nil {
		return left, nil, outcome, err
	}
	if err := c.live(c.moment()); err != nil {
		return left, nil, outcome, err
	}
	if c.asking() {
		return left, nil, outcome, errAsking
	}
	outcome, err = timeline.TakeBack(c.a.State, c.terms.Terms, c.today(), card.Card.Serial)
	if outcome.Taken.Amount.IsPositive() {
		left = outcome.Taken.Amount
	}
	return left, c, outcome, err
}

// tooMany has a payment go back by whose card too much was bought on the day.
func (e *Engine) tooMany(ctx context.Context, tx *store.Tx, paid purchase.Step, fingerprint string) (purchase.Step, error) {
	if fingerprint == "" {
		return paid, nil
	}
	err := e.paces(ctx, tx, paid.Order, []pace{{purchase.ByFingerprint, fingerprint}})
	if !errors.Is(err, purchase.ErrPace) {
		return paid, err
	}
	back, err := paid.Order.Refund(giftcard.Card{})
	back.OfOrder = append(paid.OfOrder, back.OfOrder...)
	return back, err
}

// deliver makes the card of a paid order, and has its code sent.
func (e *Engine) deliver(ctx context.Context, id string) error {
	return e.drawn(ctx, func(tx *store.Tx) error {
		o, _, err := e.lockOrder(ctx, tx, id)
		if err != nil || o.State != purchase.Paid {
			return err
		}
		printed, name, err := e.drawName()
		if err != nil {
			return err
		}
		card := e.freshCard(o.Card(), "")
		card.Digest, card.Card.Serial = name.Digest, name.Serial
		step, err := o.Deliver(printed.Serial.String(), tx.Now)
		if err != nil {
			return err
		}
		tx.AddCard(card)
		sealed, failedSeal := e.sealCode(printed.Code, card.Digest)
		sealed.EraseAt = tx.Now.Add(codeSealedFor)
		o.Digest = card.Digest
		_, err = e.write(ctx, tx, o, card, step)
		return errors.Join(err, failedSeal, tx.AddSealedCode(ctx, sealed))
	})
}

// RefundOrder has the money of an order go back that nobody has had anything of. Errors: access.ErrDenied, ErrNoOrder,
// purchase.ErrOver, purchase.ErrNotPaid and the refusals of the card's state.
func (e *Engine) RefundOrder(ctx context.Context, actor access.Actor, id string) error {
	if err := actor.May(access.ManageCards, ""); err != nil {
		return err
	}
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		o, card, err := e.lockOrder(ctx, tx, id)
		if err != nil {
			return err
		}
		step, err := o.Refund(card.Card)
		if err != nil {
			return err
		}
		recorded(tx, actor, "order.refund", id)
		_, err = e.write(ctx, tx, o, card, step)
		return err
	})
	if err != nil || e.checkout == nil { // the order is due, and a server that has a gateway goes on
		return err
	}
	_, err = e.AdvanceOrder(ctx, access.Loop(), id)
	return err
}

// lockOrder locks an order and then its card, if it has one. It fails with ErrNoOrder.
func (e *Engine) lockOrder(ctx context.Context, tx *store.Tx, id string) (o store.Order, card store.Card, err error) {
	o, err = tx.LockOrder(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return o, card, ErrNoOrder
	case err != nil || o.Digest == "":
		return o, card, err
	}
	card, err = tx.LockCard(ctx, o.Digest)
	return o, card, err
}

// write writes all that follows from a step of an order.
func (e *Engine) write(ctx context.Context, tx *store.Tx, was store.Order, card store.Card, step purchase.Step) (store.Order, error) {
	var failed []error
	if step.Card.Serial != "" && step.Card != card.Card {
		failed = append(failed, tx.MoveCard(ctx, card, step.Card), tellOfCard(ctx, tx, card.Digest, card.Card.State, step.Card))
	}
	failed = append(failed, enterOfOrder(ctx, tx, was.ID, card.Digest, step))
	now := was
	now.Order = step.Order
	if now.Serial == "" {
		now.Digest = ""
	}
	if step.Card.State == giftcard.Frozen || step.Card.State == giftcard.Voided {
		failed = append(failed, e.forget(ctx, tx, was))
	}
	failed = append(failed, e.moveOrder(ctx, tx, was, now.Order, now.Digest), e.tellOfOrder(ctx, tx, now, step.Tell))
	return now, errors.Join(failed...)
}

// enterOfOrder writes the transfers on both sides of the books, in the order in which value goes.
func enterOfOrder(ctx context.Context, tx *store.Tx, order, digest string, step purchase.Step) error {
	var failed []error
	of := func(leaving bool) {
		for _, transfer := range step.OfOrder {
			if leaving == (transfer.Credit.Name == ledger.InTransit) {
				failed = append(failed, tx.AddOrderTransfer(ctx, order, transfer))
			}
		}
	}
	of(true)
	for _, transfer := range step.OfCard {
		tx.AddCardTransfer(digest, transfer)
	}
	of(false)
	return errors.Join(failed...)
}

// moveOrder writes an order as it is now, due when something is to be done with it next.
func (e *Engine) moveOrder(ctx context.Context, tx *store.Tx, was store.Order, now purchase.Order, digest string) error {
	next := was
	next.Order, next.Digest, next.Attempts = now, digest, 0
	next.DueAt = e.rest(next)
	return tx.MoveOrder(ctx, was, next)
}

// rest is when something is to be done next with an order with which nothing is to be done now; zero is never.
func (e *Engine) rest(o store.Order) time.Time {
	switch o.State {
	case purchase.Placed:
		if pause := min(askAgainMost, firstAsk<<min(o.Attempts, 6)); o.Payment != "" && e.Now().Add(pause).Before(o.Expires()) {
			return e.Now().Add(pause)
		}
		return o.Expires()
	case purchase.Paid:
		return o.DeliverAt
	case purchase.Refunding:
		if o.Attempts == 0 {
			return e.Now()
		}
		return e.Now().Add(min(askAgainMost, askAgainAfter<<min(o.Attempts, 10)))
	case purchase.Expired, purchase.Delivered, purchase.Refunded, purchase.ChargedBack, purchase.WrittenOff:
	}
	return time.Time{}
}

// forget has the code of an order's card told to nobody any more.
func (e *Engine) forget(ctx context.Context, tx *store.Tx, o store.Order) error {
	return errors.Join(tx.LapseGifts(ctx, o.ID), tx.EraseSealedCode(ctx, o.Digest))
}

// mayMove tells why staff may not unfreeze or replace a card: its payment was charged back.
func (e *Engine) mayMove(ctx context.Context, tx *store.Tx, card store.Card) error {
	id := card.Card.Order()
	if id == "" {
		return nil
	}
	o, err := tx.Order(ctx, id)
	if err != nil {
		return err
	}
	return o.MayMove()
}

// followCard has an order go on with the card that support has replaced its card by.
func (e *Engine) followCard(ctx context.Context, tx *store.Tx, was store.Card, replaced Replaced) error {
	id := was.Card.Order()
	if id == "" {
		return nil
	}
	o, err := tx.LockOrder(ctx, id)
	if err != nil || o.Digest != was.Digest {
		return err
	}
	return errors.Join(e.moveOrder(ctx, tx, o, o.Replaced(replaced.New), replaced.Digest), e.forget(ctx, tx, o))
}

// tellOfOrder queues letters about an order: the gift once for each card, the others once.
func (e *Engine) tellOfOrder(ctx context.Context, tx *store.Tx, o store.Order, letters []purchase.Letter) error {
	var failed []error
	for _, kind := range letters {
		letter := store.OrderLetter{Order: o.ID, Key: string(kind), Kind: kind}
		if kind == purchase.GiftMail {
			letter.Key, letter.Digest = letter.Key+":"+o.Serial, o.Digest
		}
		failed = append(failed, tx.AddOrderLetter(ctx, letter))
	}
	return errors.Join(failed...)
}
