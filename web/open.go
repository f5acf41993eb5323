package web

import (
	"cmp"
	"net/url"
	"slices"

	"golang.org/x/text/language"

	"scrip/access"
	"scrip/catalog"
	"scrip/engine"
	"scrip/locale"
	"scrip/money"
)

// newcomer is what is asked of somebody who has no account yet.
type newcomer struct {
	Action     string
	Email      string
	Country    locale.Country
	Zones      []string
	Currencies []money.Currency // to choose from; one alone is told
	Currency   money.Currency
	FromCard   bool // the card decided the currency
}

// askCountry asks for the country and, with it, the time zone.
func (f flow) askCountry(s *site) handler {
	return func(v *visit) error {
		if v.proven() == "" {
			return v.redirect(f.base)
		}
		asked, err := s.newcomer(v, f, v.URL.Query().Get("country"))
		if err != nil {
			return err
		}
		return v.show(newcomerPage(v.page, asked))
	}
}

// newcomer proposes a country: the one chosen, the card's, the browser's.
func (s *site) newcomer(v *visit, f flow, chosen string) (newcomer, error) {
	asked := newcomer{Action: f.open, Email: v.proven()}
	proposed := []string{chosen}
	if v.carried(carryCard) != "" {
		sight, _, err := v.sight()
		if err != nil {
			return asked, err
		}
		asked.FromCard, asked.Currency = true, sight.Value.Currency()
		proposed = append(proposed, sight.Country.String())
	}
	proposed = append(proposed, countryOf(v.Header.Get("Accept-Language")), "US")
	for _, code := range proposed {
		if country, known := locale.CountryOf(code); known {
			asked.Country = country
			break
		}
	}
	asked.Zones = locale.Zones(asked.Country.Code)
	asked.Currencies = s.currencies(asked)
	if !asked.FromCard {
		asked.Currency = asked.Currencies[0]
	}
	return asked, nil
}

// currencies are those of the card, or else those that a plan has a price in, the country's first.
func (s *site) currencies(asked newcomer) []money.Currency {
	if asked.FromCard {
		return []money.Currency{asked.Currency}
	}
	var sold []money.Currency
	for _, plan := range s.Engine.Terms().Catalog.Plans() {
		for _, price := range plan.Prices {
			if currency := price.Amount.Currency(); !slices.Contains(sold, currency) {
				sold = append(sold, currency)
			}
		}
	}
	if at := slices.Index(sold, asked.Country.Currency); at >= 0 {
		return sold[at : at+1]
	}
	if len(sold) == 0 {
		return []money.Currency{asked.Country.Currency}
	}
	return sold
}

// openAccount opens the account of the address that was proved, and signs in to it.
func (f flow) openAccount(s *site) handler {
	return func(v *visit) error {
		form, err := v.form()
		if err != nil {
			return err
		}
		if v.proven() == "" {
			return v.redirect(f.base)
		}
		opening, fits, err := s.opening(v, f, form)
		switch {
		case err != nil:
			return err
		case !fits:
			return v.redirect(f.open + "?country=" + opening.Country.String())
		}
		account, epoch, err := s.Engine.OpenAccount(v.Context(), v.actor, opening)
		if err != nil {
			return err
		}
		return v.signIn(account, epoch, f.done)
	}
}

// opening reads the form of askCountry. It does not fit where the country was changed in it and has
// other zones or another currency: then these must be asked again.
func (s *site) opening(v *visit, f flow, form url.Values) (opening engine.Opening, fits bool, err error) {
	country, unknown := catalog.ParseCountry(form.Get("country"))
	_, spoken := s.Bundle.Language(form.Get("language"))
	if unknown != nil || !spoken {
		return opening, false, errForm
	}
	asked, err := s.newcomer(v, f, country.String())
	if err != nil || asked.Country.Code != country.String() {
		return opening, false, cmp.Or(err, errForm)
	}
	opening = engine.Opening{Email: access.Email(asked.Email), Country: country, Currency: asked.Currency,
		Zone: form.Get("zone"), Language: form.Get("language")}
	if len(asked.Zones) == 1 {
		opening.Zone = asked.Zones[0]
	}
	at := slices.IndexFunc(asked.Currencies, func(each money.Currency) bool { return each.String() == form.Get("currency") })
	if at < 0 || !slices.Contains(asked.Zones, opening.Zone) {
		return opening, false, nil
	}
	opening.Currency = asked.Currencies[at]
	return opening, true, nil
}

// countryOf is the country that a browser's first language names, if any.
func countryOf(acceptLanguage string) string {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return ""
	}
	region, confidence := tags[0].Region()
	if confidence != language.Exact {
		return ""
	}
	return region.String()
}
