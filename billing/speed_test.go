package billing_test

import (
	"testing"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
)

// maxAllocations is what a renewal may cost in the hot path: the balance that rests, and the draws.
const maxAllocations = 2

var usd = money.MustCurrency("USD")

// member is an account whose period ends today, with some lots of 10 dollars each, and the terms.
func member(tb testing.TB, lots int) (billing.Account, billing.Terms) {
	tb.Helper()
	country, err := catalog.ParseCountry("US")
	if err != nil {
		tb.Fatal(err)
	}
	rate, err := money.ParseRate("0.0825")
	if err != nil {
		tb.Fatal(err)
	}
	from := calendar.Must("2020-01-01")
	plans := []catalog.Plan{{ID: "basic", Prices: []catalog.Price{{Amount: money.New(1549, usd), From: from},
		{Amount: money.New(1699, usd), From: calendar.Must("2026-06-01")}}}}
	sold, err := catalog.New(plans, []catalog.Tax{{Country: country, Rate: rate, From: from}}, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	a := billing.Account{Country: country, Currency: usd, Method: billing.MethodWorks, Membership: membership.Membership{
		Status: membership.Active, Plan: "basic", Payer: catalog.Self, Anchor: 31,
		Period: membership.Period{Start: calendar.Must("2026-01-31"), End: calendar.Must("2026-02-28"), PaidBy: membership.ByBalance,
			Value: money.New(1677, usd), ValuedFrom: calendar.Must("2026-01-31")}}}
	for range lots {
		a.Balance = append(a.Balance, prepaid.Lot{ID: "lot", Source: "card", Kind: prepaid.Bought, Rest: money.New(1000, usd)})
	}
	return a, billing.Terms{Catalog: sold, Policy: billing.DefaultPolicy()}
}

func TestRenewAllocatesLittle(t *testing.T) {
	for name, lots := range map[string]int{"two cards": 4, "prorated": 1, "the method pays": 0} {
		a, terms := member(t, lots)
		got := testing.AllocsPerRun(100, func() {
			if r, err := billing.Renew(a, terms, a.Membership.Period.End, billing.Approved); err != nil || r.Verdict != billing.Paid {
				t.Fatal(r.Verdict, err)
			}
		})
		if got > maxAllocations {
			t.Errorf("%s: Renew allocates %v times, want at most %d", name, got, maxAllocations)
		}
	}
}

func BenchmarkRenew(b *testing.B) {
	a, terms := member(b, 4)
	b.ReportAllocs()
	for b.Loop() {
		if r, err := billing.Renew(a, terms, a.Membership.Period.End, billing.Unasked); err != nil || r.Verdict != billing.Paid {
			b.Fatal(r.Verdict, err)
		}
	}
}
