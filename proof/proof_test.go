package proof

import (
	"bytes"
	"testing"
	"time"

	"scrip/catalog"
	"scrip/giftcode"
	"scrip/locale"
	"scrip/money"
)

func TestAProofHasAFrontAndABackInEachLanguage(t *testing.T) {
	all, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	eur := money.MustCurrency("EUR")
	for texts, pages := range map[string]int{"": 2 * len(all.Languages()), "fr": 2, "xx": 2} {
		product := catalog.Product{ID: "card", Value: money.New(1000, eur), Most: money.New(20000, eur)}
		if texts != "" {
			product.Texts = map[string]catalog.PlanText{texts: {Name: "Une carte", Says: "Pour tous."}}
		}
		var pdf bytes.Buffer
		card := Card{Product: product, Brand: "Lumenary", Accent: "#5b3df5", Site: "https://example.com/redeem", At: time.Unix(0, 0)}
		if err := Write(&pdf, card, Languages(product, all)); err != nil {
			t.Fatal(err)
		}
		if got := bytes.Count(pdf.Bytes(), []byte("/Type /Page\n")); got != pages || !bytes.HasPrefix(pdf.Bytes(), []byte("%PDF-")) {
			t.Errorf("texts in %q: %d pages, want %d", texts, got, pages)
		}
	}
}

func TestTheSpecimenIsNoCode(t *testing.T) {
	if _, err := giftcode.Parse(SpecimenCode); err == nil {
		t.Error("a card could have the specimen's code")
	}
	if _, err := giftcode.ParseSerial(SpecimenSerial); err != nil {
		t.Errorf("a scanner would refuse the specimen's serial number: %v", err)
	}
}
