package simulate

import (
	"fmt"
	"slices"
	"strings"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
	"scrip/strict"
	"scrip/timeline"
)

// entry is an event and where its fields stand.
type entry struct {
	Event
	found strict.Marks
}

func (r *reader) events() ([]entry, error) {
	var events []entry
	var last calendar.Date
	err := r.some("event", func() error {
		event, err := r.event()
		if err != nil {
			return err
		}
		if event.On.Before(last) {
			return r.In("on", func() error {
				return r.Mistake(event.found["on"], fmt.Sprintf("%s is before the event above it, on %s", event.On, last), "put the events in order of their dates")
			})
		}
		last = event.On
		events = append(events, event)
		return nil
	})
	return events, err
}

// event reads the fields of all kinds of event, and then looks whether they are those of its own.
func (r *reader) event() (entry, error) {
	var e entry
	var minor int64
	var currency money.Currency
	r.Next()
	opened := r.At()
	found, err := r.Record(
		strict.Required("on", strict.Into(&e.On, r.date)),
		strict.Required("do", strict.Into(&e.Do, strict.OneOf(r.Reader, kinds...))),
		strict.Optional("card", strict.Into(&e.Card, r.card)),
		strict.Optional("amount", strict.Into(&minor, r.amount)),
		strict.Optional("currency", strict.Into(&currency, r.currency)),
		strict.Optional("plan", strict.Into(&e.Plan, named[catalog.PlanID](r))),
		strict.Optional("payer", strict.Into(&e.Payer, r.payer())),
		strict.Optional("method", strict.Into(&e.Method, r.method())),
	)
	if err != nil {
		return e, err
	}
	e.found, e.Amount = found, money.New(minor, currency)
	if e.Do == timeline.Start && e.Payer == "" {
		e.Payer = catalog.Self
	}
	return e, r.shape(opened, e)
}

// shape checks that an event has the fields of its kind and no others.
func (r *reader) shape(opened int, e entry) error {
	must, may := shapeOf(e.Do)
	for _, name := range must {
		if _, given := e.found[name]; !given {
			return r.Missing(opened, name, "add it: "+fieldsTold(e.Do))
		}
	}
	for _, name := range []string{"card", "amount", "currency", "plan", "payer", "method"} {
		if at, given := e.found[name]; given && !slices.Contains(must, name) && !slices.Contains(may, name) {
			return r.In(name, func() error {
				return r.Mistake(at, "the field does not belong to this event", "take it out: "+fieldsTold(e.Do))
			})
		}
	}
	return nil
}

// fieldsTold says which fields an event of a kind has.
func fieldsTold(kind timeline.Kind) string {
	must, may := shapeOf(kind)
	return "a " + string(kind) + " has " + strict.Enumerated(slices.Concat([]string{"on", "do"}, must, may), "and")
}

// kinds are the events of billing.md 9.
var kinds = []timeline.Kind{timeline.Redeem, timeline.Start, timeline.ChangePlan, timeline.Cancel,
	timeline.Restart, timeline.SetMethod, timeline.SetPayer}

// shapeOf is what an event of a kind must and may have beside on and do.
func shapeOf(kind timeline.Kind) (must, may []string) {
	switch kind {
	case timeline.Redeem:
		return []string{"card", "amount", "currency"}, nil
	case timeline.Start:
		return []string{"plan"}, []string{"payer"}
	case timeline.ChangePlan:
		return []string{"plan"}, nil
	case timeline.SetMethod:
		return []string{"method"}, nil
	case timeline.SetPayer:
		return []string{"payer"}, nil
	case timeline.Cancel, timeline.Restart:
	}
	return nil, nil
}

// card reads a card's name. A charge's lines name other sources beside cards, and no card is called
// like one of those.
func (r *reader) card() (string, error) {
	read := named[string](r)
	r.Next()
	at := r.At()
	card, err := read()
	if err == nil && slices.Contains(sources, card) {
		return "", r.Mistake(at, fmt.Sprintf("no card is called %q", card), "call it otherwise than "+strings.Join(sources, ", "))
	}
	return card, err
}

// sources are those of a charge's lines that are no cards.
var sources = []string{"payment_method", string(catalog.Partner), string(catalog.Apple), string(catalog.Package)}
