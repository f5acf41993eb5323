package api

import (
	"net/http"
	"testing"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
)

// TestTheCatalogue is told as it is in force, what is announced among it, under an ETag that changes with it.
func TestTheCatalogue(t *testing.T) {
	w := newWorld(t)
	first := w.get("/v1/catalog").wants(200, "")
	got := into[sold](first)
	if len(got.Plans) != 3 || got.Plans[0].ID != "basic" || got.Plans[0].Prices[0].Amount != (amount{799, "USD"}) || len(got.Products) != 2 ||
		len(got.Payers) != 4 || !got.Payers[2].PaysAlways || got.Policy.ReminderDays != 7 || got.Policy.Shortfall != billing.Prorate || len(got.Taxes) != 0 {
		t.Errorf("the catalogue: %s", first.body)
	}
	same := asked{method: "GET", path: "/v1/catalog", header: http.Header{"If-None-Match": {first.header.Get("ETag")}}}
	if again := w.send(same); again.status != http.StatusNotModified || again.body != "" || first.header.Get("Cache-Control") != "private, max-age=60" {
		t.Errorf("the same again: %d %q", again.status, again.body)
	}
	w.Apply(announcing(t))
	next := into[sold](w.send(same).wants(200, ""))
	if prices := next.Plans[0].Prices; next.Version != got.Version+1 || len(prices) != 2 || prices[1].From.String() != "2027-01-01" || prices[1].Amount.Amount != 899 {
		t.Errorf("announced: %+v", prices)
	}
	if len(next.Taxes) != 2 || next.Taxes[0] != (tax{"AT", "0.2", true, calendar.Must("2027-01-01")}) || next.Taxes[1].Country != "DE" {
		t.Errorf("taxes: %+v", next.Taxes)
	}
	if len(next.Retailers) != 1 || next.Retailers[0].Where != catalog.InStore || len(next.Retailers[0].Products) != 1 {
		t.Errorf("retailers: %+v", next.Retailers)
	}
	if name := next.Plans[1].Texts["en"].Name; name != "Standard" {
		t.Errorf("the plan is called %q", name)
	}
}

// announcing is what lumen sells, with a dearer price and taxes from a day to come.
func announcing(t *testing.T) billing.Terms {
	t.Helper()
	terms := lumen(t)
	from := calendar.Must("2027-01-01")
	plans := terms.Catalog.Plans()
	plans[0].Prices = append(plans[0].Prices, catalog.Price{Amount: money.New(899, money.MustCurrency("USD")), From: from})
	plans[1].Texts = map[string]catalog.PlanText{"en": {Name: "Standard", Says: "Two screens."}}
	var taxes []catalog.Tax
	for _, name := range []string{"DE", "AT"} {
		country, err := catalog.ParseCountry(name)
		must(t, err)
		rate, err := money.ParseRate("0.2")
		must(t, err)
		taxes = append(taxes, catalog.Tax{Country: country, Rate: rate, Inclusive: true, From: from})
	}
	shop := catalog.Retailer{Name: "Corner shop", Country: taxes[0].Country, Products: []catalog.ProductID{"de-25"}, Where: catalog.InStore}
	c, err := catalog.New(plans, taxes, terms.Catalog.Products(), []catalog.Retailer{shop})
	must(t, err)
	return billing.Terms{Catalog: c, Policy: terms.Policy}
}
