package simulate_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"scrip/history"
	"scrip/simulate"
)

// object is a JSON object in the making.
type object = map[string]any

// dice throw what stands in a scenario at its extremes: the largest and smallest amounts and rates, the
// first and last dates, the ends of months, the shortest and longest days of a policy.
type dice struct{ *rand.Rand }

func pick[T any](d dice, choices ...T) T { return choices[d.IntN(len(choices))] }

func (d dice) amount() int64 {
	return pick(d, 1, 2, 29, 799, 1549, 2499, 99_999, 999_999_999_999_999, 1_000_000_000_000_000, 1+d.Int64N(1_000_000_000_000_000))
}

func (d dice) from() string {
	return pick(d, "1900-01-01", "2023-12-31", "2024-02-29", "2024-03-31", "2024-08-15", "2999-12-31")
}

// few are at least some values, and some more.
func (d dice) few(least, more int, value func(index int) object) []object {
	values := []object{}
	for index := range least + d.IntN(more+1) {
		values = append(values, value(index))
	}
	return values
}

func (d dice) scenario() object {
	dates := []string{"2024-01-31", "2024-01-31", "2024-02-01", "2024-02-29", "2024-03-30", "2024-03-31", "2024-05-31", "2025-02-28", "2034-12-31"}
	shift := d.IntN(3)
	return object{
		"catalog": object{
			"plans": d.few(1, 3, func(index int) object {
				dates := d.Perm(3)
				return object{"id": plans[index], "prices": d.few(1, 2, func(index int) object {
					return object{"currency": "USD", "amount": d.amount(), "from": []string{"1900-01-01", "2024-03-01", "2024-06-15"}[dates[index]]}
				})}
			}),
			"taxes": d.few(0, 1, func(int) object {
				rate := pick(d, "0", "9", "0.000000001", "9.999999999", "0.0825", "0.5")
				return object{"country": "US", "rate": rate, "inclusive": pick(d, true, false), "from": d.from()}
			}),
		},
		"policy": object{"shortfall": pick(d, "prorate", "charge_remainder"), "upgrade": pick(d, "rebase", "next_billing_date"),
			"retry_days":            pick(d, []int{}, []int{1}, []int{1, 2, 3}, []int{30, 31}, []int{1, 3650}),
			"close_held_after_days": pick(d, 1, 2, 30, 3650), "reminder_days": pick(d, 1, 7, 31, 400, 3650)},
		"account": object{"country": "US", "currency": "USD", "payment_method": pick(d, "none", "ok", "declines")},
		"events": d.few(1, 3*len(dates)-shift-1, func(index int) object {
			return d.event(dates[(index+shift)/3])
		}),
		"until": pick(d, "2034-12-31", "2040-02-29", "2124-02-29", "2999-12-31"),
	}
}

var plans = []string{"basic", "standard", "premium", "family"}

func (d dice) event(on string) object {
	switch pick(d, "redeem", "redeem", "start", "start", "change_plan", "change_plan", "cancel", "restart", "payment_method", "payer") {
	case "redeem":
		return object{"on": on, "do": "redeem", "card": pick(d, "A", "B", "C", "D", "E", "F"), "amount": d.amount(), "currency": pick(d, "USD", "USD", "USD", "JPY")}
	case "start":
		return object{"on": on, "do": "start", "plan": pick(d, plans...), "payer": pick(d, "self", "self", "partner", "apple", "package")}
	case "change_plan":
		return object{"on": on, "do": "change_plan", "plan": pick(d, plans...)}
	case "payment_method":
		return object{"on": on, "do": "payment_method", "method": pick(d, "none", "ok", "declines")}
	case "payer":
		return object{"on": on, "do": "payer", "payer": pick(d, "self", "partner", "apple", "package")}
	case "cancel":
		return object{"on": on, "do": "cancel"}
	}
	return object{"on": on, "do": "restart"}
}

// FuzzRun: whatever is well formed is read and lived, at the extremes too, and no money is lost.
func FuzzRun(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		text, err := json.Marshal(dice{rand.New(rand.NewPCG(seed, 0))}.scenario())
		if err != nil {
			t.Fatal(err)
		}
		s, err := simulate.Read(strings.NewReader(string(text)))
		if err != nil {
			t.Fatalf("Read of %s: %v", text, err)
		}
		checkRun(t, s)
		checkSums(t, s)
	})
}

// checkSums wants the balance to be what was redeemed less what cards paid, in every event that tells
// it, days in order, and charges that add up.
func checkSums(t *testing.T, s simulate.Scenario) {
	t.Helper()
	result, err := simulate.Run(s)
	if err != nil {
		t.Fatal(err)
	}
	balance, last := int64(0), s.Events[0].On
	for _, event := range result.Timeline {
		if event.On.Before(last) {
			t.Errorf("%s is told after %s", event.On, last)
		}
		last = event.On
		switch event.Kind {
		case history.Redeemed:
			balance += event.Amount.Minor()
		case history.Charged:
			balance -= checkCharge(t, event)
		case history.Reminder, history.Closed:
		default:
			continue
		}
		if event.Balance.Minor() != balance {
			t.Errorf("%s on %s tells the balance %d, want %d", event.Kind, event.On, event.Balance.Minor(), balance)
		}
	}
	if result.End.Balance.Minor() != balance || balance < 0 || s.Until.Before(last) {
		t.Errorf("end = %+v on %s, want the balance %d", result.End, last, balance)
	}
}

// checkCharge is what cards paid of a charge.
func checkCharge(t *testing.T, charge history.Event) int64 {
	t.Helper()
	sum, cards := int64(0), int64(0)
	for _, line := range charge.Lines {
		sum += line.Amount.Minor()
		if len(line.Source) == 1 {
			cards += line.Amount.Minor()
		}
	}
	if sum != charge.Total.Minor() || charge.Tax.Minor() < 0 || charge.Tax.Minor() > sum || !charge.Start.Before(charge.End) || charge.Start != charge.On {
		t.Errorf("the charge %+v does not add up", charge)
	}
	return cards
}
