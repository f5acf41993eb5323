package api

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"scrip/access"
	"scrip/billing"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/money"
)

// TestACardOfNoFixedValueWaitsForOne: activated without a value, it is refused and stays as it was.
func TestACardOfNoFixedValueWaitsForOne(t *testing.T) {
	w := newWorld(t)
	terms := w.Engine.Terms()
	sold := terms.Catalog.Products()
	open := sold[0]
	open.ID, open.Most = "open", money.New(2*open.Value.Minor(), open.Value.Currency())
	var err error
	terms.Catalog, err = terms.Catalog.WithProducts(append([]catalog.Product{open}, sold...), nil)
	must(t, err)
	must(t, w.Engine.Apply(t.Context(), access.Operator(), "a product more", func(string) (billing.Terms, error) { return terms, nil }))
	var serial string
	_, err = w.Engine.IssueCards(t.Context(), access.Operator(), "open", 1, func(made []engine.Printed) error {
		serial = made[0].Serial.String()
		return nil
	})
	must(t, err)
	w.post("/v1/cards/"+serial+"/activate", nil).wants(409, "card_value")
	if got := into[card](w.get("/v1/cards/"+serial).wants(200, "")); got.State != "issued" {
		t.Errorf("the card is %+v", got)
	}
}

func TestCards(t *testing.T) {
	w := newWorld(t)
	printed := w.Cards("us-25", 3)
	serial := printed[0].Serial.String()
	code := map[string]string{"code": printed[0].Code.Reveal()}
	path := "/v1/cards/" + serial

	if got := into[sight](w.post("/v1/cards/check", code).wants(200, "")); !got.Redeemable || got.Serial != serial || got.Value != (amount{2500, "USD"}) {
		t.Errorf("check = %+v", got)
	}
	if got := into[card](w.get(path).wants(200, "")); got.State != "active" || got.Product != "us-25" || got.Country != "US" {
		t.Errorf("get = %+v", got)
	}
	w.post(path+"/unfreeze", nil).wants(409, "not_frozen")
	if got := into[movedCard](w.post(path+"/freeze", nil).wants(200, "")); got != (movedCard{serial, "frozen"}) {
		t.Errorf("freeze = %+v", got)
	}
	if got := into[sight](w.post("/v1/cards/check", code).wants(200, "")); got.Redeemable || got.Refusal != "frozen" {
		t.Errorf("check of a frozen card = %+v", got)
	}
	w.post(path+"/freeze", nil).wants(409, "not_active")
	w.post(path+"/unfreeze", "{}").wants(200, "")
	w.post(path+"/activate", nil).wants(409, "not_issued")
	w.post(path+"/void", nil).wants(200, "")
	w.post(path+"/replace", nil).wants(409, "voided")

	id := w.account("u")
	other := map[string]string{"code": printed[1].Code.Reveal(), "account": "ext:u"}
	if got := into[sight](w.post("/v1/cards/check", other).wants(200, "")); !got.Redeemable {
		t.Errorf("check for an account = %+v", got)
	}
	w.post("/v1/accounts/"+id+"/redeem", map[string]string{"code": printed[1].Code.Reveal()}).wants(200, "")
	if got := into[sight](w.post("/v1/cards/check", other).wants(200, "")); got.Redeemable || got.Refusal != "already_redeemed" || got.RedeemedOn.String() != "2026-01-31" {
		t.Errorf("check of one's own card = %+v", got)
	}
	if got := into[card](w.get("/v1/cards/"+printed[1].Serial.String()).wants(200, "")); got.RedeemedBy != id || !got.RedeemedAt.Equal(noon) {
		t.Errorf("get of a redeemed card = %+v", got)
	}
	w.get("/v1/cards/0000-0000-0000-0").wants(404, "not_found")
	w.post("/v1/cards/0000-0000-0000-0/freeze", nil).wants(404, "not_found")
	w.get("/v1/cards/1234").wants(400, "invalid_request")
	w.Verify()
}

func TestAReplacedCardsCodeIsToldAgainForADay(t *testing.T) {
	w := newWorld(t)
	old := w.Card("us-25")
	replace := asked{method: "POST", path: "/v1/cards/" + old.Serial.String() + "/replace", key: "replace"}
	first := w.send(replace).wants(201, "")
	got := into[replacement](first)
	again := w.send(replace).wants(201, "")
	if again.body != first.body || again.header.Get("Idempotency-Replayed") != "true" || got.Code == "" || got.Replaces != old.Serial.String() {
		t.Errorf("replace = %+v, and again the same: %v", got.Serial, again.body == first.body)
	}
	w.post("/v1/cards/check", map[string]string{"code": old.Code.Reveal()}).wants(200, "")
	w.post("/v1/accounts/"+w.account("u")+"/redeem", map[string]string{"code": got.Code}).wants(200, "")
	w.Clock.Set(got.Until)
	if late := into[replacement](w.send(replace).wants(201, "")); late.Code != "" || late.Serial != got.Serial || !late.Until.Equal(got.Until) {
		t.Errorf("a day later: %+v", late.Serial)
	}
	for name, kept := range map[string]string{"log": w.logged.String() + w.Log.String()} {
		if strings.Contains(kept, got.Code) {
			t.Errorf("the new code is in the %s", name)
		}
	}
	w.Verify()
}

func TestTheLifeOfABatch(t *testing.T) {
	w := newWorld(t)
	serial := w.issued()
	path := "/v1/batches/" + w.batch()
	moves := func(move string, body any, status int, want string) {
		t.Helper()
		got := w.post(path+"/"+move, body).wants(status, want)
		if status == 200 && into[movedBatch](got).State != into[batch](w.get(path).wants(200, "")).State {
			t.Errorf("%s is told as %+v", move, into[movedBatch](got))
		}
	}
	shop := map[string]string{"retailer": "cornerway"}
	moves("ship", shop, 409, "batch_not_printed")
	moves("unfreeze", nil, 409, "batch_not_frozen")
	moves("printed", nil, 200, "")
	moves("printed", nil, 409, "batch_not_made")
	moves("ship", map[string]string{"retailer": "nobody"}, 409, "no_retailer")
	moves("ship", shop, 200, "")
	moves("freeze", nil, 200, "")
	moves("freeze", nil, 409, "batch_frozen")
	w.post("/v1/cards/"+serial+"/activate", nil).wants(409, "batch_frozen")
	if got := into[batch](w.get(path).wants(200, "")); got.State != giftcard.BatchFrozen || got.Was != giftcard.BatchShipped || got.Retailer != "cornerway" || got.MovedAt == nil || !got.Whole {
		t.Errorf("the batch is %+v", got)
	}
	moves("unfreeze", nil, 200, "")
	w.post("/v1/cards/"+serial+"/activate", nil).wants(200, "")
	w.post("/v1/batches/01900000-0000-7000-8000-000000000000/freeze", nil).wants(404, "no_batch")
}

func TestListsGoOnWhereTheyEnded(t *testing.T) {
	w := newWorld(t)
	all := map[string]bool{}
	for range 3 {
		for _, card := range w.Cards("us-25", 5) {
			all[card.Serial.String()] = true
		}
	}
	batches := into[list[batch]](w.get("/v1/batches").wants(200, ""))
	if len(batches.Data) != 3 || batches.Next != "" || batches.Data[0].Cards != 5 {
		t.Errorf("batches = %+v", batches)
	}
	one := "/v1/batches/" + batches.Data[0].ID
	if got := into[batch](w.get(one).wants(200, "")); got.States["active"] != 5 {
		t.Errorf("batch = %+v", got)
	}
	w.get("/v1/batches/01900000-0000-7000-8000-000000000000").wants(404, "no_batch")
	for query, want := range map[string]int{"": 15, "batch=" + batches.Data[0].ID + "&": 5, "state=active&": 15, "state=voided&": 0, "product=us-25&": 15, "product=none&": 0} {
		seen, pages := map[string]bool{}, 0
		for next := "/v1/cards?" + query + "limit=2"; next != ""; pages++ {
			page := into[list[card]](w.get(next).wants(200, ""))
			for _, c := range page.Data {
				if seen[c.Serial] || !all[c.Serial] {
					t.Errorf("%s: card %s twice, or none of ours", query, c.Serial)
				}
				seen[c.Serial] = true
			}
			next = ""
			if page.Next != "" {
				next = "/v1/cards?" + query + "limit=2&cursor=" + page.Next
			}
		}
		if len(seen) != want || pages != max(1, (want+1)/2) {
			t.Errorf("%q lists %d cards on %d pages, want %d", query, len(seen), pages, want)
		}
	}
}

func TestWrongCodesAreSlowed(t *testing.T) {
	w := newWorld(t)
	id := w.account("u")
	wrong := map[string]string{"code": "000000-000000-000000"}
	for range 10 {
		w.post("/v1/accounts/"+id+"/redeem", wrong).wants(404, "not_found")
	}
	if got := w.post("/v1/accounts/"+id+"/redeem", wrong).wants(429, "too_many_tries"); got.header.Get("Retry-After") != "900" {
		t.Errorf("Retry-After = %s", got.header.Get("Retry-After"))
	}
	w.post("/v1/cards/check", wrong).wants(404, "not_found") // the other customers of the key go on
	w.Clock.Set(noon.Add(15 * time.Minute))
	w.post("/v1/accounts/"+id+"/redeem", wrong).wants(404, "not_found")
}

func TestTheKeyIsLimited(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.RequestsPerMinute = 3 })
	for left := range 3 {
		if got := w.get("/v1/batches").wants(200, ""); got.header.Get("RateLimit-Limit") != "3" || got.header.Get("RateLimit-Remaining") != text(2-left) {
			t.Errorf("the limits are %v", got.header)
		} else if reset, err := strconv.Atoi(got.header.Get("RateLimit-Reset")); err != nil || reset < 1 || reset > 60 {
			t.Errorf("the limits end in %s seconds", got.header.Get("RateLimit-Reset"))
		}
	}
	if got := w.get("/v1/batches").wants(429, "too_many_requests"); got.header.Get("Retry-After") == "" {
		t.Errorf("no Retry-After in %v", got.header)
	}
	w.send(asked{method: http.MethodGet, path: "/v1/batches", grants: "read"}).wants(200, "")
}
