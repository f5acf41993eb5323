package checkout_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"scrip/checkout"
	"scrip/purchase"
)

// TestTheTestGateway does as it is told, and what it knows outlives the program.
func TestTheTestGateway(t *testing.T) {
	now := time.Now()
	path := filepath.Join(t.TempDir(), "payments.json")
	open := func() *checkout.Test {
		g, err := checkout.NewTest(path, func() time.Time { return now })
		must(t, err)
		return g
	}
	for _, test := range []struct {
		act  checkout.Act
		told int
		then purchase.Standing // at once, and later
		late purchase.Standing
	}{
		{checkout.Approve, 1, purchase.StandsPaid, purchase.StandsPaid}, {checkout.Decline, 0, purchase.StandsOpen, purchase.StandsClosed},
		{checkout.Late, 0, purchase.StandsOpen, purchase.StandsPaid}, {checkout.Silent, 0, purchase.StandsPaid, purchase.StandsPaid},
		{checkout.Twice, 2, purchase.StandsPaid, purchase.StandsPaid}, {checkout.Abandon, 0, purchase.StandsOpen, purchase.StandsClosed},
	} {
		t.Run(string(test.act), func(t *testing.T) {
			p := payment()
			p.Order, p.Until = string(test.act), now.Add(time.Hour)
			begun, err := open().Begin(t.Context(), p)
			must(t, err)
			again, err := open().Begin(t.Context(), p)
			must(t, err)
			if begun != again || begun.Page != checkout.TestPath+begun.ID {
				t.Errorf("Begin = %+v and %+v", begun, again)
			}
			_, told, err := open().Do(begun.ID, test.act, "card-1")
			must(t, err)
			wants(t, open(), begun.ID, test.then)
			before := now
			now = now.Add(2 * time.Hour)
			wants(t, open(), begun.ID, test.late)
			now = before
			if told != test.told {
				t.Errorf("the server is told %d times, want %d", told, test.told)
			}
		})
	}
}

func wants(t *testing.T, g *checkout.Test, id string, want purchase.Standing) {
	t.Helper()
	if answer, err := g.Ask(t.Context(), id); err != nil || answer.Standing != want {
		t.Errorf("Ask = %+v, %v, want %s", answer, err, want)
	}
}

// TestAPaymentGoesBackOnce and a bank may take it before.
func TestAPaymentGoesBackOnce(t *testing.T) {
	g, err := checkout.NewTest("", time.Now)
	must(t, err)
	begun, err := g.Begin(t.Context(), payment())
	must(t, err)
	_, _, err = g.Do(begun.ID, checkout.Approve, "card-1")
	must(t, err)
	for range 2 {
		if answer, err := g.End(t.Context(), begun.ID); err != nil || answer.Standing != purchase.StandsRefunded || answer.Fingerprint != "card-1" {
			t.Errorf("End = %+v, %v", answer, err)
		}
	}
	if all := g.All(); len(all) != 1 || all[0].Refunds != 1 {
		t.Errorf("the payments are %+v", all)
	}
	if _, _, err := g.Do(begun.ID, checkout.Contest, ""); !errors.Is(err, checkout.ErrNoPayment) {
		t.Errorf("a refunded payment is charged back: %v", err)
	}
	g.Hush(true)
	if _, err := g.Ask(t.Context(), begun.ID); !errors.Is(err, checkout.ErrNoAnswer) {
		t.Errorf("Ask of a silent gateway = %v", err)
	}
}
