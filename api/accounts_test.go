package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"scrip/calendar"
	"scrip/engine"
	"scrip/timeline"
)

func TestAccounts(t *testing.T) {
	w := newWorld(t)
	body := map[string]string{"external_id": "user-1", "email": "ana@example.com", "country": "US", "currency": "USD", "time_zone": "America/New_York"}
	created := w.post("/v1/accounts", body).wants(201, "")
	id := into[opened](created).ID
	if created.header.Get("Location") != "/v1/accounts/"+id {
		t.Errorf("Location = %q", created.header.Get("Location"))
	}
	w.post("/v1/accounts", body).wants(409, "external_id_taken")
	body["external_id"] = "user-2"
	w.post("/v1/accounts", body).wants(409, "address_taken")
	w.post("/v1/accounts", map[string]string{"country": "US", "currency": "USD", "time_zone": "UTC"}).wants(422, "account_without_name")

	got := into[account](w.get("/v1/accounts/ext:user-1").wants(200, ""))
	if got.ID != id || got.Balance != (amount{0, "USD"}) || got.Membership.Status != "none" || got.TimeZone != "America/New_York" || got.Language != "en" {
		t.Errorf("account = %+v", got)
	}
	w.get("/v1/accounts/ext:nobody").wants(404, "no_account")
	w.get("/v1/accounts/01900000-0000-7000-8000-000000000000").wants(404, "no_account")

	card := w.Card("us-25")
	redeemed := into[outcome](w.post("/v1/accounts/ext:user-1/redeem", map[string]string{"code": card.Code.Reveal()}).wants(200, ""))
	if redeemed.Account != id || redeemed.Card != card.Serial.String() || len(redeemed.Events) != 1 {
		t.Errorf("redeem = %+v", redeemed)
	}
	w.post("/v1/accounts/ext:user-1/redeem", map[string]string{"code": card.Code.Reveal()}).wants(409, "already_redeemed")
	w.post("/v1/accounts/ext:user-1/redeem", map[string]string{"code": w.Card("de-25").Code.Reveal()}).wants(409, "currency_mismatch")
	w.post("/v1/accounts/ext:user-1/membership/start", map[string]string{"plan": "basic"}).wants(200, "")

	if got := into[account](w.get("/v1/accounts/"+id).wants(200, "")); got.Balance.Amount != 2500-799 || got.RunsOut == nil || got.NextCharge.Total.Amount != 799 || got.Membership.PaidUntil.String() != "2026-02-28" {
		t.Errorf("account of a member = %+v", got)
	}
	lots := into[list[lot]](w.get("/v1/accounts/"+id+"/lots").wants(200, ""))
	if len(lots.Data) != 1 || lots.Data[0].Source != card.Serial.String() || lots.Data[0].Rest.Amount != 1701 || lots.Data[0].Value.Amount != 2500 {
		t.Errorf("lots = %+v", lots)
	}
	charges := into[list[charge]](w.get("/v1/accounts/"+id+"/charges").wants(200, ""))
	if len(charges.Data) != 1 || charges.Data[0].Total.Amount != 799 || len(charges.Data[0].Lines) != 1 || charges.Data[0].Lines[0] != (line{card.Serial.String(), amount{799, "USD"}}) {
		t.Errorf("charges = %+v", charges)
	}
	sum := map[string]int64{}
	for next := "?limit=1"; next != ""; {
		page := into[list[transfer]](w.get("/v1/accounts/"+id+"/transfers"+next).wants(200, ""))
		for _, entry := range page.Data {
			sum[entry.Credit] += entry.Amount.Amount
			sum[entry.Debit] -= entry.Amount.Amount
		}
		next = ""
		if page.Next != "" {
			next = "?limit=1&cursor=" + page.Next
		}
	}
	if sum["gift_balance"] != 1701 || sum["revenue"] != 799 || sum["in_transit"] != -2500 {
		t.Errorf("the transfers add up to %v", sum)
	}
	w.Verify()
}

func TestChargesArePaged(t *testing.T) {
	w := newWorld(t)
	id := w.member("u")
	w.At(calendar.Must("2026-04-30"), 12)
	seen := 0
	for next := "?limit=1"; next != ""; {
		page := into[list[charge]](w.get("/v1/accounts/"+id+"/charges"+next).wants(200, ""))
		for _, one := range page.Data {
			if seen++; len(one.Lines) == 0 {
				t.Errorf("charge %s has no lines", one.ID)
			}
		}
		next = ""
		if page.Next != "" {
			next = "?limit=1&cursor=" + page.Next
		}
	}
	if want := len(w.View(id).Charges); seen != want || want < 3 {
		t.Errorf("%d charges are listed of %d", seen, want)
	}
}

func TestMemberships(t *testing.T) {
	w := newWorld(t)
	id := w.account("u")
	path := "/v1/accounts/" + id + "/membership/"
	plan := func(id string) map[string]string { return map[string]string{"plan": id} }
	w.post(path+"start", plan("basic")).wants(402, "payment_required")
	w.post(path+"start", plan("gold")).wants(409, "unknown_plan")
	w.post(path+"start", plan("euros")).wants(409, "no_price")
	w.post(path+"change", plan("basic")).wants(409, "not_a_member")
	w.post(path+"cancel", nil).wants(409, "not_a_member")
	w.post(path+"restart", nil).wants(409, "nothing_to_restart")
	w.post(path+"payer", map[string]string{"payer": "partner"}).wants(409, "not_a_member")
	w.post("/v1/accounts/"+id+"/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(200, "")

	if got := into[preview](w.get(path+"preview?do=start&plan=basic").wants(200, "")); got.Refusal != "" || got.PaidUntil.String() != "2026-02-28" || len(got.Events) != 2 {
		t.Errorf("preview of a start = %+v", got)
	}
	if got := into[preview](w.get(path+"preview?do=cancel").wants(200, "")); got.Refusal != "not_a_member" {
		t.Errorf("preview of a cancellation = %+v", got)
	}
	w.get(path+"preview?do=start").wants(400, "invalid_request")
	w.get(path+"preview?do=payer").wants(400, "invalid_request")
	w.get(path+"preview").wants(400, "invalid_request")

	started := into[outcome](w.post(path+"start", plan("basic")).wants(200, ""))
	if len(started.Events) != 2 || !strings.Contains(string(started.Events[0]), `"started"`) {
		t.Errorf("start = %s", started.Events)
	}
	w.post(path+"start", plan("basic")).wants(409, "already_member")
	w.post(path+"change", plan("basic")).wants(409, "same_plan")
	w.post(path+"change", plan("standard")).wants(200, "")
	w.post(path+"payer", map[string]string{"payer": "apple"}).wants(200, "")
	w.post("/v1/accounts/"+id+"/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(409, "billed_by_apple")
	w.post(path+"payer", map[string]string{"payer": "package"}).wants(200, "")
	w.post("/v1/accounts/"+id+"/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(409, "included_in_package")
	w.post(path+"payer", map[string]string{"payer": "self"}).wants(200, "")
	w.post(path+"cancel", nil).wants(200, "")
	w.post(path+"cancel", nil).wants(409, "already_cancelled")
	if got := into[account](w.get("/v1/accounts/"+id).wants(200, "")); !got.Membership.Cancelled || got.Membership.EndsOn == nil {
		t.Errorf("cancelled: %+v", got.Membership)
	}
	w.post(path+"restart", nil).wants(200, "")
	w.post(path+"payment-method", map[string]string{"token": "ok"}).wants(200, "")
	w.post(path+"payment-method", map[string]string{"token": "unheard-of"}).wants(200, "")
	w.post(path+"payment-method", map[string]string{}).wants(200, "")
	w.Verify()
}

// TestAPendingAnswerIsAskedForAgain: a start whose payment method answers late is accepted, and the same request
// tells how it went.
func TestAPendingAnswerIsAskedForAgain(t *testing.T) {
	w := newWorld(t)
	id := w.account("u")
	w.post("/v1/accounts/"+id+"/membership/payment-method", map[string]string{"token": "late"}).wants(200, "")
	start := asked{method: "POST", path: "/v1/accounts/" + id + "/membership/start", body: map[string]string{"plan": "basic"}, key: "start",
		header: http.Header{"If-Match": {w.get("/v1/accounts/" + id).header.Get("ETag")}}}
	for range 2 {
		if got := w.send(start).wants(202, ""); into[outcome](got).Status != "pending" || got.header.Get("Retry-After") == "" {
			t.Errorf("pending: %v %s", got.header, got.body)
		}
	}
	if got := into[account](w.get("/v1/accounts/"+id).wants(200, "")); !got.Asking {
		t.Errorf("the account is not asking: %+v", got)
	}
	for range 20 {
		w.Clock.Set(w.Clock.Now().Add(10 * time.Minute))
		must(t, w.Loops.Settle(t.Context()))
	}
	if got := into[outcome](w.send(start).wants(200, "")); got.Status != "done" || len(got.Events) < 2 {
		t.Errorf("answered: %+v", got)
	}
	w.Verify()
}

func TestEntitlementIsCacheable(t *testing.T) {
	w := newWorld(t)
	id := w.account("u")
	path := "/v1/accounts/" + id + "/entitlement"
	if got := into[entitlement](w.get(path).wants(200, "")); got.MayWatch || got.Why != "not_started" || got.Until != nil {
		t.Errorf("before the start: %+v", got)
	}
	member := w.member("v")
	path = "/v1/accounts/ext:v/entitlement"
	first := w.get(path).wants(200, "")
	got := into[entitlement](first)
	if !got.MayWatch || got.Why != "paid" || got.Account != member || got.PaidUntil.String() != "2026-02-28" || !got.Until.Equal(calendar.Must("2026-02-28").Start(time.UTC)) {
		t.Errorf("paid: %+v", got)
	}
	if cache := first.header.Get("Cache-Control"); cache != "private, max-age=60" {
		t.Errorf("Cache-Control: %s", cache)
	}
	same := w.send(asked{method: "GET", path: path, header: http.Header{"If-None-Match": {first.header.Get("ETag")}}})
	if same.status != http.StatusNotModified || same.body != "" {
		t.Errorf("the same again: %d %q", same.status, same.body)
	}
	// The last seconds before something is due are all that it may be kept for.
	w.Clock.Set(got.Until.Add(-7 * time.Second))
	if cache := w.get(path).wants(200, "").header.Get("Cache-Control"); cache != "private, max-age=7" {
		t.Errorf("Cache-Control before the billing date: %s", cache)
	}
}

func TestTwoEditorsOfOneAccount(t *testing.T) {
	w := newWorld(t)
	id := w.member("u")
	tag := w.get("/v1/accounts/"+id).wants(200, "").header.Get("ETag")
	change := func(path, match string) *answer {
		return w.send(asked{method: "POST", path: "/v1/accounts/" + id + "/membership/" + path, header: http.Header{"If-Match": {match}}})
	}
	change("cancel", tag).wants(200, "")
	change("restart", tag).wants(412, "changed_meanwhile")
	for _, wrong := range []string{"", "*", "1", `"x"`, `W/"1"`, `"01"`, `"1", "2"`} {
		change("restart", wrong).wants(400, "invalid_request")
	}
	change("restart", w.get("/v1/accounts/"+id).header.Get("ETag")).wants(200, "")
}

func TestTheAuditSaysWhoDidWhat(t *testing.T) {
	w := newWorld(t)
	id := w.member("u")
	w.Do(id, engine.Command{Kind: timeline.Cancel}) // by the member, whose own history tells it
	w.send(asked{method: "POST", path: "/v1/accounts/" + id + "/membership/restart", grants: "manage"}).wants(200, "")
	w.send(asked{method: "POST", path: "/v1/accounts/" + id + "/membership/restart", grants: "manage"}).wants(409, "nothing_to_restart")
	entries := into[list[entry]](w.get("/v1/audit?subject="+id+"&limit=2").wants(200, ""))
	if len(entries.Data) != 2 || entries.Next == "" || entries.Data[0].Outcome != "nothing_to_restart" || entries.Data[1].Operation != "restart" ||
		entries.Data[1].Role != "key" || !strings.HasPrefix(w.key("manage"), entries.Data[1].Key) || entries.Data[1].From != "192.0.2.7" || entries.Data[1].Request == "" {
		t.Errorf("the audit has %+v", entries)
	}
	rest := into[list[entry]](w.get("/v1/audit?subject="+id+"&cursor="+entries.Next).wants(200, ""))
	var operations []string
	for _, e := range rest.Data {
		operations = append(operations, e.Operation)
	}
	if strings.Join(operations, " ") != "start redeem account.open" {
		t.Errorf("before: %v", operations)
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	w := newWorld(t)
	without := http.Header{"Authorization": nil}
	served := w.send(asked{method: "GET", path: "/v1/openapi.json", header: without})
	if served.status != 200 || served.body != string(w.document) || !json.Valid(w.document) {
		t.Errorf("the document: %d", served.status)
	}
	if valid, errs := w.validator.ValidateDocument(); !valid {
		t.Errorf("the document is not OpenAPI 3.1: %v", errs)
	}
	docs := w.send(asked{method: "GET", path: "/v1/docs", header: without})
	for _, o := range operations() {
		if !strings.Contains(docs.body, `id="`+o.ID+`"`) {
			t.Errorf("the page does not have %s", o.ID)
		}
	}
	for _, outside := range []string{"<script", "src=", "@import", "url(", `="http`} {
		if strings.Contains(docs.body, outside) {
			t.Errorf("the page has %s", outside)
		}
	}
	for name, p := range problems {
		if page := w.send(asked{method: "GET", path: problemPath + name, header: without}); page.status != 200 || !strings.Contains(page.body, "<h1>") || p.Title == "" {
			t.Errorf("%s has no page", name)
		}
	}
	w.send(asked{method: "GET", path: "/problems/none", header: without}).wants(404, "no_such_address")
}
