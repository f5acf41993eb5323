package engine

import (
	"context"
	"errors"
	"time"

	"scrip/access"
	"scrip/store"
)

const (
	// dueAtOnce is how many due rows are read at once.
	dueAtOnce = 256
	// setAsideFor is how long an account rests on which something is due and cannot be done.
	setAsideFor = time.Hour
)

// DueAccounts are accounts on which something is due now, or whose estimate is of an older catalogue.
func (e *Engine) DueAccounts(ctx context.Context) (accounts []string, err error) {
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		accounts, err = tx.DueAccounts(ctx, tx.Now, dueAtOnce)
		if err != nil || len(accounts) > 0 {
			return err
		}
		accounts, err = tx.StaleAccounts(ctx, e.terms.Load().version, dueAtOnce)
		return err
	})
	return accounts, err
}

// LiveDue lives all that is due on an account now; a question to a payment method that arises is due
// then. It may be called twice; the second time finds
// nothing due. An account on which it fails is set aside for a while, so that the others go on.
func (e *Engine) LiveDue(ctx context.Context, actor access.Actor, account string) error {
	if err := actor.May(access.LiveDue, account); err != nil {
		return err
	}
	err := e.db.Write(ctx, func(tx *store.Tx) error {
		c, err := e.open(ctx, tx, account)
		if err != nil {
			return err
		}
		if err := c.live(c.a.State.At(tx.Now, c.a.Zone)); err != nil {
			return err
		}
		return c.save()
	})
	if err != nil && !errors.Is(err, store.ErrUnknown) && ctx.Err() == nil {
		return errors.Join(err, e.db.Write(ctx, func(tx *store.Tx) error { return tx.SetAside(ctx, account, tx.Now.Add(setAsideFor)) }))
	}
	return err
}

// DueQuestions are the questions to put to the gateway now.
func (e *Engine) DueQuestions(ctx context.Context) (questions []store.QuestionKey, err error) {
	err = e.db.Read(ctx, func(tx *store.Tx) error {
		questions, err = tx.DueQuestions(ctx, tx.Now, dueAtOnce)
		return err
	})
	return questions, err
}
