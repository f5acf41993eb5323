package engine_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine/enginetest"
	"scrip/jobs"
	"scrip/mail"
	"scrip/membership"
	"scrip/simulate"
	"scrip/store"
)

// sleepers are the accounts under each policy.
const sleepers = 100

// pile keeps each copy of each letter that is sent.
type pile struct {
	mu   sync.Mutex
	sent []mail.Message
}

func (p *pile) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, m)
	return nil
}

func (p *pile) copies() map[string]int {
	copies := map[string]int{}
	for _, m := range p.sent {
		copies[m.ID]++
	}
	return copies
}

func policies() map[string]billing.Policy {
	remainder := billing.DefaultPolicy()
	remainder.Shortfall, remainder.Upgrade, remainder.RetryDays = billing.ChargeRemainder, billing.NextBillingDate, []int{2, 9}
	return map[string]billing.Policy{"default": billing.DefaultPolicy(), "remainder": remainder}
}

// sleepersOf are accounts that live for a while and are then left alone for months.
func sleepersOf(t *testing.T, w *enginetest.World, terms billing.Terms, count int) *crowd {
	t.Helper()
	chance, us := seeded(t), country(t)
	var scenarios []simulate.Scenario
	for range count {
		s := madeUp(chance, terms, us, calendar.Must("2026-01-31"), calendar.Must("2026-03-10"))
		s.Until = calendar.Must("2026-06-10")
		scenarios = append(scenarios, s)
	}
	return gather(w, scenarios)
}

func country(t *testing.T) catalog.Country {
	t.Helper()
	us, err := catalog.ParseCountry("US")
	must(t, err)
	return us
}

// TestAfterALongSleep: a server that slept for three months gives each account the timeline that it would
// have had awake, which is that of the rules alone; two servers that wake at once do each thing once; and
// letters that have lost their point are recorded as such, not sent.
func TestAfterALongSleep(t *testing.T) {
	for name, policy := range policies() {
		t.Run(name, func(t *testing.T) {
			terms := lumen(t, policy)
			w, post := enginetest.New(t, calendar.Must("2026-01-30").Start(time.UTC), terms), &pile{}
			w.Post = post
			w.Reopen(terms)
			c := sleepersOf(t, w, terms, sleepers)
			c.play(func(time.Time) {}) // nobody does what is due
			_, loops := w.Server(terms)
			var both sync.WaitGroup
			for _, each := range []*jobs.Loops{w.Loops, loops} {
				both.Go(func() {
					if err := each.Settle(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
			must(t, w.Loops.Settle(t.Context()))
			c.compare()
			c.checkMoney()
			w.Verify()
			c.checkLetters(post)
		})
	}
}

// TestAwakeIsTheSame: the same accounts, on a server that does each day what is due on it.
func TestAwakeIsTheSame(t *testing.T) {
	for name, policy := range policies() {
		t.Run(name, func(t *testing.T) {
			terms := lumen(t, policy)
			w, post := enginetest.New(t, calendar.Must("2026-01-30").Start(time.UTC), terms), &pile{}
			w.Post = post
			w.Reopen(terms)
			c := sleepersOf(t, w, terms, sleepers/5)
			c.play(func(until time.Time) {
				for day := 24 * time.Hour; c.Clock.Now().Before(until); {
					c.Clock.Set(c.Clock.Now().Truncate(day).Add(day))
					if c.Clock.Now().After(until) {
						c.Clock.Set(until)
					}
					must(t, c.Loops.Settle(t.Context()))
				}
			})
			c.compare()
			c.checkMoney()
			w.Verify()
			for id, count := range post.copies() {
				if count != 1 {
					t.Errorf("letter %s was sent %d times", id, count)
				}
			}
		})
	}
}

// checkLetters wants no letter twice, none that is still queued, and none that has lost its point: what a
// letter says is so on the day on which it comes.
func (c *crowd) checkLetters(post *pile) {
	c.T.Helper()
	for id, count := range post.copies() {
		if count != 1 {
			c.T.Errorf("letter %s was sent %d times", id, count)
		}
	}
	kinds := map[string]int{}
	for _, m := range post.sent {
		account, key, _ := strings.Cut(m.ID, ".")
		kind, about, _ := strings.Cut(key, ":")
		view := c.View(account)
		right := true
		switch kind {
		case "on_hold":
			right = view.Membership.Status == membership.Held && view.Membership.HeldOn.String() == about
		case "reminder":
			right = view.RunsOut.String() == about && view.Today.Before(view.RunsOut)
		case "membership_ended":
			right = view.Membership.Status == membership.Closed
		case "hold_removed":
			right = view.Membership.Status == membership.Active
		}
		if !right {
			c.T.Errorf("letter %s was sent, and the account is %s as of %v, to run out on %v", m.ID, view.Membership.Status, view.Membership.HeldOn, view.RunsOut)
		}
		kinds[kind]++
	}
	must(c.T, c.DB.Read(c.T.Context(), func(tx *store.Tx) error {
		fates, err := tx.CountNotices(c.T.Context())
		if fates["queued"] != 0 || fates["failed"] != 0 || fates["lapsed"] == 0 || int(fates["sent"]) != len(post.sent) {
			c.T.Errorf("letters by their fate: %v; %d were sent", fates, len(post.sent))
		}
		c.T.Logf("sent: %v; by fate: %v", kinds, fates)
		return err
	}))
}
