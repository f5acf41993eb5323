package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/simulate"
	"scrip/store/storetest"
	"scrip/timeline"
)

// sold is a catalogue file whose prices and taxes are given.
func sold(prices, taxes, more string) string {
	return fmt.Sprintf(`{"catalog": {"plans": [{"id": "basic", "texts": {"en": {"name": "Basic", "says": "One screen"}}, "prices": [%s]}%s],
		"taxes": [%s], "products": [{"id": "us-50", "country": "US", "currency": "USD", "amount": 5000}]}}`, prices, more, taxes)
}

const (
	price799 = `{"currency": "USD", "amount": 799, "from": "2020-01-01"}`
	noTax    = `{"country": "US", "rate": "0", "inclusive": false, "from": "2020-01-01"}`
)

// shop is a world that sells by a catalogue file. It is noon (UTC) on 31 January, and already 1 February
// in the easternmost zone.
type shop struct {
	*enginetest.World
	first billing.Terms
}

func newShop(t *testing.T) *shop {
	t.Helper()
	terms, err := simulate.ReadTerms(strings.NewReader(sold(price799, noTax, "")))
	must(t, err)
	return &shop{enginetest.New(t, calendar.Must("2026-01-31").Start(time.UTC).Add(12*time.Hour), terms), terms}
}

// apply puts a catalogue file in force, in the place of the one before.
func (s *shop) apply(body string) error {
	return s.Engine.Apply(s.T.Context(), operator, body, func(text string) (billing.Terms, error) {
		if text != body && !strings.HasPrefix(text, "{") {
			return s.first, nil // the world's own
		}
		return simulate.ReadTerms(strings.NewReader(text))
	})
}

// TestThePastIsNotChanged: a catalogue that changes what has begun somewhere on earth, or begins there
// tomorrow before anybody has read it, is refused with what is wrong, and what was in force stays.
func TestThePastIsNotChanged(t *testing.T) {
	s := newShop(t)
	for name, test := range map[string]struct{ body, says string }{
		"no catalogue":     {"{", "a field must begin"},
		"another price":    {sold(strings.Replace(price799, "799", "899", 1), noTax, ""), "leave those, and add new ones"},
		"a price too soon": {sold(price799+`, {"currency": "USD", "amount": 899, "from": "2026-02-01"}`, noTax, ""), "leave those, and add new ones"},
		"a plan gone":      {strings.Replace(sold(price799, noTax, ""), `"basic"`, `"other"`, 1), `plan "basic" is gone`},
		"another tax":      {sold(price799, strings.Replace(noTax, `"0"`, `"0.1"`, 1), ""), "leave those, and add new ones"},
		"a tax gone":       {sold(price799, "", ""), "no taxes any more"},
		"a tax too soon":   {sold(price799, noTax+`, {"country": "US", "rate": "0.1", "inclusive": false, "from": "2026-02-01"}`, ""), "leave those, and add new ones"},
		"a new currency":   {sold(price799+`, {"currency": "EUR", "amount": 699, "from": "2026-01-01"}`, noTax, ""), "let it begin later"},
	} {
		t.Run(name, func(t *testing.T) {
			err := s.apply(test.body)
			if err == nil || errors.Is(err, engine.ErrCatalogPast) == (name == "no catalogue") || !strings.Contains(err.Error(), test.says) {
				t.Errorf("Apply = %v, want %v, with %q", err, engine.ErrCatalogPast, test.says)
			}
			total, err := s.Engine.Terms().Catalog.Total("basic", country(t), usd, calendar.Must("2026-02-10"))
			if err != nil || total.Amount.Minor() != 799 {
				t.Errorf("a month costs %v, %v, want what it cost", total.Amount, err)
			}
		})
	}
	for _, body := range []string{
		sold(price799+`, {"currency": "USD", "amount": 899, "from": "2026-02-02"}`, noTax, ""),
		sold(price799+`, {"currency": "USD", "amount": 999, "from": "2026-02-02"}`, noTax, ""),
		sold(price799, noTax, `, {"id": "premium", "texts": {"en": {"name": "Premium", "says": "Four"}}, "prices": [`+price799+`]}`),
	} {
		must(t, s.apply(body))
	}
}

// TestAPriceRiseMovesTheEstimates of all members, on hold or not, once the loops have run, and the
// reminders follow: the one of the new date is sent, the one of the old is not.
func TestAPriceRiseMovesTheEstimates(t *testing.T) {
	s := newShop(t)
	var members []string
	for at := range 40 {
		account := s.Account(fmt.Sprintf("m%d@example.com", at), country(t), usd)
		s.Do(account, engine.Command{Kind: timeline.Redeem, Card: s.Handle(s.Card("us-50"))})
		s.Do(account, engine.Command{Kind: timeline.Start, Plan: "basic", Payer: catalog.Self})
		members = append(members, account)
	}
	must(t, s.Loops.Settle(t.Context()))
	// 50.00 pay six months of 7.99 and a part of the seventh: 2.06 are 8 days of 31.
	before, after := calendar.Must("2026-08-08"), calendar.Must("2026-06-09")
	if got := s.View(members[0]).RunsOut; got != before {
		t.Fatalf("runs out on %v, want %v", got, before)
	}
	// From April on a month costs 19.99: three months, the last from 31 March, leave 26.03, which pay the
	// month from 30 April and 9 days of the 30 from 31 May.
	must(t, s.apply(sold(price799+`, {"currency": "USD", "amount": 1999, "from": "2026-04-01"}`, noTax, "")))
	must(t, s.Loops.Settle(t.Context()))
	stored := s.estimates()
	for _, account := range members {
		if view := s.View(account); view.RunsOut != after || stored[account] != after {
			t.Errorf("runs out on %v, and stored is %v, want %v", view.RunsOut, stored[account], after)
		}
	}
	for day := calendar.Must("2026-02-01"); !day.After(after); day = day.Plus(1) {
		s.At(day, 9)
	}
	reminded := map[string]int{}
	for _, m := range s.Mailbox.All() {
		if account, key, _ := strings.Cut(m.ID, "."); strings.HasPrefix(key, "reminder:") {
			if key != "reminder:"+after.String() {
				t.Errorf("letter %s, want a reminder of %v alone", m.ID, after)
			}
			reminded[account]++
		}
	}
	for _, account := range members {
		if reminded[account] != 1 {
			t.Errorf("account %s was reminded %d times, want once", account, reminded[account])
		}
	}
	s.Verify()
}

// estimates are the dates that the database holds.
func (s *shop) estimates() map[string]calendar.Date {
	s.T.Helper()
	rows, err := storetest.SQL(s.T, s.Path).Query("SELECT account_id, runs_out FROM accounts WHERE status = 'active'")
	must(s.T, err)
	stored := map[string]calendar.Date{}
	for rows.Next() {
		var account, date string
		must(s.T, rows.Scan(&account, &date))
		stored[account], err = calendar.Parse(date)
		must(s.T, err)
	}
	must(s.T, errors.Join(rows.Err(), rows.Close()))
	return stored
}
