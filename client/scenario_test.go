package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/client"
	"scrip/client/clienttest"
	"scrip/engine"
	"scrip/membership"
	"scrip/money"
	"scrip/simulate"
	"scrip/simulate/scenariotest"
	"scrip/timeline"
)

// TestScenarios plays every scenario through the API with the client, by a test clock that is put forward from one event
// to the next.
func TestScenarios(t *testing.T) {
	scenariotest.Run(t, func(t *testing.T, s simulate.Scenario) ([]json.RawMessage, simulate.End) {
		p := newPlayer(t, s)
		told := 0
		if s.Method != billing.NoMethod {
			_, err := p.SetPaymentMethod(t.Context(), p.account, string(s.Method))
			must(t, err)
			told = 1
		}
		for _, event := range s.Events {
			p.until(event.On, 8)
			p.play(event)
		}
		p.until(s.Until, 23)
		if seen := p.seen(); seen.Membership.ClosesOn == client.Date(s.Until.String()) {
			p.until(s.Until, 24)
		}
		p.Verify()
		return p.timeline()[told:], p.end()
	})
}

// player is a program with an account that lives by a test clock.
type player struct {
	*clienttest.World
	clock, account string
	names          map[string]string         // serial number to the scenario's name
	used           map[string]engine.Printed // redeemed cards by the scenario's name
}

func newPlayer(t *testing.T, s simulate.Scenario) *player {
	t.Helper()
	terms := s.Terms
	terms.Catalog = withProducts(t, s)
	p := &player{World: clienttest.Selling(t, terms), names: map[string]string{}, used: map[string]engine.Printed{}}
	clock, err := p.CreateTestClock(t.Context(), client.NewTestClock{At: s.Events[0].On.Start(time.UTC), Name: "the scenario's"})
	must(t, err)
	opened, err := p.OpenAccount(t.Context(), client.NewAccount{Email: "member@example.com", Country: s.Country.String(), Currency: s.Currency.String(),
		TimeZone: "UTC", TestClock: clock.ID})
	must(t, err)
	p.clock, p.account = clock.ID, opened.ID
	return p
}

// withProducts is a scenario's catalogue with a product for each card that is redeemed.
func withProducts(t *testing.T, s simulate.Scenario) *catalog.Catalog {
	t.Helper()
	var products []catalog.Product
	known := map[catalog.ProductID]bool{}
	for _, event := range s.Events {
		if id := product(event); event.Do == timeline.Redeem && !known[id] {
			known[id] = true
			products = append(products, catalog.Product{ID: id, Country: s.Country, Value: event.Amount})
		}
	}
	with, err := s.Terms.Catalog.WithProducts(products, nil)
	must(t, err)
	return with
}

func product(event simulate.Event) catalog.ProductID {
	return catalog.ProductID(fmt.Sprintf("%s %d", event.Amount.Currency(), event.Amount.Minor()))
}

func (p *player) until(on calendar.Date, hour int) {
	p.T.Helper()
	clock, err := p.AdvanceTestClock(p.T.Context(), p.clock, on.Start(time.UTC).Add(time.Duration(hour)*time.Hour))
	must(p.T, err)
	if clock.Status != "ready" {
		p.T.Fatalf("the clock is %s", clock.Status)
	}
}

// play does what an event says. That it is refused is told in the timeline.
func (p *player) play(event simulate.Event) {
	p.T.Helper()
	var problem *client.Problem
	if err := p.does(event); err != nil && !errors.As(err, &problem) {
		p.T.Fatal(err)
	}
}

func (p *player) does(event simulate.Event) (err error) {
	ctx := p.T.Context()
	switch event.Do {
	case timeline.Redeem:
		return p.redeem(event)
	case timeline.Start:
		_, err = p.StartMembership(ctx, p.account, string(event.Plan), string(event.Payer))
	case timeline.ChangePlan:
		_, err = p.ChangePlan(ctx, p.account, string(event.Plan))
	case timeline.Cancel:
		_, err = p.CancelMembership(ctx, p.account)
	case timeline.Restart:
		_, err = p.RestartMembership(ctx, p.account)
	case timeline.SetMethod:
		_, err = p.SetPaymentMethod(ctx, p.account, strings.TrimPrefix(string(event.Method), string(billing.NoMethod)))
	case timeline.SetPayer:
		_, err = p.SetPayer(ctx, p.account, string(event.Payer))
	default:
		p.T.Fatalf("a scenario does %s", event.Do)
	}
	return err
}

func (p *player) redeem(event simulate.Event) error {
	card, used := p.used[event.Card]
	if !used {
		card = p.Card(product(event))
		p.names[card.Serial.String()] = event.Card
	}
	_, err := p.RedeemCode(p.T.Context(), p.account, card.Code.Reveal())
	if err == nil {
		p.used[event.Card] = card
	}
	return err
}

// timeline is what was told, with the cards by the scenario's names.
func (p *player) timeline() (events []json.RawMessage) {
	p.T.Helper()
	for told, err := range p.ListTimeline(p.T.Context(), p.account) {
		must(p.T, err)
		text := string(told.Event)
		for serial, name := range p.names {
			quoted, err := json.Marshal(name)
			must(p.T, err)
			text = strings.ReplaceAll(text, `"`+serial+`"`, string(quoted))
		}
		events = append(events, json.RawMessage(text))
	}
	return events
}

func (p *player) seen() client.Account {
	p.T.Helper()
	seen, err := p.GetAccount(p.T.Context(), p.account)
	must(p.T, err)
	return seen
}

func (p *player) end() simulate.End {
	p.T.Helper()
	seen := p.seen()
	currency, err := money.ParseCurrency(seen.Balance.Currency)
	must(p.T, err)
	end := simulate.End{Status: membership.Status(seen.Membership.Status), Balance: money.New(seen.Balance.Minor, currency)}
	if end.Status == membership.Active {
		end.PaidUntil, end.RunsOut = p.date(seen.Membership.PaidUntil), p.date(seen.RunsOut)
	}
	return end
}

func (p *player) date(text client.Date) calendar.Date {
	p.T.Helper()
	if text == "" {
		return calendar.Date{}
	}
	date, err := calendar.Parse(string(text))
	must(p.T, err)
	return date
}
