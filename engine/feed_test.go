package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"scrip/access"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/feed"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/timeline"
)

// events are all events from a cursor on, by pages of a size.
func events(t *testing.T, w *enginetest.World, from feed.Cursor, size int) (all []feed.Event, next feed.Cursor) {
	t.Helper()
	for {
		page, err := w.Engine.Events(t.Context(), access.Operator(), from, size)
		must(t, err)
		if len(page.Events) > size {
			t.Fatalf("a page of %d events, want %d at most", len(page.Events), size)
		}
		all, from = append(all, page.Events...), page.Next
		if !page.More {
			return all, from
		}
	}
}

// types are the types of events, each with the number within its account, card or batch.
func types(events []feed.Event) (all []string) {
	for _, e := range events {
		all = append(all, fmt.Sprint(e.Number, " ", e.Type))
	}
	return all
}

// TestEverythingIsToldToOthers: of a card from the day on which it was made, and of the account that redeems it; by
// pages of any size; and no code is in it.
func TestEverythingIsToldToOthers(t *testing.T) {
	w := newWorld(t)
	account := w.Account("ada@example.com", country(t), usd)
	var card engine.Printed
	batch, err := w.Engine.IssueCards(t.Context(), access.Operator(), "us-2500", 1, func(cards []engine.Printed) error {
		card = cards[0]
		return nil
	})
	must(t, err)
	for _, move := range []engine.Move{engine.Activate, engine.Freeze, engine.Unfreeze} {
		must(t, w.Engine.MoveCard(t.Context(), access.Operator(), card.Serial, move))
	}
	if err := w.Engine.MoveCard(t.Context(), access.Operator(), card.Serial, engine.Activate); !errors.Is(err, giftcard.ErrNotIssued) {
		t.Errorf("a card that is activated twice: %v", err)
	}
	w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(card)})
	w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(card)}) // refused
	w.Do(account, engine.Command{Kind: timeline.Start, Plan: "basic"})
	w.Do(account, engine.Command{Kind: timeline.Cancel})
	all, next := events(t, w, feed.Cursor{}, 100)
	want := []string{"1 gift_card.issued", "1 gift_card.activated", "2 gift_card.frozen", "3 gift_card.unfrozen",
		"1 gift_card.redeemed", "1 balance.changed", "3 membership.started", "4 charge.created", "4 balance.changed", "5 membership.cancelled"}
	if got := types(all); !slices.Equal(got, want) {
		t.Errorf("told: %q, want %q", got, want)
	}
	ids := map[string]bool{}
	for at, e := range all {
		if e.ID == "" || ids[e.ID] || e.Version != 1 || !e.At.Equal(w.Clock.Now()) || (e.Account == account) != (at >= 4) {
			t.Errorf("%+v", e)
		}
		ids[e.ID] = true
		if strings.Contains(fmt.Sprintf("%+v", e), card.Code.Reveal()) {
			t.Error("an event holds a code")
		}
	}
	if d := all[0].Data; d.Batch != batch || !slices.Equal(d.Cards, []string{card.Serial.String()}) || *d.Amount != 2500 {
		t.Errorf("issued: %+v", d)
	}
	for size := range 4 {
		if paged, _ := events(t, w, feed.Cursor{}, size+1); !slices.Equal(types(paged), want) {
			t.Errorf("by pages of %d: %q", size+1, types(paged))
		}
	}
	w.Do(account, engine.Command{Kind: timeline.Restart})
	if more, _ := events(t, w, next, 10); !slices.Equal(types(more), []string{"6 membership.restarted"}) {
		t.Errorf("later: %q", types(more))
	}
}

// TestABatchIsToldTogether: of 1,200 cards in a few events, that name each of them, once when issued and once when
// activated.
func TestABatchIsToldTogether(t *testing.T) {
	const count = 1200
	w := newWorld(t)
	w.Cards("us-2500", count)
	all, _ := events(t, w, feed.Cursor{}, 100)
	if want := []string{"1 gift_card.issued", "2 gift_card.issued", "3 gift_card.issued", "4 gift_card.activated", "5 gift_card.activated", "6 gift_card.activated"}; !slices.Equal(types(all), want) {
		t.Errorf("told: %q, want %q", types(all), want)
	}
	seen := map[string]int{}
	for _, e := range all {
		for _, serial := range e.Data.Cards {
			seen[serial]++
			if _, err := giftcode.ParseSerial(serial); err != nil {
				t.Errorf("%q: %v", serial, err)
			}
		}
	}
	for serial, times := range seen {
		if times != 2 {
			t.Errorf("card %s is named %d times", serial, times)
		}
	}
	if len(seen) != count {
		t.Errorf("%d cards are named, want %d", len(seen), count)
	}
}

// TestEventsOfAnAccount are its own alone, for its member too.
func TestEventsOfAnAccount(t *testing.T) {
	w := newWorld(t)
	ada, bo := w.Account("ada@example.com", country(t), usd), w.Account("bo@example.com", country(t), usd)
	for _, card := range w.Cards("us-2500", 3) {
		w.Do(ada, engine.Command{Kind: timeline.Redeem, Card: w.Handle(card)})
		w.Do(bo, engine.Command{Kind: timeline.Redeem, Card: w.Handle(card)})
	}
	var all []feed.Event
	var next feed.Cursor
	for more := true; more; {
		page, err := w.Engine.EventsOf(t.Context(), member(ada), ada, next, 4)
		must(t, err)
		all, next, more = append(all, page.Events...), page.Next, page.More
	}
	if len(all) != 6 || slices.ContainsFunc(all, func(e feed.Event) bool { return e.Account != ada }) {
		t.Errorf("told: %+v", all)
	}
	if _, err := w.Engine.EventsOf(t.Context(), member(bo), ada, feed.Cursor{}, 4); !errors.Is(err, access.ErrDenied) {
		t.Errorf("another's events: %v", err)
	}
	if _, err := w.Engine.EventsOf(t.Context(), access.Operator(), bo, next, 4); !errors.Is(err, feed.ErrCursor) {
		t.Errorf("from a place in another's: %v", err)
	}
	for _, who := range []access.Actor{member(ada), access.Visitor("192.0.2.1")} {
		if _, err := w.Engine.Events(t.Context(), who, feed.Cursor{}, 4); !errors.Is(err, access.ErrDenied) {
			t.Errorf("all events for %s: %v", who.Role, err)
		}
	}
}

// TestACardsEventsAreAsItWent, though many freeze and unfreeze it at once, by two servers.
func TestACardsEventsAreAsItWent(t *testing.T) {
	w := newWorld(t)
	engines := []*engine.Engine{w.Engine, enginetest.Another(w)}
	card := w.Card("us-2500")
	const movers, rounds = 16, 8
	atOnce(movers, func(at int) {
		for range rounds {
			err := engines[at%2].MoveCard(t.Context(), access.Operator(), card.Serial, []engine.Move{engine.Freeze, engine.Unfreeze}[at/2%2])
			if err != nil && !errors.Is(err, giftcard.ErrNotActive) && !errors.Is(err, giftcard.ErrNotFrozen) {
				t.Error(err)
			}
		}
	})
	all, _ := events(t, w, feed.Cursor{}, 7)
	told := slices.DeleteFunc(types(all), func(told string) bool {
		return strings.HasSuffix(told, "issued") || strings.HasSuffix(told, "activated")
	})
	for at, got := range told {
		if want := fmt.Sprint(at+1, " gift_card.", []string{"frozen", "unfrozen"}[at%2]); got != want {
			t.Fatalf("event %d is %q, want %q", at+1, got, want)
		}
	}
	if len(told) < 2 {
		t.Errorf("told: %q", told)
	}
}
