package billing

import (
	"errors"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/history"
	"scrip/membership"
	"scrip/money"
	"scrip/prepaid"
)

// ErrPaymentRequired says that nothing pays for a membership that would start.
var ErrPaymentRequired = errors.New("nothing pays for the first period: redeem a card or set a payment method")

// Outcome is what follows from a command or from a due day. Where Asked is more than nothing, the
// payment method must be asked for that amount before Question can be decided; all else in the outcome
// has happened nevertheless.
type Outcome struct {
	Account  Account
	Events   []history.Event
	Charges  []Charge
	Asked    money.Amount
	Question Question

	Authorized []prepaid.Authorization // that were made
	Ended      []Ending                // authorizations that ended
	Short      money.Amount            // of a refused request: what the balance lacks
}

// Question is what waits for a payment method's answer.
type Question string

// The questions. A start changes nothing until it is answered.
const (
	OfRenewal Question = "renewal"
	OfRetry   Question = "retry"
	OfRelease Question = "release"
	OfStart   Question = "start"
)

// tell adds an event.
func (o *Outcome) tell(event history.Event) { o.Events = append(o.Events, event) }

// bill adds what a renewal told and charged.
func (o *Outcome) bill(r Renewal, on calendar.Date) {
	o.Events = r.tell(on, o.Events)
	if r.Verdict == Paid {
		o.Charges = append(o.Charges, r.Charge)
	}
}

// ask leaves the outcome with an open question.
func (o Outcome) ask(r Renewal, question Question) Outcome {
	o.Asked, o.Question = r.Asked, question
	return o
}

// Due is a renewal as it is lived, with what it tells: a pending plan_changed, then payment_declined,
// then charged, held or closed.
func Due(a Account, terms Terms, on calendar.Date, answer Answer) (Outcome, error) {
	r, err := Renew(a, terms, on, answer)
	o := Outcome{Account: r.Account}
	if err != nil {
		return Outcome{Account: a}, err
	}
	if r.Verdict == Asking {
		return o.ask(r, OfRenewal), nil
	}
	if r.Changed {
		o.tell(history.Event{On: on, Kind: history.PlanChanged, Plan: a.Membership.Pending})
	}
	o.bill(r, on)
	switch r.Account.Membership.Status {
	case membership.Held:
		o.tell(history.Event{On: on, Kind: history.Held})
	case membership.Closed:
		o.tell(r.Account.closed(on))
	}
	return o, nil
}

// Retry is a retry that falls on a date, on hold.
func Retry(a Account, terms Terms, on calendar.Date, answer Answer) (Outcome, error) {
	o, err := Release(a, terms, on, answer)
	if o.Asked.IsPositive() {
		o.Question = OfRetry
		return o, err
	}
	if o.Account.Membership.Status == membership.Held {
		o.Account.Membership.Retried = on
	}
	return o, err
}

// Release tries at once, on hold, all of billing.md 4. What succeeds removes the hold: a period begins
// that day, with that day as the anchor.
func Release(a Account, terms Terms, on calendar.Date, answer Answer) (Outcome, error) {
	o := Outcome{Account: a}
	trial := a
	trial.Membership.Anchor = on.Day()
	r, err := pay(trial, terms, on, answer)
	switch {
	case err != nil:
		return o, err
	case r.Verdict == Asking:
		return o.ask(r, OfRelease), nil
	case r.Verdict == Paid:
		o.Account = r.Account
		o.tell(history.Event{On: on, Kind: history.HoldRemoved})
	}
	o.bill(r, on)
	return o, nil
}

// GiveUp is what follows when a payment method stayed silent for too long: a renewal that waited is
// held as of this date, a start is refused, and what was on hold stays so.
func GiveUp(a Account, question Question, on calendar.Date) (Outcome, error) {
	o := Outcome{Account: a}
	switch question {
	case OfRenewal:
		if a.Membership.Pending != "" {
			o.Account.Membership.Plan, o.Account.Membership.Pending = a.Membership.Pending, ""
			o.tell(history.Event{On: on, Kind: history.PlanChanged, Plan: a.Membership.Pending})
		}
		o.Account.Membership = o.Account.Membership.Hold(on)
		o.tell(history.Event{On: on, Kind: history.Held})
	case OfRetry:
		o.Account.Membership.Retried = on
	case OfStart:
		return o, ErrPaymentRequired
	case OfRelease:
	}
	return o, nil
}

// CloseHeld ends a hold that lasted for too long.
func CloseHeld(a Account, on calendar.Date) Outcome {
	a.Membership = a.Membership.Close()
	return Outcome{Account: a, Events: []history.Event{a.closed(on)}}
}

// Start begins a membership. What a refusal told before it (a decline) stands in the outcome.
func Start(a Account, terms Terms, on calendar.Date, plan catalog.PlanID, payer catalog.Payer, answer Answer) (Outcome, error) {
	o := Outcome{Account: a}
	if err := a.Membership.MayStart(); err != nil {
		return o, err
	}
	if _, err := terms.Catalog.Price(plan, a.Currency, on); err != nil {
		return o, err
	}
	trial := a
	trial.Membership = membership.Membership{Plan: plan, Payer: payer, Anchor: on.Day()}
	r, err := pay(trial, terms, on, answer)
	switch {
	case err != nil:
		return o, err
	case r.Verdict == Asking:
		return o.ask(r, OfStart), nil
	case r.Verdict == Nobody:
		o.bill(r, on)
		return o, ErrPaymentRequired
	}
	o.Account = r.Account
	o.tell(history.Event{On: on, Kind: history.Started, Plan: plan})
	o.bill(r, on)
	return o, nil
}

// Change moves a membership to another plan (billing.md 5).
func Change(a Account, terms Terms, on calendar.Date, plan catalog.PlanID) (Outcome, error) {
	o := Outcome{Account: a}
	m := a.Membership
	if err := m.MayChange(); err != nil {
		return o, err
	}
	if _, known := terms.Catalog.Plan(plan); !known {
		return o, catalog.ErrUnknownPlan
	}
	if plan == m.Plan && m.Pending == "" {
		return o, membership.ErrSamePlan
	}
	price, err := terms.Catalog.Price(plan, a.Currency, on)
	if err != nil {
		return o, err
	}
	switch {
	case m.Status == membership.Held:
		o.Account.Membership.Plan, o.Account.Membership.Pending = plan, ""
		o.tell(history.Event{On: on, Kind: history.PlanChanged, Plan: plan})
		return o.release(terms, on)
	case plan == m.Plan:
		o.Account.Membership.Pending = ""
		o.tell(history.Event{On: on, Kind: history.PlanChangeWithdrawn, Plan: plan})
		return o, nil
	}
	present, err := terms.Catalog.Price(m.Plan, a.Currency, on)
	if err != nil {
		return o, err
	}
	if present.Less(price) {
		return o.upgrade(terms, on, plan)
	}
	o.Account.Membership.Pending = plan
	o.tell(history.Event{On: on, Kind: history.PlanChangeScheduled, Plan: plan, Effective: m.Period.End})
	return o, nil
}

// upgrade takes effect at once. Under Rebase, what is left of the present period's value buys days of
// the new plan; nothing is charged.
func (o Outcome) upgrade(terms Terms, on calendar.Date, plan catalog.PlanID) (Outcome, error) {
	m := &o.Account.Membership
	m.Plan, m.Pending = plan, ""
	if terms.Policy.Upgrade == Rebase && m.Period.PaidBy.Movable() {
		month, err := terms.Catalog.Total(plan, o.Account.Country, o.Account.Currency, on)
		if err != nil {
			return o, err
		}
		left := on.Until(m.Period.End)
		value := money.Split(m.Period.Value, left, m.Period.ValuedFrom.Until(m.Period.End))
		days := on.Until(on.NextMonth(on.Day()))
		end := on.Plus(max(1, money.DaysBought(value, month.Amount, days, left)))
		if end != m.Period.End {
			m.Anchor = end.Day()
		}
		m.Period.Value, m.Period.ValuedFrom, m.Period.End = value, on, end
	}
	o.tell(history.Event{On: on, Kind: history.PlanChanged, Plan: plan, PaidUntil: m.Period.End})
	return o, nil
}

// Cancel ends a membership when the balance has run out, or at once on hold. Its event, which tells
// when that will be, is the caller's to complete: only the forecast knows.
func Cancel(a Account, on calendar.Date) (Outcome, error) {
	o := Outcome{Account: a}
	if err := a.Membership.MayCancel(); err != nil {
		return o, err
	}
	cancelled := history.Event{On: on, Kind: history.Cancelled}
	if a.Membership.Status == membership.Held {
		cancelled.EndsUntold = true
		o.tell(cancelled)
		o.Account.Membership = a.Membership.Close()
		o.tell(o.Account.closed(on))
		return o, nil
	}
	o.Account.Membership.Cancelled = true
	o.tell(cancelled)
	return o, nil
}

// Restart takes a cancellation back, and nothing else.
func Restart(a Account, on calendar.Date) (Outcome, error) {
	o := Outcome{Account: a}
	if err := a.Membership.MayRestart(); err != nil {
		return o, err
	}
	o.Account.Membership.Cancelled = false
	o.tell(history.Event{On: on, Kind: history.Restarted})
	return o, nil
}

// SetPayer hands the bill for the periods that begin from now on to another payer.
func SetPayer(a Account, on calendar.Date, payer catalog.Payer) (Outcome, error) {
	o := Outcome{Account: a}
	if err := a.Membership.MaySetPayer(); err != nil {
		return o, err
	}
	o.Account.Membership.Payer = payer
	o.tell(history.Event{On: on, Kind: history.PayerSet, Payer: payer})
	return o, nil
}

// SetMethod sets a payment method, or none; on hold it is tried.
func SetMethod(a Account, terms Terms, on calendar.Date, method Method) (Outcome, error) {
	o := Outcome{Account: a}
	o.Account.Method = method
	o.tell(history.Event{On: on, Kind: history.PaymentMethodSet, Method: string(method)})
	return o.release(terms, on)
}

// Receive adds a redeemed card's lot; on hold it is tried. It fails with money.ErrOverflow where the
// balance would be larger than an amount can hold.
func Receive(a Account, terms Terms, on calendar.Date, lot prepaid.Lot) (Outcome, error) {
	o := Outcome{Account: a}
	balance, err := a.Balance.Add(lot)
	if err != nil {
		return o, err
	}
	if _, err := balance.Total().Plus(a.Authorized()); err != nil {
		return o, err // what is authorized may come back
	}
	o.Account.Balance = balance
	o.tell(history.Event{On: on, Kind: history.Redeemed, Card: lot.Source, Amount: lot.Rest, Balance: balance.Total()})
	return o.release(terms, on)
}

// release goes on with Release where the account is on hold, asking the method if it must be asked.
func (o Outcome) release(terms Terms, on calendar.Date) (Outcome, error) {
	if o.Account.Membership.Status != membership.Held {
		return o, nil
	}
	next, err := Release(o.Account, terms, on, Unasked)
	next.Events = append(o.Events, next.Events...)
	return next, err
}

func (a Account) closed(on calendar.Date) history.Event {
	return history.Event{On: on, Kind: history.Closed, Balance: a.Balance.Total()}
}
