package billing_test

import (
	"fmt"
	"strings"
	"testing"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
)

// TestTheExamplesExplained are those of docs/billing.md 4, with its plan duo in the country XA.
func TestTheExamplesExplained(t *testing.T) {
	eur := money.MustCurrency("EUR")
	country, rate, from := must(catalog.ParseCountry("XA")), must(money.ParseRate("0.075")), calendar.Must("2026-01-01")
	sold := must(catalog.New([]catalog.Plan{{ID: "duo", Prices: []catalog.Price{{Amount: money.New(1299, eur), From: from}}}},
		[]catalog.Tax{{Country: country, Rate: rate, From: from}}, nil, nil))
	policy := billing.DefaultPolicy()
	for name, test := range map[string]struct {
		on        string
		lots      []int64
		method    billing.Method
		payer     catalog.Payer
		shortfall billing.Shortfall
		want      string
	}{
		"the balance": {"2027-01-31", []int64{1000, 900}, billing.NoMethod, catalog.Self, billing.Prorate,
			"4.2 price=1299 rate=0.075 N=28 B=1900; tax of T = round(1299 × 0.075) [97 + 17/40] = 97; T = 1299 + 97 = 1396"},
		"some days": {"2027-02-28", []int64{504}, billing.NoMethod, catalog.Self, billing.Prorate,
			"4.4 price=1299 rate=0.075 N=28 B=504; tax of T = round(1299 × 0.075) [97 + 17/40] = 97; T = 1299 + 97 = 1396; " +
				"D = floor(28 × 504 / 1396) [10 + 38/349] = 10; C = round(1396 × 10 / 28) [498 + 4/7] = 499; tax of C = 499 − round(499 / (1 + 0.075)) [464 + 8/43] = 35"},
		"the method helps": {"2027-03-01", []int64{500}, billing.MethodWorks, catalog.Self, billing.ChargeRemainder,
			"4.3 price=1299 rate=0.075 N=31 B=500; tax of T = round(1299 × 0.075) [97 + 17/40] = 97; T = 1299 + 97 = 1396; the payment method's part = 1396 − 500 = 896"},
		"the method": {"2027-03-01", nil, billing.MethodWorks, catalog.Self, billing.Prorate,
			"4.6 price=1299 rate=0.075 N=31 B=0; tax of T = round(1299 × 0.075) [97 + 17/40] = 97; T = 1299 + 97 = 1396"},
		"the partner": {"2027-03-01", []int64{1}, billing.NoMethod, catalog.Partner, billing.Prorate,
			"4.5 price=1299 rate=0.075 N=31 B=1; tax of T = round(1299 × 0.075) [97 + 17/40] = 97; T = 1299 + 97 = 1396"},
		"a package": {"2027-03-01", []int64{5000}, billing.NoMethod, catalog.Package, billing.Prorate,
			"4.1 price=1299 rate=0.075 N=31 B=5000; tax of T = round(1299 × 0.075) [97 + 17/40] = 97; T = 1299 + 97 = 1396"},
	} {
		t.Run(name, func(t *testing.T) {
			a := billing.Account{Country: country, Currency: eur, Method: test.method, Membership: membership.New()}
			for at, lot := range test.lots {
				a.Balance = append(a.Balance, prepaid.Lot{ID: fmt.Sprint(at), Source: fmt.Sprint(at), Rest: money.New(lot, eur)})
			}
			policy.Shortfall = test.shortfall
			o, err := billing.Start(a, billing.Terms{Catalog: sold, Policy: policy}, calendar.Must(test.on), "duo", test.payer, billing.Approved)
			if err != nil {
				t.Fatal(err)
			}
			got, err := billing.Explain(o.Charges[0], sold, country)
			if err != nil || !got.Agrees || got.Says == "" || inWords(got) != test.want {
				t.Errorf("Explain = %s, agrees: %t, %v\nwant %s", inWords(got), got.Agrees, err, test.want)
			}
			wrong := o.Charges[0]
			wrong.Total = wrong.Total.Add(money.New(1, eur))
			if got, err := billing.Explain(wrong, sold, country); err != nil || got.Agrees {
				t.Errorf("another total agrees: %s, %v", inWords(got), err)
			}
		})
	}
}

func TestTaxWithinExplained(t *testing.T) {
	country, from := must(catalog.ParseCountry("XB")), calendar.Must("2026-01-01")
	sold := must(catalog.New([]catalog.Plan{{ID: "solo", Prices: []catalog.Price{{Amount: money.New(999, usd), From: from}}}},
		[]catalog.Tax{{Country: country, Rate: must(money.ParseRate("0.2")), Inclusive: true, From: from}}, nil, nil))
	charge := billing.Charge{Plan: "solo", Start: from, End: from.Plus(31), Total: money.New(999, usd), Tax: money.New(166, usd), PaidBy: membership.ByBalance}
	got, err := billing.Explain(charge, sold, country)
	want := "4.2 price=999 rate=0.2; T = 999 = 999; tax of T = 999 − round(999 / (1 + 0.2)) [832 + 1/2] = 166"
	if err != nil || !got.Agrees || inWords(got) != want {
		t.Errorf("Explain of a charge from before its days were kept = %s, %v\nwant %s", inWords(got), err, want)
	}
}

func TestABalanceChargeExplained(t *testing.T) {
	o, err := billing.Authorize(prepaidWith(5, 4), authorizedOn, billing.Request{ID: "a", Amount: money.New(12, usd), Reference: "order 7", Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	got := billing.ExplainBalanceCharge(o.Authorized[0], money.New(6, usd))
	want := "11 asked=12 authorized=9; shortfall = 12 − 9 = 3; charged = 6 = 6; returned = 9 − 6 = 3"
	if !got.Agrees || inWords(got) != want {
		t.Errorf("ExplainBalanceCharge = %s, want %s", inWords(got), want)
	}
}

// inWords is an explanation on one line.
func inWords(e billing.Explanation) string {
	var text strings.Builder
	text.WriteString(e.Section)
	for _, input := range e.Inputs {
		text.WriteString(" " + input.Name + "=" + input.Value)
	}
	for _, step := range e.Steps {
		text.WriteString("; " + step.Name + " = " + step.Numbers)
		if step.Exact != "" {
			text.WriteString(" [" + step.Exact + "]")
		}
		text.WriteString(" = " + step.Result)
	}
	return strings.TrimSpace(text.String())
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
