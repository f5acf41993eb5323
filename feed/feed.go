// Package feed is what is told to other systems: public events, each of a type and a version, that follow from what
// was told of an account (history) or of a card that no account has. Nothing is written for them by themselves: a
// row that was told is turned into its events whenever somebody reads it, and always into the same.
package feed

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"scrip/history"
	"scrip/membership"
	"scrip/money"
)

// ErrType says that there is no such type of event.
var ErrType = errors.New("there is no such type of event: docs/webhooks.md has the table")

// ErrID says that a text is not an event's id.
var ErrID = errors.New("an event's id looks like evt_…_17_0")

// Type names what happened.
type Type string

// ParseType reads a type's name.
func ParseType(text string) (Type, error) {
	if !slices.ContainsFunc(Types(), func(d Description) bool { return d.Type == Type(text) }) {
		return "", ErrType
	}
	return Type(text), nil
}

// Told is a row of what was told, of an account, a card or a batch of cards: the subject.
type Told struct {
	Subject  string // an account, a batch, or what a card is kept under
	Number   int64  // counts up within the subject
	Kind     history.Kind
	Body     json.RawMessage
	At       time.Time
	Currency money.Currency // of the account
}

// Event is one public event. It holds no code: a card is its serial number.
type Event struct {
	ID      string    `json:"id"`
	Type    Type      `json:"type"`
	Version int       `json:"version"`
	At      time.Time `json:"timestamp"`
	Account string    `json:"account,omitempty"` // of what happened on an account
	Number  int64     `json:"number"`            // counts up within the account, the card or the batch
	Data    Data      `json:"data"`

	place int // among the events of its number
}

// Data is what an event tells. Only the fields of its type are set; amounts are minor units of the currency.
type Data struct {
	Card      string   `json:"card,omitempty"`  // a serial number
	Cards     []string `json:"cards,omitempty"` // serial numbers
	Batch     string   `json:"batch,omitempty"`
	Product   string   `json:"product,omitempty"`
	Plan      string   `json:"plan,omitempty"`
	Period    []string `json:"period,omitempty"` // [start, end)
	Amount    *int64   `json:"amount,omitempty"`
	Total     *int64   `json:"total,omitempty"`
	Tax       *int64   `json:"tax,omitempty"`
	Prorated  *bool    `json:"prorated,omitempty"`
	Lines     []Line   `json:"lines,omitempty"`
	Balance   *int64   `json:"balance,omitempty"`
	Currency  string   `json:"currency,omitempty"`
	PaidUntil string   `json:"paid_until,omitempty"`
	Effective string   `json:"effective,omitempty"`
	Ends      string   `json:"ends,omitempty"`
	RunsOut   string   `json:"runs_out,omitempty"`
	Method    string   `json:"method,omitempty"`
	Payer     string   `json:"payer,omitempty"`
	Until     string   `json:"until,omitempty"`

	Authorization string `json:"authorization,omitempty"` // of a charge against the balance
	Reference     string `json:"reference,omitempty"`     // of the service's own biller
	Shortfall     *int64 `json:"shortfall,omitempty"`
	Returned      *int64 `json:"returned,omitempty"`
}

// Line is one source's part of a charge: a card's serial number, payment_method, partner, apple or package.
type Line struct {
	Source string `json:"source"`
	Amount int64  `json:"amount"`
}

// Of are the events that follow from a row, in order. A command that was refused changed nothing, and none follow
// from it.
func Of(t Told) ([]Event, error) {
	tells := follows[t.Kind]
	if len(tells) == 0 {
		return nil, nil
	}
	var all Data
	if err := json.Unmarshal(t.Body, &all); err != nil {
		return nil, fmt.Errorf("event %d of %s: %w", t.Number, t.Kind, err)
	}
	name := all.Card
	if all.Batch != "" {
		name = all.Batch
	}
	account := ""
	if !ofCards[t.Kind] {
		name, account, all.Currency = t.Subject, t.Subject, t.Currency.String()
	}
	var events []Event
	for place, tell := range tells {
		if !tell.when(all) {
			continue
		}
		events = append(events, Event{ID: ID{name, t.Number, place}.String(), Type: tell.Type, Version: tell.Version, At: t.At,
			Account: account, Number: t.Number, Data: tell.keep(all), place: place})
	}
	return events, nil
}

// Place tells events of one number apart, and orders them.
func (e Event) Place() int { return e.place }

// longestName bounds the name of an account, a batch or a card.
const longestName = 64

// Places is how many events at most follow from one row.
const Places = 8

// ID names an event: the account, batch or serial number that it is told of, its number, and its place among those of
// the same number.
type ID struct {
	Of     string
	Number int64
	Place  int
}

// String is the id as others see it. It has no full stop, which Standard Webhooks keeps for what is signed.
func (id ID) String() string { return fmt.Sprintf("evt_%s_%d_%d", id.Of, id.Number, id.Place) }

// ParseID reads what String writes.
func ParseID(text string) (ID, error) {
	parts := strings.Split(text, "_")
	if len(parts) != 4 || parts[0] != "evt" || !isName(parts[1]) {
		return ID{}, ErrID
	}
	number, failedNumber := strconv.ParseInt(parts[2], 10, 64)
	place, failedPlace := strconv.Atoi(parts[3])
	id := ID{parts[1], number, place}
	if failedNumber != nil || failedPlace != nil || number < 1 || place < 0 || place >= Places || id.String() != text {
		return ID{}, ErrID
	}
	return id, nil
}

// isName reports whether a text may name a row: it goes to the database as it is.
func isName(text string) bool {
	return text != "" && len(text) <= longestName && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

func always(Data) bool { return true }

// drawn reports whether a charge drew on the balance.
func drawn(d Data) bool {
	others := []membership.PaidBy{membership.ByMethod, membership.ByPartner, membership.ByApple, membership.ByPackage}
	return slices.ContainsFunc(d.Lines, func(line Line) bool { return !slices.Contains(others, membership.PaidBy(line.Source)) })
}

// exhausted reports whether a charge drew all that was left.
func exhausted(d Data) bool { return drawn(d) && d.Balance != nil && *d.Balance == 0 }
