package api

import (
	"strings"
	"testing"

	"scrip/catalog"
	"scrip/giftcard"
	"scrip/money"
)

// TestAnImportedCardIsRedeemed into an account; without one, nothing is told of it, and the same of a card that is none.
func TestAnImportedCardIsRedeemed(t *testing.T) {
	w := newWorld(t)
	us, err := catalog.ParseCountry("US")
	must(t, err)
	usd := money.MustCurrency("USD")
	w.Apply(w.WithOld(lumen(t), us, usd))
	w.TakeOver(w.OldCard("40000001", giftcard.Active, money.New(1234, usd)))
	id := w.account("u")
	code := func(text, account string) map[string]string {
		body := map[string]string{"code": text}
		if account != "" {
			body["account"] = account
		}
		return body
	}
	w.post("/v1/cards/check", code("40000001", "")).wants(409, "account_needed")
	w.post("/v1/cards/check", code("40000002", "")).wants(409, "account_needed")
	w.post("/v1/cards/check", code("40000002", "ext:u")).wants(404, "not_found")
	mistyped := w.post("/v1/cards/check", code("400000011", "ext:u")).wants(400, "invalid_request")
	if !strings.Contains(mistyped.body, `"field":"code"`) || !strings.Contains(mistyped.body, codeRemedy) {
		t.Errorf("mistyped: %s", mistyped.body)
	}
	if got := into[sight](w.post("/v1/cards/check", code("4000-0001", "ext:u")).wants(200, "")); !got.Redeemable || got.Value != (amount{1234, "USD"}) || got.Product != "old" {
		t.Errorf("check = %+v", got)
	}
	w.post("/v1/accounts/"+id+"/redeem", code("40000003", "")).wants(404, "not_found")
	w.post("/v1/accounts/"+id+"/redeem", code("40000001", "")).wants(200, "")
	w.post("/v1/accounts/"+id+"/redeem", code("40000001", "")).wants(409, "already_redeemed")
	for range 3 {
		w.post("/v1/cards/check", code("40000004", "ext:u")).wants(404, "not_found")
	}
	w.post("/v1/cards/check", code("40000004", "ext:u")).wants(429, "too_many_tries")
	if strings.Contains(w.logged.String(), "4000000") {
		t.Error("a code is logged")
	}
	w.Verify()
}
