package forecast_test

import (
	"testing"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/forecast"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
)

// member holds 24 months' worth in lots of 25 dollars.
func member(tb testing.TB) (billing.Account, billing.Terms) {
	tb.Helper()
	usd := money.MustCurrency("USD")
	country, err := catalog.ParseCountry("US")
	if err != nil {
		tb.Fatal(err)
	}
	rate, err := money.ParseRate("0.0825")
	if err != nil {
		tb.Fatal(err)
	}
	from := calendar.Must("2020-01-01")
	sold, err := catalog.New([]catalog.Plan{{ID: "basic", Prices: []catalog.Price{{Amount: money.New(1549, usd), From: from}}}},
		[]catalog.Tax{{Country: country, Rate: rate, From: from}}, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	a := billing.Account{Country: country, Currency: usd, Method: billing.NoMethod, Membership: membership.Membership{
		Status: membership.Active, Plan: "basic", Payer: catalog.Self, Anchor: 31,
		Period: membership.Period{Start: calendar.Must("2026-01-31"), End: calendar.Must("2026-02-28"), PaidBy: membership.ByBalance,
			Value: money.New(1677, usd), ValuedFrom: calendar.Must("2026-01-31")}}}
	for left := int64(1677 * 24); left > 0; left -= 2500 {
		a.Balance = append(a.Balance, prepaid.Lot{ID: "lot", Source: "card", Kind: prepaid.Bought, Rest: money.New(min(left, 2500), usd)})
	}
	return a, billing.Terms{Catalog: sold, Policy: billing.DefaultPolicy()}
}

func TestTwoYearsAhead(t *testing.T) {
	a, terms := member(t)
	on := calendar.Must("2026-02-01")
	got, err := forecast.Of(a, terms, on)
	want := calendar.Must("2028-02-29")
	if err != nil || got.RunsOut != want || got.Made != on || got.Holds != want {
		t.Errorf("Of = %+v, %v, want %v", got, err, want)
	}
	charges, err := forecast.Ahead(a, terms, 30)
	if err != nil || len(charges) != 24 || charges[23].End != want || !charges[23].Balance.IsZero() {
		t.Errorf("Ahead = %d charges, %v", len(charges), err)
	}
	if some, err := forecast.Ahead(a, terms, 3); err != nil || len(some) != 3 {
		t.Errorf("Ahead of 3 = %d charges, %v", len(some), err)
	}
}

func BenchmarkOf24Months(b *testing.B) {
	a, terms := member(b)
	on := calendar.Must("2026-02-01")
	b.ReportAllocs()
	for b.Loop() {
		if got, err := forecast.Of(a, terms, on); err != nil || got.RunsOut.IsZero() {
			b.Fatal(got, err)
		}
	}
}

func BenchmarkAhead24Months(b *testing.B) {
	a, terms := member(b)
	b.ReportAllocs()
	for b.Loop() {
		if charges, err := forecast.Ahead(a, terms, 24); err != nil || len(charges) != 24 {
			b.Fatal(len(charges), err)
		}
	}
}
