package money

import "math/bits"

// All division of the product stands here and in division.go: 128 bits in between, and half a minor unit
// is rounded up (billing.md, "Rounding is half up").

// Tax is the rate's share of a price, on top of it.
func (r Rate) Tax(price Amount) Amount {
	return Amount{r.TaxDivision(price).HalfUp(), price.currency}
}

// TaxWithin is the tax that a total contains: total − round(total / (1 + rate)).
func (r Rate) TaxWithin(total Amount) Amount {
	return Amount{total.minor - r.NetDivision(total).HalfUp(), total.currency}
}

// Split is the part of an amount that falls on some of its days: round(amount × part / whole).
// Part lies between 0 and whole, and whole is at least 1.
func Split(amount Amount, part, whole int) Amount {
	return Amount{PartDivision(amount, part, whole).HalfUp(), amount.currency}
}

// DaysCovered is how many whole days of a period a balance pays for, where the period has days and
// costs total: floor(days × balance / total). The balance is less than the total.
func DaysCovered(balance, total Amount, days int) int {
	return int(DaysDivision(balance, total, days).Down())
}

// DaysBought is how many days a value buys of a period that has days and costs total, a begun day
// counting whole: ceil(value × days / total), but never more than most.
func DaysBought(value, total Amount, days, most int) int {
	value.common(total)
	quotient, remainder := mulDiv(value.minor, int64(days), total.minor)
	if remainder > 0 {
		quotient++
	}
	return int(min(quotient, int64(most)))
}

// mulDiv is a × b / d with its remainder. What is divided is never negative, and every quotient that
// the rules ask for fits an amount; anything else is a bug.
func mulDiv(a, b, d int64) (quotient, remainder int64) {
	if a < 0 || b < 0 || d <= 0 {
		panic("money: division outside the rules")
	}
	high, low := bits.Mul64(uint64(a), uint64(b))
	if high >= uint64(d) {
		panic("money: " + ErrOverflow.Error())
	}
	q, r := bits.Div64(high, low, uint64(d))
	if q > 1<<62 {
		panic("money: " + ErrOverflow.Error())
	}
	return int64(q), int64(r)
}
