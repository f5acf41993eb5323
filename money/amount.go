// Package money counts: whole minor units of one currency, exact rates, and the few divisions that the
// rules need. Nothing here passes through floating point, and nothing overflows unseen.
package money

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// ErrOverflow says that a sum is larger than an Amount can hold.
var ErrOverflow = errors.New("the sum is larger than an amount can hold")

// Amount is a number of minor units (cents, yen) of one currency. Its zero value is no money of no
// currency, which may be added to any.
type Amount struct {
	minor    int64
	currency Currency
}

// New is an amount of minor units.
func New(minor int64, currency Currency) Amount { return Amount{minor, currency} }

// Minor is the amount in minor units.
func (a Amount) Minor() int64 { return a.minor }

// Currency is the amount's currency.
func (a Amount) Currency() Currency { return a.currency }

// Zero is nothing, of the same currency.
func (a Amount) Zero() Amount { return Amount{0, a.currency} }

// IsZero reports whether the amount is nothing.
func (a Amount) IsZero() bool { return a.minor == 0 }

// IsPositive reports whether the amount is more than nothing.
func (a Amount) IsPositive() bool { return a.minor > 0 }

// Less reports whether a is less than b. It panics on two currencies.
func (a Amount) Less(b Amount) bool {
	a.common(b)
	return a.minor < b.minor
}

// Min is the smaller of the two.
func Min(a, b Amount) Amount {
	if b.Less(a) {
		return b
	}
	return a
}

// Plus is the sum, or ErrOverflow.
func (a Amount) Plus(b Amount) (Amount, error) {
	currency := a.common(b)
	if (b.minor > 0 && a.minor > math.MaxInt64-b.minor) || (b.minor < 0 && a.minor < math.MinInt64-b.minor) {
		return Amount{}, ErrOverflow
	}
	return Amount{a.minor + b.minor, currency}, nil
}

// Add is the sum of amounts that are known to fit, such as the parts of a whole. It panics where they
// do not, or on two currencies: both are the program's own mistake.
func (a Amount) Add(b Amount) Amount {
	sum, err := a.Plus(b)
	if err != nil {
		panic("money: " + err.Error())
	}
	return sum
}

// Sub is the difference; it panics as Add does.
func (a Amount) Sub(b Amount) Amount {
	if b.minor == math.MinInt64 {
		panic("money: " + ErrOverflow.Error())
	}
	return a.Add(Amount{-b.minor, b.currency})
}

// String writes the amount for logs and the support desk, as in "16.77 USD". Pages and mails write it
// as the reader's language does.
func (a Amount) String() string {
	return strings.TrimSuffix(fmt.Sprintf("%s %s", a.Decimal(), a.currency), " ")
}

// Decimal is the amount in major units with all of the currency's digits, as in "16.77".
func (a Amount) Decimal() string {
	digits := a.currency.Digits()
	sign, magnitude := "", uint64(a.minor)
	if a.minor < 0 {
		sign, magnitude = "-", -uint64(a.minor)
	}
	text := fmt.Sprintf("%0*d", digits+1, magnitude)
	if digits == 0 {
		return sign + text
	}
	point := len(text) - digits
	return sign + text[:point] + "." + text[point:]
}

// common is the currency of both. Adding two currencies is a bug, never an input.
func (a Amount) common(b Amount) Currency {
	switch {
	case a.currency == b.currency, b.currency.IsZero() && b.minor == 0:
		return a.currency
	case a.currency.IsZero() && a.minor == 0:
		return b.currency
	}
	panic(fmt.Sprintf("money: %s meets %s", a.currency, b.currency))
}
