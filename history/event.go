// Package history is what is told of an account, in order: one event for each thing that happened or
// was refused, in the words and the form of billing.md 9.
package history

import (
	"encoding/json"
	"strconv"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
)

// Kind says what happened.
type Kind string

// The kinds of event. A refused command tells its own kind with Refused behind it.
const (
	Redeemed            Kind = "redeemed"
	Started             Kind = "started"
	Charged             Kind = "charged"
	PlanChanged         Kind = "plan_changed"
	PlanChangeScheduled Kind = "plan_change_scheduled"
	PlanChangeWithdrawn Kind = "plan_change_withdrawn"
	Cancelled           Kind = "cancelled"
	Restarted           Kind = "restarted"
	Held                Kind = "held"
	HoldRemoved         Kind = "hold_removed"
	PaymentDeclined     Kind = "payment_declined"
	PaymentMethodSet    Kind = "payment_method_set"
	PayerSet            Kind = "payer_set"
	Reminder            Kind = "reminder"
	Closed              Kind = "closed"
	TakenBack           Kind = "taken_back" // by the bank of whoever had paid for a card
)

// The kinds of event of charges against the balance alone (billing.md 11), which no scenario has.
const (
	Authorized            Kind = "authorized"
	BalanceCharged        Kind = "balance_charged"
	AuthorizationReleased Kind = "authorization_released"
	AuthorizationExpired  Kind = "authorization_expired"
)

// Refused is the kind of a command that was refused, as in "redeem_refused".
func Refused(command string) Kind { return Kind(command + "_refused") }

// Line is one source's part of a charge: a card, payment_method, partner, apple or package.
type Line struct {
	Source string
	Amount money.Amount
}

// Event is told once, on a date. Only the fields of its kind are set.
type Event struct {
	On         calendar.Date
	Kind       Kind
	Card       string
	Plan       catalog.PlanID
	Amount     money.Amount
	Balance    money.Amount
	Start, End calendar.Date // a charge's period [Start, End)
	Total, Tax money.Amount
	Prorated   bool
	Lines      []Line
	PaidUntil  calendar.Date // of a change that moved the period's end
	Effective  calendar.Date
	Ends       calendar.Date // of a cancellation; zero where no end is in sight
	EndsUntold bool          // of a cancellation on hold, which has no end to tell
	RunsOut    calendar.Date
	Method     string
	Payer      catalog.Payer
	Reason     string

	Authorization string // its id, which is that of its charge too
	Reference     string
	Shortfall     money.Amount  // what the balance lacked
	Returned      money.Amount  // what a charge did not take of what was authorized
	Until         calendar.Date // the last day on which an authorization counts
}

// MarshalJSON writes the event with its fields in the order of billing.md 9.
func (e Event) MarshalJSON() ([]byte, error) {
	w := writer(`{`)
	w.text("on", e.On.String())
	w.text("event", string(e.Kind))
	switch e.Kind {
	case Redeemed, TakenBack:
		w.text("card", e.Card)
		w.amount("amount", e.Amount)
		w.amount("balance", e.Balance)
	case Started, PlanChangeWithdrawn:
		w.text("plan", string(e.Plan))
	case Charged:
		e.writeCharge(&w)
	case PlanChanged:
		w.text("plan", string(e.Plan))
		if !e.PaidUntil.IsZero() {
			w.text("paid_until", e.PaidUntil.String())
		}
	case PlanChangeScheduled:
		w.text("plan", string(e.Plan))
		w.text("effective", e.Effective.String())
	case Cancelled:
		if !e.EndsUntold {
			w.dateOrNull("ends", e.Ends)
		}
	case PaymentDeclined:
		w.amount("amount", e.Amount)
	case PaymentMethodSet:
		w.text("method", e.Method)
	case PayerSet:
		w.text("payer", string(e.Payer))
	case Reminder:
		w.text("runs_out", e.RunsOut.String())
		w.amount("balance", e.Balance)
	case Closed:
		w.amount("balance", e.Balance)
	case Restarted, Held, HoldRemoved:
	case Authorized, BalanceCharged, AuthorizationReleased, AuthorizationExpired:
		e.writeAuthorization(&w)
	default:
		w.text("reason", e.Reason)
		w.some("shortfall", e.Shortfall)
	}
	return append(w, '}'), nil
}

func (e Event) writeCharge(w *writer) {
	w.text("plan", string(e.Plan))
	w.field("period")
	*w = append(*w, `["`+e.Start.String()+`","`+e.End.String()+`"]`...)
	w.amount("total", e.Total)
	w.amount("tax", e.Tax)
	w.field("prorated")
	*w = strconv.AppendBool(*w, e.Prorated)
	w.lines(e.Lines)
	w.amount("balance", e.Balance)
}

// writeAuthorization writes what an authorization keeps, what a charge took, or what went back.
func (e Event) writeAuthorization(w *writer) {
	w.text("authorization", e.Authorization)
	w.text("reference", e.Reference)
	w.amount("amount", e.Amount)
	w.some("shortfall", e.Shortfall)
	w.some("returned", e.Returned)
	w.lines(e.Lines)
	if e.Kind == Authorized {
		w.text("until", e.Until.String())
	}
	w.amount("balance", e.Balance)
}

// writer appends the fields of one JSON object.
type writer []byte

func (w *writer) field(name string) {
	if len(*w) > 1 {
		*w = append(*w, ',')
	}
	*w = append(*w, `"`+name+`":`...)
}

func (w *writer) text(name, value string) {
	w.field(name)
	quoted, err := json.Marshal(value)
	if err != nil {
		panic("history: a string that cannot be written as JSON")
	}
	*w = append(*w, quoted...)
}

func (w *writer) amount(name string, value money.Amount) {
	w.field(name)
	*w = strconv.AppendInt(*w, value.Minor(), 10)
}

// some writes an amount that is more than nothing.
func (w *writer) some(name string, value money.Amount) {
	if value.IsPositive() {
		w.amount(name, value)
	}
}

func (w *writer) lines(lines []Line) {
	w.field("lines")
	*w = append(*w, '[')
	for i, line := range lines {
		if i > 0 {
			*w = append(*w, ',')
		}
		item := writer(`{`)
		item.text("source", line.Source)
		item.amount("amount", line.Amount)
		*w = append(append(*w, item...), '}')
	}
	*w = append(*w, ']')
}

func (w *writer) dateOrNull(name string, date calendar.Date) {
	if date.IsZero() {
		w.field(name)
		*w = append(*w, "null"...)
		return
	}
	w.text(name, date.String())
}
