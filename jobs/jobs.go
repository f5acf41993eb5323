// Package jobs is the loops that do what is due: renew, retry, close, remind, ask payment methods,
// send letters, sweep. The row that is due is the job, so nothing is lost when the program stops, and
// everything is safe to do twice.
package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"scrip/access"
	"scrip/engine"
	"scrip/mail"
	"scrip/store"
)

const (
	// pause is how long a loop rests that found nothing to do.
	pause = 250 * time.Millisecond
	// sweepEvery is how often what has expired is deleted.
	sweepEvery = 10 * time.Minute
	// atOnce is how many due rows are worked on side by side; their writes share commits.
	atOnce = 32
	// lettersAtOnce is how many letters are sent side by side.
	lettersAtOnce = 8
	// sendTimeout bounds one attempt to send a letter.
	sendTimeout = 30 * time.Second
	// A letter that cannot be sent is tried again after a pause that doubles, from the first to the
	// longest, and given up after the last attempt: about three days in all.
	firstPause   = 30 * time.Second
	longestPause = 4 * time.Hour
	lastAttempt  = 28
)

// Loops do what is due on one engine. Any number of servers may run them on one database.
type Loops struct {
	engine   *engine.Engine
	composer *mail.Composer
	sender   mail.Sender
	log      *slog.Logger
	done     Counters
}

// Counters tell what the loops did.
type Counters interface {
	Did(what string, failed bool)
}

// New are loops that send letters through a sender.
func New(e *engine.Engine, composer *mail.Composer, sender mail.Sender, log *slog.Logger, done Counters) *Loops {
	return &Loops{e, composer, sender, log, done}
}

// Run does what is due until its context ends, and then waits for what is under way.
func (l *Loops) Run(ctx context.Context) {
	var loops sync.WaitGroup
	for _, do := range []func(context.Context) (int, error){l.live, l.ask, l.send} {
		loops.Go(func() { l.repeat(ctx, do) })
	}
	loops.Go(func() { l.sweep(ctx) })
	loops.Wait()
}

// Settle does all that is due now, until nothing is: what one loop does may be due for another. It is
// for a clock that jumps.
func (l *Loops) Settle(ctx context.Context) error {
	for {
		found := 0
		for _, do := range []func(context.Context) (int, error){l.live, l.ask, l.send} {
			count, err := do(ctx)
			if err != nil {
				return err
			}
			found += count
		}
		if found == 0 {
			return nil
		}
	}
}

func (l *Loops) repeat(ctx context.Context, do func(context.Context) (int, error)) {
	for ctx.Err() == nil {
		found, err := do(ctx)
		if err != nil && ctx.Err() == nil {
			l.log.ErrorContext(ctx, "a loop could not read what is due", "error", err)
		}
		if found == 0 || err != nil {
			rest(ctx, pause)
		}
	}
}

func (l *Loops) sweep(ctx context.Context) {
	for ctx.Err() == nil {
		if err := l.engine.Sweep(ctx); err != nil && ctx.Err() == nil {
			l.log.ErrorContext(ctx, "what has expired could not be deleted", "error", err)
		}
		rest(ctx, sweepEvery)
	}
}

// live lives the accounts on which something is due.
func (l *Loops) live(ctx context.Context) (int, error) {
	accounts, err := l.engine.DueAccounts(ctx)
	sideBySide(accounts, atOnce, func(account string) {
		err := l.engine.LiveDue(ctx, access.Loop(), account)
		l.did(ctx, "live", err, "account", account)
	})
	return len(accounts), err
}

// ask puts the questions that are due to the payment gateway.
func (l *Loops) ask(ctx context.Context) (int, error) {
	questions, err := l.engine.DueQuestions(ctx)
	sideBySide(questions, atOnce, func(key store.QuestionKey) {
		_, err := l.engine.Ask(ctx, key)
		l.did(ctx, "ask", err, "account", key.Account, "question", key.ID)
	})
	return len(questions), err
}

// send sends the letters that are due.
func (l *Loops) send(ctx context.Context) (int, error) {
	letters, err := l.engine.DueLetters(ctx)
	sideBySide(letters, lettersAtOnce, func(letter engine.Letter) {
		l.did(ctx, "send", l.deliver(ctx, letter), "letter", letter.Letter)
	})
	return len(letters), err
}

// deliver sends one letter, and records its fate. A letter that was sent, and whose fate was not
// recorded, is sent again under the same Message-ID.
func (l *Loops) deliver(ctx context.Context, letter engine.Letter) error {
	letter, mine, err := l.engine.Take(ctx, letter)
	if err != nil || !mine {
		return err
	}
	message, err := l.composer.Compose(letter.Letter)
	if err != nil {
		return errors.Join(err, l.engine.Settle(ctx, letter, store.NoticeFailed))
	}
	sending, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	err = l.sender.Send(sending, message)
	switch {
	case err == nil:
		return l.engine.Settle(context.WithoutCancel(ctx), letter, store.NoticeSent)
	case errors.Is(err, mail.ErrPermanent), letter.Attempts() >= lastAttempt:
		return errors.Join(err, l.engine.Settle(ctx, letter, store.NoticeFailed))
	}
	return errors.Join(err, l.engine.Delay(ctx, letter, min(longestPause, firstPause<<min(letter.Attempts(), 12))))
}

func (l *Loops) did(ctx context.Context, what string, err error, about ...any) {
	l.done.Did(what, err != nil)
	if err != nil && ctx.Err() == nil {
		l.log.WarnContext(ctx, "what was due is not done yet", append(about, "what", what, "error", err)...)
	}
}

// sideBySide works on all items, at most some at once, and returns when all are done.
func sideBySide[T any](items []T, most int, do func(T)) {
	var workers sync.WaitGroup
	next := make(chan T)
	for range min(most, len(items)) {
		workers.Go(func() {
			for item := range next {
				do(item)
			}
		})
	}
	for _, item := range items {
		next <- item
	}
	close(next)
	workers.Wait()
}

func rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
