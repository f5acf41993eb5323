package giftcard_test

import (
	"errors"
	"testing"

	"scrip/catalog"
	"scrip/giftcard"
	"scrip/ledger"
	"scrip/money"
	"scrip/prepaid"
)

var (
	usd, eur = money.MustCurrency("USD"), money.MustCurrency("EUR")
	value    = money.New(2500, usd)
	states   = []giftcard.State{giftcard.Issued, giftcard.Active, giftcard.Redeemed, giftcard.Frozen, giftcard.Voided, giftcard.Replaced, "lost"}
)

type result struct {
	state giftcard.State
	err   error
}

// TestEveryStateAndAction is the whole life of a card: what each action makes of each state. A refusal
// leaves the card as it was.
func TestEveryStateAndAction(t *testing.T) {
	actions := map[string]func(giftcard.Card) (giftcard.Card, error){
		"redeem": func(c giftcard.Card) (giftcard.Card, error) {
			r, err := c.Redeem(giftcard.Holder{Account: "m", Currency: usd, Payer: catalog.Self})
			if err != nil {
				return c, err
			}
			return r.Card, nil
		},
		"activate": func(c giftcard.Card) (giftcard.Card, error) {
			next, _, err := c.Activate(money.Amount{})
			return next, err
		},
		"unsell":   func(c giftcard.Card) (giftcard.Card, error) { next, _, err := c.Unsell(); return next, err },
		"freeze":   giftcard.Card.Freeze,
		"unfreeze": giftcard.Card.Unfreeze,
		"void":     func(c giftcard.Card) (giftcard.Card, error) { next, _, err := c.Void(); return next, err },
		"replace": func(c giftcard.Card) (giftcard.Card, error) {
			r, err := c.Replace("2")
			if err != nil {
				return c, err
			}
			return r.Old, nil
		},
	}
	wants := map[string]map[giftcard.State]result{
		"redeem": {giftcard.Issued: {err: giftcard.ErrNotActivated}, giftcard.Active: {state: giftcard.Redeemed},
			giftcard.Redeemed: {err: giftcard.ErrAlreadyRedeemed}, giftcard.Frozen: {err: giftcard.ErrFrozen},
			giftcard.Voided: {err: giftcard.ErrVoided}, giftcard.Replaced: {err: giftcard.ErrReplaced}, "lost": {err: giftcard.ErrNotFound}},
		"replace": {giftcard.Issued: {err: giftcard.ErrNotActivated}, giftcard.Active: {state: giftcard.Replaced},
			giftcard.Redeemed: {err: giftcard.ErrAlreadyRedeemed}, giftcard.Frozen: {state: giftcard.Replaced},
			giftcard.Voided: {err: giftcard.ErrVoided}, giftcard.Replaced: {err: giftcard.ErrReplaced}, "lost": {err: giftcard.ErrNotFound}},
		"activate": {giftcard.Issued: {state: giftcard.Active}},
		"unsell": {giftcard.Issued: {err: giftcard.ErrNotActivated}, giftcard.Active: {state: giftcard.Issued},
			giftcard.Redeemed: {err: giftcard.ErrAlreadyRedeemed}, giftcard.Frozen: {err: giftcard.ErrFrozen},
			giftcard.Voided: {err: giftcard.ErrVoided}, giftcard.Replaced: {err: giftcard.ErrReplaced}, "lost": {err: giftcard.ErrNotFound}},
		"freeze":   {giftcard.Active: {state: giftcard.Frozen}},
		"unfreeze": {giftcard.Frozen: {state: giftcard.Active}},
		"void":     {giftcard.Active: {state: giftcard.Voided}, giftcard.Frozen: {state: giftcard.Voided}},
	}
	otherwise := map[string]error{"activate": giftcard.ErrNotIssued, "freeze": giftcard.ErrNotActive,
		"unfreeze": giftcard.ErrNotFrozen, "void": giftcard.ErrNotActive}
	for name, action := range actions {
		for _, state := range states {
			want, listed := wants[name][state]
			if !listed {
				want = result{err: otherwise[name]}
			}
			card := giftcard.Card{Serial: "1", Product: "p", Value: value, State: state}
			got, err := action(card)
			if !errors.Is(err, want.err) {
				t.Errorf("%s %s: %v, want %v", name, state, err, want.err)
			}
			if want.err != nil && got != card || want.err == nil && got.State != want.state {
				t.Errorf("%s %s = %+v, want %s", name, state, got, want.state)
			}
			if got.Value != value || got.Serial != "1" {
				t.Errorf("%s %s changed the card to %+v", name, state, got)
			}
		}
	}
}

func TestWhatFollowsFromRedeeming(t *testing.T) {
	card := giftcard.Card{Serial: "1", Value: value, State: giftcard.Active}
	got, err := card.Redeem(giftcard.Holder{Account: "m", Currency: usd, Payer: catalog.Partner})
	want := giftcard.Redemption{
		Card: giftcard.Card{Serial: "1", Value: value, State: giftcard.Redeemed, RedeemedBy: "m"},
		Lot:  prepaid.Lot{Source: "1", Kind: prepaid.Bought, Rest: value},
		Transfers: [2]ledger.Transfer{
			{Debit: ledger.Of(ledger.CardsOutstanding), Credit: ledger.Of(ledger.InTransit), Amount: value},
			{Debit: ledger.Of(ledger.InTransit), Credit: ledger.For(ledger.GiftBalance, "m"), Amount: value},
		},
	}
	if err != nil || got != want {
		t.Errorf("Redeem = %+v, %v, want %+v", got, err, want)
	}
}

// TestRefusalsInOrder gives a card and a holder more and more reasons; the first in order is told.
func TestRefusalsInOrder(t *testing.T) {
	for _, test := range []struct {
		state    giftcard.State
		currency money.Currency
		payer    catalog.Payer
		want     error
	}{
		{giftcard.Redeemed, eur, catalog.Apple, giftcard.ErrAlreadyRedeemed},
		{giftcard.Active, eur, catalog.Apple, giftcard.ErrCurrencyMismatch},
		{giftcard.Active, usd, catalog.Apple, giftcard.ErrBilledByApple},
		{giftcard.Active, usd, catalog.Package, giftcard.ErrIncludedInPackage},
		{giftcard.Active, usd, catalog.Partner, nil},
	} {
		card := giftcard.Card{Serial: "1", Value: value, State: test.state}
		_, err := card.Redeem(giftcard.Holder{Account: "m", Currency: test.currency, Payer: test.payer})
		if !errors.Is(err, test.want) {
			t.Errorf("Redeem(%s, %s, %s): %v, want %v", test.state, test.currency, test.payer, err, test.want)
		}
	}
}

// TestAValueIsSetWhenTheCardIsSold: within what its product may hold, once.
func TestAValueIsSetWhenTheCardIsSold(t *testing.T) {
	fixed := giftcard.New("1", catalog.Product{ID: "p", Value: value})
	open := giftcard.New("2", catalog.Product{ID: "q", Value: money.New(500, usd), Most: money.New(5000, usd)})
	for _, test := range []struct {
		card  giftcard.Card
		value money.Amount
		want  int64
	}{
		{fixed, money.Amount{}, 2500}, {fixed, value, 2500}, {fixed, money.New(2501, usd), 0}, {fixed, money.New(2500, eur), 0},
		{open, money.Amount{}, 0}, {open, money.New(499, usd), 0}, {open, money.New(500, usd), 500}, {open, money.New(5000, usd), 5000},
		{open, money.New(5001, usd), 0}, {open, money.New(600, eur), 0}, {open, money.New(-600, usd), 0},
	} {
		got, transfer, err := test.card.Activate(test.value)
		switch {
		case test.want == 0 && (!errors.Is(err, giftcard.ErrValue) || got != test.card):
			t.Errorf("Activate(%v) for %v = %+v, %v", test.card, test.value, got, err)
		case test.want > 0 && (err != nil || got.Value != money.New(test.want, usd) || got.State != giftcard.Active || transfer.Amount != got.Value):
			t.Errorf("Activate(%v) for %v = %+v, %v, %v", test.card, test.value, got, transfer, err)
		}
	}
}

func TestAReturnUndoesASale(t *testing.T) {
	active, sold, err := giftcard.Card{Serial: "1", Value: value, State: giftcard.Issued}.Activate(money.Amount{})
	if err != nil {
		t.Fatal(err)
	}
	if _, returned, err := active.Void(); err != nil || returned != sold.Reverse() || sold.Amount != value {
		t.Errorf("sold %+v, returned %+v, %v", sold, returned, err)
	}
}

func TestAReplacementHasTheWholeValue(t *testing.T) {
	card := giftcard.Card{Serial: "1", Product: "p", Value: value, State: giftcard.Frozen}
	r, err := card.Replace("2")
	want := giftcard.Card{Serial: "2", Product: "p", Value: value, State: giftcard.Active}
	if err != nil || r.New != want || r.Old.Serial != "1" || r.Old.Value != value {
		t.Errorf("Replace = %+v, %v", r, err)
	}
	owed, transit := ledger.Of(ledger.CardsOutstanding), ledger.Of(ledger.InTransit)
	if r.Transfers != [2]ledger.Transfer{{Debit: owed, Credit: transit, Amount: value}, {Debit: transit, Credit: owed, Amount: value}} {
		t.Errorf("Replace moves %+v", r.Transfers)
	}
}
