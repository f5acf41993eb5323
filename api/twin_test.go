package api

import (
	"bytes"
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"scrip/billing"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/payment"
	"scrip/store/storetest"
)

// A twin waits for five seconds; a machine that has other things to do may take longer to say so.
const (
	soonest = 3 * time.Second
	latest  = 8 * time.Second
)

// slow is a gateway that verifies nothing until it may.
type slow struct {
	payment.Gateway
	asked chan struct{}
	may   chan struct{}
}

func (s *slow) Verify(ctx context.Context, token string) (bool, error) {
	s.asked <- struct{}{}
	<-s.may
	return s.Gateway.Verify(ctx, token)
}

// sent is a request to a server, whose answer comes later.
func (w *world) sent(to http.Handler, a asked) <-chan *answer {
	w.T.Helper()
	request, answered := w.request(a), make(chan *answer, 1)
	go func() {
		begun, recorder := time.Now(), httptest.NewRecorder()
		to.ServeHTTP(recorder, request.Clone(request.Context()))
		got := &answer{w.T, recorder.Code, recorder.Header(), recorder.Body.String()}
		w.check(request, recorder.Result(), got)
		if took := time.Since(begun); got.status == http.StatusConflict && (took < soonest || took > latest) {
			w.T.Errorf("%s is told that it is under way after %v", a.path, took)
		}
		answered <- got
	}()
	return answered
}

// server is the API of an engine.
func (w *world) server(e *engine.Engine) http.Handler {
	w.T.Helper()
	handler, err := New(Config{Engine: e, From: func(*http.Request) string { return "192.0.2.7" }, Log: logTo(&bytes.Buffer{})})
	must(w.T, err)
	return handler
}

// underWay checks that an answer says that a twin has not ended.
func (a *answer) underWay() {
	a.t.Helper()
	if a.wants(409, "under_way"); a.header.Get("Retry-After") == "" {
		a.t.Errorf("no Retry-After in %v", a.header)
	}
}

// TestATwinWaitsForTheFirst at the same server for five seconds, and is told then that it is under way. Later both
// have one answer.
func TestATwinWaitsForTheFirst(t *testing.T) {
	w := newWorld(t)
	gate := &slow{w.Gateway, make(chan struct{}, 1), make(chan struct{})}
	w.Front = gate
	e, _ := w.Server(lumen(t))
	w.handler = w.server(e)
	set := asked{method: "POST", path: "/v1/accounts/" + w.account("u") + "/membership/payment-method", body: map[string]string{"token": "ok"}, key: "k"}
	first := w.sent(w.handler, set)
	<-gate.asked
	(<-w.sent(w.handler, set)).underWay()
	close(gate.may)
	done := (<-first).wants(200, "")
	if again := w.send(set).wants(200, ""); again.body != done.body || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the twin is answered %s, the first %s", again.body, done.body)
	}
	w.Verify()
}

// TestTwinsAtTwoServers wait for one that holds the account, or the key, at a third: no longer than five seconds.
// Once that has ended, they are given one answer. SQLite is served by one, which another program may keep from writing:
// there the first waits for that, and the twin for the first.
func TestTwinsAtTwoServers(t *testing.T) {
	w := newWorld(t)
	servers := []http.Handler{w.handler, w.handler}
	if storetest.OnPostgres() {
		another := enginetest.Another(w.World)
		must(t, another.Reuse(t.Context(), func(string) (billing.Terms, error) { return w.Engine.Terms(), nil }))
		servers[1] = w.server(another)
	}
	id, code := w.account("u"), w.Card("us-25").Code.Reveal()
	for _, test := range []struct {
		asked
		status int
		held   string // what the one at the third server has done
	}{
		{asked{path: "/v1/accounts/" + id + "/redeem", body: map[string]string{"code": code}}, 200, "UPDATE accounts SET last_lot = last_lot WHERE account_id = '" + id + "'"},
		{asked{path: "/v1/accounts", body: map[string]string{"external_id": "v", "country": "US", "currency": "USD", "time_zone": "UTC"}}, 201,
			"INSERT INTO answers (account_id, operation, key, fingerprint, body, at) VALUES ('key', 'account.open', '" + w.holder() + "/twins', 'x', '{}', 1)"},
	} {
		test.method, test.key = "POST", "twins"
		free := w.hold(test.held)
		one, other := w.sent(servers[0], test.asked), w.sent(servers[1], test.asked)
		if storetest.OnPostgres() {
			(<-one).underWay()
			(<-other).underWay()
			free()
		} else {
			first(&one, &other).underWay()
			free()
			first(&one, &other).wants(test.status, "")
		}
		one, other = w.sent(servers[0], test.asked), w.sent(servers[1], test.asked)
		if a, b := <-one, <-other; a.status != test.status || a.status != b.status || a.body != b.body {
			t.Errorf("%s is answered %d %s, and %d %s", test.path, a.status, hidden(a.body), b.status, hidden(b.body))
		}
	}
	if got := into[list[lot]](w.get("/v1/accounts/"+id+"/lots").wants(200, "")); len(got.Data) != 1 {
		t.Errorf("the account has %d lots", len(got.Data))
	}
	w.Verify()
}

// first takes the answer that comes first.
func first(one, other *<-chan *answer) *answer {
	select {
	case got := <-*one:
		*one = nil
		return got
	case got := <-*other:
		*other = nil
		return got
	}
}

// hold does something beside the servers, in a transaction that is undone when it is freed.
func (w *world) hold(statement string) (free func()) {
	w.T.Helper()
	conn, err := storetest.SQL(w.T, w.Path).Conn(w.T.Context())
	must(w.T, err)
	tx, err := conn.BeginTx(w.T.Context(), &sql.TxOptions{})
	must(w.T, err)
	_, err = tx.Exec(statement)
	must(w.T, err)
	return func() {
		must(w.T, tx.Rollback())
		must(w.T, conn.Close())
	}
}

// holder is who asks with the tests' key, as the books have it.
func (w *world) holder() string {
	w.T.Helper()
	actor, err := w.Engine.HolderOf(w.T.Context(), w.key(admin))
	must(w.T, err)
	return actor.Who()
}
