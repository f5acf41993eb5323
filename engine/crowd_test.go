package engine_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/money"
	"scrip/simulate"
	"scrip/simulate/scenariotest"
	"scrip/store"
	"scrip/timeline"
)

var usd = money.MustCurrency("USD")

// values are what the cards of the tests hold.
var values = []int64{40, 500, 1000, 1549, 2500, 5000}

// lumen is a catalogue with three plans, a price rise in May and a tax, under a policy.
func lumen(t *testing.T, policy billing.Policy) billing.Terms {
	t.Helper()
	us, err := catalog.ParseCountry("US")
	must(t, err)
	rate, err := money.ParseRate("0.0825")
	must(t, err)
	from := calendar.Must("2020-01-01")
	plan := func(id catalog.PlanID, minor, risen int64) catalog.Plan {
		return catalog.Plan{ID: id, Prices: []catalog.Price{{Amount: money.New(minor, usd), From: from},
			{Amount: money.New(risen, usd), From: calendar.Must("2026-05-11")}}}
	}
	var products []catalog.Product
	for _, value := range values {
		products = append(products, catalog.Product{ID: productOf(value), Country: us, Value: money.New(value, usd)})
	}
	sold, err := catalog.New([]catalog.Plan{plan("basic", 799, 799), plan("standard", 1549, 1799), plan("premium", 2299, 2499)},
		[]catalog.Tax{{Country: us, Rate: rate, From: from}}, products, nil)
	must(t, err)
	return billing.Terms{Catalog: sold, Policy: policy}
}

func productOf(value int64) catalog.ProductID { return catalog.ProductID(fmt.Sprint("us-", value)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// number is a count or a seed that the environment may set.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseUint(text, 10, 64)
	must(t, err)
	return value
}

// seeded is a source of chance whose seed is printed, or given by SCRIP_TEST_SEED.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := number(t, "SCRIP_TEST_SEED", rand.Uint64())
	t.Logf("SCRIP_TEST_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, seed))
}

func oneOf[T any](c *rand.Rand, all ...T) T { return all[c.IntN(len(all))] }

// madeUp is a scenario of made-up events, the first on a date, with a last day.
func madeUp(c *rand.Rand, terms billing.Terms, country catalog.Country, first, until calendar.Date) simulate.Scenario {
	s := simulate.Scenario{Terms: terms, Country: country, Currency: usd, Method: billing.NoMethod, Until: until}
	on := first
	add := func(e simulate.Event) {
		e.On = on
		s.Events = append(s.Events, e)
	}
	redeem := func() {
		value := oneOf(c, values...)
		card := fmt.Sprintf("card-%d-%d", len(s.Events), value)
		for _, e := range s.Events {
			if e.Do == timeline.Redeem && c.IntN(12) == 0 {
				card, value = e.Card, e.Amount.Minor()
			}
		}
		add(simulate.Event{Do: timeline.Redeem, Card: card, Amount: money.New(value, usd)})
	}
	setMethod := func() {
		add(simulate.Event{Do: timeline.SetMethod, Method: oneOf(c, billing.MethodWorks, billing.MethodWorks, billing.MethodDeclines, billing.NoMethod)})
	}
	start := func() {
		add(simulate.Event{Do: timeline.Start, Plan: oneOf[catalog.PlanID](c, "basic", "standard", "premium"), Payer: oneOf(c, catalog.Self, catalog.Self, catalog.Self, catalog.Self, catalog.Self, catalog.Partner, catalog.Apple)})
	}
	redeem()
	if c.IntN(3) > 0 {
		setMethod()
	}
	start()
	for on = on.Plus(c.IntN(20)); !on.After(until); on = on.Plus(c.IntN(25) * c.IntN(2)) {
		switch c.IntN(14) {
		case 0, 1:
			redeem()
		case 2, 3, 4:
			setMethod()
		case 5, 6, 7:
			start()
		case 8, 9, 10:
			add(simulate.Event{Do: timeline.ChangePlan, Plan: oneOf[catalog.PlanID](c, "basic", "standard", "premium")})
		case 11:
			add(simulate.Event{Do: timeline.Cancel})
		case 12:
			add(simulate.Event{Do: timeline.Restart})
		default:
			add(simulate.Event{Do: timeline.SetPayer, Payer: oneOf(c, catalog.Self, catalog.Self, catalog.Self, catalog.Partner, catalog.Package)})
		}
	}
	return s
}

// crowd is many accounts in one world, each with a scenario of its own.
type crowd struct {
	*enginetest.World
	lives []*life
}

type life struct {
	simulate.Scenario
	account string
	cards   map[string]engine.Printed
	names   map[string]string // serial number to the scenario's name
	pending int               // replies that had to wait
}

// gather opens the accounts on the day before the scenarios begin, and prints their cards.
func gather(w *enginetest.World, scenarios []simulate.Scenario) *crowd {
	w.T.Helper()
	c, stock := &crowd{World: w}, map[int64][]engine.Printed{}
	for at, s := range scenarios {
		l := &life{Scenario: s, cards: map[string]engine.Printed{}, names: map[string]string{}}
		l.account = w.Account(fmt.Sprintf("member-%d@example.com", at), s.Country, s.Currency)
		for _, e := range s.Events {
			if _, printed := l.cards[e.Card]; e.Do == timeline.Redeem && !printed {
				value := e.Amount.Minor()
				if len(stock[value]) == 0 {
					stock[value] = w.Cards(productOf(value), 100)
				}
				card := stock[value][0]
				stock[value] = stock[value][1:]
				l.cards[e.Card], l.names[card.Serial.String()] = card, e.Card
			}
		}
		c.lives = append(c.lives, l)
	}
	return c
}

// play lives all scenarios side by side: pass is what happens in the world until the next event.
func (c *crowd) play(pass func(until time.Time)) {
	c.T.Helper()
	type due struct {
		*life
		simulate.Event
	}
	var events []due
	for _, l := range c.lives {
		for _, e := range l.Events {
			events = append(events, due{l, e})
		}
	}
	slices.SortStableFunc(events, func(a, b due) int { return cmp.Compare(a.On.Start(time.UTC).Unix(), b.On.Start(time.UTC).Unix()) })
	for _, e := range events {
		if at := e.On.Start(time.UTC).Add(8 * time.Hour); c.Clock.Now().Before(at) {
			pass(at)
			c.Clock.Set(at)
		}
		command := engine.Command{Kind: e.Do, Plan: e.Plan, Payer: e.Payer, Method: token(e.Event.Method)}
		if e.Do == timeline.Redeem {
			command.Card = c.Handle(e.cards[e.Card])
		}
		if c.Do(e.account, command).Pending {
			e.pending++
		}
	}
	end := c.lives[0].Until.Plus(1).Start(time.UTC)
	pass(end)
	c.Clock.Set(end)
}

// compare wants each account to have been told what the rules tell of its scenario, and no more by its
// last day.
func (c *crowd) compare() {
	c.T.Helper()
	wrong := 0
	for at, l := range c.lives {
		result, err := simulate.Run(l.Scenario)
		must(c.T, err)
		want, got := texts(scenariotest.Lines(c.T, result.Timeline)), texts(l.upTo(c.Told(l.account, l.names)))
		if !slices.Equal(want, got) {
			wrong++
			c.T.Errorf("account %d was told otherwise than the rules tell:\n%s", at, firstDifference(want, got))
		}
		if wrong == 3 {
			c.T.FailNow()
		}
	}
}

// upTo leaves out what was told of days after the last one.
func (l *life) upTo(told []json.RawMessage) []json.RawMessage {
	return slices.DeleteFunc(told, func(text json.RawMessage) bool {
		var event struct{ On string }
		return json.Unmarshal(text, &event) != nil || event.On > l.Until.String()
	})
}

func texts(lines []json.RawMessage) []string {
	all := make([]string, len(lines))
	for at, line := range lines {
		var compact bytes.Buffer
		if json.Compact(&compact, line) == nil {
			all[at] = compact.String()
		}
	}
	return all
}

func firstDifference(want, got []string) string {
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	show := func(lines []string) string {
		return strings.Join(lines[min(at, len(lines)):min(at+3, len(lines))], "\n    ")
	}
	return fmt.Sprintf("after %d events:\n  want\n    %s\n  got\n    %s", at, show(want), show(got))
}

// checkMoney wants the gateway to have taken, and kept, exactly what the charges say.
func (c *crowd) checkMoney() {
	c.T.Helper()
	charged := money.New(0, usd)
	for _, l := range c.lives {
		must(c.T, c.DB.Read(c.T.Context(), func(tx *store.Tx) error {
			charges, err := tx.Charges(c.T.Context(), l.account, usd, 10_000)
			for _, charge := range charges {
				for _, line := range charge.Lines {
					if line.Source == "payment_method" {
						charged = charged.Add(line.Amount)
					}
				}
			}
			return err
		}))
	}
	if kept := settled(c.World, c.openQuestions()); kept != charged {
		c.T.Errorf("the gateway has taken and kept %v, and the charges say %v", kept, charged)
	}
}

// openQuestions are the keys of charges whose answer nobody has heard yet: what the gateway took for them
// is not in the accounts until it is.
func (c *crowd) openQuestions() map[string]bool {
	c.T.Helper()
	open := map[string]bool{}
	for _, l := range c.lives {
		must(c.T, c.DB.Read(c.T.Context(), func(tx *store.Tx) error {
			a, err := tx.Account(c.T.Context(), l.account)
			open[a.Question] = true
			return err
		}))
	}
	return open
}

// settled is what the gateway has taken and not given back, but for charges that are open.
func settled(w *enginetest.World, open map[string]bool) money.Amount {
	sum := money.New(0, usd)
	for _, taken := range w.Gateway.Taken() {
		if !taken.Refunded && !open[taken.Key] {
			sum = sum.Add(taken.Amount)
		}
	}
	return sum
}

// member acts for an account.
func member(account string) access.Actor { return access.MemberOf(account, "192.0.2.7") }

var operator, systemActor = access.Operator(), access.Loop()
