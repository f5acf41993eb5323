package engine_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/store"
	"scrip/timeline"
)

// dueOf are the serial numbers of the cards that letters tell of which anybody may send now.
func dueOf(t *testing.T, w *enginetest.World) (serials []string) {
	t.Helper()
	letters, err := w.Engine.DueNotices(t.Context(), 100)
	must(t, err)
	for _, l := range letters {
		serials = append(serials, l.Letter.Notice.Card)
	}
	return serials
}

// TestALetterIsSentWhereItIsMade: a server that sends letters has that of a redemption at once, and nobody else
// does until its lease ends. What it has not begun to send when it stops is due for anybody.
func TestALetterIsSentWhereItIsMade(t *testing.T) {
	w := newWorld(t)
	account := w.Account("ada@example.com", country(t), usd)
	redeem := func() string {
		card := w.Card("us-2500")
		w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(card)})
		return card.Serial.String()
	}
	before := redeem()
	ctx, stop := context.WithCancel(t.Context())
	sending, goOn, ended := make(chan []engine.Letter), make(chan struct{}), make(chan error)
	go func() {
		ended <- w.Engine.SendFresh(ctx, 1, func(letters []engine.Letter) {
			sending <- letters
			<-goOn
		})
	}()
	var letters []engine.Letter
	for letters == nil { // until the server sends, a letter waits as that before it did
		redeem()
		select {
		case letters = <-sending:
		case <-time.After(50 * time.Millisecond):
		}
	}
	first := letters[0].Letter.Notice.Card
	if got := letters[0].Letter; len(letters) != 1 || got.To != "ada@example.com" || got.Language != "en" {
		t.Fatalf("%d letters, the first to %s in %q", len(letters), got.To, got.Language)
	}
	second := redeem()
	due := dueOf(t, w)
	if !slices.Contains(due, before) || slices.Contains(due, first) || slices.Contains(due, second) {
		t.Errorf("due for anybody are %v, want %s, and neither %s nor %s", due, before, first, second)
	}
	stop()
	goOn <- struct{}{}
	must(t, <-ended)
	if due := dueOf(t, w); slices.Contains(due, first) || !slices.Contains(due, second) {
		t.Errorf("after it has stopped, due are %v, want %s, and %s not yet", due, second, first)
	}
	w.Clock.Set(letters[0].Leased().Add(time.Second))
	if due := dueOf(t, w); !slices.Contains(due, first) {
		t.Errorf("when its lease has ended, due are %v, want %s", due, first)
	}
	third := redeem()
	if due := dueOf(t, w); !slices.Contains(due, third) {
		t.Errorf("a letter that is made while nobody sends is not due: %v, want %s", due, third)
	}
}

// TestALetterThatWasSentIsDueNoMore: those of a parcel that were all sent have no rows of their own, and nobody finds them
// again when their lease has ended, nor when it is told once more that they were sent. One that is delayed is due later.
func TestALetterThatWasSentIsDueNoMore(t *testing.T) {
	w := newWorld(t)
	account := w.Account("ada@example.com", country(t), usd)
	ctx, stop := context.WithCancel(t.Context())
	made, ended := make(chan engine.Letter, 100), make(chan error)
	go func() {
		ended <- w.Engine.SendFresh(ctx, 1, func(letters []engine.Letter) {
			for _, l := range letters {
				made <- l
			}
		})
	}()
	queued := int64(0)
	redeem := func() engine.Letter {
		for { // until the server sends, a letter waits
			w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(w.Card("us-2500"))})
			select {
			case l := <-made:
				return l
			case <-time.After(50 * time.Millisecond):
				queued++
			}
		}
	}
	sent, delayed, failed := redeem(), redeem(), redeem()
	stop()
	must(t, <-ended)
	for range 2 {
		must(t, w.Engine.Settle(t.Context(), map[engine.Letter]store.Fate{sent: store.NoticeSent, failed: store.NoticeFailed}))
	}
	must(t, w.Engine.Delay(t.Context(), delayed, time.Hour))
	serial := func(l engine.Letter) string { return l.Letter.Notice.Card }
	w.Clock.Set(sent.Leased().Add(time.Second))
	if due := dueOf(t, w); slices.Contains(due, serial(sent)) || slices.Contains(due, serial(failed)) || slices.Contains(due, serial(delayed)) {
		t.Errorf("when their lease has ended, due are %v; sent was %s, failed %s, delayed %s", due, serial(sent), serial(failed), serial(delayed))
	}
	w.Clock.Set(sent.Leased().Add(time.Hour))
	if due := dueOf(t, w); slices.Contains(due, serial(sent)) || slices.Contains(due, serial(failed)) || !slices.Contains(due, serial(delayed)) {
		t.Errorf("later, due are %v; sent was %s, failed %s, delayed %s", due, serial(sent), serial(failed), serial(delayed))
	}
	must(t, w.DB.Read(t.Context(), func(tx *store.Tx) error {
		fates, err := tx.CountNotices(t.Context())
		if fates["sent"] != 1 || fates["failed"] != 1 || fates["queued"] != queued+1 {
			t.Errorf("letters by their fate: %v, %d were never packed", fates, queued)
		}
		return err
	}))
}
