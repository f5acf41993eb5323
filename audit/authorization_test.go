package audit_test

import (
	"testing"

	"scrip/audit"
	"scrip/billing"
	"scrip/calendar"
	"scrip/money"
	"scrip/prepaid"
)

// authorizedRows are the good ones, of which the account's one lot that has something left, of 2.50, is drawn on
// by an authorization of 1.00 that is open, and by one of 0.80 of which 0.60 were captured.
func authorizedRows(t *testing.T) *rows {
	t.Helper()
	r := goodRows(t)
	usdOf := func(minor int64) money.Amount { return money.New(minor, usd) }
	a := billing.Account{Currency: usd, Balance: prepaid.Balance{{ID: "l4", Source: "c6", Kind: prepaid.Bought, Rest: usdOf(250), Place: 4}}}
	on := calendar.Must("2026-02-01")
	for _, request := range []billing.Request{{ID: "a1", Amount: usdOf(100), Days: 7}, {ID: "a2", Amount: usdOf(80), Days: 7}} {
		o, err := billing.Authorize(a, on, request)
		if err != nil {
			t.Fatal(err)
		}
		a = o.Account
		r.authorizations = append(r.authorizations, audit.Authorization{ID: request.ID, Account: "m", Fate: prepaid.Open,
			Asked: request.Amount, Amount: request.Amount, Draws: o.Authorized[0].Draws})
	}
	o, err := billing.CaptureAuthorization(a, billing.Terms{}, on, billing.Capture{ID: "a2", Amount: usdOf(60)})
	if err != nil {
		t.Fatal(err)
	}
	r.authorizations[1].Fate, r.authorizations[1].Captured = prepaid.Captured, usdOf(60)
	for _, moved := range o.Ended[0].Transfers("m") {
		r.transfer(audit.Transfer{Charge: "a2"}, moved)
	}
	r.lots[3].Rest = o.Account.Balance.Total()
	r.accounts[0].Balance, r.accounts[0].Authorized = o.Account.Balance.Total(), o.Account.Authorized()
	return r
}

func TestBooksWithAuthorizationsAgree(t *testing.T) {
	proof := authorizedRows(t).prove(10)
	if !proof.OK() || proof.Counts.Authorizations != 2 {
		t.Errorf("proof = %v", proof)
	}
}

// TestTamperingWithAuthorizations changes one value each time, and wants its place to be the first that is named.
func TestTamperingWithAuthorizations(t *testing.T) {
	cents := func(minor int64) money.Amount { return money.New(minor, usd) }
	for name, test := range map[string]struct {
		tamper func(r *rows)
		want   string
	}{
		"the amount":        {func(r *rows) { r.authorizations[0].Amount = cents(99) }, "authorization a1 sum of its lines: expected 0.99 USD, found 1.00 USD"},
		"no amount":         {func(r *rows) { r.authorizations[0].Amount = cents(0) }, "authorization a1 amount: expected more than 0, and at most 1.00 USD, found 0.00 USD"},
		"what was asked":    {func(r *rows) { r.authorizations[0].Asked = cents(99) }, "authorization a1 amount: expected more than 0, and at most 0.99 USD, found 1.00 USD"},
		"a line":            {func(r *rows) { r.authorizations[0].Draws[0].Amount = cents(-1) }, "authorization a1 line from c6: expected more than 0, found -0.01 USD"},
		"a line's lot":      {func(r *rows) { r.authorizations[0].Draws[0].Lot = "l1" }, `authorization a1 line from c6: expected a lot of that source and account m, found lot l1 of "c1" and account "m"`},
		"a line's kind":     {func(r *rows) { r.authorizations[0].Draws[0].Kind = prepaid.Promotional }, "authorization a1 line from c6 kind: expected bought, found promotional"},
		"a line's currency": {func(r *rows) { r.authorizations[0].Draws[0].Amount = money.New(100, eur) }, "authorization a1 currency: expected USD, found EUR"},
		"the currency":      {func(r *rows) { r.authorizations[0].Asked = money.New(100, eur) }, "authorization a1 currency: expected EUR, found USD"},
		"what was captured": {func(r *rows) { r.authorizations[1].Captured = cents(61) }, "authorization a2 transfers with biller_revenue: expected 0.61 USD, found 0.60 USD"},
		"captured too much": {func(r *rows) { r.authorizations[1].Captured = cents(81) }, "authorization a2 captured: expected from 0 to 0.80 USD, and more than 0 exactly if captured, found captured with 0.81 USD"},
		"open and captured": {func(r *rows) { r.authorizations[1].Fate = prepaid.Open }, "authorization a2 captured: expected from 0 to 0.80 USD, and more than 0 exactly if captured, found open with 0.60 USD"},
		"released":          {func(r *rows) { r.authorizations[0].Fate = prepaid.Released }, "lot l4 rest and what was drawn: expected 2.50 USD, found 1.50 USD"},
		"one lost":          {func(r *rows) { r.authorizations = r.authorizations[1:] }, "lot l4 rest and what was drawn: expected 2.50 USD, found 1.50 USD"},
		"the captured lost": {func(r *rows) { r.authorizations = r.authorizations[:1] }, "transfers of charge a2: expected a charge of account m, found none"},
		"one twice":         {func(r *rows) { r.authorizations = append(r.authorizations, r.authorizations[0]) }, "authorization a1: expected one row of this id, found another"},
		"the account's sum": {func(r *rows) { r.accounts[0].Authorized = cents(101) }, "account m stored sum of what is authorized: expected 1.00 USD, found 1.01 USD"},
		"the balance":       {func(r *rows) { r.accounts[0].Balance = cents(190) }, "account m stored balance: expected 0.90 USD, found 1.90 USD"},
		"another's":         {func(r *rows) { r.authorizations[0].Account = "n" }, `authorization a1 line from c6: expected a lot of that source and account n, found lot l4 of "c6" and account "m"`},
		"a transfer": {func(r *rows) { r.transfers[len(r.transfers)-2].Amount = cents(59) },
			"authorization a2 transfers with gift_balance: expected 0.60 USD, found 0.59 USD"},
	} {
		t.Run(name, func(t *testing.T) {
			r := authorizedRows(t)
			test.tamper(r)
			proof := r.prove(100)
			if proof.OK() {
				t.Fatal("nothing was found")
			}
			if got := proof.Findings[0].String(); got != test.want {
				t.Errorf("first finding = %s\nwant %s\nall %s", got, test.want, proof)
			}
		})
	}
}
