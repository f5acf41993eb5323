package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/money"
	"scrip/store/storetest"
	"scrip/timeline"
)

// TestADigestIsNoHandle: who has read the database, and with it every card's digest, redeems nothing.
func TestADigestIsNoHandle(t *testing.T) {
	w := newWorld(t)
	us, err := catalog.ParseCountry("US")
	if err != nil {
		t.Fatal(err)
	}
	account := w.Account("handle@example.com", us, money.MustCurrency("USD"))
	card := w.Card("us-500")
	handle := w.Handle(card)
	var digest string
	if err := storetest.SQL(t, w.Path).QueryRow("SELECT digest FROM cards WHERE serial = $1", card.Serial.String()).Scan(&digest); err != nil {
		t.Fatal(err)
	}
	forged := []string{digest, digest + ".zzzzzz.", digest + handle[strings.Index(handle, "."):len(handle)-1] + "A", "", ".", "..", strings.ToUpper(handle)}
	for _, attempt := range forged {
		if attempt == handle {
			continue
		}
		if reply := w.Do(account, engine.Command{Kind: timeline.Redeem, Card: attempt}); !errors.Is(reply.Refusal, giftcard.ErrNotFound) {
			t.Errorf("a forged handle was answered %+v", reply)
		}
	}
	w.Clock.Set(w.Clock.Now().Add(3 * time.Hour))
	if reply := w.Do(account, engine.Command{Kind: timeline.Redeem, Card: handle}); !errors.Is(reply.Refusal, giftcard.ErrNotFound) {
		t.Errorf("a handle whose time is over was answered %+v", reply)
	}
	if reply := w.Do(account, engine.Command{Kind: timeline.Redeem, Card: w.Handle(card)}); reply.Refusal != nil {
		t.Errorf("the card's own handle was refused: %v", reply.Refusal)
	}
}
