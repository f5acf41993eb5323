package money_test

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"scrip/money"
)

func TestADivisionInWords(t *testing.T) {
	for _, test := range []struct {
		amount      int64
		part, whole int
		want        string
	}{{1396, 11, 31, "495 + 11/31"}, {10, 1, 2, "5"}, {1, 2, 4, "1/2"}, {0, 1, 3, "0"}, {6, 3, 4, "4 + 1/2"}} {
		if got := money.PartDivision(money.New(test.amount, usd), test.part, test.whole).String(); got != test.want {
			t.Errorf("%d × %d / %d = %s, want %s", test.amount, test.part, test.whole, got, test.want)
		}
	}
}

// TestWhatIsSaidIsExact: a division's text is the quotient, and its roundings are the quotient's.
func TestWhatIsSaidIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate, fraction := drawRate(t)
		amount := rapid.Int64Range(0, mostMinor).Draw(t, "amount")
		for _, test := range []struct {
			got  money.Division
			want *big.Rat
		}{
			{rate.TaxDivision(money.New(amount, usd)), new(big.Rat).Mul(new(big.Rat).SetInt64(amount), fraction)},
			{rate.NetDivision(money.New(amount, usd)), new(big.Rat).Quo(new(big.Rat).SetInt64(amount), new(big.Rat).Add(big.NewRat(1, 1), fraction))},
		} {
			sum := new(big.Rat)
			for term := range strings.SplitSeq(test.got.String(), " + ") {
				value, _ := new(big.Rat).SetString(term)
				sum.Add(sum, value)
			}
			if sum.Cmp(test.want) != 0 || test.got.HalfUp() != round(test.want) || test.got.Down() != new(big.Int).Div(test.want.Num(), test.want.Denom()).Int64() {
				t.Fatalf("%s, rounded %d, want %s", test.got, test.got.HalfUp(), test.want)
			}
		}
	})
}
