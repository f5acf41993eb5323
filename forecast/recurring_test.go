package forecast_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"scrip/billing"
	"scrip/calendar"
	"scrip/forecast"
	"scrip/money"
	"scrip/prepaid"
)

var dollars = money.MustCurrency("USD")

func holding(rests ...int64) billing.Account {
	a := billing.Account{Currency: dollars}
	for at, rest := range rests {
		name := fmt.Sprint("c", at)
		a.Balance = append(a.Balance, prepaid.Lot{ID: name, Source: name, Rest: money.New(rest, dollars), Place: int64(at)})
	}
	return a
}

func TestUntilWhenAnAmountWouldBePaidEveryMonth(t *testing.T) {
	for name, test := range map[string]struct {
		account billing.Account
		amount  int64
		from    string
		months  int
		runsOut string
		rest    int64
	}{
		"nothing there":          {holding(), 5, "2026-01-31", 0, "2026-01-31", 0},
		"less than one":          {holding(3), 5, "2026-01-31", 0, "2026-01-31", 3},
		"one, and the rest less": {holding(3, 4), 5, "2026-01-31", 1, "2026-02-28", 2},
		"to the end of months":   {holding(3, 17), 5, "2026-01-31", 4, "2026-05-31", 0},
		"past a leap day":        {holding(11), 5, "2028-01-30", 2, "2028-03-30", 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := forecast.Recurring(test.account, money.New(test.amount, dollars), calendar.Must(test.from))
			if err != nil || len(got.Charges) != test.months || got.RunsOut != calendar.Must(test.runsOut) || got.Rest.Minor() != test.rest {
				t.Errorf("Recurring = %d months until %v with %v left, %v", len(got.Charges), got.RunsOut, got.Rest, err)
			}
		})
	}
	got, err := forecast.Recurring(holding(1_000_000), money.New(1, dollars), calendar.Must("2026-01-31"))
	if err != nil || len(got.Charges) != forecast.Horizon || !got.RunsOut.IsZero() {
		t.Errorf("Recurring of very little = %d months until %v, %v", len(got.Charges), got.RunsOut, err)
	}
}

// TestARecurringAmountIsPaidAsForeseen: whoever charges the amount on each of the dates is paid as often.
func TestARecurringAmountIsPaidAsForeseen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := holding(rapid.SliceOfN(rapid.Int64Range(0, 90), 0, 5).Draw(t, "rests")...)
		amount := money.New(rapid.Int64Range(1, 60).Draw(t, "amount"), dollars)
		on := calendar.Must("2026-01-01").Plus(rapid.IntRange(0, 900).Draw(t, "from"))
		anchor := on.Day()
		foreseen, err := forecast.Recurring(a, amount, on)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; ; at++ {
			o, err := billing.ChargeBalance(a, on, billing.Request{ID: fmt.Sprint(at), Amount: amount})
			if err != nil {
				if at != len(foreseen.Charges) || on != foreseen.RunsOut || a.Balance.Total().Minor() != foreseen.Rest.Minor() {
					t.Fatalf("refused on %v after %d months, foreseen %d until %v", on, at, len(foreseen.Charges), foreseen.RunsOut)
				}
				return
			}
			if want := foreseen.Charges[at]; want.Start != on || fmt.Sprint(want.Draws) != fmt.Sprint(o.Ended[0].Charged) {
				t.Fatalf("charged %v on %v, foreseen %+v", o.Ended[0].Charged, on, want)
			}
			a, on = o.Account, on.NextMonth(anchor)
		}
	})
}
