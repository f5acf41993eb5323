package api

import (
	"net/http"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
)

// sold is the catalogue with its policy, as it is in force and as it was announced.
type sold struct {
	Version   int64      `json:"version" says:"Counts the catalogues that were put in force."`
	Plans     []plan     `json:"plans"`
	Taxes     []tax      `json:"taxes" says:"Of a country the one with the latest from that is not after a date counts on it."`
	Products  []product  `json:"products"`
	Retailers []retailer `json:"retailers"`
	Payers    []payer    `json:"payers" says:"Who may bill for a membership."`
	Policy    policy     `json:"policy"`
}

// plan is a membership that is sold by the month.
type plan struct {
	ID     string                      `json:"id"`
	Texts  map[string]catalog.PlanText `json:"texts" says:"By language tag."`
	Prices []price                     `json:"prices" says:"Of a currency the one with the latest from that is not after a date counts on it."`
}

// price is what a month of a plan costs.
type price struct {
	Amount amount        `json:"amount" says:"Before a tax on top."`
	From   calendar.Date `json:"from"`
}

// tax is a country's rate.
type tax struct {
	Country   string        `json:"country"`
	Rate      string        `json:"rate" says:"A decimal number, as in 0.0825."`
	Inclusive bool          `json:"inclusive" says:"Prices include it; else it comes on top."`
	From      calendar.Date `json:"from"`
}

// product is a gift card that is sold.
type product struct {
	ID      string                      `json:"id"`
	Country string                      `json:"country"`
	Value   amount                      `json:"value" says:"Where there is a most: the least that a card may hold."`
	Most    *amount                     `json:"most,omitzero" says:"The most that a card may hold, where its value is set when it is activated."`
	Form    catalog.Form                `json:"form" enum:"printed,receipt,digital"`
	Closed  bool                        `json:"closed" says:"It is not made nor activated any more; what was sold stays good."`
	Texts   map[string]catalog.PlanText `json:"texts" says:"By language tag."`
}

// retailer sells cards in a country.
type retailer struct {
	Name     string          `json:"name"`
	Country  string          `json:"country"`
	Products []string        `json:"products"`
	Where    catalog.Channel `json:"where" enum:"in_store,online"`
	ID       string          `json:"id,omitzero" says:"Of one that has tills."`
	Zone     string          `json:"zone,omitzero" says:"The time zone of its business days."`
	Rate     string          `json:"commission" says:"The part of a card's value that it keeps, as in 0.06."`
}

// payer is who may bill.
type payer struct {
	Payer      catalog.Payer `json:"payer" enum:"self,partner,apple,package"`
	PaysAlways bool          `json:"pays_always" says:"It pays each period whole, and no card can be redeemed."`
}

// policy is docs/billing.md 8.
type policy struct {
	Shortfall          billing.Shortfall `json:"shortfall" enum:"prorate,charge_remainder"`
	Upgrade            billing.Upgrade   `json:"upgrade" enum:"rebase,next_billing_date"`
	RetryDays          []int             `json:"retry_days"`
	CloseHeldAfterDays int               `json:"close_held_after_days"`
	ReminderDays       int               `json:"reminder_days"`
}

func catalogOperations() []operation {
	return []operation{
		route(operation{ID: "getCatalog", Method: http.MethodGet, Path: "/v1/catalog", Tag: "catalogue", Scope: access.ReadCatalog, Cached: true,
			Says: "What is sold: plans, prices, taxes, products, retailers and payers, those announced for later dates among them."}, getCatalog),
	}
}

func getCatalog(c *call, _ struct{}) (sold, error) {
	terms, version, err := c.site.Engine.Sold(c.actor)
	if err != nil {
		return sold{}, err
	}
	shown := sold{Version: version, Plans: each(terms.Catalog.Plans(), planOf), Taxes: each(terms.Catalog.Taxes(), taxOf),
		Products: each(terms.Catalog.Products(), productOf), Retailers: each(terms.Catalog.Retailers(), retailerOf),
		Payers: each(catalog.Payers, func(p catalog.Payer) payer { return payer{p, p.PaysAlways()} }), Policy: policy(terms.Policy)}
	return shown, c.cached(shown, time.Time{})
}

func planOf(p catalog.Plan) plan {
	return plan{string(p.ID), textsOf(p.Texts), each(p.Prices, func(p catalog.Price) price { return price{amountOf(p.Amount), p.From} })}
}

func textsOf(texts map[string]catalog.PlanText) map[string]catalog.PlanText {
	if texts == nil {
		return map[string]catalog.PlanText{}
	}
	return texts
}

func taxOf(t catalog.Tax) tax { return tax{t.Country.String(), t.Rate.String(), t.Inclusive, t.From} }

func productOf(p catalog.Product) product {
	shown := product{ID: string(p.ID), Country: p.Country.String(), Value: amountOf(p.Value), Form: p.Form, Closed: p.Closed, Texts: textsOf(p.Texts)}
	if !p.Most.IsZero() {
		shown.Most = new(amountOf(p.Most))
	}
	return shown
}

func retailerOf(r catalog.Retailer) retailer {
	return retailer{r.Name, r.Country.String(), each(r.Products, func(id catalog.ProductID) string { return string(id) }), r.Where,
		string(r.ID), r.Zone, r.Commission.String()}
}
