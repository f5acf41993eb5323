package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"scrip/client"
	"scrip/client/clienttest"
	"scrip/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// TestOrders: orders are paid from two cards, the rest otherwise, each once; where the rest is declined, the balance is
// as it was.
func TestOrders(t *testing.T) {
	w := clienttest.New(t)
	w.OpenOf("user-42", 2)
	settings := map[string]string{"SCRIP": w.URL, "SCRIP_KEY": w.Key}
	bills := func(order, amount string) (string, error) {
		var out strings.Builder
		err := run(t.Context(), []string{"user-42", order, amount, "USD"}, func(name string) string { return settings[name] }, &out, takeFromCard)
		return out.String(), err
	}
	holds := func(want int64) {
		t.Helper()
		if seen, err := w.GetAccount(t.Context(), client.External("user-42")); err != nil || seen.Balance.Minor != want || seen.Authorized.Minor != 0 {
			t.Errorf("the balance is %+v, %v, want %d", seen.Balance, err, want)
		}
	}
	first, err := bills("order-1", "3000")
	if err != nil || !strings.HasPrefix(first, "3000 USD from the balance, 0 otherwise\n  2500 from card ") || strings.Count(first, "from card") != 2 {
		t.Errorf("order 1: %s, %v", first, err)
	}
	holds(2000)
	if again, err := bills("order-1", "3000"); err != nil || again != first {
		t.Errorf("order 1, again: %s, %v", again, err)
	}
	holds(2000)
	if _, err := bills("order-2", "9000"); !errors.Is(err, errDeclined) {
		t.Errorf("order 2, of which the card is to pay too much: %v", err)
	}
	holds(2000)
	if got, err := bills("order-3", "2700"); err != nil || !strings.HasPrefix(got, "2000 USD from the balance, 700 otherwise") {
		t.Errorf("order 3: %s, %v", got, err)
	}
	holds(0)
	if got, err := bills("order-4", "100"); err != nil || !strings.HasPrefix(got, "0 USD from the balance, 100 otherwise") {
		t.Errorf("order 4, of nothing: %s, %v", got, err)
	}
	w.Verify()
}

// TestACrashInBetween: whoever has taken from the card, and does not know what came of the balance, bills again.
func TestACrashInBetween(t *testing.T) {
	w := clienttest.New(t)
	w.OpenOf("user-42", 1)
	crash := errors.New("the power went")
	taken := 0
	crashes := biller{w.Client, func(context.Context, string, client.Amount) error { taken++; panic(crash) }}
	o := order{client.External("user-42"), "order-1", client.Amount{Minor: 3000, Currency: "USD"}}
	func() {
		defer func() {
			if recover() != crash {
				t.Error("it did not crash")
			}
		}()
		_, _ = crashes.bill(t.Context(), o)
	}()
	paid, err := biller{w.Client, takeFromCard}.bill(t.Context(), o)
	if err != nil || paid.balance.Minor != 2500 || paid.other.Minor != 500 || taken != 1 {
		t.Errorf("billed again: %+v, %v", paid, err)
	}
	w.Verify()
}
