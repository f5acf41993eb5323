package prepaid_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"scrip/money"
	"scrip/prepaid"
)

var usd = money.MustCurrency("USD")

func balance(rests ...int64) prepaid.Balance {
	var made prepaid.Balance
	for at, rest := range rests {
		name := string(rune('a' + at))
		made = append(made, prepaid.Lot{ID: name, Source: "card " + name, Kind: prepaid.Bought, Rest: money.New(rest, usd)})
	}
	return made
}

func TestLotsAreDrawnInTheOrderRedeemed(t *testing.T) {
	for name, test := range map[string]struct {
		held   prepaid.Balance
		amount int64
		parts  []int64
		rests  []int64
	}{
		"nothing":          {balance(5, 3), 0, nil, []int64{5, 3}},
		"a part of one":    {balance(5, 3), 4, []int64{4}, []int64{1, 3}},
		"one exactly":      {balance(5, 3), 5, []int64{5}, []int64{3}},
		"one and a part":   {balance(5, 3), 6, []int64{5, 1}, []int64{2}},
		"all":              {balance(5, 3), 8, []int64{5, 3}, nil},
		"past an empty":    {balance(0, 3), 2, []int64{2}, []int64{1}},
		"nothing of none":  {nil, 0, nil, nil},
		"an empty between": {balance(5, 0, 3), 7, []int64{5, 2}, []int64{1}},
	} {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(test.held)
			rest, draws := test.held.Draw(money.New(test.amount, usd), nil)
			var parts, rests []int64
			for _, draw := range draws {
				parts = append(parts, draw.Amount.Minor())
			}
			for _, lot := range rest {
				rests = append(rests, lot.Rest.Minor())
			}
			if !slices.Equal(parts, test.parts) || !slices.Equal(rests, test.rests) {
				t.Errorf("Draw(%d) = %v, rests %v, want %v, %v", test.amount, parts, rests, test.parts, test.rests)
			}
			if !slices.Equal(before, test.held) {
				t.Errorf("Draw changed the balance to %v", test.held)
			}
		})
	}
}

func TestDrawingMoreThanTheBalancePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	balance(1, 2).Draw(money.New(4, usd), nil)
}

func TestAddingKeepsOldBalances(t *testing.T) {
	one := balance(1, 2)[:1:2]
	for _, rest := range []int64{7, 8} {
		more, err := one.Add(prepaid.Lot{ID: "z", Rest: money.New(rest, usd)})
		if err != nil || more.Total() != money.New(1+rest, usd) {
			t.Errorf("Add = %v, %v", more, err)
		}
	}
	full := balance(math.MaxInt64)
	if same, err := full.Add(prepaid.Lot{Rest: money.New(1, usd)}); !errors.Is(err, money.ErrOverflow) || !slices.Equal(same, full) {
		t.Errorf("Add past the limit = %v, %v", same, err)
	}
	if !(prepaid.Balance{}).Total().IsZero() {
		t.Error("an empty balance holds something")
	}
}

func TestWhatIsDrawnAndWhatRestsIsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		held := balance(rapid.SliceOfN(rapid.Int64Range(0, 50), 0, 8).Draw(t, "rests")...)
		amount := money.New(rapid.Int64Range(0, held.Total().Minor()).Draw(t, "amount"), usd)
		rest, draws := held.Draw(amount, nil)
		sum := money.Amount{}
		for _, draw := range draws {
			if !draw.Amount.IsPositive() {
				t.Fatalf("a draw of %v", draw.Amount)
			}
			sum = sum.Add(draw.Amount)
		}
		if sum.Minor() != amount.Minor() || rest.Total().Add(sum).Minor() != held.Total().Minor() {
			t.Fatalf("drew %v of %v, %v rests", sum, held.Total(), rest.Total())
		}
	})
}
