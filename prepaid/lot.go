// Package prepaid is what an account holds: lots of money, each from one card, drawn one at a time in
// the order in which they were redeemed. No lot is ever less than nothing.
package prepaid

import (
	"slices"

	"scrip/money"
)

// Kind is where a lot's value comes from. It is kept to the end, for finance.
type Kind string

// The kinds of value.
const (
	Bought      Kind = "bought"
	Promotional Kind = "promotional"
	Correction  Kind = "correction"
)

// Lot is what is left to spend of one redeemed card: what an authorization keeps of it is not there. Source
// names the card: its serial number, or its name in a scenario.
type Lot struct {
	ID     string
	Source string
	Kind   Kind
	Rest   money.Amount
	Place  int64 // in the order redeemed
}

// Draw is a part of a lot that a charge consumed, or that an authorization keeps.
type Draw struct {
	Lot    string
	Source string
	Kind   Kind
	Amount money.Amount
	Place  int64 // the lot's
}

// Balance is an account's lots in the order redeemed. Used-up lots may be left out.
type Balance []Lot

// Total is what can be spent. The sum was checked when the last lot was added.
func (b Balance) Total() money.Amount {
	var total money.Amount
	for i := range b {
		total = total.Add(b[i].Rest)
	}
	return total
}

// Add is the balance with a lot behind the others, or money.ErrOverflow.
func (b Balance) Add(lot Lot) (Balance, error) {
	if _, err := b.Total().Plus(lot.Rest); err != nil {
		return b, err
	}
	return append(b[:len(b):len(b)], lot), nil
}

// Take takes all that is left of one source, which may be nothing. What an authorization keeps of it stays kept.
func (b Balance) Take(source string) (Balance, Draw) {
	at := slices.IndexFunc(b, func(lot Lot) bool { return lot.Source == source && lot.Kind == Bought && lot.Rest.IsPositive() })
	if at < 0 {
		return b, Draw{}
	}
	lot := b[at]
	rest := slices.Clone(b)
	rest[at].Rest = lot.Rest.Zero()
	return rest, Draw{lot.ID, lot.Source, lot.Kind, lot.Rest, lot.Place}
}

// Draw takes an amount, lot after lot, appends the parts to draws, and returns what remains: the lots
// from the last one drawn on. The amount is at most the total. The balance itself is left unchanged.
func (b Balance) Draw(amount money.Amount, draws []Draw) (Balance, []Draw) {
	if draws == nil {
		draws = make([]Draw, 0, b.reach(amount))
	}
	for at, lot := range b {
		if !amount.IsPositive() {
			return b[at:], draws
		}
		part := money.Min(lot.Rest, amount)
		amount = amount.Sub(part)
		if part.IsPositive() {
			draws = append(draws, Draw{lot.ID, lot.Source, lot.Kind, part, lot.Place})
		}
		if part.Less(lot.Rest) {
			rest := append(Balance(nil), b[at:]...)
			rest[0].Rest = lot.Rest.Sub(part)
			return rest, draws
		}
	}
	if amount.IsPositive() {
		panic("prepaid: drew more than the balance")
	}
	return nil, draws
}

// reach is how many lots an amount draws on, the empty ones among them counted.
func (b Balance) reach(amount money.Amount) int {
	for at := range b {
		if !amount.IsPositive() {
			return at
		}
		amount = amount.Sub(money.Min(b[at].Rest, amount))
	}
	return len(b)
}
