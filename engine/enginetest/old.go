package enginetest

import (
	"scrip/access"
	"scrip/billing"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
)

// Old is the product of cards whose codes, of eight digits, another system made.
const Old = catalog.ProductID("old")

// WithOld is terms with the product Old of a country, whose cards hold what was left on them.
func (w *World) WithOld(terms billing.Terms, country catalog.Country, currency money.Currency) billing.Terms {
	w.T.Helper()
	codes, err := giftcode.NewFormat(giftcode.Numeric, 8, 8)
	must(w.T, err)
	old := catalog.Product{ID: Old, Country: country, Value: money.New(1, currency), Most: money.New(100_000, currency), Codes: codes, Closed: true}
	terms.Catalog, err = terms.Catalog.WithProducts(append(terms.Catalog.Products(), old), terms.Catalog.Retailers())
	must(w.T, err)
	return terms
}

// OldCard is a card of the product Old, as that system has it.
func (w *World) OldCard(code string, state giftcard.State, value money.Amount) engine.Foreign {
	w.T.Helper()
	format, err := giftcode.NewFormat(giftcode.Numeric, 8, 8)
	must(w.T, err)
	parsed, err := format.Parse(code)
	must(w.T, err)
	return engine.Foreign{Code: parsed, State: state, Value: value}
}

// TakeOver imports cards of the product Old.
func (w *World) TakeOver(cards ...engine.Foreign) []engine.Landing {
	w.T.Helper()
	taking, err := w.Engine.NewImport(access.Operator(), Old, []byte("a file"), len(cards), false)
	must(w.T, err)
	landed, err := w.Engine.ImportCards(w.T.Context(), access.Operator(), taking, cards)
	must(w.T, err)
	return landed
}
