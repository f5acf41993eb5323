package simulate

import (
	"os"
	"strings"
	"testing"

	"scrip/catalog"
	"scrip/money"
)

// demoCatalog is the demo's catalogue.
func demoCatalog(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../demo/catalog.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheSettlementOfARetailer is read with all that it says, and what is usual where it says nothing.
func TestTheSettlementOfARetailer(t *testing.T) {
	terms, err := ReadTerms(strings.NewReader(demoCatalog(t)))
	if err != nil {
		t.Fatal(err)
	}
	cornerway, _ := terms.Catalog.Retailer("cornerway")
	s := cornerway.Settlement
	if s == nil || s.Format != catalog.CSV || s.Separator != ',' || s.KnownAs != "cornerway" || s.Days != "YYYY-MM-DD" || s.Fields["transaction"].Column != "receipt" ||
		s.Operations["RETURN"] != catalog.FileReturn || s.Currency != money.MustCurrency("USD") || s.Header.Day.From != 3 || s.Trailer.Total.From != 3 {
		t.Errorf("%+v", s)
	}
	if other, _ := terms.Catalog.WithProducts(terms.Catalog.Products(), []catalog.Retailer{{Name: "none"}}); other.Retailers()[0].Settlement != nil {
		t.Error("a retailer that sends no file has one")
	}
}

// TestASettlementThatCannotBe is refused by the field and with a remedy.
func TestASettlementThatCannotBe(t *testing.T) {
	good := demoCatalog(t)
	for change, want := range map[string]string{
		`"format": "csv"|"format": "xml"`:                             `catalog.retailers[0].settlement.format`,
		`"currency": "USD", "amounts"|"amounts"`:                      `the field is missing`,
		`"amounts": "decimal"|"amounts": "dollars"`:                   `settlement.amounts`,
		`"SALE": "activate"|"SALE": "sell"`:                           `settlement.operations.SALE`,
		`"VOID": "void", "RETURN"|"VOID": "void", "VOID"`:             `the word stands here twice`,
		`"SALE": "activate", |`:                                       `say which of the file's words is activate`,
		`"receipt", "at"|4, "at"`:                                     `the field transaction needs the name of its column`,
		`"receipt", "at"|{"from": 1, "length": 3}, "at"`:              `the field transaction needs the name of its column`,
		`"format": "csv"|"format": "fixed"`:                           `the field store needs a place, from and length`,
		`"retailer": 2|"retailer": "two"`:                             `name fields of a CSV file by their numbers`,
		`"retailer": 2|"retailer": 0`:                                 `write a whole number from 1 to 1000`,
		`"mark": "H"|"mark": ""`:                                      `write what the line begins with`,
		`YYYY-MM-DD hh:mm:ss|YYYY-MM-DD hh`:                           `write times as in`,
		`YYYY-MM-DD hh:mm:ss|YYYY-MM-DD mm:ss`:                        `write times as in`,
		`YYYY-MM-DD hh:mm:ss|YYYY-MM-DD YYYY`:                         `write times as in`,
		`YYYY-MM-DD hh:mm:ss|on YYYY-MM-DD`:                           `write times as in`,
		`YYYY-MM-DD hh:mm:ss"|YYYY-MM-DD", "utc": true`:               `a date alone is the shop's`,
		`"format": "csv"|"format": "csv", "separator": "x"`:           `a CSV file is parted by`,
		`"format": "csv"|"format": "csv", "separator": ";;"`:          `write "," ";" "|" or "\t"`,
		`"format": "csv"|"format": "csv", "days": "YYYY-MM-DD hh:mm"`: `and days as in`,
		`"zone": "America/New_York", |`:                               `give the retailer an id and a zone`,
		`"currency": "USD", "amounts"|"currency": "EUR", "amounts"`:   `is not in EUR`,
	} {
		old, other, _ := strings.Cut(change, "|")
		if !strings.Contains(good, old) {
			t.Fatalf("the catalogue has no %s", old)
		}
		if _, err := ReadTerms(strings.NewReader(strings.Replace(good, old, other, 1))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", change, err, want)
		}
	}
}
