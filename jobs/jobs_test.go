package jobs_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/jobs"
	"scrip/mail"
	"scrip/money"
	"scrip/store"
	"scrip/timeline"
)

var usd = money.MustCurrency("USD")

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// postman takes letters as the test tells it to, and remembers each try.
type postman struct {
	clock func() time.Time

	mu     sync.Mutex
	answer func(mail.Message) error
	tries  []try
}

type try struct {
	id string
	at time.Time
}

// Send fails, as over a network, where its context ends before the answer is there: whether the letter was taken or not.
func (p *postman) Send(ctx context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries = append(p.tries, try{m.ID, p.clock()})
	err := p.answer(m)
	return cmp.Or(ctx.Err(), err)
}

func (p *postman) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.tries)
}

func lumen(t *testing.T) billing.Terms {
	t.Helper()
	us, err := catalog.ParseCountry("US")
	must(t, err)
	from := calendar.Must("2020-01-01")
	sold, err := catalog.New([]catalog.Plan{{ID: "basic", Prices: []catalog.Price{{Amount: money.New(799, usd), From: from}}}}, nil,
		[]catalog.Product{{ID: "us-25", Country: us, Value: money.New(2500, usd)}}, nil)
	must(t, err)
	return billing.Terms{Catalog: sold, Policy: billing.DefaultPolicy()}
}

// newWorld is a world whose letters the postman takes, or not.
func newWorld(t *testing.T, answer func(mail.Message) error) (*enginetest.World, *postman, string) {
	t.Helper()
	terms := lumen(t)
	w := enginetest.New(t, calendar.Must("2026-01-31").Start(time.UTC).Add(12*time.Hour), terms)
	p := &postman{clock: w.Clock.Now, answer: answer}
	w.Post = p
	w.Reopen(terms)
	us, err := catalog.ParseCountry("US")
	must(t, err)
	return w, p, w.Account("ada@example.com", us, usd)
}

func redeem(w *enginetest.World, account string) {
	w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-25"))})
}

// fates are the letters by how they ended.
func fates(t *testing.T, w *enginetest.World) (counts map[string]int64) {
	t.Helper()
	must(t, w.DB.Read(t.Context(), func(tx *store.Tx) (err error) {
		counts, err = tx.CountNotices(t.Context())
		return err
	}))
	return counts
}

var errBusy = errors.New("451 try again later")

// TestALetterIsTriedForThreeDays: a letter that the mail server does not take is tried again after pauses
// that double from half a minute to four hours, 29 times in all, under one id, and then given up.
func TestALetterIsTriedForThreeDays(t *testing.T) {
	w, p, account := newWorld(t, func(mail.Message) error { return errBusy })
	redeem(w, account)
	begun := w.Clock.Now()
	for next := begun; !next.IsZero(); {
		w.Clock.Set(next)
		must(t, w.Loops.Settle(t.Context()))
		var err error
		next, err = w.Engine.NextDue(t.Context())
		must(t, err)
	}
	var pauses []time.Duration
	for at := range p.tries[1:] {
		pauses = append(pauses, p.tries[at+1].at.Sub(p.tries[at].at))
		if p.tries[at].id != p.tries[at+1].id {
			t.Errorf("try %d is of letter %s, want %s", at+2, p.tries[at+1].id, p.tries[at].id)
		}
	}
	want := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, 64 * time.Minute, 128 * time.Minute}
	for len(want) < 28 {
		want = append(want, 4*time.Hour)
	}
	if !slices.Equal(pauses, want) {
		t.Errorf("pauses: %v, want %v", pauses, want)
	}
	if tried := p.tries[len(p.tries)-1].at.Sub(begun); tried < 72*time.Hour || tried > 96*time.Hour {
		t.Errorf("it was tried for %v, want about three days", tried)
	}
	if got := fates(t, w); got["failed"] != 1 || got["queued"] != 0 {
		t.Errorf("letters by their fate: %v, want one that failed", got)
	}
}

// TestALetterIsTakenInTheEnd: it is sent once more, and never again.
func TestALetterIsTakenInTheEnd(t *testing.T) {
	var p *postman
	w, p, account := newWorld(t, nil)
	p.answer = func(mail.Message) error {
		if len(p.tries) < 4 {
			return errBusy
		}
		return nil
	}
	redeem(w, account)
	for range 200 {
		must(t, w.Loops.Settle(t.Context()))
		w.Clock.Set(w.Clock.Now().Add(time.Minute))
	}
	if got := fates(t, w); len(p.tries) != 4 || got["sent"] != 1 {
		t.Errorf("%d tries, letters by their fate: %v, want 4 and one that was sent", len(p.tries), got)
	}
}

// TestALetterThatIsRefusedForGood is not sent again, and holds no other up.
func TestALetterThatIsRefusedForGood(t *testing.T) {
	refused := ""
	w, p, account := newWorld(t, nil)
	p.answer = func(m mail.Message) error {
		if refused == "" {
			refused = m.ID
		}
		if m.ID == refused {
			return fmt.Errorf("550: %w", mail.ErrPermanent)
		}
		return nil
	}
	redeem(w, account)
	redeem(w, account)
	for range 10 {
		must(t, w.Loops.Settle(t.Context()))
		w.Clock.Set(w.Clock.Now().Add(time.Hour))
	}
	if got := fates(t, w); len(p.tries) != 2 || got["sent"] != 1 || got["failed"] != 1 {
		t.Errorf("%d tries, letters by their fate: %v, want 2, one sent and one failed", len(p.tries), got)
	}
}

// TestALetterWhoseFateWasLost is sent again after its lease, under the same id.
func TestALetterWhoseFateWasLost(t *testing.T) {
	w, p, account := newWorld(t, func(mail.Message) error { return nil })
	redeem(w, account)
	letters, err := w.Engine.DueNotices(t.Context(), 100)
	must(t, err)
	if len(letters) != 1 {
		t.Fatalf("%d letters are due, want one", len(letters))
	}
	taken, err := w.Engine.Take(t.Context(), letters)
	if err != nil || len(taken) != 1 || taken[0].Letter.To != "ada@example.com" {
		t.Fatalf("Take = %v, %v", taken, err)
	}
	if twice, err := w.Engine.Take(t.Context(), letters); len(twice) > 0 || err != nil {
		t.Fatalf("Take, again = %v, %v, want it to be somebody else's", twice, err)
	}
	must(t, w.Loops.Settle(t.Context())) // whoever took it was killed before it was recorded
	if len(p.tries) != 0 {
		t.Fatalf("a letter that somebody has was sent by another")
	}
	w.Clock.Set(w.Clock.Now().Add(2 * time.Minute))
	must(t, w.Loops.Settle(t.Context()))
	if len(p.tries) != 1 || p.tries[0].id != taken[0].Letter.ID {
		t.Errorf("tries: %v, want one of %s", p.tries, taken[0].Letter.ID)
	}
}

// TestSlowLettersAreSentOnce: where sending is so slow that the lease of those that were taken together runs out,
// the last of them are left to whoever takes them next.
func TestSlowLettersAreSentOnce(t *testing.T) {
	var w *enginetest.World
	var other *jobs.Loops
	sent := 0
	w, p, account := newWorld(t, func(mail.Message) error {
		w.Clock.Set(w.Clock.Now().Add(20 * time.Second))
		if sent++; sent == 9 { // their lease is over, and another server comes by
			return other.Settle(context.Background())
		}
		return nil
	})
	_, other = w.Server(w.Engine.Terms())
	const count = 32
	for range count {
		redeem(w, account)
	}
	for range 30 {
		must(t, w.Loops.Settle(t.Context()))
		w.Clock.Set(w.Clock.Now().Add(time.Minute))
	}
	once := map[string]int{}
	for _, try := range p.tries {
		once[try.id]++
	}
	if len(p.tries) != count || len(once) != count {
		t.Errorf("%d letters were sent in %d tries, want %d, each once", len(once), len(p.tries), count)
	}
}

// TestLettersAreSentOnceByMany: loops of several servers share the letters.
func TestLettersAreSentOnceByMany(t *testing.T) {
	w, p, account := newWorld(t, func(mail.Message) error { return nil })
	const count = 60
	for range count {
		redeem(w, account)
	}
	var all sync.WaitGroup
	for range 4 {
		_, loops := w.Server(w.Engine.Terms())
		all.Go(func() {
			if err := loops.Settle(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := fates(t, w); len(p.tries) != count || got["sent"] != count {
		t.Errorf("%d tries, letters by their fate: %v, want %d sent once", len(p.tries), got, count)
	}
}

// TestRunEndsWhatItHasBegun: the loops find by themselves what is due, two of them at once, and when they
// are told to stop the letter under way is still recorded.
func TestRunEndsWhatItHasBegun(t *testing.T) {
	sending, goOn := make(chan struct{}, 1), make(chan struct{})
	w, p, account := newWorld(t, func(mail.Message) error {
		sending <- struct{}{}
		<-goOn
		return nil
	})
	_, second := w.Server(w.Engine.Terms())
	ctx, stop := context.WithCancel(t.Context())
	var loops sync.WaitGroup
	loops.Go(func() { w.Loops.Run(ctx) })
	loops.Go(func() { second.Run(ctx) })
	_, err := w.Engine.Do(ctx, access.MemberOf(account, ""), account, "key", engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-25"))})
	must(t, err)
	<-sending
	stop()
	close(goOn)
	loops.Wait()
	if got := fates(t, w); p.count() != 1 || got["sent"] != 1 {
		t.Errorf("%d tries, letters by their fate: %v, want one that was sent", p.count(), got)
	}
}
