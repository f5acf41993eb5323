package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/ledger"
	"scrip/membership"
	"scrip/money"
	"scrip/payment"
	"scrip/store"
	"scrip/timeline"
)

const (
	// answerTimeout bounds one question to a gateway.
	answerTimeout = 10 * time.Second
	// silentAfter is how long a gateway may stay silent before the account stops waiting for it.
	silentAfter = 72 * time.Hour
	// askAgainAfter is the first pause between two questions by the same key; it doubles up to askAgainMost.
	askAgainAfter = 5 * time.Second
	askAgainMost  = time.Hour
)

// verify asks the gateway whether a method works, so that the estimate can count on it.
func (e *Engine) verify(ctx context.Context, token string) (billing.Method, error) {
	if token == "" {
		return billing.NoMethod, nil
	}
	if e.gateway == nil {
		return billing.NoMethod, ErrNoGateway
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	works, err := e.gateway.Verify(ctx, token)
	switch {
	case err != nil:
		return billing.NoMethod, errors.Join(ErrGatewaySilent, err)
	case works:
		return billing.MethodWorks, nil
	}
	return billing.MethodDeclines, nil
}

// ask puts one question to the gateway, outside any transaction, and takes the answer in. What goes
// wrong is left to the loop, which asks again by the same key.
func (e *Engine) ask(ctx context.Context, key store.QuestionKey) {
	if _, err := e.Ask(ctx, key); err != nil {
		e.log.WarnContext(ctx, "a question to the payment gateway stays open", "account", key.Account, "question", key.ID, "error", err)
	}
}

// Ask puts a question that is due to the gateway, and reports whether it is settled now. It may be
// called by many at once: one of them has the lease.
func (e *Engine) Ask(ctx context.Context, key store.QuestionKey) (settled bool, err error) {
	q, err := e.lease(ctx, key)
	if err != nil || q.ID == "" {
		return false, err
	}
	if q.State == store.QuestionRefunding {
		return true, e.refund(ctx, q)
	}
	answer, err := e.answer(ctx, q)
	if err != nil {
		return false, errors.Join(err, e.giveUp(ctx, q))
	}
	return true, e.settle(ctx, q, answer)
}

// lease takes a question for one attempt, or nothing where it is not due.
func (e *Engine) lease(ctx context.Context, key store.QuestionKey) (q store.Question, err error) {
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		q, err = tx.Question(ctx, key.Account, key.ID)
		if err != nil {
			return err
		}
		its, err := timeOfAccount(ctx, tx, key.Account)
		if err != nil {
			return err
		}
		pause := min(askAgainMost, askAgainAfter<<min(q.Attempts, 10))
		err = its.LeaseQuestion(ctx, key.Account, key.ID, its.Now.Add(max(pause, answerTimeout)))
		if errors.Is(err, store.ErrConflict) {
			q, err = store.Question{}, nil
		}
		return err
	})
	return q, err
}

func (e *Engine) answer(ctx context.Context, q store.Question) (billing.Answer, error) {
	if e.gateway == nil {
		return billing.Unasked, ErrNoGateway
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	answer, err := e.put(ctx, q)
	switch {
	case err != nil:
		return billing.Unasked, err
	case answer == payment.Approved:
		return billing.Approved, nil
	}
	return billing.Declined, nil
}

// put asks for the charge, or, where the account has gone on without it, that nothing more be taken.
func (e *Engine) put(ctx context.Context, q store.Question) (billing.Answer, error) {
	if q.State == store.QuestionSilent {
		return e.gateway.Void(ctx, q.ID)
	}
	return e.gateway.Charge(ctx, q.ID, q.Token, q.Amount)
}

// settle takes the gateway's answer in: the rule that asked is put again with it, dated the day on
// which it asked, and then the commands that waited are decided in order.
func (e *Engine) settle(ctx context.Context, q store.Question, given billing.Answer) error {
	take := func(tx *store.Tx) error {
		c, err := e.open(ctx, tx, q.Account)
		if err != nil {
			return err
		}
		now, err := tx.Question(ctx, q.Account, q.ID)
		if err != nil || now.State != store.QuestionOpen {
			return errors.Join(err, e.late(c, now, given))
		}
		state, method := store.QuestionDeclined, billing.MethodDeclines
		if given == billing.Approved {
			state, method = store.QuestionApproved, billing.MethodWorks
		}
		if err := c.tx.SettleQuestion(ctx, now, state, time.Time{}); err != nil {
			return err
		}
		c.a.State.Method = method
		return e.goOn(c, now, now.On, given)
	}
	return e.withNewTerms(ctx, func() error { return e.db.Write(ctx, take) })
}

// giveUp lets the account go on where the gateway has stayed silent for too long. The question is still
// put, until its fate is known.
func (e *Engine) giveUp(ctx context.Context, q store.Question) error {
	take := func(tx *store.Tx) error {
		its, err := timeOfAccount(ctx, tx, q.Account)
		if err != nil || q.State != store.QuestionOpen || its.Now.Sub(q.OpenedAt) < silentAfter {
			return err
		}
		c, err := e.open(ctx, tx, q.Account)
		if err != nil {
			return err
		}
		if err := its.SettleQuestion(ctx, q, store.QuestionSilent, its.Now.Add(askAgainMost)); err != nil {
			return err
		}
		return e.goOn(c, q, c.today(), billing.Unasked)
	}
	return e.withNewTerms(ctx, func() error { return e.db.Write(ctx, take) })
}

// goOn puts the rule that asked again, and then lives and decides all that waited for it.
func (e *Engine) goOn(c *change, q store.Question, on calendar.Date, given billing.Answer) error {
	var o order
	var command timeline.Command
	var err error
	if q.Question == billing.OfStart {
		if err = json.Unmarshal([]byte(q.Command), &o); err != nil {
			return fmt.Errorf("question %s: %w", q.ID, err)
		}
		if command, err = c.command(o); err != nil {
			return err
		}
	}
	c.a.Question = ""
	outcome, err := timeline.Answered(c.a.State, c.terms.Terms, on, q.Question, command, given)
	if err != nil {
		return err
	}
	if err := c.take(outcome, q.Command); err != nil {
		return err
	}
	if given == billing.Approved && !charged(outcome, q.Amount) {
		// Policy or catalogue changed while the question was open: the rule no longer takes what was
		// approved.
		q.State = store.QuestionApproved
		if err := giveBack(c, q); err != nil {
			return err
		}
	}
	if q.Question == billing.OfStart {
		if _, err := e.remember(c, o, outcome); err != nil {
			return err
		}
	}
	if err := e.drain(c, on.Start(c.a.Zone)); err != nil {
		return err
	}
	if err := c.live(c.moment()); err != nil {
		return err
	}
	return c.save()
}

// drain decides the commands that waited, each as of when it was received, until one must ask again.
// None is decided before the day on which the question ended: an account's days go forward.
func (e *Engine) drain(c *change, notBefore time.Time) error {
	waiting, err := c.tx.Waiting(c.ctx, c.a.ID)
	if err != nil {
		return err
	}
	for _, next := range waiting {
		if c.asking() {
			return nil
		}
		at := next.ReceivedAt
		if at.Before(notBefore) {
			at = notBefore
		}
		if err := c.live(c.a.State.At(at, c.a.Zone)); err != nil || c.asking() {
			return err
		}
		var o order
		if err := json.Unmarshal([]byte(next.Command), &o); err != nil {
			return err
		}
		if err := c.tx.DropWaiting(c.ctx, c.a.ID, next.Position); err != nil {
			return err
		}
		if _, err := e.decide(c, o, at, billing.Unasked); err != nil {
			return err
		}
	}
	return nil
}

// late takes in an answer that came after the account went on without it: what was taken is given back.
func (e *Engine) late(c *change, q store.Question, given billing.Answer) error {
	if q.State != store.QuestionSilent {
		return nil
	}
	if given != billing.Approved {
		return c.tx.SettleQuestion(c.ctx, q, store.QuestionDeclined, time.Time{})
	}
	return giveBack(c, q)
}

// giveBack enters what was taken and is not wanted, and has it refunded.
func giveBack(c *change, q store.Question) error {
	taken := ledger.Transfer{Debit: ledger.Of(ledger.MethodClearing), Credit: ledger.Of(ledger.Refundable), Amount: q.Amount}
	c.tx.AddTransfer(c.a.ID, store.Cause{Kind: store.ByQuestion, ID: q.ID}, taken)
	return c.tx.SettleQuestion(c.ctx, q, store.QuestionRefunding, c.tx.Now)
}

// charged reports whether an outcome charges a payment method for an amount.
func charged(outcome timeline.Outcome, amount money.Amount) bool {
	return slices.ContainsFunc(outcome.Charges, func(charge billing.Charge) bool {
		return charge.PaidBy == membership.ByMethod && charge.Other == amount
	})
}

// refund gives back what an answer that came too late has taken.
func (e *Engine) refund(ctx context.Context, q store.Question) error {
	if e.gateway == nil {
		return ErrNoGateway
	}
	asking, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := e.gateway.Refund(asking, q.ID); err != nil {
		return err
	}
	return e.db.Write(ctx, func(tx *store.Tx) error {
		tx, err := timeOfAccount(ctx, tx, q.Account)
		if err != nil {
			return err
		}
		if err := tx.SettleQuestion(ctx, q, store.QuestionRefunded, time.Time{}); err != nil {
			return err
		}
		given := ledger.Transfer{Debit: ledger.Of(ledger.MethodClearing), Credit: ledger.Of(ledger.Refundable), Amount: q.Amount}
		tx.AddTransfer(q.Account, store.Cause{Kind: store.ByQuestion, ID: q.ID}, given.Reverse())
		return nil
	})
}
