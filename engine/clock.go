package engine

import (
	"context"
	"errors"
	"time"

	"scrip/access"
	"scrip/clock"
	"scrip/store"
)

// A test clock is the time of the accounts that are bound to it. Nobody looks for what is due on them by the real
// clock: it comes about while their own is moved, in order, and each at its time.

const (
	// stepLease is how long one step of a clock may take before somebody else takes it over: ten questions to a
	// payment gateway that is silent.
	stepLease = 10 * answerTimeout
	// lookAgain is how long to wait for who else moves a clock.
	lookAgain = 20 * time.Millisecond
	// clocksAtOnce is how many clocks are found at once that are on their way.
	clocksAtOnce = 16
	// mostPasses bounds how often it is looked in one step whether more is due.
	mostPasses = 100
)

var (
	// ErrSandbox says that a sandbox's database is to be served for real.
	ErrSandbox = errors.New("this database is a sandbox's: serve it with --sandbox, or name another one")
	// ErrReal says that a database is to be served as a sandbox whose accounts are real.
	ErrReal = errors.New("this database has accounts that are real: give the sandbox a database of its own")
)

// CheckSandbox makes a new database a sandbox's, if the engine is one's. It fails with ErrSandbox and ErrReal where the
// database is of the other kind.
func (e *Engine) CheckSandbox(ctx context.Context) error {
	return e.db.Write(ctx, func(tx *store.Tx) error {
		is, used, err := tx.Sandbox(ctx)
		switch {
		case err != nil || is == e.sandbox:
			return err
		case is:
			return ErrSandbox
		case used:
			return ErrReal
		}
		return tx.MarkSandbox(ctx)
	})
}

// Sandbox reports whether there are test clocks.
func (e *Engine) Sandbox() bool { return e.sandbox }

// timeOf is a transaction at the time of an account.
func timeOf(ctx context.Context, tx *store.Tx, a store.Account) (*store.Tx, error) {
	if a.TestClock == "" {
		return tx, nil
	}
	clock, err := tx.Clock(ctx, a.TestClock)
	return tx.In(clock.At), err
}

// timeOfAccount is timeOf for an account that was not read.
func timeOfAccount(ctx context.Context, tx *store.Tx, account string) (*store.Tx, error) {
	a, err := tx.Membership(ctx, account)
	if err != nil {
		return nil, err
	}
	return timeOf(ctx, tx, a)
}

// nowOf is the time of an account.
func (e *Engine) nowOf(ctx context.Context, a store.Account) (now time.Time, err error) {
	if a.TestClock == "" {
		return e.Now(), nil
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		its, err := timeOf(ctx, tx, a)
		now = its.Now
		return err
	})
	return now, err
}

// beginsAt is when an account begins that is opened now.
func beginsAt(ctx context.Context, tx *store.Tx, testClock string) (time.Time, error) {
	if testClock == "" {
		return tx.Now, nil
	}
	clock, err := standing(ctx, tx, testClock)
	return clock.At, err
}

// standing is a clock that was not deleted, or ErrNoClock.
func standing(ctx context.Context, tx *store.Tx, id string) (store.Clock, error) {
	clock, err := tx.Clock(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && clock.Deleted {
		err = ErrNoClock
	}
	return clock, err
}

// mayTest is the gate of all that is done with test clocks.
func (e *Engine) mayTest(actor access.Actor) error {
	if err := actor.May(access.MoveClocks, ""); err != nil {
		return err
	}
	if !e.sandbox {
		return ErrNoSandbox
	}
	return nil
}

// NewClock makes a test clock that shows an instant, and stands there. It fails with access.ErrDenied, ErrNoSandbox,
// ErrKeyMissing and ErrKeyReused.
func (e *Engine) NewClock(ctx context.Context, actor access.Actor, key, name string, at time.Time) (clock store.Clock, replayed bool, err error) {
	if err := e.mayTest(actor); err != nil {
		return clock, false, err
	}
	d := deed{actor: actor, operation: "clock.new", key: key, input: []any{name, at.UnixMicro()}}
	made, replayed, err := once(ctx, e, d, func(tx *store.Tx) (done[madeClock], error) {
		made := madeClock{store.NewID(), tx.Now}
		return done[madeClock]{Reply: made, subject: made.ID}, tx.AddClock(ctx, store.Clock{ID: made.ID, Name: name, At: at})
	})
	return store.Clock{ID: made.ID, Name: name, At: at, Target: at, CreatedAt: made.CreatedAt}, replayed, err
}

// madeClock is what making a clock came to, beside what was asked for.
type madeClock struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
}

// Clock is a test clock. It fails with access.ErrDenied, ErrNoSandbox and ErrNoClock.
func (e *Engine) Clock(ctx context.Context, actor access.Actor, id string) (clock store.Clock, err error) {
	if err := e.mayTest(actor); err != nil {
		return clock, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		clock, err = standing(ctx, tx, id)
		return err
	})
	return clock, err
}

// Clocks lists the test clocks, the newest first.
func (e *Engine) Clocks(ctx context.Context, actor access.Actor, page Page) (clocks []store.Clock, err error) {
	if err := e.mayTest(actor); err != nil {
		return nil, err
	}
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		clocks, err = tx.Clocks(ctx, page.From, page.Most)
		return err
	})
	return clocks, err
}

// AimClock says to which instant a clock is to be moved; MoveClock moves it. It fails with access.ErrDenied,
// ErrNoSandbox, ErrNoClock, ErrClockMoves, ErrClockBack, ErrKeyMissing and ErrKeyReused.
func (e *Engine) AimClock(ctx context.Context, actor access.Actor, key, id string, to time.Time) (replayed bool, err error) {
	if err := e.mayTest(actor); err != nil {
		return false, err
	}
	d := deed{actor: actor, operation: "clock.advance", key: key, input: []any{id, to.UnixMicro()}}
	_, replayed, err = once(ctx, e, d, func(tx *store.Tx) (done[string], error) {
		clock, err := standing(ctx, tx, id)
		switch {
		case err != nil:
			return done[string]{}, err
		case clock.Moving():
			return done[string]{}, ErrClockMoves
		case to.Before(clock.At):
			return done[string]{}, ErrClockBack
		}
		return done[string]{Reply: id, subject: id}, tx.AimClock(ctx, id, to)
	})
	return replayed, err
}

// DeleteClock stops a clock for good. Its accounts stay as they are, at the time that it shows. It fails with
// access.ErrDenied, ErrNoSandbox, ErrNoClock, ErrKeyMissing and ErrKeyReused.
func (e *Engine) DeleteClock(ctx context.Context, actor access.Actor, key, id string) (replayed bool, err error) {
	if err := e.mayTest(actor); err != nil {
		return false, err
	}
	_, replayed, err = once(ctx, e, deed{actor: actor, operation: "clock.delete", key: key, input: id}, func(tx *store.Tx) (done[string], error) {
		if _, err := standing(ctx, tx, id); err != nil {
			return done[string]{}, err
		}
		return done[string]{Reply: id, subject: id}, tx.DeleteClock(ctx, id)
	})
	return replayed, err
}

// DueClocks are clocks that are on their way and that nobody moves.
func (e *Engine) DueClocks(ctx context.Context) (clocks []string, err error) {
	err = e.db.Look(ctx, func(tx *store.Tx) error {
		clocks, err = tx.DueClocks(ctx, clocksAtOnce)
		return err
	})
	return clocks, err
}

// MoveClock moves a clock that is on its way until it has arrived, or for as long as its caller has patience, and gives
// the clock as it stands then. All that is due on its accounts happens on the way, each at its time, in order. Any
// number may move a clock: its steps are done by one at a time.
func (e *Engine) MoveClock(ctx context.Context, actor access.Actor, id string, patience time.Duration) (store.Clock, error) {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		shown, err := e.Clock(ctx, actor, id)
		if err != nil || !shown.Moving() || waiting.Err() != nil {
			return shown, err
		}
		moved, err := e.step(ctx, shown)
		if err != nil {
			return shown, err
		}
		if !moved {
			clock.Rest(waiting, lookAgain)
		}
	}
}

// step does what is due at the time that a clock shows, and moves it on to when something is due next. It reports
// whether it did: somebody else may be at it.
func (e *Engine) step(ctx context.Context, clock store.Clock) (moved bool, err error) {
	var lease time.Time
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		lease = tx.Now.Add(stepLease)
		if moved, err = tx.LeaseClock(ctx, clock.ID, lease); err != nil || !moved {
			return err
		}
		clock, err = tx.Clock(ctx, clock.ID)
		return err
	})
	if err != nil || !moved {
		return false, err
	}
	failed := e.doDueOf(ctx, clock)
	err = e.db.Write(ctx, func(tx *store.Tx) error {
		to := clock.At
		if failed == nil {
			if to, err = tx.NextOf(ctx, clock); err != nil {
				return err
			}
		}
		return tx.MoveClock(ctx, clock.ID, later(to, clock.At), lease)
	})
	if errors.Is(err, store.ErrConflict) { // it took too long, or the clock was deleted
		err = nil
	}
	return true, errors.Join(failed, err)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// doDueOf does what is due on a clock's accounts at the time that it shows; what is left is the next step's.
func (e *Engine) doDueOf(ctx context.Context, clock store.Clock) error {
	for range mostPasses {
		var accounts []string
		var questions []store.QuestionKey
		err := e.db.Look(ctx, func(tx *store.Tx) (err error) {
			accounts, questions, err = tx.DueOf(ctx, clock, accountsAtOnce)
			return err
		})
		if err != nil || len(accounts)+len(questions) == 0 {
			return err
		}
		for _, account := range accounts {
			if err := e.withNewTerms(ctx, func() error { return e.liveAll(ctx, []string{account}) }); err != nil {
				return err
			}
		}
		for _, question := range questions {
			e.ask(ctx, question)
		}
	}
	return nil
}
