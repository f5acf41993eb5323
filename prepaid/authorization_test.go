package prepaid_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"scrip/money"
	"scrip/prepaid"
)

// placed is a balance of lots in their places.
func placed(rests ...int64) prepaid.Balance {
	made := balance(rests...)
	for at := range made {
		made[at].Place = int64(at + 1)
	}
	return made
}

// worth is a balance without its used-up lots.
func worth(b prepaid.Balance) prepaid.Balance {
	return slices.DeleteFunc(slices.Clone(b), func(lot prepaid.Lot) bool { return lot.Rest.IsZero() })
}

// TestWhatIsReturnedStandsWhereItStood: whatever was authorized, in whatever order it is released, and however
// many lots came behind meanwhile, the balance is as if nothing had been authorized.
func TestWhatIsReturnedStandsWhereItStood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := placed(rapid.SliceOfN(rapid.Int64Range(1, 9), 1, 8).Draw(t, "rests")...)
		now, later := all[:(len(all)+1)/2:(len(all)+1)/2], all[(len(all)+1)/2:]
		var open [][]prepaid.Draw
		for range rapid.IntRange(0, 4).Draw(t, "authorizations") {
			amount := money.New(rapid.Int64Range(0, now.Total().Minor()).Draw(t, "amount"), usd)
			rest, draws := now.Draw(amount, nil)
			now, open = rest, append(open, draws)
		}
		for _, lot := range later {
			added, err := now.Add(lot)
			if err != nil {
				t.Fatal(err)
			}
			now = added
		}
		for _, at := range rapid.Permutation(indices(open)).Draw(t, "order") {
			before := slices.Clone(now)
			returned := now.Return(open[at])
			if !slices.Equal(before, now) {
				t.Fatalf("Return changed the balance to %v", now)
			}
			now = returned
		}
		if got := worth(now); !slices.Equal(got, all) {
			t.Fatalf("the balance is %v, want %v", got, all)
		}
	})
}

func indices[T any](all []T) []int {
	var numbers []int
	for at := range all {
		numbers = append(numbers, at)
	}
	return numbers
}

// TestAPartIsTakenFromTheFirstLots, and it and the rest are all.
func TestAPartIsTakenFromTheFirstLots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		held := placed(rapid.SliceOfN(rapid.Int64Range(1, 9), 1, 6).Draw(t, "rests")...)
		_, draws := held.Draw(held.Total(), nil)
		kept := prepaid.Authorization{Asked: held.Total(), Draws: draws}
		amount := money.New(rapid.Int64Range(0, kept.Total().Minor()).Draw(t, "amount"), usd)
		taken, rest := kept.Part(amount)
		_, want := held.Draw(amount, nil)
		if !slices.Equal(taken, want) {
			t.Fatalf("Part(%v) takes %v, want %v", amount, taken, want)
		}
		if prepaid.Total(taken).Add(prepaid.Total(rest)).Minor() != held.Total().Minor() {
			t.Fatalf("Part(%v) of %v = %v, %v", amount, held.Total(), taken, rest)
		}
	})
}

func TestPartingMoreThanIsKeptPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	prepaid.Authorization{}.Part(money.New(1, usd))
}

func TestTheShortfall(t *testing.T) {
	_, draws := placed(5).Draw(money.New(5, usd), nil)
	if got := (prepaid.Authorization{Asked: money.New(8, usd), Draws: draws}).Shortfall(); got != money.New(3, usd) {
		t.Errorf("Shortfall = %v, want 0.03 USD", got)
	}
}
