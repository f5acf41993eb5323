package money

import (
	"errors"
	"strings"
)

// ErrRate says that a text is not a rate as Rate describes it.
var ErrRate = errors.New("a rate is one digit, or one digit, a point and one to nine digits, as in \"0.0825\"")

// rateScale is the power of ten over which a rate's digits stand.
const rateScale = 1_000_000_000

// Rate is an exact decimal fraction such as a tax of 0.0825: at most one digit before the point and
// nine behind it (billing.md 9). Its zero value is no tax.
type Rate struct {
	scaled   int64
	decimals uint8
}

// ParseRate reads a rate.
func ParseRate(text string) (Rate, error) {
	whole, fraction, pointed := strings.Cut(text, ".")
	if len(whole) != 1 || pointed && (len(fraction) < 1 || len(fraction) > 9) {
		return Rate{}, ErrRate
	}
	scaled := int64(0)
	for _, digit := range []byte(whole + fraction + "000000000"[len(fraction):]) {
		if digit < '0' || digit > '9' {
			return Rate{}, ErrRate
		}
		scaled = scaled*10 + int64(digit-'0')
	}
	return Rate{scaled, uint8(len(fraction))}, nil
}

// IsZero reports whether the rate is nothing.
func (r Rate) IsZero() bool { return r.scaled == 0 }

func (r Rate) String() string {
	digits := []byte("0000000000")
	for at, rest := len(digits)-1, r.scaled; rest > 0; at, rest = at-1, rest/10 {
		digits[at] = byte('0' + rest%10)
	}
	if r.decimals == 0 {
		return string(digits[:1])
	}
	return string(digits[:1]) + "." + string(digits[1:1+r.decimals])
}

// MarshalText writes the rate as it was read.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a rate as ParseRate does.
func (r *Rate) UnmarshalText(text []byte) error {
	parsed, err := ParseRate(string(text))
	*r = parsed
	return err
}
