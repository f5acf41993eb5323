package client

import "context"

// Catalog is what is sold, as it is in force and as it was announced.
type Catalog struct {
	Version   int64      `json:"version"` // counts the catalogues that were put in force
	Plans     []Plan     `json:"plans"`
	Taxes     []Tax      `json:"taxes"`
	Products  []Product  `json:"products"`
	Retailers []Retailer `json:"retailers"`
	Payers    []Payer    `json:"payers"`
	Policy    Policy     `json:"policy"`
}

// Plan is a membership that is sold by the month.
type Plan struct {
	ID     string              `json:"id"`
	Texts  map[string]PlanText `json:"texts"`  // by language tag
	Prices []Price             `json:"prices"` // of a currency the one with the latest From that is not after a date counts on it
}

// PlanText is what members read of a plan.
type PlanText struct {
	Name string `json:"name"`
	Says string `json:"says"`
}

// Price is what a month of a plan costs, before a tax on top.
type Price struct {
	Amount Amount `json:"amount"`
	From   Date   `json:"from"`
}

// Tax is a country's rate.
type Tax struct {
	Country   string `json:"country"`
	Rate      string `json:"rate"` // a decimal number
	Inclusive bool   `json:"inclusive"`
	From      Date   `json:"from"`
}

// Product is a gift card that is sold.
type Product struct {
	ID      string              `json:"id"`
	Country string              `json:"country"`
	Value   Amount              `json:"value"`  // where there is a Most: the least that a card may hold
	Most    *Amount             `json:"most"`   // the most that a card may hold, where its value is set when it is activated
	Form    string              `json:"form"`   // printed, receipt or digital
	Closed  bool                `json:"closed"` // it is not made nor activated any more; what was sold stays good
	Texts   map[string]PlanText `json:"texts"`  // by language tag
}

// Retailer sells cards in a country.
type Retailer struct {
	Name     string   `json:"name"`
	Country  string   `json:"country"`
	Products []string `json:"products"`
	Where    string   `json:"where"`      // in_store or online
	ID       string   `json:"id"`         // of one that has tills
	Zone     string   `json:"zone"`       // of its business days
	Rate     string   `json:"commission"` // the part of a card's value that it keeps
}

// Payer is who may bill.
type Payer struct {
	Payer      string `json:"payer"`       // self, partner, apple or package
	PaysAlways bool   `json:"pays_always"` // each period whole, and no card can be redeemed
}

// Policy is docs/billing.md 8.
type Policy struct {
	Shortfall          string `json:"shortfall"`
	Upgrade            string `json:"upgrade"`
	RetryDays          []int  `json:"retry_days"`
	CloseHeldAfterDays int    `json:"close_held_after_days"`
	ReminderDays       int    `json:"reminder_days"`
}

// GetCatalog is what is sold.
func (c *Client) GetCatalog(ctx context.Context) (Catalog, error) {
	return get[Catalog](ctx, c, path("catalog"), nil)
}
