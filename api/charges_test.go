package api

import (
	"maps"
	"testing"
	"time"

	"scrip/calendar"
)

// authorized is the id of an authorization of cents.
func (w *world) authorized(account string, cents int) string {
	w.T.Helper()
	return into[settledCharge](w.post("/v1/accounts/"+account+"/authorizations", map[string]any{"amount": cents, "currency": "USD", "reference": "order 7"}).wants(201, "")).ID
}

// TestChargesAgainstTheBalanceAlone: a biller authorizes, captures a part, releases, and charges at once, oldest card
// first; each refusal has its problem, and a balance that is too small its shortfall.
func TestChargesAgainstTheBalanceAlone(t *testing.T) {
	w := newWorld(t)
	id, path := w.account("u"), "/v1/accounts/ext:u/"
	older, newer := w.Card("us-25"), w.Card("us-25")
	w.post(path+"redeem", map[string]string{"code": older.Code.Reveal()}).wants(200, "")
	w.post(path+"redeem", map[string]string{"code": newer.Code.Reveal()}).wants(200, "")
	ask := func(cents int, more map[string]any) map[string]any {
		body := map[string]any{"amount": cents, "currency": "USD", "reference": "order 7"}
		maps.Copy(body, more)
		return body
	}

	made := w.post(path+"authorizations", ask(3000, nil)).wants(201, "")
	kept := into[settledCharge](made)
	if kept.Account != id || kept.Status != "done" || kept.Reference != "order 7" || *kept.Amount != (amount{3000, "USD"}) || kept.Shortfall != nil ||
		*kept.Balance != (amount{2000, "USD"}) || !kept.ExpiresAt.Equal(time.Date(2026, 2, 8, 0, 0, 0, 0, time.UTC)) || len(kept.Lines) != 2 ||
		kept.Lines[0] != (line{older.Serial.String(), amount{2500, "USD"}}) || kept.Lines[1] != (line{newer.Serial.String(), amount{500, "USD"}}) {
		t.Errorf("authorize = %s", made.body)
	}
	one := path + "authorizations/" + kept.ID
	if location := made.header.Get("Location"); location != "/v1/accounts/"+id+"/authorizations/"+kept.ID {
		t.Errorf("Location = %q", location)
	}
	if got := into[authorization](w.get(one).wants(200, "")); got.Status != "open" || got.Asked.Amount != 3000 || got.EndedOn != nil || got.MadeOn.String() != "2026-01-31" {
		t.Errorf("open: %+v", got)
	}
	if got := into[account](w.get(path[:len(path)-1]).wants(200, "")); got.Balance.Amount != 2000 || got.Authorized.Amount != 3000 {
		t.Errorf("the account with an open authorization has %v and %v", got.Balance, got.Authorized)
	}
	w.get("/v1/accounts/"+id+"/charges/"+kept.ID+"/explain").wants(404, "no_charge")

	short := w.post(path+"authorizations", ask(2001, nil)).wants(402, "insufficient_balance")
	if got := into[told](short); got.Shortfall == nil || *got.Shortfall != (amount{1, "USD"}) {
		t.Errorf("the shortfall is told as %s", short.body)
	}
	w.post(path+"charges", map[string]any{"amount": 1, "currency": "EUR", "reference": "r"}).wants(409, "currency_mismatch")
	w.post(one+"/capture", map[string]any{"amount": 3001, "currency": "USD"}).wants(409, "amount_too_large")
	w.post(one+"/capture", map[string]any{"amount": 1, "currency": "EUR"}).wants(409, "currency_mismatch")

	captured := w.post(one+"/capture", map[string]any{"amount": 2600, "currency": "USD"}).wants(200, "")
	if got := into[settledCharge](captured); got.Amount.Amount != 2600 || got.Returned.Amount != 400 || got.Balance.Amount != 2400 || len(got.Lines) != 2 || got.ExpiresAt != nil {
		t.Errorf("capture = %s", captured.body)
	}
	w.post(one+"/capture", "{}").wants(409, "already_captured")
	w.post(one+"/release", nil).wants(409, "already_captured")
	if got := into[explanation](w.get(path+"charges/"+kept.ID+"/explain").wants(200, "")); got.Section != "11" || !got.Agrees || got.Total.Amount != 2600 || len(got.Lines) != 2 || len(got.Inputs) == 0 || len(got.Steps) == 0 {
		t.Errorf("explain = %+v", got)
	}

	rest := into[settledCharge](w.post(path+"charges", ask(3000, map[string]any{"partial": true})).wants(201, ""))
	if rest.Amount.Amount != 2400 || rest.Shortfall.Amount != 600 || rest.Balance.Amount != 0 || rest.Lines[0].Source != newer.Serial.String() {
		t.Errorf("a charge in part = %+v", rest)
	}
	w.post(path+"charges", ask(1, map[string]any{"partial": true})).wants(402, "insufficient_balance")

	w.post(path+"redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(200, "")
	freed := w.authorized(id, 100)
	if got := into[settledCharge](w.post(path+"authorizations/"+freed+"/release", nil).wants(200, "")); got.Amount.Amount != 100 || got.Balance.Amount != 2500 {
		t.Errorf("release = %+v", got)
	}
	w.post(path+"authorizations/"+freed+"/capture", "{}").wants(409, "already_released")
	left := into[settledCharge](w.post(path+"authorizations", ask(100, map[string]any{"days": 1})).wants(201, "")).ID
	w.At(calendar.Must("2026-02-02"), 12)
	w.post(path+"authorizations/"+left+"/capture", "{}").wants(409, "authorization_expired")

	var listed []string
	for next := "?limit=3"; next != ""; {
		page := into[list[authorization]](w.get(path+"authorizations"+next).wants(200, ""))
		for _, a := range page.Data {
			listed = append(listed, text(a.Status))
		}
		next = ""
		if page.Next != "" {
			next = "?limit=3&cursor=" + page.Next
		}
	}
	if got := text(listed); got != "[expired released captured captured]" {
		t.Errorf("the list has %s", got)
	}
	w.Verify()
}

func TestWhatIsNotThereToCharge(t *testing.T) {
	w := newWorld(t)
	id, none := w.member("u"), "01900000-0000-7000-8000-000000000000"
	other := w.authorized(w.member("v"), 1)
	for _, absent := range []string{none, other} {
		path := "/v1/accounts/" + id + "/authorizations/" + absent
		w.get(path).wants(404, "unknown_authorization")
		w.post(path+"/capture", "{}").wants(404, "unknown_authorization")
		w.post(path+"/release", nil).wants(404, "unknown_authorization")
		w.get("/v1/accounts/"+id+"/charges/"+absent+"/explain").wants(404, "no_charge")
	}
	w.get("/v1/accounts/"+none+"/authorizations").wants(404, "no_account")
	w.get("/v1/accounts/"+none+"/authorizations/"+other).wants(404, "no_account")
	w.get("/v1/accounts/"+none+"/charges/"+other+"/explain").wants(404, "no_account")
	w.get("/v1/accounts/"+none+"/estimate?amount=1&currency=USD").wants(404, "no_account")
	w.post("/v1/accounts/"+none+"/charges", map[string]any{"amount": 1, "currency": "USD", "reference": "r"}).wants(404, "no_account")
	for range 100 {
		w.authorized(id, 1)
	}
	w.post("/v1/accounts/"+id+"/authorizations", map[string]any{"amount": 1, "currency": "USD", "reference": "r"}).wants(409, "too_many_authorizations")
}

func TestAPeriodsChargeIsExplained(t *testing.T) {
	w := newWorld(t)
	id := w.member("u")
	paid := into[list[charge]](w.get("/v1/accounts/"+id+"/charges").wants(200, "")).Data[0]
	if got := into[explanation](w.get("/v1/accounts/"+id+"/charges/"+paid.ID+"/explain").wants(200, "")); got.Section != "4.2" || !got.Agrees || got.Total != paid.Total || len(got.Lines) != 1 {
		t.Errorf("explain = %+v", got)
	}
}

func TestHowLongAnAmountWouldBePaid(t *testing.T) {
	w := newWorld(t)
	id := w.account("u")
	w.post("/v1/accounts/"+id+"/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(200, "")
	path := "/v1/accounts/" + id + "/estimate?currency=USD&amount=900"
	if got := into[recurrence](w.get(path).wants(200, "")); got.Charges != 2 || got.RunsOut.String() != "2026-03-31" || got.Rest.Amount != 700 {
		t.Errorf("from today: %+v", got)
	}
	if got := into[recurrence](w.get(path+"&from=2026-05-15").wants(200, "")); got.RunsOut.String() != "2026-07-15" {
		t.Errorf("from May: %+v", got)
	}
	if got := into[recurrence](w.get("/v1/accounts/"+id+"/estimate?currency=USD&amount=1").wants(200, "")); got.Charges != 1200 || got.RunsOut != nil {
		t.Errorf("a cent a month: %+v", got)
	}
	w.get(path+"&from=2026-01-30").wants(400, "past_date")
	w.get("/v1/accounts/"+id+"/estimate?currency=EUR&amount=900").wants(409, "currency_mismatch")
}

// TestAChargeWaitsForAPaymentMethod: while one is being asked, an authorization is accepted, and the same request tells
// later how it went.
func TestAChargeWaitsForAPaymentMethod(t *testing.T) {
	w := newWorld(t)
	id := w.account("u")
	w.post("/v1/accounts/"+id+"/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(200, "")
	w.post("/v1/accounts/"+id+"/membership/payment-method", map[string]string{"token": "late"}).wants(200, "")
	w.post("/v1/accounts/"+id+"/charges", map[string]any{"amount": 2500, "currency": "USD", "reference": "r"}).wants(201, "")
	w.post("/v1/accounts/"+id+"/membership/start", map[string]string{"plan": "basic"}).wants(202, "")
	w.post("/v1/accounts/"+id+"/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(202, "")
	a := asked{method: "POST", path: "/v1/accounts/" + id + "/authorizations", key: "k", body: map[string]any{"amount": 100, "currency": "USD", "reference": "r"}}
	if got := into[settledCharge](w.send(a).wants(202, "")); got.Status != "pending" || got.ID != "" || got.Amount != nil {
		t.Errorf("pending: %+v", got)
	}
	for range 20 {
		w.Clock.Set(w.Clock.Now().Add(10 * time.Minute))
		must(t, w.Loops.Settle(t.Context()))
	}
	if got := into[settledCharge](w.send(a).wants(201, "")); got.Status != "done" || got.Amount.Amount != 100 {
		t.Errorf("answered: %+v", got)
	}
	w.Verify()
}
