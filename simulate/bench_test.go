package simulate_test

import (
	"fmt"
	"strings"
	"testing"

	"scrip/simulate"
)

// written is a scenario of one plan at 1.00 USD a month, with these events and last day.
func written(events, until string) string {
	return `{"catalog": {"plans": [{"id": "basic", "prices": [{"currency": "USD", "amount": 100, "from": "1900-01-01"}]}]},
 "account": {"country": "US", "currency": "USD"},
 "events": [` + events + `], "until": "` + until + `"}`
}

// redeemed are cards redeemed on the first day, and then a start.
func redeemed(count int, amount int64) string {
	var events strings.Builder
	for i := range count {
		fmt.Fprintf(&events, `{"on": "2000-01-01", "do": "redeem", "card": "card %d", "amount": %d, "currency": "USD"},`, i, amount)
	}
	return events.String() + `{"on": "2000-01-01", "do": "start", "plan": "basic"}`
}

func BenchmarkRun(b *testing.B) {
	for _, bench := range []struct{ name, text string }{
		{"a century, paid to the end", written(redeemed(1, 120_000), "2099-12-31")},
		{"a century, 10^15, no end in sight", written(redeemed(1, 1_000_000_000_000_000), "2099-12-31")},
		{"1000 years, 10^15, no end in sight", written(redeemed(1, 1_000_000_000_000_000), "2999-12-31")},
		{"a century, 1000 cards", written(redeemed(1000, 120), "2099-12-31")},
	} {
		b.Run(bench.name, func(b *testing.B) {
			scenario, err := simulate.Read(strings.NewReader(bench.text))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := simulate.Run(scenario); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	text := written(redeemed(10_000, 1000), "2099-12-31")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := simulate.Read(strings.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}
