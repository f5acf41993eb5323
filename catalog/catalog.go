// Package catalog holds what is sold: plans and their prices by date, taxes by date, gift-card products
// and the retailers that sell them, and who may bill for a membership. A catalogue is a value; what it
// says of a date never changes once that date has begun.
package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"scrip/calendar"
	"scrip/money"
)

var (
	// ErrUnknownPlan says that the catalogue has no plan of that id.
	ErrUnknownPlan = errors.New("the catalogue has no such plan")
	// ErrNoPrice says that a plan has no price in a currency on a date.
	ErrNoPrice = errors.New("the plan has no price in this currency on this date")
)

// PlanID names a plan: 1 to 64 characters.
type PlanID string

// Plan is a membership that is sold by the month.
type Plan struct {
	ID     PlanID
	Prices []Price
	// Texts are the plan's name and description by language tag. A plan without is shown by its id.
	Texts map[string]PlanText
}

// Name is the plan's name in a language, else in English, else its id.
func (p Plan) Name(language string) string {
	for _, tag := range []string{language, "en"} {
		if text, known := p.Texts[tag]; known && text.Name != "" {
			return text.Name
		}
	}
	return string(p.ID)
}

// PlanText is what is read of a plan, or of a card.
type PlanText struct {
	Name string `json:"name"`
	Says string `json:"says"`
}

// Price is what a month costs before a tax on top, from a date on.
type Price struct {
	Amount money.Amount
	From   calendar.Date
}

// Tax is a country's rate from a date on.
type Tax struct {
	Country   Country
	Rate      money.Rate
	Inclusive bool
	From      calendar.Date
}

// Total is what a period of a whole month costs: the sum that is paid and the tax in it.
type Total struct {
	Amount money.Amount
	Tax    money.Amount
	rate   money.Rate
}

// Catalog is read by many at once and never changed.
type Catalog struct {
	plans     []Plan
	prices    map[PlanID]map[money.Currency][]Price // by date, oldest first
	taxes     map[Country][]Tax                     // by date, oldest first
	products  []Product
	retailers []Retailer
}

// New checks a catalogue's parts against each other: plan ids are unique, every plan has a price, no
// two prices of a plan and currency, nor two taxes of a country, begin on the same date.
func New(plans []Plan, taxes []Tax, products []Product, retailers []Retailer) (*Catalog, error) {
	c := &Catalog{plans: plans, products: formed(products), retailers: settling(retailers),
		prices: map[PlanID]map[money.Currency][]Price{}, taxes: map[Country][]Tax{}}
	for _, plan := range plans {
		if err := c.addPlan(plan); err != nil {
			return nil, err
		}
	}
	for _, tax := range taxes {
		c.taxes[tax.Country] = append(c.taxes[tax.Country], tax)
	}
	for country, dated := range c.taxes {
		slices.SortFunc(dated, func(a, b Tax) int { return a.From.Compare(b.From) })
		for i := range dated[1:] {
			if dated[i].From == dated[i+1].From {
				return nil, fmt.Errorf("country %s has two taxes from %s: keep one", country, dated[i].From)
			}
		}
	}
	return c, checkProducts(products, retailers)
}

func (c *Catalog) addPlan(plan Plan) error {
	if _, twice := c.prices[plan.ID]; twice {
		return fmt.Errorf("two plans are called %q: give each an id of its own", plan.ID)
	}
	if len(plan.Prices) == 0 {
		return fmt.Errorf("plan %q has no price: give it at least one", plan.ID)
	}
	byCurrency := map[money.Currency][]Price{}
	for _, price := range plan.Prices {
		currency := price.Amount.Currency()
		byCurrency[currency] = append(byCurrency[currency], price)
	}
	for currency, dated := range byCurrency {
		slices.SortFunc(dated, func(a, b Price) int { return a.From.Compare(b.From) })
		for i := range dated[1:] {
			if dated[i].From == dated[i+1].From {
				return fmt.Errorf("plan %q has two prices in %s from %s: keep one", plan.ID, currency, dated[i].From)
			}
		}
	}
	c.prices[plan.ID] = byCurrency
	return nil
}

// Plans are the catalogue's plans in its own order.
func (c *Catalog) Plans() []Plan { return c.plans }

// Taxes are the taxes of all countries, each country's by date.
func (c *Catalog) Taxes() []Tax {
	all := slices.Concat(slices.Collect(maps.Values(c.taxes))...)
	slices.SortFunc(all, func(a, b Tax) int {
		return cmp.Or(cmp.Compare(a.Country.String(), b.Country.String()), a.From.Compare(b.From))
	})
	return all
}

// Plan finds a plan by its id.
func (c *Catalog) Plan(id PlanID) (Plan, bool) {
	at := slices.IndexFunc(c.plans, func(plan Plan) bool { return plan.ID == id })
	if at < 0 {
		return Plan{}, false
	}
	return c.plans[at], true
}

// Price is a plan's price in a currency on a date, before a tax on top: the latest that is not after
// the date (billing.md 2). It fails with ErrUnknownPlan or ErrNoPrice.
func (c *Catalog) Price(id PlanID, currency money.Currency, on calendar.Date) (money.Amount, error) {
	byCurrency, known := c.prices[id]
	if !known {
		return money.Amount{}, ErrUnknownPlan
	}
	dated := byCurrency[currency]
	for i := len(dated) - 1; i >= 0; i-- {
		if !dated[i].From.After(on) {
			return dated[i].Amount, nil
		}
	}
	return money.Amount{}, ErrNoPrice
}

// Total is what a month of a plan costs an account of that country that begins on a date, tax and all
// (billing.md 2). It fails as Price does.
func (c *Catalog) Total(id PlanID, country Country, currency money.Currency, on calendar.Date) (Total, error) {
	price, err := c.Price(id, currency, on)
	if err != nil {
		return Total{}, err
	}
	if tax, taxed := c.Tax(country, on); taxed {
		return tax.on(price), nil
	}
	return Total{Amount: price, Tax: price.Zero()}, nil
}

// Tax is a country's tax on a date, if it has any: the latest that is not after the date (billing.md 2).
func (c *Catalog) Tax(country Country, on calendar.Date) (Tax, bool) {
	dated := c.taxes[country]
	for i := len(dated) - 1; i >= 0; i-- {
		if !dated[i].From.After(on) {
			return dated[i], true
		}
	}
	return Tax{}, false
}

func (t Tax) on(price money.Amount) Total {
	if t.Inclusive {
		return Total{Amount: price, Tax: t.Rate.TaxWithin(price), rate: t.Rate}
	}
	tax := t.Rate.Tax(price)
	return Total{Amount: price.Add(tax), Tax: tax, rate: t.Rate}
}

// Part is the cost of some of the period's days: round(total × part / days). Its tax is the tax that
// the part contains, whether the tax is included or on top (billing.md 4).
func (t Total) Part(part, days int) Total {
	amount := money.Split(t.Amount, part, days)
	return Total{Amount: amount, Tax: t.rate.TaxWithin(amount), rate: t.rate}
}
