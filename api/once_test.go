package api

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// TestOneKeyOneEffect: every change, sent one to five times at once under one key, is done once, and all are given
// the same answer, of which one is the first. Later it is given again; another request under the key is refused.
func TestOneKeyOneEffect(t *testing.T) {
	w := newWorld(t)
	times := 0
	for _, o := range operations() {
		if !o.Change {
			continue
		}
		a := w.good(o)
		a.key = "once-" + o.ID
		other := a
		switch body := a.body.(type) {
		case map[string]string:
			other.body = otherThan(o, body, w)
		case map[string]any:
			body = maps.Clone(body)
			for name, value := range map[string]any{"amount": 299, "url": "https://example.com/other", "overlap_hours": 2} {
				if _, there := body[name]; there {
					body[name] = value
				}
			}
			other.body = body
		}
		times = times%5 + 1
		first := w.atOnce(a, max(2, times))
		after := w.rows()
		again := w.send(a)
		if again.status != first.Code || again.body != first.Body.String() || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s again = %d %s, first it was %d %s", o.ID, again.status, hidden(again.body), first.Code, hidden(first.Body.String()))
		}
		if w.rows() != after {
			t.Errorf("%s has changed something when it was sent again", o.ID)
		}
		if other.body != nil {
			w.send(other).wants(422, "idempotency_key_reused")
		}
		if w.rows() != after {
			t.Errorf("another %s under the key has changed something", o.ID)
		}
	}
	w.Verify()
}

// atOnce sends a request several times at the same moment, and gives the answer that all have.
func (w *world) atOnce(a asked, times int) *httptest.ResponseRecorder {
	w.T.Helper()
	requests, recorders := make([]*http.Request, times), make([]*httptest.ResponseRecorder, times)
	for at := range requests {
		requests[at], recorders[at] = w.request(a), httptest.NewRecorder()
	}
	var all sync.WaitGroup
	for at := range requests {
		all.Go(func() { w.handler.ServeHTTP(recorders[at], requests[at]) })
	}
	all.Wait()
	firsts := 0
	for _, got := range recorders {
		if got.Code != recorders[0].Code || got.Body.String() != recorders[0].Body.String() || got.Code >= 300 {
			w.T.Errorf("%s is answered %d %s, and %d %s", a.path, recorders[0].Code, hidden(recorders[0].Body.String()), got.Code, hidden(got.Body.String()))
		}
		if got.Header().Get("Idempotency-Replayed") == "" {
			firsts++
		}
	}
	if firsts != 1 {
		w.T.Errorf("%s: %d of %d are told to be the first", a.path, firsts, times)
	}
	return recorders[0]
}

// otherThan is a good body that differs.
func otherThan(o operation, body map[string]string, w *world) map[string]string {
	body = maps.Clone(body)
	switch o.ID {
	case "redeemCode":
		body["code"] = w.Card("us-25").Code.Reveal()
	case "openAccount":
		body["language"] = "fr"
	case "startMembership", "changePlan":
		body["plan"] = "gold"
	case "shipBatch":
		body["retailer"] = "another"
	case "settleDay":
		body["file"] = strings.Replace(body["file"], "1001", "1002", 1)
	case "proposeResolution", "confirmResolution":
		body["resolution"] = "theirs"
	case "setPayer":
		body["payer"] = "apple"
	case "createTestClock":
		body["at"] = "2026-03-28T12:00:00Z"
	case "advanceTestClock":
		body["to"] = "2026-03-28T12:00:00Z"
	case "setPaymentMethod":
		body["token"] = "declines"
	case "redeliverEvent":
		body["event"] = strings.Replace(body["event"], "_1_0", "_1_1", 1)
	case "replayEvents":
		body["since"] = "2026-01-30T00:00:00Z"
	}
	return body
}

// TestARefusalIsRememberedToo, and told as it was, though meanwhile it would go through.
func TestARefusalIsRememberedToo(t *testing.T) {
	w := newWorld(t)
	id := w.account("u")
	start := asked{method: "POST", path: "/v1/accounts/" + id + "/membership/start", body: map[string]string{"plan": "basic"}, key: "k"}
	w.send(start).wants(402, "payment_required")
	w.post("/v1/accounts/"+id+"/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(200, "")
	if got := w.send(start).wants(402, "payment_required"); got.header.Get("Idempotency-Replayed") != "true" {
		t.Error("the remembered refusal is not marked")
	}
	start.key = "another"
	w.send(start).wants(200, "")
	w.Verify()
}

// TestWhatWasAnsweredIsNoTry: a redemption is told again under its key when too many codes led nowhere meanwhile, and one
// that led nowhere is counted once, however often it is sent.
func TestWhatWasAnsweredIsNoTry(t *testing.T) {
	w := newWorld(t)
	id := w.account("u")
	redeem := func(key, code string) asked {
		return asked{method: "POST", path: "/v1/accounts/" + id + "/redeem", body: map[string]string{"code": code}, key: key}
	}
	again := func(a asked, status int, problem string) {
		t.Helper()
		if got := w.send(a).wants(status, problem); got.header.Get("Idempotency-Replayed") != "true" {
			t.Error("the answer is not marked as one that was given before")
		}
	}
	const nowhere = "000000-000000-000000"
	right, wrong, other := redeem("right", w.Card("us-25").Code.Reveal()), redeem("wrong", nowhere), w.Card("us-25").Code.Reveal()
	w.send(right).wants(200, "")
	w.send(wrong).wants(404, "not_found")
	for range 12 {
		again(wrong, 404, "not_found")
	}
	for at := range 9 {
		w.send(redeem(text(at), nowhere)).wants(404, "not_found")
	}
	again(right, 200, "")
	again(wrong, 404, "not_found")
	w.send(redeem("right", nowhere)).wants(429, "too_many_tries")
	w.send(redeem("right", other)).wants(429, "too_many_tries")
	w.send(redeem("new", other)).wants(429, "too_many_tries")
	w.Verify()
}

// TestAnInstantIsToldAsItIsKept: what a change answers is what is read later.
func TestAnInstantIsToldAsItIsKept(t *testing.T) {
	w := newWorld(t)
	w.Clock.Set(noon.Add(123456789))
	made := into[opened](w.post("/v1/accounts", map[string]string{"external_id": "u", "country": "US", "currency": "USD", "time_zone": "UTC"}).wants(201, ""))
	if read := into[account](w.get("/v1/accounts/ext:u").wants(200, "")); !made.CreatedAt.Equal(read.CreatedAt) {
		t.Errorf("the account was made at %v, and is read as of %v", made.CreatedAt, read.CreatedAt)
	}
	hook := into[madeEndpoint](w.post("/v1/endpoints", map[string]string{"url": "https://example.com"}).wants(201, ""))
	if read := into[countedEndpoint](w.get("/v1/endpoints/"+hook.ID).wants(200, "")); !hook.CreatedAt.Equal(read.Endpoint.CreatedAt) {
		t.Errorf("the endpoint was made at %v, and is read as of %v", hook.CreatedAt, read.Endpoint.CreatedAt)
	}
}
