package catalog_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
)

var usd, jpy, eur = money.MustCurrency("USD"), money.MustCurrency("JPY"), money.MustCurrency("EUR")

func price(minor int64, currency money.Currency, from string) catalog.Price {
	return catalog.Price{Amount: money.New(minor, currency), From: calendar.Must(from)}
}

func tax(t *testing.T, country, rate string, inclusive bool, from string) catalog.Tax {
	t.Helper()
	in, err := catalog.ParseCountry(country)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := money.ParseRate(rate)
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Tax{Country: in, Rate: parsed, Inclusive: inclusive, From: calendar.Must(from)}
}

func country(t *testing.T, text string) catalog.Country {
	t.Helper()
	in, err := catalog.ParseCountry(text)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// sold has its prices and taxes in no order of their dates.
func sold(t *testing.T) *catalog.Catalog {
	t.Helper()
	plans := []catalog.Plan{{ID: "basic", Prices: []catalog.Price{price(1299, usd, "2026-03-01"), price(999, usd, "2020-01-01"),
		price(1000, jpy, "2020-01-01"), price(1199, usd, "2026-02-01")}}}
	taxes := []catalog.Tax{tax(t, "DE", "0.19", true, "2026-02-01"), tax(t, "DE", "0.07", false, "2020-01-01"), tax(t, "US", "0.0825", false, "2026-01-01")}
	made, err := catalog.New(plans, taxes, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestThePriceInForceOnADate(t *testing.T) {
	c := sold(t)
	for _, test := range []struct {
		plan     catalog.PlanID
		currency money.Currency
		on       string
		want     int64
		err      error
	}{
		{"basic", usd, "2019-12-31", 0, catalog.ErrNoPrice}, {"basic", usd, "2020-01-01", 999, nil},
		{"basic", usd, "2026-01-31", 999, nil}, {"basic", usd, "2026-02-01", 1199, nil}, {"basic", usd, "2026-02-28", 1199, nil},
		{"basic", usd, "2026-03-01", 1299, nil}, {"basic", usd, "2999-12-31", 1299, nil}, {"basic", jpy, "2026-03-01", 1000, nil},
		{"basic", eur, "2026-03-01", 0, catalog.ErrNoPrice}, {"gold", usd, "2026-03-01", 0, catalog.ErrUnknownPlan},
	} {
		got, err := c.Price(test.plan, test.currency, calendar.Must(test.on))
		if got.Minor() != test.want || !errors.Is(err, test.err) {
			t.Errorf("Price(%s, %v, %s) = %v, %v, want %d, %v", test.plan, test.currency, test.on, got, err, test.want, test.err)
		}
	}
}

func TestTaxOnTopAndWithin(t *testing.T) {
	c := sold(t)
	for _, test := range []struct {
		country, on    string
		total, tax     int64
		part, partsTax int64 // of 10 days of 31
	}{
		{"US", "2025-12-31", 999, 0, 322, 0},
		{"US", "2026-01-01", 1081, 82, 349, 27},  // 999 × 0.0825 = 82.4; 349 − 322.4
		{"DE", "2026-01-31", 1069, 70, 345, 23},  // 999 × 0.07 = 69.9; 345 − 322.4
		{"DE", "2026-02-01", 1199, 191, 387, 62}, // 1199 − 1007.6; 387 − 325.2
		{"FR", "2026-02-01", 1199, 0, 387, 0},
	} {
		got, err := c.Total("basic", country(t, test.country), usd, calendar.Must(test.on))
		if err != nil || got.Amount.Minor() != test.total || got.Tax.Minor() != test.tax {
			t.Errorf("Total(%s, %s) = %v, tax %v, %v, want %d, %d", test.country, test.on, got.Amount, got.Tax, err, test.total, test.tax)
		}
		if part := got.Part(10, 31); part.Amount.Minor() != test.part || part.Tax.Minor() != test.partsTax {
			t.Errorf("Part(%s, %s) = %v, tax %v, want %d, %d", test.country, test.on, part.Amount, part.Tax, test.part, test.partsTax)
		}
	}
	if _, err := c.Total("gold", country(t, "US"), usd, calendar.Must("2026-01-01")); !errors.Is(err, catalog.ErrUnknownPlan) {
		t.Errorf("Total of no plan: %v", err)
	}
}

func TestACatalogueThatContradictsItself(t *testing.T) {
	one := []catalog.Price{price(1, usd, "2020-01-01")}
	product := catalog.Product{ID: "card", Value: money.New(1, usd)}
	for name, test := range map[string]struct {
		plans     []catalog.Plan
		taxes     []catalog.Tax
		products  []catalog.Product
		retailers []catalog.Retailer
		want      string
	}{
		"two plans":    {plans: []catalog.Plan{{ID: "a", Prices: one}, {ID: "a", Prices: one}}, want: `two plans are called "a"`},
		"no price":     {plans: []catalog.Plan{{ID: "a"}}, want: `plan "a" has no price`},
		"two prices":   {plans: []catalog.Plan{{ID: "a", Prices: slices.Concat(one, one)}}, want: `plan "a" has two prices in USD from 2020-01-01`},
		"two taxes":    {taxes: []catalog.Tax{tax(t, "DE", "0", true, "2020-01-01"), tax(t, "DE", "1", true, "2020-01-01")}, want: "country DE has two taxes from 2020-01-01"},
		"two products": {products: []catalog.Product{product, product}, want: `two products are called "card"`},
		"a range":      {products: []catalog.Product{{ID: "open", Value: money.New(500, usd), Most: money.New(500, usd)}}, want: `product "open" may hold at least 5.00 USD and at most 5.00 USD`},
		"two ids":      {retailers: []catalog.Retailer{{ID: "shop", Name: "A"}, {ID: "shop", Name: "B"}}, want: `two retailers have the id "shop"`},
		"no product":   {retailers: []catalog.Retailer{{Name: "Shop", Products: []catalog.ProductID{"card"}}}, want: `retailer "Shop" sells "card"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := catalog.New(test.plans, test.taxes, test.products, test.retailers)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("New: %v, want %s", err, test.want)
			}
		})
	}
}

func TestFinding(t *testing.T) {
	product := catalog.Product{ID: "card", Value: money.New(1, usd), Form: catalog.Receipt}
	c, err := catalog.New([]catalog.Plan{{ID: "a", Prices: []catalog.Price{price(1, usd, "2020-01-01")}}}, nil,
		[]catalog.Product{product}, []catalog.Retailer{{Name: "Kiosk"}, {ID: "shop", Name: "Shop", Products: []catalog.ProductID{"card"}}})
	if err != nil {
		t.Fatal(err)
	}
	if got, known := c.Product("card"); !known || !reflect.DeepEqual(got, product) {
		t.Errorf("Product = %v, %t", got, known)
	}
	if got, known := c.Retailer("shop"); !known || got.Name != "Shop" {
		t.Errorf("Retailer = %v, %t", got, known)
	}
	if got, known := c.Retailer(""); known {
		t.Errorf("the retailer without an id is %v", got)
	}
	if _, known := c.Product("none"); known {
		t.Error("a product that is none was found")
	}
	if got, known := c.Plan("a"); !known || got.ID != "a" {
		t.Errorf("Plan = %v, %t", got, known)
	}
	if _, known := c.Plan("b"); known || len(c.Plans()) != 1 || len(c.Products()) != 1 || len(c.Retailers()) != 2 {
		t.Error("the catalogue lists what it was not given")
	}
}

func FuzzParseCountry(f *testing.F) {
	for _, text := range []string{"DE", "de", "", "DEU", "Ä", "D1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := catalog.ParseCountry(text); err == nil && got.String() != text {
			t.Errorf("ParseCountry(%q) prints as %q", text, got)
		}
	})
}

func FuzzParsePayer(f *testing.F) {
	for _, text := range []string{"self", "partner", "apple", "package", "", "Self"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := catalog.ParsePayer(text); err == nil && string(got) != text {
			t.Errorf("ParsePayer(%q) = %q", text, got)
		}
	})
}
