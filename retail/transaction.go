// Package retail is what a shop may do with cards at its tills: sell them, undo a sale on the same day, and take cards
// back. Its law: what is decided follows from the card, the shop and the shop's own transaction alone, and a transaction
// has one key, under which it counts once.
package retail

import (
	"errors"
	"strings"

	"scrip/calendar"
	"scrip/catalog"
)

// Operation is what a till asks for.
type Operation string

// The operations of tills. A reversal is none of them: it bears its original's transaction.
const (
	Activate Operation = "activate" // a card is sold
	Void     Operation = "void"     // its sale is undone on the same business day, and it may be sold again
	Return   Operation = "return"   // it is taken back, and dead
)

// Transaction is all that tells what a till did from what any till did before or after: ids begin anew each day.
type Transaction struct {
	Retailer  catalog.RetailerID
	Store     string
	Terminal  string
	On        calendar.Date // the business date, where the shop is
	ID        string
	Operation Operation
}

// MostID bounds the ids of stores, terminals and transactions.
const MostID = 64

// errKey says that a text is no transaction's key.
var errKey = errors.New("this is no transaction's key")

const keyParts = 6

// Key is the transaction in one text. All but the retailer's id, which stands first, are without a slash.
func (t Transaction) Key() string {
	return strings.Join([]string{string(t.Retailer), t.Store, t.Terminal, t.On.String(), t.ID, string(t.Operation)}, "/")
}

// ParseKey reads what Key writes.
func ParseKey(text string) (Transaction, error) {
	parts := strings.Split(text, "/")
	retailer := max(0, len(parts)-keyParts) + 1 // may have slashes
	if len(parts) < keyParts {
		return Transaction{}, errKey
	}
	rest := parts[retailer:]
	on, err := calendar.Parse(rest[2])
	t := Transaction{catalog.RetailerID(strings.Join(parts[:retailer], "/")), rest[0], rest[1], on, rest[3], Operation(rest[4])}
	switch t.Operation {
	case Activate, Void, Return:
	default:
		return Transaction{}, errKey
	}
	if err != nil || t.Retailer == "" || !IsID(t.Store) || !IsID(t.Terminal) || !IsID(t.ID) {
		return Transaction{}, errKey
	}
	return t, nil
}

// IsID reports whether a text may be the id of a store, a terminal or a transaction: 1 to 64 letters, digits and . _ : -
func IsID(text string) bool {
	foreign := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("._:-", r)
	}
	return text != "" && len(text) <= MostID && !strings.ContainsFunc(text, foreign)
}
