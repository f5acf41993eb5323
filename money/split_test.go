package money_test

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"scrip/money"
)

const mostMinor = 1_000_000_000_000_000 // billing.md 9

// half up, by fractions.
func round(r *big.Rat) int64 {
	doubled := new(big.Rat).Add(r, big.NewRat(1, 2))
	return new(big.Int).Div(doubled.Num(), doubled.Denom()).Int64()
}

func drawRate(t *rapid.T) (money.Rate, *big.Rat) {
	text := rapid.StringMatching(`[0-9](\.[0-9]{1,9})?`).Draw(t, "rate")
	rate, err := money.ParseRate(text)
	if err != nil {
		t.Fatalf("ParseRate(%q): %v", text, err)
	}
	fraction, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("no fraction %q", text)
	}
	return rate, fraction
}

func TestTaxAgreesWithFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate, fraction := drawRate(t)
		minor := rapid.Int64Range(0, mostMinor).Draw(t, "amount")
		amount := new(big.Rat).SetInt64(minor)
		if got, want := rate.Tax(money.New(minor, usd)).Minor(), round(new(big.Rat).Mul(amount, fraction)); got != want {
			t.Fatalf("tax on %d at %v = %d, want %d", minor, rate, got, want)
		}
		within := minor - round(new(big.Rat).Quo(amount, new(big.Rat).Add(fraction, big.NewRat(1, 1))))
		got := rate.TaxWithin(money.New(minor, usd)).Minor()
		if got != within || got < 0 || got > minor {
			t.Fatalf("tax within %d at %v = %d, want %d", minor, rate, got, within)
		}
	})
}

func TestSplitAgreesWithFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Range(0, 1<<62).Draw(t, "amount")
		whole := rapid.IntRange(1, 4000).Draw(t, "whole")
		part := rapid.IntRange(0, whole).Draw(t, "part")
		want := round(new(big.Rat).Mul(new(big.Rat).SetInt64(minor), big.NewRat(int64(part), int64(whole))))
		if got := money.Split(money.New(minor, usd), part, whole); got != money.New(want, usd) {
			t.Fatalf("Split(%d, %d, %d) = %v, want %d", minor, part, whole, got, want)
		}
	})
}

func TestDaysAgreeWithFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(1, 11*mostMinor).Draw(t, "total")
		balance := rapid.Int64Range(0, total-1).Draw(t, "balance")
		value := rapid.Int64Range(0, 11*mostMinor).Draw(t, "value")
		days, most := rapid.IntRange(28, 31).Draw(t, "days"), rapid.IntRange(1, 31).Draw(t, "most")
		covered := new(big.Int).Mul(big.NewInt(balance), big.NewInt(int64(days)))
		covered.Div(covered, big.NewInt(total))
		if got := money.DaysCovered(money.New(balance, usd), money.New(total, usd), days); int64(got) != covered.Int64() || got >= days {
			t.Fatalf("DaysCovered(%d, %d, %d) = %d, want %v", balance, total, days, got, covered)
		}
		product := new(big.Int).Mul(big.NewInt(value), big.NewInt(int64(days)))
		product.Add(product, big.NewInt(total-1)).Div(product, big.NewInt(total))
		want := int64(most)
		if product.Cmp(big.NewInt(want)) < 0 {
			want = product.Int64()
		}
		if got := money.DaysBought(money.New(value, usd), money.New(total, usd), days, most); int64(got) != want {
			t.Fatalf("DaysBought(%d, %d, %d, %d) = %d, want %d", value, total, days, most, got, want)
		}
	})
}

func TestHalfIsRoundedUp(t *testing.T) {
	for _, test := range []struct {
		amount      int64
		part, whole int
		want        int64
	}{{1, 1, 2, 1}, {3, 1, 2, 2}, {1, 1, 3, 0}, {2, 1, 3, 1}, {5, 1, 10, 1}, {14, 1, 31, 0}, {16, 1, 31, 1}, {0, 1, 2, 0}, {7, 7, 7, 7}} {
		if got := money.Split(money.New(test.amount, usd), test.part, test.whole).Minor(); got != test.want {
			t.Errorf("%d × %d / %d = %d, want %d", test.amount, test.part, test.whole, got, test.want)
		}
	}
}

func TestParseRateRefuses(t *testing.T) {
	for _, text := range []string{"", ".", "0.", ".5", "10", "00", "1.0123456789", "-0.1", "+1", "1e1", "0,5", " 0", "0 ", "0.1.2", "٣", "0x1", "0._1"} {
		if rate, err := money.ParseRate(text); err == nil {
			t.Errorf("ParseRate(%q) = %v, want an error", text, rate)
		}
	}
}

func FuzzParseRate(f *testing.F) {
	for _, text := range []string{"0", "9", "0.0825", "9.999999999", "0.000000001", "0.", "1.50"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rate, err := money.ParseRate(text)
		if err != nil {
			return
		}
		if rate.String() != text {
			t.Errorf("ParseRate(%q) prints as %q", text, rate)
		}
		if rate.IsZero() != (strings.Trim(text, "0.") == "") {
			t.Errorf("IsZero() of %q = %t", text, rate.IsZero())
		}
	})
}
