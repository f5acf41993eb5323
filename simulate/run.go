// Package simulate lives a scenario on the rules alone: a catalogue, a policy, an account and its dated
// events in, the timeline that follows out (billing.md 9).
package simulate

import (
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/forecast"
	"scrip/giftcard"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
	"scrip/timeline"
)

// Scenario is a what-if: what a service sells, and what happens to one account.
type Scenario struct {
	Name, Says string
	Terms      billing.Terms
	Country    catalog.Country
	Currency   money.Currency
	Method     billing.Method
	Events     []Event // at least one, in order of their dates
	Until      calendar.Date
}

// Event is something that happens on a date. Only the fields of its kind are set.
type Event struct {
	On     calendar.Date
	Do     timeline.Kind
	Card   string
	Amount money.Amount
	Plan   catalog.PlanID
	Payer  catalog.Payer
	Method billing.Method
}

// Result is what follows from a scenario.
type Result struct {
	Timeline []history.Event
	End      End
}

// End is how the account stands at the end of the last day. Its dates are zero where there is none.
type End struct {
	Status    membership.Status
	Balance   money.Amount
	PaidUntil calendar.Date
	RunsOut   calendar.Date
}

// life is a scenario as far as it was lived.
type life struct {
	terms    billing.Terms
	state    timeline.State
	redeemed map[string]bool
	told     []history.Event
}

// Run lives a scenario from its first event to the end of its last day.
func Run(s Scenario) (Result, error) {
	l := life{terms: s.Terms, redeemed: map[string]bool{}}
	account := billing.Account{Country: s.Country, Currency: s.Currency, Method: s.Method}
	l.state = timeline.New(account, s.Events[0].On)
	for _, event := range s.Events {
		if err := l.live(timeline.Moment{On: event.On, Phase: timeline.Dawn}); err != nil {
			return Result{}, err
		}
		if err := l.do(event); err != nil {
			return Result{}, err
		}
	}
	if err := l.live(timeline.Moment{On: s.Until, Phase: timeline.Dusk}); err != nil {
		return Result{}, err
	}
	end, err := EndOf(l.state, s.Terms, s.Until)
	return Result{l.told, end}, err
}

// live lives all that is due up to a moment; the payment method answers at once.
func (l *life) live(until timeline.Moment) error {
	o, err := timeline.Live(l.state, l.terms, until, billing.Unasked)
	for l.take(o); err == nil && o.Asked.IsPositive(); l.take(o) {
		o, err = timeline.Live(l.state, l.terms, until, l.state.Method.Answer())
	}
	return err
}

func (l *life) do(event Event) error {
	command := timeline.Command{Kind: event.Do, Plan: event.Plan, Payer: event.Payer, Method: event.Method}
	if event.Do == timeline.Redeem {
		command.Card = giftcard.Card{Serial: event.Card, Value: event.Amount, State: giftcard.Active}
		if l.redeemed[event.Card] {
			command.Card.State = giftcard.Redeemed
		}
	}
	o, err := timeline.Do(l.state, l.terms, event.On, command, billing.Unasked)
	if o.Redemption.Card.State == giftcard.Redeemed {
		l.redeemed[event.Card] = true
	}
	l.take(o)
	if err == nil && o.Asked.IsPositive() {
		o, err = timeline.Answered(l.state, l.terms, event.On, o.Question, command, l.state.Method.Answer())
		l.take(o)
	}
	return err
}

func (l *life) take(o timeline.Outcome) {
	l.state, l.told = o.State, append(l.told, o.Events...)
}

// EndOf is how a state stands on a date, with an estimate reckoned as of then.
func EndOf(state timeline.State, terms billing.Terms, on calendar.Date) (End, error) {
	end := End{Status: state.Membership.Status, Balance: state.Balance.Total()}
	if end.Status != membership.Active {
		return end, nil
	}
	estimate, err := forecast.Of(state.Account, terms, on)
	end.PaidUntil, end.RunsOut = state.Membership.Period.End, estimate.RunsOut
	return end, err
}
