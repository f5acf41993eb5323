package api

import (
	"net/http"
	"testing"
	"time"

	"scrip/engine/enginetest"
	"scrip/store"
)

// TestAClockMovesItsAccounts: an account is bound to a clock, and lives what is due while the clock is moved.
func TestAClockMovesItsAccounts(t *testing.T) {
	w := newWorld(t)
	clock := into[testClock](w.post("/v1/test-clocks", map[string]string{"at": "2031-05-30T08:00:00+02:00", "name": "ada's"}).wants(201, ""))
	if clock.Status != "ready" || clock.At.Format(time.RFC3339) != "2031-05-30T06:00:00Z" || clock.Name != "ada's" {
		t.Errorf("the clock is %+v", clock)
	}
	body := map[string]string{"external_id": "u", "country": "US", "currency": "USD", "time_zone": "UTC", "test_clock": clock.ID}
	w.post("/v1/accounts", body).wants(201, "")
	w.post("/v1/accounts/ext:u/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(200, "")
	w.post("/v1/accounts/ext:u/membership/start", map[string]string{"plan": "basic"}).wants(200, "")
	if got := into[entitlement](w.get("/v1/accounts/ext:u/entitlement")); !got.MayWatch || got.PaidUntil.String() != "2031-06-30" {
		t.Errorf("it may watch: %+v", got)
	}
	again := asked{method: "POST", path: "/v1/test-clocks/" + clock.ID + "/advance", body: map[string]string{"to": "2031-12-01T08:00:00Z"}, key: "december"}
	for _, replayed := range []string{"", "true"} {
		got := w.send(again).wants(200, "")
		if clock := into[testClock](got); clock.Status != "ready" || clock.At.Month() != time.December || got.header.Get("Idempotency-Replayed") != replayed {
			t.Errorf("advanced: %+v, replayed %q", clock, got.header.Get("Idempotency-Replayed"))
		}
	}
	got := w.get("/v1/accounts/ext:u")
	if a := into[account](got); a.TestClock != clock.ID || a.Membership.Status != "closed" {
		t.Errorf("after half a year: %s", got.body)
	}
	if got := w.get("/v1/accounts/ext:u/entitlement"); into[entitlement](got).MayWatch || got.header.Get("Cache-Control") != "private, max-age=0" {
		t.Errorf("after half a year: %s, %s", got.body, got.header.Get("Cache-Control"))
	}
	if all := into[list[testClock]](w.get("/v1/test-clocks").wants(200, "")); len(all.Data) != 1 || all.Data[0].ID != clock.ID {
		t.Errorf("the clocks are %+v", all.Data)
	}
	w.post("/v1/test-clocks/"+clock.ID+"/advance", map[string]string{"to": "2031-11-01T08:00:00Z"}).wants(409, "clock_back")
	w.post("/v1/test-clocks/"+clock.ID+"/delete", nil).wants(200, "")
	w.get("/v1/test-clocks/"+clock.ID).wants(404, "no_clock")
	w.post("/v1/accounts", map[string]string{"external_id": "v", "country": "US", "currency": "USD", "time_zone": "UTC", "test_clock": clock.ID}).wants(404, "no_clock")
	w.Verify()
}

// TestTheLastDayOfAClock: beyond it is no clock, and until it all that is reckoned ahead can be kept, and read again.
func TestTheLastDayOfAClock(t *testing.T) {
	w := newWorld(t)
	clock := into[testClock](w.post("/v1/test-clocks", map[string]string{"at": "2898-12-31T23:59:59Z"}).wants(201, ""))
	w.post("/v1/test-clocks", map[string]string{"at": "2899-01-01T00:00:00Z"}).wants(400, "invalid_request")
	w.post("/v1/test-clocks/"+clock.ID+"/advance", map[string]string{"to": "2899-01-01T00:00:00Z"}).wants(400, "invalid_request")
	w.post("/v1/accounts", map[string]string{"external_id": "u", "country": "US", "currency": "USD", "time_zone": "Pacific/Kiritimati", "test_clock": clock.ID}).wants(201, "")
	w.post("/v1/accounts/ext:u/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(200, "")
	w.post("/v1/accounts/ext:u/membership/start", map[string]string{"plan": "basic"}).wants(200, "")
	w.post("/v1/accounts/ext:u/authorizations", map[string]any{"amount": 1, "currency": "USD", "reference": "r", "days": 31}).wants(201, "")
	w.get("/v1/accounts/ext:u/estimate?amount=1&currency=USD").wants(200, "")
	w.get("/v1/accounts/ext:u").wants(200, "")
	w.get("/v1/accounts/ext:u/entitlement").wants(200, "")
	w.Verify()
}

// TestNoClocksForReal: where life is real, nothing of them can be reached.
func TestNoClocksForReal(t *testing.T) {
	w := newWorld(t)
	var err error
	w.handler, err = New(Config{Engine: enginetest.Another(w.World), From: func(*http.Request) string { return "192.0.2.7" }, Log: logTo(w.logged)})
	must(t, err)
	w.get("/v1/test-clocks").wants(403, "no_sandbox")
	w.post("/v1/test-clocks", map[string]string{"at": "2031-05-30T08:00:00Z"}).wants(403, "no_sandbox")
	id := store.NewID()
	w.get("/v1/test-clocks/"+id).wants(403, "no_sandbox")
	w.post("/v1/test-clocks/"+id+"/advance", map[string]string{"to": "2031-05-30T08:00:00Z"}).wants(403, "no_sandbox")
	w.post("/v1/test-clocks/"+id+"/delete", nil).wants(403, "no_sandbox")
	w.post("/v1/accounts", map[string]string{"external_id": "v", "country": "US", "currency": "USD", "time_zone": "UTC", "test_clock": id}).wants(403, "no_sandbox")
}
