package timeline_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
)

// story is a made-up history in plain numbers and words, from which the rules and the simpler model each
// make what they need. It prints as a scenario of billing.md 9, so that a failure can be simulated, but
// for charges against the balance alone, which no scenario has.
type story struct {
	Name    string       `json:"name"`
	Catalog storyCatalog `json:"catalog"`
	Policy  storyPolicy  `json:"policy"`
	Account storyAccount `json:"account"`
	Events  []storyEvent `json:"events"`
	Until   day          `json:"until"`
}

type storyCatalog struct {
	Plans []storyPlan `json:"plans"`
	Taxes []storyTax  `json:"taxes"`
}

type storyPlan struct {
	ID     string       `json:"id"`
	Prices []storyPrice `json:"prices"`
}

type storyPrice struct {
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
	From     day    `json:"from"`
}

type storyTax struct {
	Country   string `json:"country"`
	Rate      string `json:"rate"`
	Inclusive bool   `json:"inclusive"`
	From      day    `json:"from"`
}

type storyPolicy struct {
	Shortfall  string `json:"shortfall"`
	Upgrade    string `json:"upgrade"`
	RetryDays  []int  `json:"retry_days"`
	CloseAfter int    `json:"close_held_after_days"`
	Reminder   int    `json:"reminder_days"`
}

type storyAccount struct {
	Country  string `json:"country"`
	Currency string `json:"currency"`
	Method   string `json:"payment_method"`
}

type storyEvent struct {
	On       day    `json:"on"`
	Do       string `json:"do"`
	Card     string `json:"card,omitzero"`
	Amount   int64  `json:"amount,omitzero"`
	Currency string `json:"currency,omitzero"`
	Plan     string `json:"plan,omitzero"`
	Payer    string `json:"payer,omitzero"`
	Method   string `json:"method,omitzero"`

	Authorization string `json:"authorization,omitzero"`
	Days          int    `json:"days,omitzero"`
	Partial       bool   `json:"partial,omitzero"`
}

func (s story) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// day counts the days since 1 January 1970, apart from package calendar and by the standard library.
type day int

func dayOf(year, month, dayOfMonth int) day {
	return day(time.Date(year, time.Month(month), dayOfMonth, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func (d day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

func (d day) String() string { return d.time().Format(time.DateOnly) }

func (d day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d day) date() calendar.Date {
	year, month, dayOfMonth := d.time().Date()
	return calendar.Of(year, int(month), dayOfMonth)
}

// chance gives whole numbers from 0 up to, without, a limit: math/rand with a seed, or rapid, which
// knows how to make a failure smaller.
type chance interface{ IntN(limit int) int }

func between(c chance, low, high int) int { return low + c.IntN(high-low+1) }

func oneOf[T any](c chance, all ...T) T { return all[c.IntN(len(all))] }

const (
	maxEvents   = 14
	maxGapDays  = 75
	maxLastDays = 500
)

var (
	storyRates   = []string{"0", "0.07", "0.19", "0.0825", "0.25", "0.333333333", "0.5", "1", "2.75", "9.999999999", "0.000000001"}
	storyCoins   = []string{"USD", "JPY", "EUR"}
	storyMethods = []string{"none", "ok", "declines"}
	storyPayers  = []string{"self", "self", "self", "self", "self", "self", "partner", "partner", "apple", "package"}
)

// makeStory makes up a catalogue, a policy, an account and what happens to it over some years.
func makeStory(c chance) story {
	base := dayOf(between(c, 2023, 2027), between(c, 1, 12), between(c, 1, 28))
	s := story{Name: "made up", Account: storyAccount{Country: "DE", Currency: oneOf(c, storyCoins...), Method: oneOf(c, storyMethods...)}}
	s.makeCatalog(c, base)
	s.makePolicy(c)
	on := base
	if c.IntN(6) > 0 {
		s.makeOpening(c, on)
	}
	for range between(c, 1, maxEvents) {
		on += day(gap(c, on))
		s.Events = append(s.Events, s.makeEvent(c, on))
	}
	s.Until = on + day(between(c, 0, maxLastDays))
	return s
}

// makeOpening makes most accounts members at once, so that what follows finds something to move.
func (s *story) makeOpening(c chance, on day) {
	if c.IntN(3) > 0 {
		s.Events = append(s.Events, storyEvent{On: on, Do: "redeem", Card: "card-0", Amount: s.makeValue(c), Currency: s.Account.Currency})
	}
	if c.IntN(3) > 0 {
		s.Events = append(s.Events, storyEvent{On: on, Do: "payment_method", Method: oneOf(c, "ok", "ok", "declines")})
	}
	s.Events = append(s.Events, storyEvent{On: on, Do: "start", Plan: s.makePlan(c), Payer: oneOf(c, storyPayers...)})
}

// gap is how many days pass between two events: often none, or few, or to a month's last days.
func gap(c chance, on day) int {
	switch c.IntN(6) {
	case 0, 1:
		return 0
	case 2:
		return between(c, 1, 9)
	case 3:
		year, month, _ := on.time().Date()
		return max(0, int(dayOf(year, int(month)+between(c, 1, 2), between(c, -2, 1))-on))
	}
	return between(c, 1, maxGapDays)
}

func (s *story) makeCatalog(c chance, base day) {
	largest := oneOf(c, 6, 90, 2500, 2500, 2500, 1_000_000)
	for at := range oneOf(c, 1, 2, 3, 3, 4) {
		plan := storyPlan{ID: string(rune('a' + at))}
		currencies := []string{s.Account.Currency}
		if c.IntN(8) == 0 {
			currencies = []string{oneOf(c, storyCoins...), s.Account.Currency}[:between(c, 1, 2)]
		}
		for _, currency := range slices.Compact(currencies) {
			for _, from := range s.dates(c, base, between(c, 1, 3)) {
				plan.Prices = append(plan.Prices, storyPrice{currency, int64(between(c, 1, largest)), from})
			}
		}
		s.Catalog.Plans = append(s.Catalog.Plans, plan)
	}
	for _, from := range s.dates(c, base, c.IntN(4)) {
		s.Catalog.Taxes = append(s.Catalog.Taxes, storyTax{oneOf(c, "DE", "DE", "DE", "FR"), oneOf(c, storyRates...), c.IntN(2) == 0, from})
	}
}

// dates are different ones; the first mostly lies before everything.
func (s *story) dates(c chance, base day, count int) []day {
	var dates []day
	for at := range count {
		from := base + day(between(c, -30, 900))
		if at == 0 && c.IntN(12) > 0 {
			from = base - 400
		}
		if !slices.Contains(dates, from) {
			dates = append(dates, from)
		}
	}
	return dates
}

func (s *story) makePolicy(c chance) {
	s.Policy = storyPolicy{
		Shortfall: oneOf(c, "prorate", "charge_remainder"), Upgrade: oneOf(c, "rebase", "rebase", "next_billing_date"),
		RetryDays: []int{}, CloseAfter: between(c, 1, 40), Reminder: oneOf(c, 7, 7, 1, 30, between(c, 1, 45), 400),
	}
	for retry, left := 0, c.IntN(5); left > 0; left-- {
		retry += between(c, 1, 9)
		s.Policy.RetryDays = append(s.Policy.RetryDays, retry)
	}
}

func (s *story) makeEvent(c chance, on day) storyEvent {
	e := storyEvent{On: on}
	switch c.IntN(28) {
	case 22, 23, 24:
		e.Do, e.Authorization = oneOf(c, "authorize", "authorize", "charge"), fmt.Sprintf("authorization-%d", len(s.Events))
		e.Amount, e.Currency, e.Days, e.Partial = s.makeValue(c)/3+1, s.Account.Currency, between(c, 1, 31), c.IntN(2) == 0
		if c.IntN(20) == 0 {
			e.Currency = oneOf(c, storyCoins...)
		}
	case 25, 26, 27:
		e.Do, e.Authorization = oneOf(c, "capture", "capture", "release"), fmt.Sprintf("authorization-%d", s.lastAuthorized(c))
		if e.Currency = s.Account.Currency; c.IntN(3) == 0 {
			e.Amount = s.makeValue(c)/9 + 1
		}
	case 0, 1, 2, 3, 4, 5:
		e.Do, e.Card = "redeem", fmt.Sprintf("card-%d", len(s.Events))
		if c.IntN(12) == 0 {
			e.Card = fmt.Sprintf("card-%d", c.IntN(len(s.Events)+1))
		}
		e.Currency, e.Amount = s.Account.Currency, s.makeValue(c)
		if c.IntN(20) == 0 {
			e.Currency = oneOf(c, storyCoins...)
		}
	case 6, 7, 8:
		e.Do, e.Plan, e.Payer = "start", s.makePlan(c), oneOf(c, storyPayers...)
	case 9, 10, 11, 12, 13, 14:
		e.Do, e.Plan = "change_plan", s.makePlan(c)
	case 15, 16:
		e.Do = "cancel"
	case 17, 18:
		e.Do = "restart"
	case 19, 20:
		e.Do, e.Method = "payment_method", oneOf(c, storyMethods...)
	default:
		e.Do, e.Payer = "payer", oneOf(c, "self", "partner", "apple", "package")
	}
	return e
}

// lastAuthorized is the number of an event that mostly authorized something.
func (s *story) lastAuthorized(c chance) int {
	for at, e := range slices.Backward(s.Events) {
		if e.Do == "authorize" && c.IntN(4) > 0 {
			return at
		}
	}
	return c.IntN(len(s.Events) + 1)
}

func (s *story) makePlan(c chance) string {
	if c.IntN(40) == 0 {
		return "unknown"
	}
	return s.Catalog.Plans[c.IntN(len(s.Catalog.Plans))].ID
}

// makeValue is worth some days or some months of a plan; now and then it outlasts the horizon.
func (s *story) makeValue(c chance) int64 {
	prices := s.Catalog.Plans[c.IntN(len(s.Catalog.Plans))].Prices
	price := int(prices[c.IntN(len(prices))].Amount)
	switch {
	case c.IntN(400) == 0:
		return int64(price) * 1205
	case c.IntN(4) == 0:
		return int64(between(c, 1, price/6+1))
	}
	return int64(between(c, 1, price*5))
}

func (s story) terms() (billing.Terms, error) {
	var plans []catalog.Plan
	for _, plan := range s.Catalog.Plans {
		made := catalog.Plan{ID: catalog.PlanID(plan.ID)}
		for _, price := range plan.Prices {
			amount := money.New(price.Amount, money.MustCurrency(price.Currency))
			made.Prices = append(made.Prices, catalog.Price{Amount: amount, From: price.From.date()})
		}
		plans = append(plans, made)
	}
	var taxes []catalog.Tax
	for _, tax := range s.Catalog.Taxes {
		country, err := catalog.ParseCountry(tax.Country)
		if err != nil {
			return billing.Terms{}, err
		}
		rate, err := money.ParseRate(tax.Rate)
		if err != nil {
			return billing.Terms{}, err
		}
		taxes = append(taxes, catalog.Tax{Country: country, Rate: rate, Inclusive: tax.Inclusive, From: tax.From.date()})
	}
	sold, err := catalog.New(plans, taxes, nil, nil)
	return billing.Terms{Catalog: sold, Policy: billing.Policy{
		Shortfall: billing.Shortfall(s.Policy.Shortfall), Upgrade: billing.Upgrade(s.Policy.Upgrade),
		RetryDays: s.Policy.RetryDays, CloseHeldAfterDays: s.Policy.CloseAfter, ReminderDays: s.Policy.Reminder,
	}}, err
}
