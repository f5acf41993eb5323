package engine

import (
	"context"
	"errors"
	"time"

	"scrip/access"
	"scrip/store"
)

const (
	// questionsAtOnce is how many due questions are read at once, and accountsAtOnce how many due accounts
	// are lived in one transaction.
	questionsAtOnce = 256
	accountsAtOnce  = 256
	// setAsideFor is how long an account rests on which something is due and cannot be done.
	setAsideFor = time.Hour
)

// Pass is how one pass over due accounts went. Failed ones are set aside for a while, so that the others go
// on.
type Pass struct {
	Done   int
	Failed map[string]error // by account
}

// LiveSomeDue lives all that is due on some accounts now, the longest due first, in one transaction; any
// number of workers and servers may, and each account is lived by one. Where nothing is due, it reckons
// estimates of an older catalogue anew. A pass that found nothing has nothing in it.
func (e *Engine) LiveSomeDue(ctx context.Context, actor access.Actor) (Pass, error) {
	if err := actor.May(access.LiveDue, ""); err != nil {
		return Pass{}, err
	}
	due, err := e.db.WriteDue(ctx, accountsAtOnce, func(tx *store.Tx, account string) error { return e.liveDue(ctx, tx, account) })
	if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrUnknown) {
		return e.liveOneByOne(ctx, err)
	}
	if err != nil || due.Done+len(due.Failed) > 0 {
		return e.setAside(ctx, Pass(due)), err
	}
	stale, err := e.staleAccounts(ctx)
	if err != nil || len(stale) == 0 {
		return Pass{}, err
	}
	if e.liveAll(ctx, stale) == nil {
		return Pass{Done: len(stale)}, nil
	}
	return e.liveEach(ctx, stale), nil
}

// liveOneByOne lives due accounts each by itself, after they could not be together: the one that is at
// fault fails alone.
func (e *Engine) liveOneByOne(ctx context.Context, together error) (Pass, error) {
	var accounts []string
	err := e.db.Look(ctx, func(tx *store.Tx) (err error) {
		accounts, err = tx.DueAccounts(ctx, tx.Now, accountsAtOnce)
		return err
	})
	if err != nil {
		return Pass{}, errors.Join(together, err)
	}
	return e.liveEach(ctx, accounts), nil
}

// liveAll lives accounts in one transaction.
func (e *Engine) liveAll(ctx context.Context, accounts []string) error {
	return e.db.Together(ctx, store.Needs{Accounts: accounts}, func(tx *store.Tx) error {
		for _, account := range accounts {
			if err := e.liveDue(ctx, tx, account); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *Engine) liveEach(ctx context.Context, accounts []string) Pass {
	pass := Pass{Failed: map[string]error{}}
	for _, account := range accounts {
		if ctx.Err() != nil {
			break
		}
		if err := e.liveAll(ctx, []string{account}); err != nil {
			pass.Failed[account] = err
		} else {
			pass.Done++
		}
	}
	return e.setAside(ctx, pass)
}

func (e *Engine) setAside(ctx context.Context, pass Pass) Pass {
	for account, err := range pass.Failed {
		if errors.Is(err, store.ErrUnknown) || ctx.Err() != nil {
			continue
		}
		if errors.Is(err, errOldTerms) {
			pass.Failed[account] = errors.Join(err, e.Refresh(ctx)) // the next pass goes by the newer one
			continue
		}
		failed := e.db.Write(ctx, func(tx *store.Tx) error { return tx.SetAside(ctx, account, tx.Now.Add(setAsideFor)) })
		pass.Failed[account] = errors.Join(err, failed)
	}
	return pass
}

func (e *Engine) liveDue(ctx context.Context, tx *store.Tx, account string) error {
	c, err := e.open(ctx, tx, account)
	if err != nil {
		return err
	}
	if err := c.live(c.moment()); err != nil {
		return err
	}
	return c.save()
}

// staleAccounts are accounts whose estimate is of an older catalogue.
func (e *Engine) staleAccounts(ctx context.Context) (accounts []string, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		accounts, err = tx.StaleAccounts(ctx, e.terms.Load().version, accountsAtOnce)
		return err
	})
	return accounts, err
}

// CountDue is on how many accounts something is due now.
func (e *Engine) CountDue(ctx context.Context) (count int, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		count, err = tx.CountDue(ctx)
		return err
	})
	return count, err
}

// DueQuestions are the questions to put to the gateway now.
func (e *Engine) DueQuestions(ctx context.Context) (questions []store.QuestionKey, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		questions, err = tx.DueQuestions(ctx, tx.Now, questionsAtOnce)
		return err
	})
	return questions, err
}
