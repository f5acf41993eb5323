// Package jobs is the loops that do what is due: renew, retry, close, remind, ask payment methods,
// send letters, deliver events, sweep. The row that is due is the job, so nothing is lost when the program stops, and
// everything is safe to do twice.
package jobs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"scrip/access"
	"scrip/clock"
	"scrip/engine"
	"scrip/mail"
	"scrip/store"
	"scrip/webhook"
)

const (
	// pause is how long a loop rests that found nothing to do, and longPause one that found something and
	// could do none of it: the disk is full, or the database is not to be written.
	pause     = 250 * time.Millisecond
	longPause = 5 * time.Second
	// shortPause is how long the letters' loop rests that has sent all that were due: what comes in meanwhile is
	// sent together.
	shortPause = 50 * time.Millisecond
	// sweepEvery is how often what has expired is deleted, and refreshEvery how often it is looked whether
	// another server has put a newer catalogue in force.
	sweepEvery   = 10 * time.Minute
	refreshEvery = 2 * time.Second
	// countEvery is how often it is counted on how many accounts something is due.
	countEvery = 15 * time.Second
	// noteEvery is how often it is recorded when API keys were used last.
	noteEvery = time.Minute
	// clockPatience is for how long a test clock is moved before others have their turn.
	clockPatience = 10 * time.Second
	// atOnce is how many due rows are worked on side by side; their writes share commits.
	atOnce = 32
	// lettersAtOnce is how many letters are sent side by side, of lettersRead that are taken together. How they
	// ended is recorded for lettersSettled at a time, or, of those that a transaction made together, for all: that many
	// may be sent twice where the program is killed.
	lettersAtOnce  = 8
	lettersRead    = 64
	lettersSettled = 32
	// longestSettle is the last pause, each twice the one before, after which it is tried again to record them.
	longestSettle = 16 * time.Second
	// sendTimeout bounds one attempt to send a letter.
	sendTimeout = 30 * time.Second
	// linger is for how long what is under way goes on once the loops are told to stop: a letter that is broken off may
	// have been taken already, and would be sent twice.
	linger = 10 * time.Second
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
	hooks    *webhook.Client
	log      *slog.Logger
	done     Counters
}

// Counters tell what the loops did.
type Counters interface {
	Did(what string, failed bool)
	// Due is on how many accounts something was due when it was last looked.
	Due(accounts int)
}

// New are loops that send letters through a sender, and events through a client.
func New(e *engine.Engine, composer *mail.Composer, sender mail.Sender, hooks *webhook.Client, log *slog.Logger, done Counters) *Loops {
	return &Loops{e, composer, sender, hooks, log, done}
}

// Run does what is due until its context ends, and then waits for what is under way, some seconds at most.
func (l *Loops) Run(ctx context.Context) {
	var loops sync.WaitGroup
	for _, do := range l.all() {
		loops.Go(func() { l.repeat(ctx, do) })
	}
	loops.Go(func() { l.deliverSideBySide(ctx) })
	loops.Go(func() { l.sendFresh(ctx) })
	loops.Go(func() { l.every(ctx, sweepEvery, "what has expired could not be deleted", l.engine.Sweep) })
	loops.Go(func() { l.every(ctx, refreshEvery, "the catalogue in force could not be read", l.engine.Refresh) })
	loops.Go(func() { l.every(ctx, noteEvery, "the uses of API keys could not be recorded", l.engine.NoteUses) })
	loops.Go(func() { l.every(ctx, countEvery, "the due accounts could not be counted", l.countDue) })
	loops.Wait()
}

// errTooLate says that a letter could not be sent within its lease; the next pass sends it.
var errTooLate = errors.New("the letters before it took too long")

// loop does what is due of one kind now.
type loop func(context.Context) (outcome, error)

// outcome is how many things were found due, and how many of them could be done.
type outcome struct {
	found, done int
	rests       bool // more are better done together in a while
}

// all are the loops. Digits have one of their own: somebody is waiting for them, and no letter that is
// slow to send may stand before them.
func (l *Loops) all() []loop {
	all := []loop{l.live, l.ask, l.sendDigits, l.sendNotices, l.sendWaits, l.sendOrderLetters, l.fanOut}
	if l.engine.SellsOnline() {
		all = append(all, l.advanceOrders)
	}
	if l.engine.Sandbox() {
		all = append(all, l.moveClocks)
	}
	return all
}

// Settle does all that is due now, until nothing is that can be done: what one loop does may be due for
// another. It is for a clock that jumps.
func (l *Loops) Settle(ctx context.Context) error {
	for {
		done := 0
		for _, do := range append(l.all(), l.deliverAll) {
			o, err := do(ctx)
			if err != nil {
				return err
			}
			done += o.done
		}
		if done == 0 {
			return nil
		}
	}
}

func (l *Loops) repeat(ctx context.Context, do loop) {
	for ctx.Err() == nil {
		o, err := do(ctx)
		if err != nil && ctx.Err() == nil {
			l.log.ErrorContext(ctx, "a loop could not read what is due", "error", err)
		}
		switch {
		case err != nil, o.found > 0 && o.done == 0:
			clock.Rest(ctx, longPause)
		case o.found == 0:
			clock.Rest(ctx, pause)
		case o.rests:
			clock.Rest(ctx, shortPause)
		}
	}
}

// every does something again and again, and logs what is wrong where it fails.
func (l *Loops) every(ctx context.Context, pause time.Duration, wrong string, do func(context.Context) error) {
	for ctx.Err() == nil {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			l.log.ErrorContext(ctx, wrong, "error", err)
		}
		clock.Rest(ctx, pause)
	}
}

// live lives accounts on which something is due.
func (l *Loops) live(ctx context.Context) (outcome, error) {
	pass, err := l.engine.LiveSomeDue(ctx, access.Loop())
	for range pass.Done {
		l.done.Did("live", false)
	}
	for account, failed := range pass.Failed {
		l.did(ctx, "live", failed, "account", account)
	}
	return outcome{found: pass.Done + len(pass.Failed), done: pass.Done}, err
}

func (l *Loops) countDue(ctx context.Context) error {
	due, err := l.engine.CountDue(ctx)
	if err == nil {
		l.done.Due(due)
	}
	return err
}

// ask puts the questions that are due to the payment gateway.
func (l *Loops) ask(ctx context.Context) (outcome, error) {
	questions, err := l.engine.DueQuestions(ctx)
	return sideBySide(questions, atOnce, func(key store.QuestionKey) bool {
		_, err := l.engine.Ask(ctx, key)
		return l.did(ctx, "ask", err, "account", key.Account, "question", key.ID)
	}), err
}

// moveClocks moves on the test clocks whose movers have gone.
func (l *Loops) moveClocks(ctx context.Context) (outcome, error) {
	clocks, err := l.engine.DueClocks(ctx)
	return sideBySide(clocks, atOnce, func(clock string) bool {
		_, err := l.engine.MoveClock(ctx, access.Loop(), clock, clockPatience)
		return l.did(ctx, "clock", err, "clock", clock)
	}), err
}

func (l *Loops) sendDigits(ctx context.Context) (outcome, error) {
	letters, err := l.engine.DueDigits(ctx, lettersRead)
	return l.send(ctx, letters), err
}

func (l *Loops) sendNotices(ctx context.Context) (outcome, error) {
	letters, err := l.engine.DueNotices(ctx, lettersRead)
	return l.send(ctx, letters), err
}

// advanceOrders does what is due on orders: it asks the gateway, and delivers.
func (l *Loops) advanceOrders(ctx context.Context) (outcome, error) {
	orders, err := l.engine.DueOrders(ctx)
	return sideBySide(orders, atOnce, func(order string) bool {
		_, err := l.engine.AdvanceOrder(ctx, access.Loop(), order)
		return l.did(ctx, "order", err, "order", order)
	}), err
}

func (l *Loops) sendOrderLetters(ctx context.Context) (outcome, error) {
	letters, err := l.engine.DueOrderLetters(ctx, lettersRead)
	return l.send(ctx, letters), err
}

func (l *Loops) sendWaits(ctx context.Context) (outcome, error) {
	letters, err := l.engine.DueWaits(ctx, lettersRead)
	return l.send(ctx, letters), err
}

// send takes letters together, sends them side by side, and records together how they ended.
func (l *Loops) send(ctx context.Context, letters []engine.Letter) outcome {
	if len(letters) == 0 {
		return outcome{}
	}
	taken, err := l.engine.Take(ctx, letters)
	if err != nil {
		l.did(ctx, "send", err)
		return outcome{found: len(letters)}
	}
	// Those that somebody else has, or that lost their point, are done with too.
	return outcome{found: len(letters), done: len(letters) - len(taken) + l.sendTaken(ctx, taken), rests: len(letters) < lettersRead}
}

// sendFresh sends the letters of what this server does, as they come.
func (l *Loops) sendFresh(ctx context.Context) {
	err := l.engine.SendFresh(ctx, lettersSettled, func(letters []engine.Letter) {
		l.sendSome(ctx, letters) // whole parcels, which end once
		if len(letters) < lettersSettled {
			clock.Rest(ctx, shortPause)
		}
	})
	if err != nil {
		l.log.WarnContext(ctx, "letters that were not sent wait for their lease to end", "error", err)
	}
}

func (l *Loops) sendTaken(ctx context.Context, taken []engine.Letter) (ended int) {
	for some := range slices.Chunk(taken, lettersSettled) {
		ended += l.sendSome(ctx, some)
	}
	return ended
}

// sendSome sends letters that were taken, and tells of how many it is recorded how they ended.
func (l *Loops) sendSome(ctx context.Context, taken []engine.Letter) int {
	fates := fates{ended: map[engine.Letter]store.Fate{}}
	sideBySide(taken, lettersAtOnce, func(letter engine.Letter) bool {
		return l.did(ctx, "send", l.deliver(ctx, letter, &fates), "letter", letter.Letter)
	})
	if err := l.settle(ctx, fates.ended); err != nil {
		l.did(ctx, "send", err)
		return 0
	}
	return len(fates.ended)
}

// settle records how letters ended. What was sent and is not recorded will be sent once more.
func (l *Loops) settle(ctx context.Context, ended map[engine.Letter]store.Fate) error {
	return l.again(ctx, func() error { return l.engine.Settle(context.WithoutCancel(ctx), ended) })
}

// again tries for as long as a database takes to come back to record what was sent; the leases are longer.
func (l *Loops) again(ctx context.Context, record func() error) error {
	ctx, cancel := lingering(ctx)
	defer cancel()
	for again := pause; ; again *= 2 {
		err := record()
		if err == nil || ctx.Err() != nil || again > longestSettle {
			return err
		}
		clock.Rest(ctx, again)
	}
}

// lingering is a context that ends a while after another: what is under way may come to its end.
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		clock.Rest(longer, linger)
		cancel()
	})
	return longer, func() {
		unhook()
		cancel()
	}
}

// fates are how letters that were sent side by side ended.
type fates struct {
	mu    sync.Mutex
	ended map[engine.Letter]store.Fate
}

func (f *fates) end(letter engine.Letter, fate store.Fate) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended[letter] = fate
}

// deliver sends one letter. A letter that was sent, and whose fate was not recorded, is sent again under the
// same Message-ID. One whose turn comes when its lease is all but over, or when the loops were told to stop, is left for
// the next pass.
func (l *Loops) deliver(ctx context.Context, letter engine.Letter, fates *fates) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, done := lingering(ctx)
	defer done()
	if l.engine.Now().Add(sendTimeout).After(letter.Leased()) {
		return errTooLate
	}
	message, err := l.composer.Compose(letter.Letter)
	if err != nil {
		fates.end(letter, store.NoticeFailed)
		return err
	}
	sending, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	err = l.sender.Send(sending, message)
	switch {
	case err == nil:
		fates.end(letter, store.NoticeSent)
		return nil
	case errors.Is(err, mail.ErrPermanent), letter.Attempts() >= lastAttempt:
		fates.end(letter, store.NoticeFailed)
		return err
	}
	return errors.Join(err, l.engine.Delay(ctx, letter, min(longestPause, firstPause<<min(letter.Attempts(), 12))))
}

// did counts and logs how one thing went, and reports whether it went well.
func (l *Loops) did(ctx context.Context, what string, err error, about ...any) bool {
	l.done.Did(what, err != nil)
	if err != nil && ctx.Err() == nil {
		l.log.WarnContext(ctx, "what was due is not done yet", append(about, "what", what, "error", err)...)
	}
	return err == nil
}

// sideBySide works on all items, at most some at once, and returns when all are done.
func sideBySide[T any](items []T, most int, do func(T) bool) outcome {
	var workers sync.WaitGroup
	var done atomic.Int64
	next := make(chan T)
	for range min(most, len(items)) {
		workers.Go(func() {
			for item := range next {
				if do(item) {
					done.Add(1)
				}
			}
		})
	}
	for _, item := range items {
		next <- item
	}
	close(next)
	workers.Wait()
	return outcome{found: len(items), done: int(done.Load())}
}
