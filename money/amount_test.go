package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"scrip/money"
)

var usd, jpy, kwd = money.MustCurrency("USD"), money.MustCurrency("JPY"), money.MustCurrency("KWD")

func TestSumsAgreeWithBigNumbersOrOverflow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		want := new(big.Int).Add(big.NewInt(a), big.NewInt(b))
		got, err := money.New(a, usd).Plus(money.New(b, usd))
		if want.IsInt64() != (err == nil) || err == nil && got != money.New(want.Int64(), usd) {
			t.Fatalf("%d + %d = %v, %v, want %v", a, b, got, err, want)
		}
		if err != nil && !errors.Is(err, money.ErrOverflow) {
			t.Fatalf("%d + %d fails with %v", a, b, err)
		}
	})
}

func TestPlusAtTheLimits(t *testing.T) {
	for _, test := range []struct {
		a, b int64
		fits bool
	}{
		{math.MaxInt64, 0, true}, {math.MaxInt64, 1, false}, {math.MinInt64, -1, false}, {math.MinInt64, math.MaxInt64, true},
		{math.MaxInt64 - 1, 1, true}, {math.MinInt64 + 1, -1, true}, {math.MinInt64, math.MinInt64, false},
	} {
		if _, err := money.New(test.a, usd).Plus(money.New(test.b, usd)); (err == nil) != test.fits {
			t.Errorf("%d + %d: %v, want it to fit: %t", test.a, test.b, err, test.fits)
		}
	}
}

func TestOnlyOurOwnMistakesPanic(t *testing.T) {
	for name, mistake := range map[string]func(){
		"two currencies":        func() { money.New(1, usd).Add(money.New(1, jpy)) },
		"two compared":          func() { money.New(1, usd).Less(money.New(1, jpy)) },
		"a sum too large":       func() { money.New(math.MaxInt64, usd).Add(money.New(1, usd)) },
		"the least is no minus": func() { money.New(0, usd).Sub(money.New(math.MinInt64, usd)) },
		"a negative split":      func() { money.Split(money.New(-1, usd), 1, 2) },
		"a split by nothing":    func() { money.Split(money.New(1, usd), 1, 0) },
		"days of nothing":       func() { money.DaysCovered(money.New(1, usd), money.New(0, usd), 31) },
		"no such currency":      func() { money.MustCurrency("usd") },
		"money of no currency":  func() { money.New(1, money.Currency{}).Add(money.New(1, usd)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			mistake()
		})
	}
}

func TestNothingMeetsEveryCurrency(t *testing.T) {
	one := money.New(1, usd)
	if sum := (money.Amount{}).Add(one); sum != one {
		t.Errorf("0 + 1 = %v", sum)
	}
	if sum := one.Add(money.Amount{}); sum != one {
		t.Errorf("1 + 0 = %v", sum)
	}
	if money.Min(one, money.Amount{}).IsPositive() || one.Zero() != money.New(0, usd) || !one.Zero().IsZero() {
		t.Error("nothing is not less than something")
	}
}

func TestAmountsInPrint(t *testing.T) {
	for _, test := range []struct {
		amount money.Amount
		want   string
	}{
		{money.New(1677, usd), "16.77 USD"}, {money.New(5, usd), "0.05 USD"}, {money.New(0, usd), "0.00 USD"},
		{money.New(-5, usd), "-0.05 USD"}, {money.New(-1234, usd), "-12.34 USD"}, {money.New(1677, jpy), "1677 JPY"},
		{money.New(0, jpy), "0 JPY"}, {money.New(1677, kwd), "1.677 KWD"}, {money.Amount{}, "0"},
		{money.New(math.MaxInt64, usd), "92233720368547758.07 USD"}, {money.New(math.MinInt64, usd), "-92233720368547758.08 USD"},
	} {
		if got := test.amount.String(); got != test.want {
			t.Errorf("String() = %q, want %q", got, test.want)
		}
	}
}

func FuzzParseCurrency(f *testing.F) {
	for _, text := range []string{"USD", "JPY", "usd", "", "US", "USDX", "ÄB", "XXX"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		currency, err := money.ParseCurrency(text)
		if err == nil && currency.String() != text || err != nil && !currency.IsZero() {
			t.Errorf("ParseCurrency(%q) = %q, %v", text, currency, err)
		}
		var read money.Currency
		if unmarshalled := read.UnmarshalText([]byte(text)); (unmarshalled == nil) != (err == nil) || read != currency {
			t.Errorf("UnmarshalText(%q) = %q, %v", text, read, unmarshalled)
		}
	})
}
