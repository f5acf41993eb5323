package engine_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"scrip/billing"
	"scrip/catalog"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/membership"
	"scrip/simulate"
	"scrip/simulate/scenariotest"
	"scrip/timeline"
)

// TestScenarios plays every scenario through the engine over the database, its loops doing what is due
// whenever the clock has moved on to the next event.
func TestScenarios(t *testing.T) {
	scenariotest.Run(t, func(t *testing.T, s simulate.Scenario) ([]json.RawMessage, simulate.End) {
		p := &player{names: map[string]string{}, used: map[string]engine.Printed{}}
		terms := s.Terms
		terms.Catalog = p.products(t, s)
		p.World = enginetest.New(t, s.Events[0].On.Start(time.UTC), terms)
		p.account = p.Account("member@example.com", s.Country, s.Currency)
		told := p.method(s.Method)
		for _, event := range s.Events {
			p.At(event.On, 8)
			p.play(event)
		}
		p.At(s.Until, 23)
		if p.View(p.account).CloseOn == s.Until {
			p.At(s.Until, 24)
		}
		return p.Told(p.account, p.names)[told:], p.end()
	})
}

type player struct {
	*enginetest.World
	account string
	names   map[string]string // serial number to the scenario's name
	used    map[string]engine.Printed
}

// products are the catalogue with a product for each card that is redeemed.
func (p *player) products(t *testing.T, s simulate.Scenario) *catalog.Catalog {
	var products []catalog.Product
	known := map[catalog.ProductID]bool{}
	for _, event := range s.Events {
		if id := product(event); event.Do == timeline.Redeem && !known[id] {
			known[id] = true
			products = append(products, catalog.Product{ID: id, Country: s.Country, Value: event.Amount})
		}
	}
	with, err := s.Terms.Catalog.WithProducts(products, nil)
	if err != nil {
		t.Fatal(err)
	}
	return with
}

func product(event simulate.Event) catalog.ProductID {
	return catalog.ProductID(fmt.Sprintf("%s %d", event.Amount.Currency(), event.Amount.Minor()))
}

// method gives the account its method before the scenario begins, and tells how many events that told.
func (p *player) method(method billing.Method) int {
	if method == billing.NoMethod {
		return 0
	}
	p.Do(p.account, engine.Command{Kind: timeline.SetMethod, Method: token(method)})
	return 1
}

func token(method billing.Method) string {
	if method == billing.NoMethod {
		return ""
	}
	return string(method)
}

func (p *player) play(event simulate.Event) {
	command := engine.Command{Kind: event.Do, Plan: event.Plan, Payer: event.Payer, Method: token(event.Method)}
	if event.Do == timeline.Redeem {
		card, used := p.used[event.Card]
		if !used {
			card = p.Card(product(event))
			p.names[card.Serial.String()] = event.Card
		}
		command.Card = p.Handle(card)
		if p.Do(p.account, command).Refusal == nil {
			p.used[event.Card] = card
		}
		return
	}
	p.Do(p.account, command)
}

func (p *player) end() simulate.End {
	view := p.View(p.account)
	end := simulate.End{Status: view.Membership.Status, Balance: view.Balance}
	if end.Status == membership.Active {
		end.PaidUntil, end.RunsOut = view.Membership.Period.End, view.RunsOut
	}
	return end
}
