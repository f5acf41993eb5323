package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"scrip/feed"
	"scrip/store"
)

// events are the events of a list, a page of so many after another, and the last cursor.
func (w *world) events(path string, each int) (all []feed.Event, next string) {
	w.T.Helper()
	for more := true; more; {
		address := path + "?limit=" + text(each)
		if next != "" {
			address += "&cursor=" + next
		}
		page := into[eventList](w.get(address).wants(200, ""))
		if len(page.Data) > each {
			w.T.Errorf("a page of %d has %d", each, len(page.Data))
		}
		all, next, more = append(all, page.Data...), page.Next, page.More
	}
	return all, next
}

func idsOf(events []feed.Event) (ids []string) {
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	return ids
}

// TestEventsAreAList: by whatever pages, it is the same; going on from its end gives what came since; an account's
// list has what the whole list has of it.
func TestEventsAreAList(t *testing.T) {
	w := newWorld(t)
	first, cursor := w.events("/v1/events", 2)
	if len(first) != 0 || cursor != "" {
		t.Fatalf("before anything: %v, %q", idsOf(first), cursor)
	}
	id := w.member("u")
	w.member("v")
	all, cursor := w.events("/v1/events", 200)
	if paged, _ := w.events("/v1/events", 1); !slices.Equal(idsOf(paged), idsOf(all)) || len(all) < 6 {
		t.Errorf("one by one %v, all at once %v", idsOf(paged), idsOf(all))
	}
	w.post("/v1/accounts/ext:u/membership/cancel", nil).wants(200, "")
	rest := into[eventList](w.get("/v1/events?cursor="+cursor).wants(200, ""))
	if len(rest.Data) != 1 || rest.Data[0].Type != "membership.cancelled" || rest.Data[0].Account != id || rest.More {
		t.Errorf("since then: %+v", rest)
	}
	of, _ := w.events("/v1/accounts/ext:u/events", 2)
	whole := slices.DeleteFunc(append(all, rest.Data...), func(e feed.Event) bool { return e.Account != id })
	if !slices.Equal(idsOf(of), idsOf(whole)) {
		t.Errorf("of the account %v, want %v", idsOf(of), idsOf(whole))
	}
	got := into[toldEvent](w.get("/v1/events/"+of[0].ID).wants(200, ""))
	if got.Event.ID != of[0].ID || got.Event.Type != "gift_card.redeemed" || len(got.Deliveries) != 0 {
		t.Errorf("one event: %+v", got)
	}
	w.get("/v1/events/evt_"+id+"_99_0").wants(404, "no_event")
	w.get("/v1/events/evt_8704-0111-9698-4_1_0").wants(404, "no_event")
	w.get("/v1/accounts/"+store.NewID()+"/events").wants(404, "no_account")
}

// taker is a receiver that takes what it is sent, or not.
type taker struct {
	*httptest.Server
	mutex  sync.Mutex
	status int
	ids    []string
	signed []string
}

func newTaker(t *testing.T) *taker {
	t.Helper()
	r := &taker{status: http.StatusNoContent}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		_, _ = io.Copy(io.Discard, request.Body)
		if r.status < 300 {
			r.ids, r.signed = append(r.ids, request.Header.Get("webhook-id")), append(r.signed, request.Header.Get("webhook-signature"))
		}
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

// answers has it answer by a status from now on, and forget what it took.
func (r *taker) answers(status int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.status, r.ids, r.signed = status, nil, nil
}

func (r *taker) took() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return slices.Clone(r.ids)
}

// settle lets some time go by, and does all that is due.
func (w *world) settle(wait time.Duration) {
	w.T.Helper()
	w.Clock.Set(w.Clock.Now().Add(wait))
	must(w.T, w.Loops.Settle(w.T.Context()))
}

// TestAnEndpointsLife: made, sent to, changed, stopped, told again by hand and from an instant on, and deleted.
func TestAnEndpointsLife(t *testing.T) {
	w, r := newWorld(t), newTaker(t)
	id := w.account("u")
	create := asked{method: "POST", path: "/v1/endpoints", key: "create", body: map[string]any{"url": r.URL, "types": []string{"gift_card.redeemed", "balance.changed"}}}
	first := w.send(create).wants(201, "")
	made := into[madeEndpoint](first)
	if !strings.HasPrefix(made.Secret, "whsec_") || made.URL != r.URL || first.header.Get("Location") != "/v1/endpoints/"+made.ID || !made.Until.Equal(noon.AddDate(0, 0, 1)) {
		t.Errorf("created: %s", hidden(first.body))
	}
	path := "/v1/endpoints/" + made.ID
	w.redeemed(id)
	w.settle(time.Second)
	told, _ := w.events("/v1/accounts/ext:u/events", 50)
	if got := r.took(); !slices.Equal(got, idsOf(told)) || len(got) != 2 {
		t.Errorf("it took %v, told was %v", got, idsOf(told))
	}
	if got := into[toldEvent](w.get("/v1/events/"+told[0].ID).wants(200, "")); len(got.Deliveries) != 1 || got.Deliveries[0].State != store.Delivered || got.Deliveries[0].Endpoint != made.ID || got.Deliveries[0].Answered != 204 || got.Deliveries[0].SettledAt == nil {
		t.Errorf("delivered: %+v", got.Deliveries)
	}
	if got := into[countedEndpoint](w.get(path).wants(200, "")); got.Endpoint.State != "enabled" || len(got.Endpoint.Types) != 2 || got.Deliveries[store.Delivered] != 2 {
		t.Errorf("the endpoint: %+v", got)
	}

	r.answers(204)
	w.post(path+"/redeliver", map[string]string{"event": told[1].ID}).wants(200, "")
	w.settle(time.Second)
	if got := r.took(); !slices.Equal(got, idsOf(told[1:])) {
		t.Errorf("sent again: %v", got)
	}
	r.answers(204)
	w.post(path+"/replay", map[string]string{"since": "2026-01-31T00:00:00Z"}).wants(200, "")
	w.settle(time.Second)
	if got := r.took(); !slices.Equal(got, idsOf(told)) {
		t.Errorf("replayed: %v", got)
	}

	if got := into[changedEndpoint](w.post(path+"/disable", nil).wants(200, "")); got.State != "disabled" || got.ID != made.ID {
		t.Errorf("disabled: %+v", got)
	}
	r.answers(400)
	w.redeemed(id)
	w.settle(time.Second)
	w.post(path+"/enable", nil).wants(200, "")
	for range 40 {
		w.settle(5 * time.Hour)
	}
	dead := into[list[deadLetter]](w.get(path+"/dead-letters?limit=1").wants(200, ""))
	if len(dead.Data) != 1 || dead.Data[0].Event.Type != "gift_card.redeemed" || dead.Data[0].Delivery.State != "dead" || dead.Data[0].Delivery.Answered != 400 || dead.Next == "" {
		t.Errorf("dead: %+v", dead)
	}
	if got := into[endpointsNow](w.get("/v1/endpoints").wants(200, "")); len(got.Data) != 1 || got.Data[0].ID != made.ID || got.Data[0].RestsTill == nil {
		t.Errorf("the list: %+v", got)
	}
	if got := into[list[deadLetter]](w.get(path+"/dead-letters?cursor="+dead.Next).wants(200, "")); len(got.Data) > 1 {
		t.Errorf("behind the first dead: %+v", got)
	}

	// The secret was told again for a day, and is not any more.
	if again := into[madeEndpoint](w.send(create).wants(201, "")); again.ID != made.ID || again.Secret != "" {
		t.Errorf("created, days later: has a secret: %v", again.Secret != "")
	}
	rotate := asked{method: "POST", path: path + "/rotate", key: "rotate", body: map[string]int{"overlap_hours": 1}}
	renewed := into[renewedSecret](w.send(rotate).wants(200, ""))
	if again := into[renewedSecret](w.send(rotate).wants(200, "")); again != renewed || renewed.Secret == made.Secret || renewed.Secret == "" || !renewed.OldUntil.Equal(w.Clock.Now().Add(time.Hour)) {
		t.Error("the secret is not another, or is not told again")
	}
	r.answers(204)
	w.post(path, map[string]any{"url": r.URL + "/other", "types": []string{}}).wants(200, "")
	w.redeemed(id)
	w.settle(10 * time.Minute)
	if len(r.signed) == 0 || strings.Count(r.signed[0], "v1,") != 2 {
		t.Errorf("signed as %d", len(r.signed))
	}
	if got := into[changedEndpoint](w.post(path+"/delete", nil).wants(200, "")); got.State != "deleted" {
		t.Errorf("deleted: %+v", got)
	}
	w.get(path).wants(404, "no_endpoint")
	w.get(path+"/dead-letters").wants(200, "")
	w.Verify()
}

type endpointsNow = list[endpoint]

// redeemed redeems a card into an account.
func (w *world) redeemed(account string) {
	w.T.Helper()
	w.post("/v1/accounts/"+account+"/redeem", map[string]string{"code": w.Card("us-25").Code.Reveal()}).wants(200, "")
}

func TestWhatIsRefusedOfEndpoints(t *testing.T) {
	w := newWorld(t)
	create := func(url string) *answer { return w.post("/v1/endpoints", map[string]string{"url": url}) }
	for _, url := range []string{"https://10.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/", "https://[::ffff:10.0.0.1]/"} {
		create(url).wants(422, "endpoint_private")
	}
	for _, url := range []string{"example.com", "ftp://example.com", "https://user@example.com/", "https://example.com/#here", "https://"} {
		create(url).wants(422, "endpoint_url")
	}
	none := "/v1/endpoints/" + store.NewID()
	w.get(none).wants(404, "no_endpoint")
	w.post(none, map[string]string{"url": "https://example.com"}).wants(404, "no_endpoint")
	for _, path := range []string{"/enable", "/disable", "/delete"} {
		w.post(none+path, nil).wants(404, "no_endpoint")
	}
	w.post(none+"/rotate", map[string]int{"overlap_hours": 0}).wants(404, "no_endpoint")
	w.post(none+"/replay", map[string]string{"since": "2026-01-31T00:00:00Z"}).wants(404, "no_endpoint")
	id := w.receiver()
	w.post("/v1/endpoints/"+id, map[string]string{"url": "https://10.0.0.1/"}).wants(422, "endpoint_private")
	w.post("/v1/endpoints/"+id+"/redeliver", map[string]string{"event": "evt_none_1_0"}).wants(404, "no_event")
	for range 99 {
		w.receiver()
	}
	create("https://example.com").wants(409, "too_many_endpoints")
	seen := map[string]bool{}
	for next := "?limit=30"; next != ""; {
		page := into[list[endpoint]](w.get("/v1/endpoints"+next).wants(200, ""))
		for _, one := range page.Data {
			seen[one.ID] = true
		}
		next = ""
		if page.Next != "" {
			next = "?limit=30&cursor=" + page.Next
		}
	}
	if len(seen) != 100 {
		t.Errorf("%d endpoints are listed", len(seen))
	}
}

// TestASecretIsNowhere but in the answer that tells it.
func TestASecretIsNowhere(t *testing.T) {
	w := newWorld(t)
	made := into[madeEndpoint](w.post("/v1/endpoints", map[string]string{"url": "https://example.com"}).wants(201, ""))
	kept := w.logged.String() + w.Log.String() + w.table("endpoints") + w.table("answers") + w.table("audit_entries")
	if strings.Contains(kept, strings.TrimPrefix(made.Secret, "whsec_")) {
		t.Error("a secret is kept in the database or logged")
	}
}
