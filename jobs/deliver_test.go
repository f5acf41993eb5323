package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"scrip/access"
	"scrip/catalog"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/feed"
	"scrip/jobs"
	"scrip/mail"
	"scrip/store"
	"scrip/store/storetest"
	"scrip/timeline"
	"scrip/webhook"
)

// receiver is somebody else's server. It verifies what it gets by the official library, answers as the test tells it
// to, and remembers what it took.
type receiver struct {
	*httptest.Server
	t     *testing.T
	clock func() time.Time

	mu       sync.Mutex
	secrets  []webhook.Secret
	answer   func(feed.Event) int // a status, or 0 to break off
	attempts int
	taken    []feed.Event
	bodies   map[string]string
}

func newReceiver(w *enginetest.World, answer func(feed.Event) int) *receiver {
	r := &receiver{t: w.T, clock: w.Clock.Now, answer: answer, bodies: map[string]string{}}
	r.Server = httptest.NewServer(r)
	w.T.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	var event feed.Event
	if err := errors.Join(err, json.Unmarshal(body, &event)); err != nil {
		r.t.Error(err)
	}
	if at := strconv.FormatInt(r.clock().Unix(), 10); request.Header.Get("webhook-id") != event.ID || request.Header.Get("webhook-timestamp") == "" || at < request.Header.Get("webhook-timestamp") {
		r.t.Errorf("event %s has the headers %v at %s", event.ID, request.Header, at)
	}
	r.mu.Lock()
	for _, secret := range r.secrets {
		hook, failed := standardwebhooks.NewWebhook(secret.Reveal())
		if err := errors.Join(failed, hook.VerifyIgnoringTimestamp(body, request.Header)); err != nil {
			r.t.Errorf("event %s: %v", event.ID, err)
		}
	}
	if before, again := r.bodies[event.ID]; again && before != string(body) {
		r.t.Errorf("event %s was %s, and is %s", event.ID, before, body)
	}
	r.bodies[event.ID] = string(body)
	r.attempts++
	answer := r.answer
	r.mu.Unlock()
	status := answer(event)
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	if status/100 == 2 {
		r.mu.Lock()
		r.taken = append(r.taken, event)
		r.mu.Unlock()
	}
	w.WriteHeader(status)
}

func (r *receiver) set(answer func(feed.Event) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) ids() (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, event := range r.taken {
		all = append(all, event.ID)
	}
	return all
}

// endpoint has events delivered to a receiver.
func endpoint(w *enginetest.World, r *receiver, types ...feed.Type) string {
	w.T.Helper()
	made, secret, _, err := w.Engine.CreateEndpoint(w.T.Context(), access.Operator(), store.NewID(), engine.Webhook{URL: r.URL, Types: types})
	must(w.T, err)
	r.secrets = []webhook.Secret{secret}
	return made.ID
}

// failed is how a change of an endpoint failed, or nil.
func failed(_ engine.ChangedEndpoint, _ bool, err error) error { return err }

func taking(feed.Event) int { return http.StatusNoContent }

func breaking(feed.Event) int { return 0 }

// told are the ids of all events, by what they are told of, in order.
func told(w *enginetest.World) map[string][]string {
	w.T.Helper()
	all := map[string][]string{}
	var next feed.Cursor
	for more := true; more; {
		page, err := w.Engine.Events(w.T.Context(), access.Operator(), next, 100)
		must(w.T, err)
		for _, event := range page.Events {
			all[subject(event.ID)] = append(all[subject(event.ID)], event.ID)
		}
		next, more = page.Next, page.More
	}
	return all
}

func subject(id string) string { return strings.Split(id, "_")[1] }

// got are the ids of events that a receiver took, by what they are told of, in the order in which it first did.
func got(ids []string) map[string][]string {
	all, seen := map[string][]string{}, map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			all[subject(id)], seen[id] = append(all[subject(id)], id), true
		}
	}
	return all
}

// wantsAll fails unless a receiver has taken all events, of each account in their order.
func wantsAll(w *enginetest.World, r *receiver) {
	w.T.Helper()
	if have, want := got(r.ids()), told(w); !maps.EqualFunc(have, want, slices.Equal) {
		w.T.Errorf("the receiver has %v, want %v", have, want)
	}
}

func counts(w *enginetest.World, id string) map[store.DeliveryState]int64 {
	w.T.Helper()
	_, counts, err := w.Engine.Endpoint(w.T.Context(), access.Operator(), id)
	must(w.T, err)
	return counts
}

// hooked is a world with some accounts.
func hooked(t *testing.T) (*enginetest.World, []string) {
	w, _, first := newWorld(t, func(mail.Message) error { return nil })
	us, err := catalog.ParseCountry("US")
	must(t, err)
	return w, []string{first, w.Account("bo@example.com", us, usd), w.Account("cy@example.com", us, usd)}
}

func later(w *enginetest.World, by time.Duration) {
	w.T.Helper()
	w.Clock.Set(w.Clock.Now().Add(by))
	must(w.T, w.Loops.Settle(w.T.Context()))
}

// TestAReceiverThatIsDownFor75Hours gets everything, also what happened meanwhile, in order, and nothing is given up.
func TestAReceiverThatIsDownFor75Hours(t *testing.T) {
	w, accounts := hooked(t)
	r := newReceiver(w, breaking)
	id := endpoint(w, r)
	for hour := range 75 {
		if hour%9 == 0 {
			redeem(w, accounts[hour%2])
		}
		if hour == 30 {
			w.Do(accounts[0], engine.Command{Kind: timeline.Start, Plan: "basic"})
		}
		for range 4 {
			later(w, 15*time.Minute)
		}
		if hour == 40 {
			r.set(func(feed.Event) int { return http.StatusServiceUnavailable })
		}
	}
	if len(r.ids()) > 0 || r.attempts < 30 || r.attempts > 75*12 {
		t.Errorf("it was tried %d times to reach a receiver that was down, and it took %d", r.attempts, len(r.ids()))
	}
	r.set(taking)
	for range 5 * 12 { // the longest pause, and the fifth by which it is longer at most
		later(w, 5*time.Minute)
	}
	wantsAll(w, r)
	if got := counts(w, id); got[store.DeliveryDead]+got[store.DeliveryQueued] > 0 || len(r.ids()) != int(got[store.Delivered]) {
		t.Errorf("%d events were taken, deliveries: %v", len(r.ids()), got)
	}
}

// TestAReceiverThatFailsAtRandom, and is slow at random, gets everything in order from two servers side by side; and
// nothing twice that it took, for both are well.
func TestAReceiverThatFailsAtRandom(t *testing.T) {
	const seed = 20260131
	w, accounts := hooked(t)
	var mu sync.Mutex
	chance := rand.New(rand.NewPCG(seed, seed))
	r := newReceiver(w, func(feed.Event) int {
		mu.Lock()
		luck := chance.IntN(10)
		mu.Unlock()
		switch {
		case luck < 3:
			return http.StatusInternalServerError
		case luck == 3:
			return 0
		case luck == 4:
			time.Sleep(5 * time.Millisecond)
		}
		return http.StatusOK
	})
	id := endpoint(w, r)
	_, other := w.Server(w.Engine.Terms())
	for round := 0; round < 12 || counts(w, id)[store.DeliveryQueued] > 0; round++ {
		if round > 5000 {
			t.Fatalf("seed %d: not everything is delivered: %v", seed, counts(w, id))
		}
		if round < 12 {
			redeem(w, accounts[round%3])
		}
		var both sync.WaitGroup
		for _, loops := range []*jobs.Loops{w.Loops, other} {
			both.Go(func() {
				if err := loops.Settle(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		w.Clock.Set(w.Clock.Now().Add(10 * time.Second))
	}
	wantsAll(w, r)
	if ids := r.ids(); len(ids) != len(slices.Compact(slices.Sorted(slices.Values(ids)))) {
		t.Errorf("seed %d: something was taken twice: %v", seed, ids)
	}
}

// TestAnEventWhoseEndWasNotRecorded is sent again after its lease, under the same id, and those behind it wait.
func TestAnEventWhoseEndWasNotRecorded(t *testing.T) {
	w, accounts := hooked(t)
	r := newReceiver(w, taking)
	id := endpoint(w, r, "gift_card.redeemed")
	redeem(w, accounts[0])
	redeem(w, accounts[0])
	_, err := w.Engine.FanOut(t.Context(), access.Loop(), id)
	must(t, err)
	taken, err := w.Engine.TakeDeliveries(t.Context(), access.Loop(), id, 10)
	if err != nil || len(taken) != 1 {
		t.Fatalf("TakeDeliveries = %d, %v, want the first of two", len(taken), err)
	}
	if again, err := w.Engine.TakeDeliveries(t.Context(), access.Loop(), id, 10); err != nil || len(again) != 0 {
		t.Errorf("TakeDeliveries, again = %d, %v, want it to be somebody else's", len(again), err)
	}
	client := webhook.NewClient(enginetest.OnThisMachine, nil)
	_, err = client.Send(t.Context(), taken[0].Message, w.Clock.Now()) // and whoever sent it is killed
	must(t, err)
	later(w, time.Minute)
	if ids := r.ids(); len(ids) != 1 {
		t.Errorf("while somebody has the first, the receiver has %v", ids)
	}
	later(w, time.Minute)
	ids := r.ids()
	if len(ids) != 3 || ids[0] != ids[1] || ids[1] == ids[2] {
		t.Errorf("the receiver has %v, want the first twice and then the second", ids)
	}
	// Whoever took it first is not dead after all, and records late that it failed.
	must(t, w.Engine.SettleDeliveries(t.Context(), access.Loop(), id, []engine.Attempt{{Delivery: taken[0], Problem: "late"}}))
	if got := counts(w, id); got[store.Delivered] != 2 || len(got) != 1 {
		t.Errorf("deliveries: %v", got)
	}
}

// TestDeadLetters: what a receiver never takes is given up after three days or more, holds up only its own account, is
// listed, and can be sent again by hand.
func TestDeadLetters(t *testing.T) {
	w, accounts := hooked(t)
	refused := ""
	r := newReceiver(w, nil)
	r.set(func(e feed.Event) int {
		if e.ID == refused {
			return http.StatusBadRequest
		}
		return http.StatusOK
	})
	id := endpoint(w, r, "gift_card.redeemed")
	redeem(w, accounts[0])
	redeem(w, accounts[0])
	redeem(w, accounts[1])
	refused = fmt.Sprintf("evt_%s_1_0", accounts[0])
	begun := w.Clock.Now()
	must(t, w.Loops.Settle(t.Context()))
	if ids := r.ids(); len(ids) != 1 || subject(ids[0]) != accounts[1] {
		t.Errorf("the receiver has %v, want the other account's", ids)
	}
	for counts(w, id)[store.DeliveryDead] == 0 {
		next, err := w.Engine.NextDue(t.Context())
		must(t, err)
		w.Clock.Set(next)
		must(t, w.Loops.Settle(t.Context()))
	}
	if took := w.Clock.Now().Sub(begun); took < 77*time.Hour || took > 96*time.Hour {
		t.Errorf("it was given up after %v, want three to four days", took)
	}
	later(w, 5*time.Minute) // for which an endpoint rests at most that takes nothing
	if ids := r.ids(); len(ids) != 2 || subject(ids[1]) != accounts[0] {
		t.Errorf("then the receiver has %v, want what was behind it", ids)
	}
	dead, next, err := w.Engine.DeadLetters(t.Context(), access.Operator(), id, feed.Cursor{}, 1)
	if err != nil || len(dead) != 1 || dead[0].Event.ID != refused || dead[0].Delivery.Attempts != 31 || dead[0].Delivery.Answered != 400 {
		t.Fatalf("DeadLetters = %+v, %v", dead, err)
	}
	if more, _, err := w.Engine.DeadLetters(t.Context(), access.Operator(), id, next, 1); err != nil || len(more) != 0 {
		t.Errorf("DeadLetters, behind it = %+v, %v", more, err)
	}
	again, err := feed.ParseID(refused)
	must(t, err)
	refused = ""
	must(t, failed(w.Engine.Redeliver(t.Context(), access.Operator(), store.NewID(), id, again)))
	must(t, w.Loops.Settle(t.Context()))
	if ids := r.ids(); len(ids) != 3 || ids[2] != again.String() {
		t.Errorf("sent again by hand: %v", ids)
	}
	event, deliveries, err := w.Engine.Event(t.Context(), access.Operator(), again)
	if err != nil || event.ID != again.String() || len(deliveries) != 1 || deliveries[0].State != store.Delivered || deliveries[0].Answered != 200 {
		t.Errorf("Event = %+v, %+v, %v", event, deliveries, err)
	}
	again.Number = 99
	if err := failed(w.Engine.Redeliver(t.Context(), access.Operator(), store.NewID(), id, again)); !errors.Is(err, engine.ErrNoEvent) {
		t.Errorf("an event that never was: %v", err)
	}
}

// TestReplay delivers once more what was told since an instant, in order, under the same ids.
func TestReplay(t *testing.T) {
	w, accounts := hooked(t)
	r := newReceiver(w, taking)
	id := endpoint(w, r)
	redeem(w, accounts[0])
	later(w, time.Hour)
	since := w.Clock.Now()
	before := len(r.ids())
	redeem(w, accounts[0])
	redeem(w, accounts[1])
	later(w, time.Hour)
	first := r.ids()
	must(t, failed(w.Engine.Replay(t.Context(), access.Operator(), store.NewID(), id, since)))
	later(w, time.Second)
	if again := r.ids()[len(first):]; !maps.EqualFunc(got(again), got(first[before:]), slices.Equal) || len(again) == 0 {
		t.Errorf("replayed %v, want %v", again, first[before:])
	}
	taken := len(r.ids())
	must(t, failed(w.Engine.Replay(t.Context(), access.Operator(), store.NewID(), id, w.Clock.Now().Add(time.Hour))))
	later(w, time.Second)
	if more := r.ids()[taken:]; len(more) > 0 {
		t.Errorf("of a time to come %v were replayed", more)
	}
	// Of cards too: their events are found by the serial number.
	card := first[slices.IndexFunc(first, func(id string) bool { return !slices.Contains(accounts, subject(id)) })]
	batch, err := feed.ParseID(card)
	must(t, err)
	must(t, failed(w.Engine.Redeliver(t.Context(), access.Operator(), store.NewID(), id, batch)))
	printed := w.Card("us-25")
	must(t, w.Engine.MoveCard(t.Context(), access.Operator(), printed.Serial, engine.Freeze))
	later(w, time.Second)
	frozen := feed.ID{Of: printed.Serial.String(), Number: 1}
	must(t, failed(w.Engine.Redeliver(t.Context(), access.Operator(), store.NewID(), id, frozen)))
	later(w, time.Second)
	ids := r.ids()
	if at := slices.Index(ids, frozen.String()); !slices.Contains(ids[taken:], card) || at < 0 || at == len(ids)-1 || ids[len(ids)-1] != frozen.String() {
		t.Errorf("sent again by hand: %v", ids[taken:])
	}
}

// TestAnEndpointThatIsGone gets nothing more until it is enabled again, and then everything.
func TestAnEndpointThatIsGone(t *testing.T) {
	w, accounts := hooked(t)
	r := newReceiver(w, func(feed.Event) int { return http.StatusGone })
	id := endpoint(w, r)
	state := func(want store.EndpointState) {
		t.Helper()
		if e, _, err := w.Engine.Endpoint(t.Context(), access.Operator(), id); err != nil || e.State != want {
			t.Errorf("the endpoint is %s, %v, want %s", e.State, err, want)
		}
	}
	redeem(w, accounts[0])
	later(w, time.Second)
	state(store.EndpointGone)
	tried := r.attempts
	r.set(taking)
	redeem(w, accounts[0])
	later(w, 24*time.Hour)
	if r.attempts != tried {
		t.Errorf("it was tried %d times to reach one that is gone", r.attempts-tried)
	}
	must(t, failed(w.Engine.EnableEndpoint(t.Context(), access.Operator(), store.NewID(), id)))
	state(store.EndpointEnabled)
	later(w, time.Second)
	wantsAll(w, r)
	must(t, failed(w.Engine.DisableEndpoint(t.Context(), access.Operator(), store.NewID(), id)))
	redeem(w, accounts[1])
	before := len(r.ids())
	later(w, 24*time.Hour)
	if len(r.ids()) != before {
		t.Error("a disabled endpoint got events")
	}
	must(t, failed(w.Engine.EnableEndpoint(t.Context(), access.Operator(), store.NewID(), id)))
	later(w, time.Second)
	wantsAll(w, r)
}

// TestASecretIsChanged: for a while messages carry both signatures, and then the new one alone; and neither secret is
// in the database.
func TestASecretIsChanged(t *testing.T) {
	w, accounts := hooked(t)
	r := newReceiver(w, taking)
	id := endpoint(w, r)
	old := r.secrets[0]
	_, renewed, _, err := w.Engine.RotateSecret(t.Context(), access.Operator(), store.NewID(), id, 24*time.Hour)
	must(t, err)
	if renewed == old {
		t.Fatal("the secret is the same")
	}
	r.secrets = []webhook.Secret{old, renewed} // either must verify
	redeem(w, accounts[0])
	later(w, time.Hour)
	r.secrets = []webhook.Secret{renewed}
	redeem(w, accounts[0])
	later(w, 24*time.Hour)
	redeem(w, accounts[0])
	_, err = w.Engine.FanOut(t.Context(), access.Loop(), id)
	must(t, err)
	due, err := w.Engine.TakeDeliveries(t.Context(), access.Loop(), id, 1)
	if err != nil || len(due) != 1 || len(due[0].Message.Secrets) != 1 || due[0].Message.Secrets[0] != renewed {
		t.Errorf("a day later: %v, %v, want one signed with the new secret alone", due, err)
	}
	wantsNowhere(t, w, old, renewed)
}

// TestWhatIsRefusedOfEndpoints with an error that says why, and a key that is not there any more.
func TestWhatIsRefusedOfEndpoints(t *testing.T) {
	w, accounts := hooked(t)
	r := newReceiver(w, taking)
	id := endpoint(w, r)
	create := func(actor access.Actor, url string, types ...feed.Type) error {
		_, _, _, err := w.Engine.CreateEndpoint(t.Context(), actor, store.NewID(), engine.Webhook{URL: url, Types: types})
		return err
	}
	for name, test := range map[string]struct{ failed, want error }{
		"a private address":    {create(access.Operator(), "https://10.0.0.1/"), webhook.ErrPrivate},
		"no address":           {create(access.Operator(), "example.com"), webhook.ErrURL},
		"an unknown type":      {create(access.Operator(), "https://example.com", "gift_card.lost"), feed.ErrType},
		"a member":             {create(access.MemberOf(accounts[0], ""), "https://example.com"), access.ErrDenied},
		"a change":             {failed(w.Engine.ChangeEndpoint(t.Context(), access.Operator(), store.NewID(), id, engine.Webhook{URL: "https://[::1]/"})), webhook.ErrPrivate},
		"a change by anybody":  {failed(w.Engine.ChangeEndpoint(t.Context(), access.Visitor(""), store.NewID(), id, engine.Webhook{URL: "https://example.com"})), access.ErrDenied},
		"none":                 {failed(w.Engine.EnableEndpoint(t.Context(), access.Operator(), store.NewID(), "none")), engine.ErrNoEndpoint},
		"none to replay to":    {failed(w.Engine.Replay(t.Context(), access.Operator(), store.NewID(), "none", w.Clock.Now())), engine.ErrNoEndpoint},
		"none to delete":       {failed(w.Engine.DeleteEndpoint(t.Context(), access.Operator(), store.NewID(), "none")), engine.ErrNoEndpoint},
		"none to redeliver to": {failed(w.Engine.Redeliver(t.Context(), access.Operator(), store.NewID(), "none", feed.ID{Of: accounts[0], Number: 1})), engine.ErrNoEndpoint},
	} {
		if !errors.Is(test.failed, test.want) {
			t.Errorf("%s: %v, want %v", name, test.failed, test.want)
		}
	}
	for at := 1; at < 100; at++ {
		must(t, create(access.Operator(), fmt.Sprintf("https://example.com/%d", at)))
	}
	if err := create(access.Operator(), "https://example.com/100"); !errors.Is(err, engine.ErrManyEndpoints) {
		t.Errorf("one too many: %v", err)
	}
	all, err := w.Engine.Endpoints(t.Context(), access.Operator(), "", 1000)
	if err != nil || len(all) != 100 || all[0].ID != id {
		t.Fatalf("%d endpoints, %v", len(all), err)
	}
	if rest, err := w.Engine.Endpoints(t.Context(), access.Operator(), all[39].ID, 50); err != nil || len(rest) != 50 || rest[0].ID != all[40].ID {
		t.Errorf("%d endpoints behind the fortieth, %v", len(rest), err)
	}
	for _, e := range all[1:] {
		must(t, failed(w.Engine.DeleteEndpoint(t.Context(), access.Operator(), store.NewID(), e.ID)))
	}
	must(t, failed(w.Engine.ChangeEndpoint(t.Context(), access.Operator(), store.NewID(), id, engine.Webhook{URL: r.URL + "/other", Types: []feed.Type{"balance.changed"}})))
	redeem(w, accounts[0])
	later(w, time.Second)
	if ids := r.ids(); len(ids) != 1 || !strings.HasSuffix(ids[0], "_1") {
		t.Errorf("of one type it has %v", ids)
	}
	r.set(breaking)
	redeem(w, accounts[0])
	later(w, time.Second)
	must(t, failed(w.Engine.DeleteEndpoint(t.Context(), access.Operator(), store.NewID(), id)))
	must(t, w.Loops.Settle(t.Context()))
	if _, _, err := w.Engine.Endpoint(t.Context(), access.Operator(), id); !errors.Is(err, engine.ErrNoEndpoint) {
		t.Errorf("a deleted endpoint: %v", err)
	}
}

// TestASlowReceiverHoldsUpNoOther, while the loops run by themselves.
func TestASlowReceiverHoldsUpNoOther(t *testing.T) {
	w, accounts := hooked(t)
	slow := newReceiver(w, nil)
	over := make(chan struct{})
	slow.set(func(feed.Event) int { <-over; return http.StatusOK })
	fast := newReceiver(w, taking)
	endpoint(w, slow)
	endpoint(w, fast)
	ctx, stop := contextOf(t)
	var loops sync.WaitGroup
	loops.Go(func() { w.Loops.Run(ctx) })
	for round := range 30 {
		redeem(w, accounts[round%3])
	}
	want := 0
	for _, ids := range told(w) {
		want += len(ids)
	}
	for begun := time.Now(); len(fast.ids()) < want; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("the fast one has %d events of %d", len(fast.ids()), want)
		}
	}
	if len(slow.ids()) > 0 {
		t.Errorf("the slow one has %v already", slow.ids())
	}
	wantsAll(w, fast)
	close(over)
	for begun := time.Now(); len(slow.ids()) < want; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("the slow one has %d events of %d", len(slow.ids()), want)
		}
	}
	stop()
	loops.Wait()
	wantsAll(w, slow)
}

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	return ctx, stop
}

// wantsNowhere fails where a secret is in the database or in the log.
func wantsNowhere(t *testing.T, w *enginetest.World, secrets ...webhook.Secret) {
	t.Helper()
	all := storetest.Everything(t, w.Path)
	all["the log"] = w.Log.Bytes()
	for place, text := range all {
		for _, secret := range secrets {
			if strings.Contains(string(text), strings.TrimPrefix(secret.Reveal(), "whsec_")) {
				t.Errorf("a secret is in %s", place)
			}
		}
	}
}
