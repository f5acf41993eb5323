package money

import "strconv"

// Division is an exact quotient, and what becomes of it. What is reckoned and what is explained are the same.
type Division struct{ whole, remainder, divisor int64 }

// TaxDivision is the rate's share of a price, price × rate.
func (r Rate) TaxDivision(price Amount) Division { return divide(price.minor, r.scaled, rateScale) }

// NetDivision is a total without the tax that it contains, total / (1 + rate).
func (r Rate) NetDivision(total Amount) Division {
	return divide(total.minor, rateScale, rateScale+r.scaled)
}

// PartDivision is the part of an amount that falls on some of its days, amount × part / whole.
func PartDivision(amount Amount, part, whole int) Division {
	return divide(amount.minor, int64(part), int64(whole))
}

// DaysDivision is how many days of a period a balance pays for, days × balance / total.
func DaysDivision(balance, total Amount, days int) Division {
	balance.common(total)
	return divide(balance.minor, int64(days), total.minor)
}

func divide(a, b, d int64) Division {
	quotient, remainder := mulDiv(a, b, d)
	return Division{quotient, remainder, d}
}

// HalfUp is the nearest whole number; a half goes up.
func (d Division) HalfUp() int64 {
	if d.remainder >= d.divisor-d.remainder {
		return d.whole + 1
	}
	return d.whole
}

// Down is the whole number below.
func (d Division) Down() int64 { return d.whole }

// String is the exact quotient: a whole number, or one and a fraction in lowest terms, as in "495 + 11/31".
func (d Division) String() string {
	whole := strconv.FormatInt(d.whole, 10)
	if d.remainder == 0 {
		return whole
	}
	common := gcd(d.remainder, d.divisor)
	fraction := strconv.FormatInt(d.remainder/common, 10) + "/" + strconv.FormatInt(d.divisor/common, 10)
	if d.whole == 0 {
		return fraction
	}
	return whole + " + " + fraction
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
