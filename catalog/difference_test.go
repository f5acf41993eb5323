package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"scrip/catalog"
	"scrip/money"
)

// TestWhatIsOtherwise: each kind of thing once added, changed and ended, and in another order the same.
func TestWhatIsOtherwise(t *testing.T) {
	text := func(name string) map[string]catalog.PlanText {
		return map[string]catalog.PlanText{"en": {Name: name, Says: "One screen"}}
	}
	product := func(id catalog.ProductID, minor int64) catalog.Product {
		return catalog.Product{ID: id, Country: country(t, "US"), Value: money.New(minor, usd)}
	}
	shop := func(name string, products ...catalog.ProductID) catalog.Retailer {
		return catalog.Retailer{Name: name, Country: country(t, "US"), Where: catalog.InStore, Products: products}
	}
	made := func(plans []catalog.Plan, taxes []catalog.Tax, products []catalog.Product, retailers []catalog.Retailer) *catalog.Catalog {
		t.Helper()
		c, err := catalog.New(plans, taxes, products, retailers)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	before := made(
		[]catalog.Plan{{ID: "a", Texts: text("Basic"), Prices: []catalog.Price{price(1, usd, "2020-01-01"), price(2, usd, "2027-01-01"), price(3, usd, "2028-01-01")}}},
		[]catalog.Tax{tax(t, "DE", "0.19", true, "2020-01-01"), tax(t, "US", "0.1", false, "2027-01-01")},
		[]catalog.Product{product("x", 1), product("y", 2)}, []catalog.Retailer{shop("Corner", "x"), shop("Corner", "y"), shop("Square", "x")})
	after := made(
		[]catalog.Plan{
			{ID: "b", Texts: text("Premium"), Prices: []catalog.Price{price(9, jpy, "2020-01-01")}},
			{ID: "a", Texts: text("Essential"), Prices: []catalog.Price{price(4, usd, "2029-01-01"), price(5, usd, "2027-01-01"), price(1, usd, "2020-01-01")}}},
		[]catalog.Tax{tax(t, "US", "0.1", true, "2027-01-01"), tax(t, "DE", "0.21", true, "2027-01-01"), tax(t, "DE", "0.19", true, "2020-01-01")},
		[]catalog.Product{product("z", 3), product("y", 4)}, []catalog.Retailer{shop("Corner", "y"), shop("Market", "y"), shop("Square", "y")})
	want := []string{
		"added plan b:  → en: Premium (One screen)",
		"changed plan a: en: Basic (One screen) → en: Essential (One screen)",
		"added price of b in JPY from 2020-01-01:  → 9 JPY",
		"changed price of a in USD from 2027-01-01: 0.02 USD → 0.05 USD",
		"added price of a in USD from 2029-01-01:  → 0.04 USD",
		"ended price of a in USD from 2028-01-01: 0.03 USD → ",
		"added tax of DE from 2027-01-01:  → 0.21 included",
		"changed tax of US from 2027-01-01: 0.1 on top → 0.1 included",
		"added product z:  → 0.03 USD in US",
		"changed product y: 0.02 USD in US → 0.04 USD in US",
		"ended product x: 0.01 USD in US → ",
		"changed retailer Corner in US: in_store: [x]; in_store: [y] → in_store: [y]",
		"added retailer Market in US:  → in_store: [y]",
		"changed retailer Square in US: in_store: [x] → in_store: [y]",
	}
	var got []string
	for _, change := range after.Changes(before) {
		got = append(got, fmt.Sprintf("%s %s: %s → %s", change.Difference, change.What, change.Before, change.After))
	}
	if !slices.Equal(got, want) {
		t.Errorf("Changes:\n%q\nwant\n%q", got, want)
	}
	if same := after.Changes(after); len(same) != 0 {
		t.Errorf("Changes of itself: %v", same)
	}
}

// TestARetailersFilesAreTold as a person reads them, with all that may change.
func TestARetailersFilesAreTold(t *testing.T) {
	fields := map[catalog.Field]catalog.Place{}
	for at, field := range catalog.FileFields {
		fields[field] = catalog.Place{From: 1 + 10*at, Length: 10}
	}
	told := func(files *catalog.Settlement) string {
		t.Helper()
		c, err := catalog.New(nil, nil, []catalog.Product{{ID: "x", Country: country(t, "US"), Value: money.New(1, usd)}}, []catalog.Retailer{
			{ID: "corner", Name: "Corner", Country: country(t, "US"), Where: catalog.InStore, Products: []catalog.ProductID{"x"}, Zone: "UTC", Settlement: files}})
		if err != nil {
			t.Fatal(err)
		}
		changes := c.Changes(&catalog.Catalog{})
		_, says, _ := strings.Cut(changes[len(changes)-1].After, "a day, ")
		return says
	}
	fixed := catalog.Settlement{Format: catalog.Fixed, Currency: usd, Amounts: catalog.MinorUnits, Times: "YYYYMMDDhhmm", Fields: fields, Signed: true, UTC: true,
		Operations: map[string]catalog.FileOperation{"V": catalog.FileVoid, "S": catalog.FileActivate},
		Header:     &catalog.Header{Mark: "H", Day: catalog.Place{From: 2, Length: 8}}, Trailer: &catalog.Trailer{Mark: "T", Count: catalog.Place{From: 2, Length: 6}}}
	want := `fixed files of corner in USD, amounts minor, times YYYYMMDDhhmm, days YYYY-MM-DD, signed, in UTC, store from 1 for 10, terminal from 11 for 10, ` +
		`transaction from 21 for 10, at from 31 for 10, operation from 41 for 10, serial from 51 for 10, amount from 61 for 10, "S" is activate, "V" is void, ` +
		`header "H" with retailer nowhere and day from 2 for 8, trailer "T" with count from 2 for 6 and total nowhere`
	if got := told(&fixed); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for _, field := range catalog.FileFields {
		fields[field] = catalog.Place{Column: string(field)}
	}
	csv := catalog.Settlement{Format: catalog.CSV, Separator: ';', KnownAs: "C1", Currency: usd, Amounts: catalog.DecimalPoint, Times: "YYYY-MM-DD", Days: "YYYYMMDD", Fields: fields,
		Operations: map[string]catalog.FileOperation{"SALE": catalog.FileActivate}, Header: &catalog.Header{Mark: "H", Retailer: catalog.Place{From: 2}}}
	want = `csv files of C1 in USD parted by ';', amounts decimal, times YYYY-MM-DD, days YYYYMMDD, store in column "store", terminal in column "terminal", ` +
		`transaction in column "transaction", at in column "at", operation in column "operation", serial in column "serial", amount in column "amount", ` +
		`"SALE" is activate, header "H" with retailer in field 2 and day nowhere`
	if got := told(&csv); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
