package api

import (
	"strings"
	"testing"

	"scrip/access"
	"scrip/store"
)

// TestATillsStory: a card is sold, its bar code read as it is printed or as bare digits; a till that got no answer asks
// again and reverses; and each refusal has its name.
func TestATillsStory(t *testing.T) {
	w := newWorld(t)
	text, err := w.Engine.NewKey(t.Context(), access.Operator(), "cornerway", []access.Grant{access.Retail}, "cornerway")
	must(t, err)
	w.keys["till"] = text
	till := func(does string, body any) *answer {
		t.Helper()
		return w.send(asked{method: "POST", path: "/v1/retail/" + does, body: body, grants: "till"})
	}
	serial, other := w.shipped(), w.issued()
	first := w.atTill(strings.ReplaceAll(serial, "-", ""))
	delete(first, "retailer") // the key's
	sold := into[sale](till("activate", first).wants(200, ""))
	if sold.Serial != serial || sold.State != "active" || sold.Value.Amount != 2500 || sold.On.String() != "2026-01-31" {
		t.Errorf("activate = %+v", sold)
	}
	if again := till("activate", first).wants(200, ""); again.header.Get("Idempotency-Replayed") != "true" || into[sale](again) != sold {
		t.Errorf("again: %s %v", again.body, again.header)
	}
	if shown := into[shopCard](w.send(asked{method: "GET", path: "/v1/retail/cards/" + serial, grants: "till"}).wants(200, "")); shown.State != "active" || shown.Value.Amount != 2500 {
		t.Errorf("balance = %+v", shown)
	}
	if reversed := into[reversal](till("reverse", first).wants(200, "")); !reversed.Undone {
		t.Errorf("reverse = %+v", reversed)
	}
	till("activate", first).wants(409, "reversed")
	till("activate", w.atTill(serial)).wants(200, "")
	till("void", w.atTill(serial)).wants(200, "")
	till("void", w.atTill(serial)).wants(409, "not_activated")
	till("activate", w.atTill(serial)).wants(200, "")
	till("return", w.atTill(serial)).wants(200, "")
	till("activate", w.atTill(serial)).wants(409, "not_issued")
	till("activate", w.atTill(other)).wants(409, "not_shipped")
	till("activate", w.atTill("0000-0000-0000-0")).wants(404, "not_found")
	with := func(field string, value any) map[string]any {
		body := w.atTill(w.shipped())
		body[field] = value
		return body
	}
	till("activate", with("retailer", "corner")).wants(403, "forbidden")
	w.post("/v1/retail/activate", with("retailer", "corner")).wants(404, "no_tills")
	till("activate", with("at", "2026-01-20T12:00:00Z")).wants(409, "business_time")
	till("activate", with("amount", 100)).wants(400, "invalid_request")
	wrong := with("amount", 100)
	wrong["currency"] = "USD"
	till("activate", wrong).wants(409, "card_value")
	first["serial"] = w.shipped()
	till("activate", first).wants(422, "transaction_reused")
	till("activate", with("transaction", "a/b")).wants(400, "invalid_request")
	// What a till's key may not.
	for _, path := range []string{"/v1/cards", "/v1/cards/" + serial, "/v1/batches"} {
		w.send(asked{method: "GET", path: path, grants: "till"}).wants(403, "forbidden")
	}
	w.send(asked{method: "POST", path: "/v1/cards/" + other + "/activate", grants: "till"}).wants(403, "forbidden")
	w.send(asked{method: "GET", path: "/v1/retail/cards/" + other, grants: "till"}).wants(409, "not_shipped")
	redeemed := w.atTill(w.shipped())
	till("activate", redeemed).wants(200, "")
	if entries := into[list[entry]](w.get("/v1/audit?subject="+serial).wants(200, "")).Data; len(entries) != 8 || entries[7].Operation != "till.activate" {
		t.Errorf("the audit has %+v", entries)
	}
	w.Verify()
}

// TestAReversalOfWhatWasRedeemed is refused: the shop still owes.
func TestAReversalOfWhatWasRedeemed(t *testing.T) {
	w := newWorld(t)
	serial := w.shipped()
	sold := w.atTill(serial)
	w.post("/v1/retail/activate", sold).wants(200, "")
	w.post("/v1/cards/"+serial+"/freeze", nil).wants(200, "")
	w.post("/v1/retail/void", w.atTill(serial)).wants(409, "frozen")
	replaced := into[replacement](w.post("/v1/cards/"+serial+"/replace", nil).wants(201, ""))
	w.post("/v1/retail/reverse", sold).wants(409, "replaced")
	account := w.account(store.NewID())
	w.post("/v1/accounts/"+account+"/redeem", map[string]string{"code": replaced.Code}).wants(200, "")
	w.post("/v1/retail/return", w.atTill(replaced.Serial)).wants(409, "already_redeemed")
	w.Verify()
}
