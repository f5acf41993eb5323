package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/membership"
	"scrip/money"
	"scrip/payment"
	"scrip/simulate"
	"scrip/timeline"
)

// slow stands in front of a gateway: each charge is answered only some time after it was first asked for.
// Until then it may have happened already, and the answer is lost.
type slow struct {
	*payment.Fake
	clock func() time.Time
	delay func() (time.Duration, bool)

	mu    sync.Mutex
	until map[string]time.Time
	lost  map[string]bool
}

func (s *slow) Charge(ctx context.Context, key, token string, amount money.Amount) (billing.Answer, error) {
	s.mu.Lock()
	if _, asked := s.until[key]; !asked {
		pause, lost := s.delay()
		s.until[key], s.lost[key] = s.clock().Add(pause), lost
	}
	heard, lost := !s.clock().Before(s.until[key]), s.lost[key]
	s.mu.Unlock()
	if !heard && !lost {
		return "", payment.ErrNoAnswer
	}
	answer, err := s.Fake.Charge(ctx, key, token, amount)
	if !heard {
		return "", payment.ErrNoAnswer
	}
	return answer, err
}

// behind puts a slow front before the world's gateway.
func behind(w *enginetest.World, terms billing.Terms, delay func() (time.Duration, bool)) *slow {
	w.T.Helper()
	s := &slow{Fake: w.Gateway, clock: w.Clock.Now, delay: delay, until: map[string]time.Time{}, lost: map[string]bool{}}
	w.Front = s
	w.Reopen(terms)
	return s
}

// longestPass is how far the clock moves at once while a question is open.
const longestPass = 6 * time.Hour

// pass does what is due as time goes by, each thing up to some hours late.
func pass(w *enginetest.World) func(until time.Time) {
	return func(until time.Time) {
		w.T.Helper()
		for {
			must(w.T, w.Loops.Settle(w.T.Context()))
			next, err := w.Engine.NextDue(w.T.Context())
			must(w.T, err)
			if next.IsZero() || next.After(until) {
				return
			}
			if later := w.Clock.Now().Add(longestPass); next.Before(later) {
				next = later
			}
			if next.After(until) {
				next = until
			}
			if !next.After(w.Clock.Now()) {
				return
			}
			w.Clock.Set(next)
		}
	}
}

// TestLateAnswersTellTheSame: where a gateway answers up to 60 hours late, or took the money and lost the
// answer, accounts are told what an answer at once would have had them told, with commands in between
// that were kept in order; and all money is taken once.
func TestLateAnswersTellTheSame(t *testing.T) {
	for name, policy := range policies() {
		t.Run(name, func(t *testing.T) {
			terms := lumen(t, policy)
			w := enginetest.New(t, calendar.Must("2026-01-30").Start(time.UTC), terms)
			chance := seeded(t)
			behind(w, terms, func() (time.Duration, bool) {
				return time.Duration(chance.Int64N(int64(60*time.Hour))) * time.Duration(chance.IntN(4)) / 3, chance.IntN(2) == 0
			})
			var scenarios []simulate.Scenario
			for range number(t, "SCRIP_TEST_STORIES", 30) {
				scenarios = append(scenarios, madeUp(chance, terms, country(t), calendar.Must("2026-01-31"), calendar.Must("2026-08-20")))
			}
			c := gather(w, scenarios)
			c.play(pass(w))
			pass(w)(w.Clock.Now().Add(100 * time.Hour))
			c.compare()
			c.checkMoney()
			w.Verify()
			pending := 0
			for _, l := range c.lives {
				pending += l.pending
			}
			if t.Logf("%d charges were taken, %d commands had to wait", len(w.Gateway.Taken()), pending); pending == 0 {
				t.Error("no command had to wait for an answer")
			}
		})
	}
}

// asker is a member whose next renewal, on 28 February, must ask the payment method.
type asker struct {
	*enginetest.World
	terms   billing.Terms
	front   *slow
	account string
	told    map[string]string
}

var (
	asksOn = calendar.Must("2026-02-28")
	year   = 365 * 24 * time.Hour
)

// newAsker is a member whose method answers after a pause.
func newAsker(t *testing.T, method string, pause time.Duration, lost bool) *asker {
	t.Helper()
	return newAskerUnder(t, billing.DefaultPolicy(), method, pause, lost)
}

func newAskerUnder(t *testing.T, policy billing.Policy, method string, pause time.Duration, lost bool) *asker {
	t.Helper()
	terms := lumen(t, policy)
	a := &asker{World: enginetest.New(t, calendar.Must("2026-01-31").Start(time.UTC).Add(12*time.Hour), terms), terms: terms, told: map[string]string{}}
	a.front = behind(a.World, terms, func() (time.Duration, bool) { return pause, lost })
	a.account = a.Account("asker@example.com", country(t), usd)
	a.redeem(2500)
	a.Do(a.account, engine.Command{Kind: timeline.SetMethod, Method: method})
	a.Do(a.account, engine.Command{Kind: timeline.Start, Plan: "premium", Payer: catalog.Self})
	a.wants(membership.Active, false)
	return a
}

func (a *asker) redeem(value int64) engine.Reply {
	a.T.Helper()
	card := a.Card(productOf(value))
	a.told[card.Serial.String()] = fmt.Sprintf("card-%d", len(a.told))
	return a.Do(a.account, engine.Command{Kind: timeline.Redeem, Card: a.Handle(card)})
}

func (a *asker) wants(status membership.Status, asking bool) engine.View {
	a.T.Helper()
	view := a.View(a.account)
	if view.Membership.Status != status || view.Asking != asking {
		a.T.Fatalf("on %v the account is %s, asking: %t, want %s, %t", view.Today, view.Membership.Status, view.Asking, status, asking)
	}
	return view
}

// last are the kinds of the events that were told last.
func (a *asker) last(count int) string {
	a.T.Helper()
	var kinds []string
	for _, text := range texts(a.Told(a.account, a.told)) {
		_, rest, _ := strings.Cut(text, `"event":"`)
		kind, _, _ := strings.Cut(rest, `"`)
		kinds = append(kinds, text[7:17]+" "+kind)
	}
	return strings.Join(kinds[max(0, len(kinds)-count):], ", ")
}

func (a *asker) wantsTold(count int, want string) {
	a.T.Helper()
	if got := a.last(count); got != want {
		a.T.Errorf("was told last: %s; want %s", got, want)
	}
}

// balances are the sums of the books by account name.
func (a *asker) balances() map[string]string {
	a.T.Helper()
	a.Verify()
	proof, err := a.DB.Proof(a.T.Context())
	must(a.T, err)
	sums := map[string]string{}
	for _, sum := range proof.Sums {
		sums[string(sum.Name)] = sum.Debit.Decimal() + " " + sum.Credit.Decimal()
	}
	return sums
}

// TestAnswers: what follows from each answer, at once or on a second ask.
func TestAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		method string
		pause  time.Duration
		lost   bool
		status membership.Status
		told   string
		taken  int
	}{
		"approved":          {"ok", 0, false, membership.Active, "2026-02-28 charged", 1},
		"approved late":     {"ok", time.Hour, false, membership.Active, "2026-02-28 charged", 1},
		"approved unheard":  {"ok", time.Hour, true, membership.Active, "2026-02-28 charged", 1},
		"declined":          {"declines", 0, false, membership.Held, "2026-02-28 payment_declined, 2026-02-28 held", 0},
		"declined late":     {"declines", time.Hour, false, membership.Held, "2026-02-28 payment_declined, 2026-02-28 held", 0},
		"lost once":         {"twice", 0, false, membership.Active, "2026-02-28 charged", 1},
		"declines for once": {"declines-then-ok", 0, false, membership.Held, "2026-02-28 payment_declined, 2026-02-28 held", 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAsker(t, test.method, test.pause, test.lost)
			a.At(asksOn, 0)
			for range 3 {
				a.Clock.Set(a.Clock.Now().Add(time.Hour))
				must(t, a.Loops.Settle(t.Context()))
			}
			a.wants(test.status, false)
			a.wantsTold(strings.Count(test.told, ",")+1, test.told)
			if taken := a.Gateway.Taken(); len(taken) != test.taken {
				t.Errorf("taken: %v, want %d", taken, test.taken)
			}
			a.Verify()
		})
	}
}

// TestWhileAMethodIsAsked: the member watches on, others go on, later commands are kept in order and
// decided as of their dates; the same key gives the same reply before and after; and all of it outlives
// a server that is started anew.
func TestWhileAMethodIsAsked(t *testing.T) {
	a := newAsker(t, "ok", 30*time.Hour, false)
	other := a.Account("other@example.com", country(t), usd)
	a.At(asksOn, 8)
	if view := a.wants(membership.Active, true); view.Membership.Period.End != asksOn {
		t.Errorf("paid until %v, want %v", view.Membership.Period.End, asksOn)
	}
	a.Do(other, engine.Command{Kind: timeline.Redeem, Card: a.Handle(a.Card("us-2500"))})

	later := []struct {
		key     string
		command engine.Command
	}{
		{"redeems", engine.Command{Kind: timeline.Redeem, Card: a.Handle(a.Card("us-500"))}},
		{"changes", engine.Command{Kind: timeline.ChangePlan, Plan: "basic"}},
		{"changes again", engine.Command{Kind: timeline.ChangePlan, Plan: "basic"}},
		{"cancels", engine.Command{Kind: timeline.Cancel}},
		{"cancels again", engine.Command{Kind: timeline.Cancel}},
	}
	for at, next := range later {
		a.Clock.Set(asksOn.Plus(at / 3).Start(time.UTC).Add(time.Duration(9+at) * time.Hour))
		for range 2 {
			reply, err := a.Engine.Do(t.Context(), member(a.account), a.account, next.key, next.command)
			if err != nil || !reply.Pending || len(reply.Events) > 0 {
				t.Fatalf("%s = %+v, %v, want pending", next.key, reply, err)
			}
		}
	}
	if _, err := a.Engine.Do(t.Context(), member(a.account), a.account, "changes", engine.Command{Kind: timeline.ChangePlan, Plan: "standard"}); !errors.Is(err, engine.ErrKeyReused) {
		t.Errorf("a key that waits, with another input = %v, want %v", err, engine.ErrKeyReused)
	}
	a.Reopen(a.terms)
	a.wants(membership.Active, true)
	a.wantsTold(1, "2026-02-21 reminder")

	a.At(asksOn.Plus(2), 12)
	a.wants(membership.Active, false)
	a.wantsTold(6, "2026-02-28 charged, 2026-02-28 redeemed, 2026-02-28 plan_change_scheduled, 2026-02-28 plan_change_scheduled, 2026-03-01 cancelled, 2026-03-01 cancel_refused")
	for at, next := range later {
		reply, err := a.Engine.Do(t.Context(), member(a.account), a.account, next.key, next.command)
		refused := errors.Is(reply.Refusal, membership.ErrAlreadyCancelled)
		if err != nil || reply.Pending || !reply.Replayed || refused != (at == 4) {
			t.Errorf("%s, asked again = %+v, %v, want the remembered answer", next.key, reply, err)
		}
	}
	if taken := a.Gateway.Taken(); len(taken) != 1 {
		t.Errorf("taken: %v, want one", taken)
	}
	a.Verify()
}

// TestAskingHoldsNothingUp: the gateway is asked outside any transaction, so that all others read and
// write meanwhile, and the account itself is read.
func TestAskingHoldsNothingUp(t *testing.T) {
	a := newAsker(t, "ok", 0, false)
	asked, answer := make(chan struct{}), make(chan struct{})
	a.front.delay = func() (time.Duration, bool) {
		close(asked)
		<-answer
		return 0, false
	}
	a.Clock.Set(asksOn.Start(time.UTC))
	settled := make(chan error, 1)
	go func() { settled <- a.Loops.Settle(t.Context()) }()
	<-asked
	a.wants(membership.Active, true)
	a.Account("third@example.com", country(t), usd) // a write
	reply, err := a.Engine.Do(t.Context(), member(a.account), a.account, "meanwhile", engine.Command{Kind: timeline.Cancel})
	if err != nil || !reply.Pending {
		t.Errorf("a command meanwhile = %+v, %v, want pending", reply, err)
	}
	close(answer)
	must(t, <-settled)
	a.wantsTold(2, "2026-02-28 charged, 2026-02-28 cancelled")
	a.Verify()
}

// TestAQuestionIsAskedByOne at a time, however many would.
func TestAQuestionIsAskedByOne(t *testing.T) {
	a := newAsker(t, "ok", year, false)
	a.Clock.Set(asksOn.Start(time.UTC))
	pass, err := a.Engine.LiveSomeDue(t.Context(), systemActor)
	must(t, err)
	if pass.Done != 1 {
		t.Fatalf("LiveSomeDue = %+v, want one account", pass)
	}
	questions, err := a.Engine.DueQuestions(t.Context())
	must(t, err)
	if len(questions) != 1 {
		t.Fatalf("DueQuestions = %v, want one", questions)
	}
	var asks, all = 0, sync.WaitGroup{}
	var mu sync.Mutex
	a.front.until[questions[0].ID] = a.Clock.Now().Add(year)
	for range 8 {
		all.Go(func() {
			if _, err := a.Engine.Ask(t.Context(), questions[0]); err != nil { // no answer: it was the one who asked
				mu.Lock()
				defer mu.Unlock()
				asks++
			}
		})
	}
	all.Wait()
	if asks != 1 {
		t.Errorf("%d of 8 asked, want 1", asks)
	}
}

// TestSilence: after 72 hours without an answer the account goes on hold; the gateway is asked to void the
// charge, and where it had happened it is given back, with transfers of its own. The retries go on.
func TestSilence(t *testing.T) {
	for name, lost := range map[string]bool{"nothing was taken": false, "it was taken, and nobody heard": true} {
		t.Run(name, func(t *testing.T) {
			a := newAsker(t, "ok", year, lost)
			a.At(asksOn, 0)
			a.front.delay = func() (time.Duration, bool) { return 0, false } // of all later charges
			for range 71 {
				a.Clock.Set(a.Clock.Now().Add(time.Hour))
				must(t, a.Loops.Settle(t.Context()))
			}
			a.wants(membership.Active, true)
			a.redeem(40) // has to wait until the account goes on, and then removes the hold
			for range 3 {
				a.Clock.Set(a.Clock.Now().Add(time.Hour))
				must(t, a.Loops.Settle(t.Context()))
			}
			a.wantsTold(4, "2026-03-03 held, 2026-03-03 redeemed, 2026-03-03 hold_removed, 2026-03-03 charged")
			a.wants(membership.Active, false)
			taken := a.Gateway.Taken()
			kept := 0
			for _, each := range taken {
				if !each.Refunded {
					kept++
				}
			}
			if kept != 1 || len(taken) != map[bool]int{false: 1, true: 2}[lost] {
				t.Errorf("taken: %+v, want one that is kept, and the other given back", taken)
			}
			if sums := a.balances(); sums["refundable"] != map[bool]string{false: "", true: "24.78 24.78"}[lost] {
				t.Errorf("the books: %v", sums)
			}
		})
	}
}

// TestAStartThatMustAsk is pending; asked again with its key it goes on to be, and has its answer in the
// end: yes, or, after 72 hours of silence, that nothing pays.
func TestAStartThatMustAsk(t *testing.T) {
	for name, test := range map[string]struct {
		method string
		pause  time.Duration
		after  time.Duration
		want   error
		status membership.Status
	}{
		"approved": {"ok", 3 * time.Hour, 5 * time.Hour, nil, membership.Active},
		"declined": {"declines", 3 * time.Hour, 5 * time.Hour, billing.ErrPaymentRequired, membership.None},
		"silent":   {"ok", year, 74 * time.Hour, billing.ErrPaymentRequired, membership.None},
	} {
		t.Run(name, func(t *testing.T) {
			terms := lumen(t, billing.DefaultPolicy())
			w := enginetest.New(t, asksOn.Start(time.UTC), terms)
			behind(w, terms, func() (time.Duration, bool) { return test.pause, false })
			account := w.Account("starter@example.com", country(t), usd)
			w.Do(account, engine.Command{Kind: timeline.SetMethod, Method: test.method})
			start := engine.Command{Kind: timeline.Start, Plan: "basic"}
			ask := func() engine.Reply {
				t.Helper()
				reply, err := w.Engine.Do(t.Context(), member(account), account, "the start", start)
				must(t, err)
				return reply
			}
			for range 3 {
				if reply := ask(); !reply.Pending {
					t.Fatalf("Do = %+v, want pending", reply)
				}
			}
			if _, err := w.Engine.Do(t.Context(), member(account), account, "the start", engine.Command{Kind: timeline.Start, Plan: "premium"}); !errors.Is(err, engine.ErrKeyReused) {
				t.Errorf("the key of a pending start, with another input = %v, want %v", err, engine.ErrKeyReused)
			}
			begun := w.Clock.Now()
			for !w.Clock.Now().After(begun.Add(test.after)) {
				w.Clock.Set(w.Clock.Now().Add(time.Hour))
				must(t, w.Loops.Settle(t.Context()))
			}
			first, again := ask(), ask()
			if first.Pending || !errors.Is(first.Refusal, test.want) || test.want == nil && first.Refusal != nil || string(first.Events) != string(again.Events) {
				t.Errorf("Do = %+v, then %+v, want %v twice", first, again, test.want)
			}
			if view := w.View(account); view.Membership.Status != test.status || view.Asking {
				t.Errorf("the account is %s, asking: %t, want %s", view.Membership.Status, view.Asking, test.status)
			}
			w.Verify()
		})
	}
}

// TestAMethodIsAskedForOnce: a key that has its answer gets it again, though the gateway is silent now.
func TestAMethodIsAskedForOnce(t *testing.T) {
	w := enginetest.New(t, asksOn.Start(time.UTC), lumen(t, billing.DefaultPolicy()))
	account := w.Account("setter@example.com", country(t), usd)
	set := func(ctx context.Context) (engine.Reply, error) {
		return w.Engine.Do(ctx, member(account), account, "the method", engine.Command{Kind: timeline.SetMethod, Method: "ok"})
	}
	first, err := set(t.Context())
	must(t, err)
	w.Front = dead{w.Gateway}
	w.Reopen(lumen(t, billing.DefaultPolicy()))
	again, err := set(t.Context())
	if err != nil || !again.Replayed || string(again.Events) != string(first.Events) {
		t.Errorf("Do, again = %+v, %v, want %s", again, err, first.Events)
	}
	reply, err := w.Engine.Do(t.Context(), member(account), account, "another", engine.Command{Kind: timeline.SetMethod, Method: "ok"})
	if !errors.Is(err, engine.ErrGatewaySilent) {
		t.Errorf("Do with a silent gateway = %+v, %v, want %v", reply, err, engine.ErrGatewaySilent)
	}
}

// dead is a gateway that does not answer.
type dead struct{ *payment.Fake }

func (dead) Verify(context.Context, string) (bool, error) { return false, payment.ErrNoAnswer }
