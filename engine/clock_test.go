package engine_test

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"scrip/access"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/membership"
	"scrip/store"
	"scrip/timeline"
)

// patience is more than any move of the tests takes.
const patience = time.Minute

// far is where the tests' clocks begin: nowhere near the real one.
var far = time.Date(2031, 5, 30, 8, 0, 0, 0, time.UTC)

// newClock is a world with a clock in it.
func newClock(t *testing.T) (*enginetest.World, string) {
	t.Helper()
	w := newWorld(t)
	clock, _, err := w.Engine.NewClock(t.Context(), holder("k"), store.NewID(), "ada's", far)
	must(t, err)
	return w, clock.ID
}

// bound opens an account that lives by a clock, with a card redeemed and a plan started.
func bound(t *testing.T, w *enginetest.World, clock, method string) string {
	t.Helper()
	opened, _, err := w.Engine.OpenAccountOnce(t.Context(), holder("k"), store.NewID(), engine.Opening{ExternalID: store.NewID(), Email: access.Email(store.NewID() + "@example.com"),
		Country: country(t), Currency: usd, Zone: "Europe/Berlin", Language: "en", TestClock: clock})
	must(t, err)
	w.Do(opened.Account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card(productOf(2500)))})
	if method != "" {
		w.Do(opened.Account, engine.Command{Kind: timeline.SetMethod, Method: method})
	}
	w.Do(opened.Account, engine.Command{Kind: timeline.Start, Plan: "basic"})
	return opened.Account
}

func advance(t *testing.T, w *enginetest.World, clock string, to time.Time) {
	t.Helper()
	_, err := w.Engine.AimClock(t.Context(), holder("k"), store.NewID(), clock, to)
	must(t, err)
	moved, err := w.Engine.MoveClock(t.Context(), holder("k"), clock, patience)
	if err != nil || moved.Moving() || !moved.At.Equal(to) {
		t.Fatalf("MoveClock = %+v, %v, want it at %v", moved, err, to)
	}
}

// TestAnAccountLivesByItsClock: what is due on it comes about while its clock is moved, at its time, and not by the
// real one; nothing happens to others, and its letters are sent.
func TestAnAccountLivesByItsClock(t *testing.T) {
	w, clock := newClock(t)
	account := bound(t, w, clock, "")
	if view := w.View(account); view.Today.String() != "2031-05-30" || view.Membership.Period.End.String() != "2031-06-30" || view.TestClock != clock {
		t.Errorf("by its clock the account has %v, paid until %v", view.Today, view.Membership.Period.End)
	}
	real := w.Account("real@example.com", country(t), usd)
	w.Clock.Set(far.AddDate(2, 0, 0)) // the real one is irrelevant
	must(t, w.Loops.Settle(t.Context()))
	if got := w.View(account); got.Today.String() != "2031-05-30" {
		t.Errorf("the real clock has moved it to %v", got.Today)
	}
	sent := len(w.Mailbox.All())

	advance(t, w, clock, far.AddDate(1, 0, 0))
	view := w.View(account)
	if view.Membership.Status != membership.Closed || len(view.Charges) < 3 {
		t.Errorf("a year later it is %s after %d charges, want it closed after three", view.Membership.Status, len(view.Charges))
	}
	var told []string
	for _, event := range w.Told(account, nil) {
		told = append(told, string(event)[7:17])
	}
	if !slices.IsSorted(told) {
		t.Errorf("it is told in the order %v", told)
	}
	must(t, w.Loops.Settle(t.Context()))
	if more := w.Mailbox.All(); len(more)-sent < 2 { // a reminder, and that it is on hold
		t.Errorf("%d letters were sent on the way, want those that the days brought", len(more)-sent)
	}
	if len(w.View(real).Charges) > 0 || w.View(real).TestClock != "" {
		t.Error("something happened to an account that is not bound to the clock")
	}
	w.Verify()
}

// TestClocksAreApart: two clocks do not know of each other, and several who move one at once do what is due once.
func TestClocksAreApart(t *testing.T) {
	w, one := newClock(t)
	two, _, err := w.Engine.NewClock(t.Context(), holder("k"), "two", "", far)
	must(t, err)
	first, second := bound(t, w, one, ""), bound(t, w, two.ID, "")
	_, err = w.Engine.AimClock(t.Context(), holder("k"), "there", one, far.AddDate(0, 3, 0))
	must(t, err)
	other, loops := w.Server(w.Engine.Terms())
	var movers sync.WaitGroup
	for _, e := range []*engine.Engine{w.Engine, other, other} {
		movers.Go(func() {
			if clock, err := e.MoveClock(t.Context(), access.Loop(), one, patience); err != nil || clock.Moving() {
				t.Errorf("MoveClock = %+v, %v", clock, err)
			}
		})
	}
	movers.Go(func() {
		if err := loops.Settle(t.Context()); err != nil {
			t.Error(err)
		}
	})
	movers.Wait()
	if got := w.View(second).Today; got.String() != "2031-05-30" {
		t.Errorf("the other clock's account has %v", got)
	}
	if got := w.View(first).Today; got.String() != "2031-08-30" {
		t.Errorf("the clock's account has %v", got)
	}
	w.Verify()
}

// TestQuestionsByTheClock: a payment method is asked in the clock's time; one that stays silent is given up after 72
// hours of it.
func TestQuestionsByTheClock(t *testing.T) {
	w, clock := newClock(t)
	late, declines := bound(t, w, clock, "late"), bound(t, w, clock, "ok")
	advance(t, w, clock, far.AddDate(0, 5, 0))
	for _, account := range []string{late, declines} {
		if view := w.View(account); view.Membership.Status != membership.Active || view.Asking {
			t.Errorf("with a method that pays, it is %s, asking %v", view.Membership.Status, view.Asking)
		}
	}
	w.Verify()
}

// TestClocksRefuse: nobody but those with the scope, nobody without a sandbox, forward only, and one at a time.
func TestClocksRefuse(t *testing.T) {
	w, clock := newClock(t)
	ctx := t.Context()
	aim := func(e *engine.Engine, actor access.Actor, to time.Time) error {
		_, err := e.AimClock(ctx, actor, store.NewID(), clock, to)
		return err
	}
	wants := func(what string, got, want error) {
		t.Helper()
		if !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	wants("back", aim(w.Engine, holder("k"), far.Add(-time.Second)), engine.ErrClockBack)
	wants("a member", aim(w.Engine, access.MemberOf("a", ""), far), access.ErrDenied)
	wants("no sandbox", aim(enginetest.Another(w), holder("k"), far), engine.ErrNoSandbox)
	wants("there", aim(w.Engine, holder("k"), far.Add(time.Hour)), nil)
	wants("on its way", aim(w.Engine, holder("k"), far.Add(2*time.Hour)), engine.ErrClockMoves)
	waits, err := w.Engine.MoveClock(ctx, holder("k"), clock, 0)
	if err != nil || !waits.Moving() {
		t.Errorf("without patience: %+v, %v", waits, err)
	}
	must(t, w.Loops.Settle(ctx)) // which go on where its mover has gone
	if there, err := w.Engine.Clock(ctx, holder("k"), clock); err != nil || there.Moving() || !there.At.Equal(far.Add(time.Hour)) {
		t.Errorf("the loops have left it at %v, %v", there.At, err)
	}
	_, err = w.Engine.DeleteClock(ctx, holder("k"), "delete", clock)
	must(t, err)
	again, err := w.Engine.DeleteClock(ctx, holder("k"), "delete", clock)
	if !again || err != nil {
		t.Errorf("DeleteClock, again = %v, %v", again, err)
	}
	wants("deleted", aim(w.Engine, holder("k"), far.Add(3*time.Hour)), engine.ErrNoClock)
	_, _, err = w.Engine.OpenAccountOnce(ctx, holder("k"), "open", engine.Opening{ExternalID: "u", Country: country(t), Currency: usd, Zone: "UTC", Language: "en", TestClock: clock})
	wants("an account of a deleted one", err, engine.ErrNoClock)
}

// TestADeletedClockStands: its accounts can still be read and used, at the time at which it stopped.
func TestADeletedClockStands(t *testing.T) {
	w, clock := newClock(t)
	account := bound(t, w, clock, "")
	_, err := w.Engine.DeleteClock(t.Context(), holder("k"), "delete", clock)
	must(t, err)
	if reply := w.Do(account, engine.Command{Kind: timeline.Cancel}); reply.Refusal != nil || w.View(account).Today.String() != "2031-05-30" {
		t.Errorf("cancelled: %v, on %v", reply.Refusal, w.View(account).Today)
	}
}

// TestASandboxIsForGood: what was served as one is not served for real, and what was served for real is none.
func TestASandboxIsForGood(t *testing.T) {
	w := newWorld(t)
	sandbox, real := w.Engine, engine.New(engine.Config{DB: w.DB, Ring: w.Ring, Clock: w.Clock.Now, Log: slog.New(slog.DiscardHandler)})
	must(t, real.CheckSandbox(t.Context())) // new, and nothing says what it is
	w.Account("ada@example.com", country(t), usd)
	if err := sandbox.CheckSandbox(t.Context()); !errors.Is(err, engine.ErrReal) {
		t.Errorf("a sandbox on what is real: %v", err)
	}
	other := newWorld(t)
	must(t, other.Engine.CheckSandbox(t.Context()))
	must(t, other.Engine.CheckSandbox(t.Context()))
	real = engine.New(engine.Config{DB: other.DB, Ring: w.Ring, Clock: w.Clock.Now, Log: slog.New(slog.DiscardHandler)})
	if err := real.CheckSandbox(t.Context()); !errors.Is(err, engine.ErrSandbox) {
		t.Errorf("for real, on a sandbox: %v", err)
	}
}
