// Package timeline lives an account's days in order (billing.md 1): what is due, the day's commands,
// the closing of a hold, the reminder. It steps from one thing that is due to the next, however far
// apart they lie, and the engine, the simulation and every preview step through it alike.
package timeline

import (
	"slices"
	"time"

	"scrip/billing"
	"scrip/calendar"
	"scrip/forecast"
	"scrip/giftcard"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
	"scrip/notice"
	"scrip/prepaid"
)

// State is an account and what it was told.
type State struct {
	billing.Account
	Estimate forecast.Estimate
	Reminded []calendar.Date
}

// New is the state of an account on which nothing has happened yet.
func New(account billing.Account, on calendar.Date) State {
	account.Membership = membership.New()
	return State{Account: account, Estimate: forecast.Estimate{Made: on}}
}

// Since is the latest date that the state tells of. What happens from now on happens on that date or
// later, whatever a clock says that was set back.
func (s State) Since() calendar.Date {
	since := s.Estimate.Made
	for _, date := range []calendar.Date{s.Membership.Period.Start, s.Membership.Period.ValuedFrom, s.Membership.HeldOn, s.Membership.Retried} {
		if date.After(since) {
			since = date
		}
	}
	return since
}

// At is the moment of an instant in a zone, in this state's life.
func (s State) At(instant time.Time, zone *time.Location) Moment {
	at := At(instant, zone)
	if since := s.Since(); at.On.Before(since) {
		return Moment{since, Dawn}
	}
	return at
}

// Outcome is what follows from living some days, or from a command. Where Asked is more than nothing,
// the payment method must be asked before Question, put on the date On, can be answered; the rest of
// the outcome has happened nevertheless.
type Outcome struct {
	State      State
	Events     []history.Event
	Charges    []billing.Charge
	Authorized []prepaid.Authorization // that were made
	Ended      []billing.Ending        // authorizations that ended
	Redemption giftcard.Redemption     // of a redeemed card
	Taken      prepaid.Draw            // of a card whose payment was charged back
	Refusal    error                   // why a command was refused; its events tell it
	Asked      money.Amount
	Question   billing.Question
	On         calendar.Date
}

// Next is the next moment at which something is due, if nothing else happens before.
func (s State) Next(policy billing.Policy) (Moment, bool) {
	next, due := s.nextOfMembership(policy)
	for _, open := range s.Authorizations {
		expiry := Moment{open.Until.Plus(1), Expiring}
		if !due {
			next, due = expiry, true
		}
		next = earlier(next, expiry)
	}
	return next, due
}

func (s State) nextOfMembership(policy billing.Policy) (Moment, bool) {
	m := s.Membership
	switch m.Status {
	case membership.Active:
		next := Moment{m.Period.End, Dawn}
		if on, due := notice.Reminder(s.Estimate, policy.ReminderDays, s.Reminded); due {
			next = earlier(next, Moment{on, Reminding})
		}
		return next, true
	case membership.Held:
		next := Moment{m.HeldOn.Plus(policy.CloseHeldAfterDays), Dusk}
		if on, due := nextRetry(m, policy.RetryDays); due {
			next = earlier(next, Moment{on, Dawn})
		}
		return next, true
	}
	return Moment{}, false
}

// Live lives all that is due up to and with a moment. The answer is for the first renewal or retry: the
// one that asked a payment method when it was put before. At the next one that asks, it stops.
func Live(s State, terms billing.Terms, until Moment, answer billing.Answer) (Outcome, error) {
	o := Outcome{State: s}
	for {
		next, due := o.State.Next(terms.Policy)
		if !due || until.Before(next) {
			return o, nil
		}
		if next.Phase == Reminding {
			o.remind(next.On)
			continue
		}
		decided, err := o.due(terms, next, answer)
		if err != nil {
			return o, err
		}
		if err := o.follow(decided, terms, next.On); err != nil || o.Asked.IsPositive() {
			return o, err
		}
		if next.Phase != Expiring {
			answer = billing.Unasked
		}
	}
}

// due puts the rule of a moment at which an expiry, a renewal, a retry or a closing is due.
func (o *Outcome) due(terms billing.Terms, next Moment, answer billing.Answer) (billing.Outcome, error) {
	a := o.State.Account
	switch {
	case next.Phase == Expiring:
		return billing.Expire(a, terms, next.On)
	case next.Phase == Dusk:
		return billing.CloseHeld(a, next.On), nil
	case a.Membership.Status == membership.Active:
		return billing.Due(a, terms, next.On, answer)
	}
	return billing.Retry(a, terms, next.On, answer)
}

func (o *Outcome) remind(on calendar.Date) {
	runsOut := o.State.Estimate.RunsOut
	o.Events = append(o.Events, history.Event{On: on, Kind: history.Reminder, RunsOut: runsOut, Balance: o.State.Balance.Total()})
	o.State.Reminded = append(slices.Clip(o.State.Reminded), runsOut)
}

// follow adds what one rule decided, and reckons the estimate anew where it no longer holds.
func (o *Outcome) follow(decided billing.Outcome, terms billing.Terms, on calendar.Date) error {
	o.State.Account = decided.Account
	o.Events = append(o.Events, decided.Events...)
	o.Charges = append(o.Charges, decided.Charges...)
	o.Authorized, o.Ended = append(o.Authorized, decided.Authorized...), append(o.Ended, decided.Ended...)
	o.Asked, o.Question, o.On = decided.Asked, decided.Question, on
	if decided.Asked.IsPositive() && len(decided.Events) == 0 {
		return nil
	}
	if on.Before(o.State.Estimate.Holds) && renewedAsForeseen(decided) {
		return nil
	}
	var err error
	o.State.Estimate, err = forecast.Of(o.State.Account, terms, on)
	return err
}

// renewedAsForeseen reports whether a due renewal was paid as an estimate takes it to be while it holds:
// by the balance alone, or by Apple or a package. All else may move the estimate, and so does a payment
// method that was taken to decline and paid.
func renewedAsForeseen(decided billing.Outcome) bool {
	if len(decided.Charges) != 1 || decided.Events[0].Kind != history.Charged {
		return false
	}
	return decided.Charges[0].PaidBy == membership.ByBalance || decided.Account.Membership.Payer.PaysAlways()
}

func nextRetry(m membership.Membership, retryDays []int) (calendar.Date, bool) {
	for _, days := range retryDays {
		if on := m.HeldOn.Plus(days); on.After(m.Retried) {
			return on, true
		}
	}
	return calendar.Date{}, false
}

func earlier(a, b Moment) Moment {
	if b.Before(a) {
		return b
	}
	return a
}
