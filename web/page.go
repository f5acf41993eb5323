package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/locale"
	"scrip/money"
	"scrip/store"
)

// page is what every page shows around its own matter, in the reader's language.
type page struct {
	*locale.Language
	Brand     Brand
	Languages []*locale.Language
	Back      string // the path of a page to come back to
	SignedIn  bool
	Staff     *staffBar // on the pages of staff
	Flash     string
	Demo      *demoBar
	Methods   []Method
	assets    assets
	terms     billing.Terms
}

func (s *site) newPage(v *visit) *page {
	p := &page{
		Language:  s.languageOf(v.Request),
		Brand:     s.Brand,
		Languages: s.Bundle.Languages(),
		Back:      s.back(v.Request),
		Methods:   s.Methods,
		assets:    s.assets,
		terms:     s.Engine.Terms(),
	}
	if s.Demo != nil {
		p.Demo = &demoBar{Now: p.DateTime(s.Demo.Now(), time.UTC) + " UTC"}
	}
	return p
}

// asked are the pages whose query says what is asked. Any other query is not carried on: somebody may
// have put a code there.
var asked = []string{"/gift-cards", "/gift-cards/buy", "/account/plan/confirm", "/redeem/new", "/sign-in/new"}

// back is the page itself, if it can be asked for with GET.
func (s *site) back(r *http.Request) string {
	if !s.answers(http.MethodGet, r.URL.Path) {
		return "/"
	}
	if r.Method == http.MethodGet && slices.Contains(asked, r.URL.Path) {
		return r.URL.RequestURI()
	}
	return r.URL.Path
}

// answers reports whether there is a page for a method and path, but for the one that says there is none.
func (s *site) answers(method, path string) bool {
	_, pattern := s.mux.Handler(&http.Request{Method: method, URL: &url.URL{Path: path}})
	return pattern != "" && pattern != "/"
}

// ownPath reports whether a text is a path of ours, and nothing that a browser takes for another site.
func ownPath(text string) bool {
	if !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.ContainsAny(text, "\\\r\n\t\x00") {
		return false
	}
	parsed, err := url.Parse(text)
	return err == nil && parsed.Host == "" && parsed.Scheme == "" && parsed.User == nil
}

// newKey makes sending a form twice do one thing. Keys are ordered by time, and so are the answers that stand under them.
func newKey() string { return store.NewID() }

// PlanName is what a plan is called in the reader's language.
func (p *page) PlanName(id catalog.PlanID) string {
	if text, has := p.planText(id); has && text.Name != "" {
		return text.Name
	}
	return string(id)
}

// PlanSays is what a plan offers.
func (p *page) PlanSays(id catalog.PlanID) string {
	text, _ := p.planText(id)
	return text.Says
}

func (p *page) planText(id catalog.PlanID) (catalog.PlanText, bool) {
	plan, known := p.terms.Catalog.Plan(id)
	if !known {
		return catalog.PlanText{}, false
	}
	if text, has := plan.Texts[p.Tag()]; has {
		return text, true
	}
	text, has := plan.Texts["en"]
	return text, has
}

// TaxNote says what tax is in a plan's monthly price, or nothing where there is none.
func (p *page) TaxNote(offer engine.PlanOffer, currency money.Currency, on calendar.Date) string {
	tax := offer.Monthly.Tax
	if !tax.IsPositive() {
		return p.T("plan.no_tax")
	}
	price, err := p.terms.Catalog.Price(offer.Plan.ID, currency, on)
	if err == nil && price.Less(offer.Monthly.Amount) {
		return p.T("plan.tax_on_top", "Price", price, "Tax", tax)
	}
	return p.T("plan.tax_included", "Tax", tax)
}

// LastDay is the last day of a period, which ends with the day before its end.
func (p *page) LastDay(end calendar.Date) string { return p.Date(end.Plus(-1)) }

// CountryName is a country as the language calls it.
func (p *page) CountryName(country catalog.Country) string { return p.Country(country.String()) }

// zoneName is a time zone's name to be read by people.
func zoneName(zone string) string { return strings.ReplaceAll(zone, "_", " ") }

// MethodName is what the member calls a payment method: its label, or what the gateway tells of it.
func (p *page) MethodName(set string) string {
	for _, method := range p.Methods {
		if method.Token == set {
			return p.T(method.Label)
		}
	}
	return set
}
