package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/simulate"
	"scrip/timeline"
)

// TestACatalogueOfAnotherServer: a server that was not told of a catalogue decides by it all the same, from
// the first account on that was reckoned by it, and never takes an account back to an older one.
func TestACatalogueOfAnotherServer(t *testing.T) {
	s := newShop(t)
	other, loops := s.Server(s.first)
	must(t, other.Apply(t.Context(), operator, fmt.Sprintf("terms %p", s.first.Catalog), s.parse))
	var members []string
	for at := range 3 {
		account := s.Account(fmt.Sprintf("m%d@example.com", at), country(t), usd)
		s.Do(account, engine.Command{Kind: timeline.Redeem, Card: s.Handle(s.Card("us-50"))})
		s.Do(account, engine.Command{Kind: timeline.Start, Plan: "basic", Payer: catalog.Self})
		members = append(members, account)
	}
	dearer := sold(price799+`, {"currency": "USD", "amount": 1999, "from": "2026-04-01"}`, noTax, "")
	must(t, s.apply(dearer))
	must(t, s.Loops.Settle(t.Context()))
	want := calendar.Must("2026-06-09") // as TestAPriceRiseMovesTheEstimates has it

	// A command to the other server, and its loops.
	reply, err := other.Do(t.Context(), member(members[0]), members[0], "cancels", engine.Command{Kind: timeline.Cancel})
	if err != nil || reply.Refusal != nil {
		t.Fatalf("Do = %+v, %v", reply, err)
	}
	must(t, loops.Settle(t.Context()))
	if total, err := other.Terms().Catalog.Total("basic", country(t), usd, calendar.Must("2026-04-01")); err != nil || total.Amount.Minor() != 1999 {
		t.Errorf("the other server has a month cost %v, %v, want 19.99", total.Amount, err)
	}
	for account, date := range s.estimates() {
		if account != members[0] && date != want {
			t.Errorf("account %s runs out on %v, want %v", account, date, want)
		}
	}
	for day := calendar.Must("2026-02-01"); day.Before(calendar.Must("2026-04-03")); day = day.Plus(1) {
		s.Clock.Set(day.Start(s.Clock.Now().Location()))
		must(t, loops.Settle(t.Context()))
	}
	if charges := s.View(members[1]).Charges; len(charges) != 3 || charges[0].Total.Minor() != 799 {
		t.Errorf("charged %+v", charges)
	}
	s.Verify()
}

// parse reads a catalogue file, or the world's own terms.
func (s *shop) parse(text string) (billing.Terms, error) {
	if !strings.HasPrefix(text, "{") {
		return s.first, nil
	}
	return simulate.ReadTerms(strings.NewReader(text))
}

// TestTwoServersRenewSideBySide: of many members that are due at once, each is renewed once, whoever does it.
func TestTwoServersRenewSideBySide(t *testing.T) {
	s := newShop(t)
	count := int(number(t, "SCRIP_TEST_DUE", 1000))
	var members []string
	for at := range count {
		members = append(members, s.Account(fmt.Sprintf("m%d@example.com", at), country(t), usd))
	}
	cards := s.Cards("us-50", count)
	atOnce(8, func(worker int) {
		for at := worker; at < count; at += 8 {
			s.Do(members[at], engine.Command{Kind: timeline.Redeem, Card: s.Handle(cards[at])})
			s.Do(members[at], engine.Command{Kind: timeline.Start, Plan: "basic", Payer: catalog.Self})
		}
	})
	s.Clock.Set(calendar.Must("2026-02-28").Start(s.Clock.Now().Location()))
	servers := []*engine.Engine{s.Engine}
	for range 2 {
		other := enginetest.Another(s.World)
		must(t, other.Apply(t.Context(), operator, fmt.Sprintf("terms %p", s.first.Catalog), func(string) (billing.Terms, error) { return s.first, nil }))
		servers = append(servers, other)
	}
	var mu sync.Mutex
	done := make([]int, len(servers))
	var working sync.WaitGroup
	for at, server := range servers {
		working.Go(func() {
			for {
				pass, err := server.LiveSomeDue(t.Context(), systemActor)
				if err = errors.Join(err, errors.Join(failures(pass.Failed)...)); err != nil {
					t.Error(err)
					return
				}
				left, err := server.CountDue(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if pass.Done == 0 && left == 0 {
					return
				}
				mu.Lock()
				done[at] += pass.Done
				mu.Unlock()
			}
		})
	}
	working.Wait()
	total := 0
	for _, each := range done {
		total += each
	}
	t.Logf("of %d due members, the servers renewed %v", count, done)
	if total != count {
		t.Errorf("%d renewals, want %d", total, count)
	}
	for _, account := range members {
		if charges := s.View(account).Charges; len(charges) != 2 {
			t.Fatalf("account %s was charged %d times, want twice", account, len(charges))
		}
	}
	s.Verify()
}

func failures(failed map[string]error) (all []error) {
	for _, err := range failed {
		all = append(all, err)
	}
	return all
}
