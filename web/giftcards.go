package web

import (
	"slices"

	"scrip/catalog"
	"scrip/locale"
	"scrip/money"
	"scrip/purchase"
)

// shelf is what the shops of a country sell.
type shelf struct {
	Country   string
	Countries []locale.Named // those with a shop, by name
	Values    []money.Amount
	Ranges    []catalog.Product // whose value their buyers choose
	Shops     []catalog.Retailer
	Here      bool // cards for the country are sold on our own pages
}

// giftCards is the page about cards, with the shops of a country.
func (s *site) giftCards(v *visit) error {
	return v.show(giftCardsPage(v.page, s.shelf(v)))
}

func (s *site) shelf(v *visit) shelf {
	sold := s.Engine.Terms().Catalog
	found := shelf{}
	ours := func(code string) bool {
		return s.Engine.SellsOnline() && slices.ContainsFunc(sold.Products(), func(product catalog.Product) bool {
			return purchase.Sold(product) && product.Country.String() == code
		})
	}
	for _, named := range v.page.Countries() {
		if ours(named.Code) || slices.ContainsFunc(sold.Retailers(), func(shop catalog.Retailer) bool { return shop.Country.String() == named.Code }) {
			found.Countries = append(found.Countries, named)
		}
	}
	found.Country = found.choose(v.URL.Query().Get("country"), countryOf(v.Header.Get("Accept-Language")))
	found.Here = ours(found.Country)
	for _, shop := range sold.Retailers() {
		if shop.Country.String() == found.Country {
			found.Shops = append(found.Shops, shop)
		}
	}
	for _, product := range sold.Products() {
		switch {
		case product.Country.String() != found.Country || product.Closed:
		case !product.Most.IsZero():
			found.Ranges = append(found.Ranges, product)
		case !slices.Contains(found.Values, product.Value):
			found.Values = append(found.Values, product.Value)
		}
	}
	return found
}

// choose is the first of the wanted countries that has a shop, or else any that has one.
func (s shelf) choose(wanted ...string) string {
	for _, code := range wanted {
		if slices.ContainsFunc(s.Countries, func(named locale.Named) bool { return named.Code == code }) {
			return code
		}
	}
	if len(s.Countries) == 0 {
		return ""
	}
	return s.Countries[0].Code
}

// helped are the reasons that the help page explains, in its order.
var helped = []string{
	"mistyped", "not_found", "already_redeemed", "not_activated", "frozen", "voided", "replaced",
	"currency_mismatch", "billed_by_apple", "included_in_package", "too_many_tries",
}

// help is the page that says of each failure what it means and what to do.
func (s *site) help(v *visit) error { return v.show(helpPage(v.page, helped)) }
