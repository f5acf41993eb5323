package prepaid

import (
	"slices"

	"scrip/calendar"
	"scrip/money"
)

// Fate is where an authorization stands: open, or how it ended. An authorization that never was has none.
type Fate string

// The fates. What has ended stays as it is.
const (
	Open     Fate = "open"
	Captured Fate = "captured"
	Released Fate = "released"
	Expired  Fate = "expired"
)

// Authorization is a part of a balance that is kept for one charge. Until it ends, nothing else can spend
// it.
type Authorization struct {
	ID        string
	Reference string // the caller's own words
	Asked     money.Amount
	Draws     []Draw        // what is kept of which lots, in the order drawn
	On        calendar.Date // when it was made
	Until     calendar.Date // the last day on which it counts
}

// Total is what is kept. It is less than what was asked for where the balance did not cover that.
func (a Authorization) Total() money.Amount { return Total(a.Draws) }

// Shortfall is what the balance lacked.
func (a Authorization) Shortfall() money.Amount { return a.Asked.Sub(a.Total()) }

// Part parts what is kept into an amount, taken from the lots that come first, and the rest. The amount is
// at most the total.
func (a Authorization) Part(amount money.Amount) (taken, rest []Draw) {
	for _, draw := range a.Draws {
		part := draw
		part.Amount = money.Min(draw.Amount, amount)
		amount = amount.Sub(part.Amount)
		if part.Amount.IsPositive() {
			taken = append(taken, part)
		}
		if draw.Amount = draw.Amount.Sub(part.Amount); draw.Amount.IsPositive() {
			rest = append(rest, draw)
		}
	}
	if amount.IsPositive() {
		panic("prepaid: parted more than is kept")
	}
	return taken, rest
}

// Return gives parts that were drawn back to their lots, each in its place in the order redeemed. The
// balance itself is left unchanged.
func (b Balance) Return(draws []Draw) Balance {
	b = slices.Clone(b)
	for _, draw := range draws {
		at := slices.IndexFunc(b, func(lot Lot) bool { return lot.Place >= draw.Place })
		switch {
		case at < 0:
			b = append(b, draw.lot())
		case b[at].ID == draw.Lot:
			b[at].Rest = b[at].Rest.Add(draw.Amount)
		default:
			b = slices.Insert(b, at, draw.lot())
		}
	}
	return b
}

// lot is a lot that was used up, with what comes back.
func (d Draw) lot() Lot { return Lot{d.Lot, d.Source, d.Kind, d.Amount, d.Place} }

// Total is the sum of parts of lots.
func Total(draws []Draw) money.Amount {
	var sum money.Amount
	for _, draw := range draws {
		sum = sum.Add(draw.Amount)
	}
	return sum
}
