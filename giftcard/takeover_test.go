package giftcard_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"scrip/catalog"
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
)

// TestTakeOver: what is owed to a holder is owed from imported_cards, and nothing else is owed.
func TestTakeOver(t *testing.T) {
	dollars := func(minor int64) money.Amount { return money.New(minor, usd) }
	none := money.Amount{}
	fixed := catalog.Product{ID: "p", Value: dollars(2500)}
	ranged := catalog.Product{ID: "r", Value: dollars(100), Most: dollars(5000)}
	for name, test := range map[string]struct {
		product    catalog.Product
		state      giftcard.State
		value      money.Amount
		err        error
		holds      money.Amount
		least, own money.Amount // own is the most
		owed       bool
	}{
		"active, the product's value":      {fixed, giftcard.Active, none, nil, dollars(2500), none, none, true},
		"active, the same value":           {fixed, giftcard.Active, dollars(2500), nil, dollars(2500), none, none, true},
		"active, another value":            {fixed, giftcard.Active, dollars(2400), giftcard.ErrValue, none, none, none, false},
		"active within a range":            {ranged, giftcard.Active, dollars(123), nil, dollars(123), dollars(100), dollars(5000), true},
		"active below the range":           {ranged, giftcard.Active, dollars(99), giftcard.ErrValue, none, none, none, false},
		"active without a value":           {ranged, giftcard.Active, none, giftcard.ErrValue, none, none, none, false},
		"another currency":                 {ranged, giftcard.Active, money.New(123, eur), giftcard.ErrValue, none, none, none, false},
		"frozen":                           {ranged, giftcard.Frozen, dollars(123), nil, dollars(123), dollars(100), dollars(5000), true},
		"issued, value chosen when sold":   {ranged, giftcard.Issued, none, nil, dollars(100), dollars(100), dollars(5000), false},
		"issued with a value of its own":   {ranged, giftcard.Issued, dollars(2000), nil, dollars(2000), none, none, false},
		"voided, whatever it held":         {ranged, giftcard.Voided, none, nil, dollars(100), dollars(100), dollars(5000), false},
		"redeemed elsewhere":               {ranged, giftcard.Redeemed, dollars(123), giftcard.ErrUsedElsewhere, none, none, none, false},
		"replaced elsewhere":               {fixed, giftcard.Replaced, none, giftcard.ErrUsedElsewhere, none, none, none, false},
		"a state that there is not":        {fixed, "lost", none, giftcard.ErrUsedElsewhere, none, none, none, false},
		"issued of a product of one value": {fixed, giftcard.Issued, none, nil, dollars(2500), none, none, false},
	} {
		got, err := giftcard.TakeOver(test.product, test.state, test.value)
		if !errors.Is(err, test.err) || err == nil && (got.Card.State != test.state || got.Card.Value != test.holds || got.Card.Least != test.least || got.Card.Most != test.own) {
			t.Errorf("%s: %+v, %v", name, got.Card, err)
		}
		want := ledger.Transfer{}
		if test.owed {
			want = ledger.Transfer{Debit: ledger.Of(ledger.ImportedCards), Credit: ledger.Of(ledger.CardsOutstanding), Amount: test.holds}
		}
		if got.Transfer != want {
			t.Errorf("%s: %+v", name, got.Transfer)
		}
	}
}

// TestWas: of what state a card that was imported may be since.
func TestWas(t *testing.T) {
	since := map[giftcard.State]string{giftcard.Issued: "issued active redeemed frozen voided replaced", giftcard.Active: "active redeemed frozen voided replaced",
		giftcard.Frozen: "active redeemed frozen voided replaced", giftcard.Voided: "voided"}
	for was, list := range since {
		imported := giftcard.Card{Product: "p", Value: value, State: was}
		for _, now := range states[:6] {
			card := imported
			card.State = now
			if got, want := card.Was(imported) == nil, slices.Contains(strings.Fields(list), string(now)); got != want {
				t.Errorf("imported as %s, now %s: %v", was, now, got)
			}
		}
		for _, other := range []giftcard.Card{{Product: "q", Value: value, State: was}, {Product: "p", Value: money.New(1, usd), State: was}} {
			if err := other.Was(imported); !errors.Is(err, giftcard.ErrOtherCard) {
				t.Errorf("another card: %v", err)
			}
		}
	}
	waits := giftcard.Card{Product: "p", Value: money.New(100, usd), Least: money.New(100, usd), Most: value, State: giftcard.Issued}
	sold := waits
	sold.State, sold.Value = giftcard.Active, value
	if err := sold.Was(waits); err != nil {
		t.Errorf("sold since for a value that was chosen: %v", err)
	}
}
