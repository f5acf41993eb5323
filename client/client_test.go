package client_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"scrip/client"
	"scrip/client/clienttest"
	"scrip/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Both(m)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestAMembersStory goes through what most services ask.
func TestAMembersStory(t *testing.T) {
	w, ctx := clienttest.New(t), t.Context()
	account := w.OpenOf("user-42", 0)
	card := w.Card("us-25")
	sight, err := w.CheckCard(ctx, card.Code.Reveal(), account)
	if err != nil || !sight.Redeemable || sight.Value != (client.Amount{Minor: 2500, Currency: "USD"}) {
		t.Fatalf("CheckCard = %+v, %v", sight, err)
	}
	redeemed, err := w.RedeemCode(ctx, client.External("user-42"), card.Code.Reveal())
	if err != nil || redeemed.Card != card.Serial.String() {
		t.Fatalf("RedeemCode = %+v, %v", redeemed, err)
	}
	_, err = w.RedeemCode(ctx, account, card.Code.Reveal())
	var problem *client.Problem
	if !errors.As(err, &problem) || problem.Name() != "already_redeemed" || problem.Status != 409 || problem.RequestID == "" {
		t.Errorf("a card twice: %v", err)
	}
	if _, err := w.StartMembership(ctx, account, "basic", ""); err != nil {
		t.Fatal(err)
	}
	may, err := w.GetEntitlement(ctx, account)
	if err != nil || !may.MayWatch || may.PaidUntil != "2026-02-28" || may.Lasts != time.Minute {
		t.Errorf("GetEntitlement = %+v, %v", may, err)
	}
	seen, err := w.GetAccount(ctx, account)
	if err != nil || seen.Balance.Minor != 2500-799 || seen.Membership.Plan != "basic" || seen.RunsOut != "2026-05-04" {
		t.Errorf("GetAccount = %+v, %v", seen, err)
	}
	if _, err := w.CancelMembership(ctx, account, client.If(seen.Version)); err != nil {
		t.Error(err)
	}
	if _, err := w.RestartMembership(ctx, account, client.If(seen.Version)); !errors.As(err, &problem) || problem.Name() != "changed_meanwhile" {
		t.Errorf("of a version that is over: %v", err)
	}
	preview, err := w.PreviewMembership(ctx, account, "restart", "", "")
	if err != nil || preview.Refusal != "" || len(preview.Events) != 1 {
		t.Errorf("PreviewMembership = %+v, %v", preview, err)
	}
}

// TestListsGoOn over their pages, and end where their reader does.
func TestListsGoOn(t *testing.T) {
	w, ctx := clienttest.New(t), t.Context()
	w.Cards("us-25", 450)
	serials := map[string]bool{}
	for card, err := range w.ListCards(ctx, client.CardFilter{State: "active"}) {
		must(t, err)
		serials[card.Serial] = true
	}
	few := 0
	for _, err := range w.ListCards(ctx, client.CardFilter{Product: "us-25"}) {
		must(t, err)
		if few++; few == 3 {
			break
		}
	}
	if len(serials) != 450 || few != 3 {
		t.Errorf("%d cards, and the first %d", len(serials), few)
	}
	var problem *client.Problem
	for _, err := range w.ListLots(ctx, "ext:nobody") {
		if !errors.As(err, &problem) || problem.Name() != "no_account" {
			t.Errorf("of nobody: %v", err)
		}
	}
}

// TestABillersStory: an amount is kept, and a part of it charged.
func TestABillersStory(t *testing.T) {
	w, ctx := clienttest.New(t), t.Context()
	account := w.OpenOf("user-42", 1)
	kept, err := w.AuthorizeBalance(ctx, account, client.NewCharge{Amount: 2000, Currency: "USD", Reference: "order 7", Days: 3})
	if err != nil || kept.Balance.Minor != 500 || kept.ExpiresAt.IsZero() {
		t.Fatalf("AuthorizeBalance = %+v, %v", kept, err)
	}
	var problem *client.Problem
	_, err = w.ChargeBalance(ctx, account, client.NewCharge{Amount: 600, Currency: "USD", Reference: "order 8"})
	if !errors.As(err, &problem) || problem.Name() != "insufficient_balance" || problem.Shortfall == nil || problem.Shortfall.Minor != 100 {
		t.Errorf("more than there is: %v", err)
	}
	charged, err := w.CaptureAuthorization(ctx, account, kept.ID, client.Amount{Minor: 1500, Currency: "USD"})
	if err != nil || charged.Returned.Minor != 500 || charged.Balance.Minor != 1000 {
		t.Errorf("CaptureAuthorization = %+v, %v", charged, err)
	}
	why, err := w.ExplainCharge(ctx, account, kept.ID)
	if err != nil || why.Total.Minor != 1500 || !why.Agrees {
		t.Errorf("ExplainCharge = %+v, %v", why, err)
	}
	lasts, err := w.EstimateRecurring(ctx, account, client.Amount{Minor: 300, Currency: "USD"}, "")
	if err != nil || lasts.Charges != 3 || lasts.Rest.Minor != 100 {
		t.Errorf("EstimateRecurring = %+v, %v", lasts, err)
	}
	w.Verify()
}

// TestAChangeHappensOnceOverABadNetwork: requests and answers are lost at random, in every way; each change is repeated
// under its key, and happens once.
func TestAChangeHappensOnceOverABadNetwork(t *testing.T) {
	w := clienttest.New(t)
	var lost atomic.Int64
	bad := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		count := lost.Add(1)
		if count%3 == 0 { // it never arrives
			return nil, errors.New("connection refused")
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err == nil && count%3 == 1 { // its answer never does
			err = errors.Join(errors.New("connection reset"), response.Body.Close())
			return nil, err
		}
		return response, err
	})}
	c, err := client.New(client.Config{URL: w.URL, Key: w.Key, HTTP: bad, Attempts: 12})
	must(t, err)
	account := w.OpenOf("user-42", 0)
	for range 8 {
		if _, err := c.RedeemCode(t.Context(), account, w.Card("us-25").Code.Reveal()); err != nil {
			t.Fatal(err)
		}
	}
	lots := 0
	for _, err := range w.ListLots(t.Context(), account) {
		must(t, err)
		lots++
	}
	if seen, err := w.GetAccount(t.Context(), account); err != nil || seen.Balance.Minor != 8*2500 || lots != 8 {
		t.Errorf("the balance is %d in %d lots, %v", seen.Balance.Minor, lots, err)
	}
	w.Verify()
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// scripted is a client of a server that answers one thing after another, and the keys that it was sent.
func scripted(t *testing.T, answers ...func(http.ResponseWriter)) (*client.Client, *[]string) {
	t.Helper()
	var keys []string
	var mutex sync.Mutex
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		mutex.Lock()
		defer mutex.Unlock()
		recorder := httptest.NewRecorder()
		answers[min(len(keys), len(answers)-1)](recorder)
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		return recorder.Result(), nil
	})
	c, err := client.New(client.Config{URL: "https://scrip.example.com", Key: "k", HTTP: &http.Client{Transport: transport}})
	must(t, err)
	return c, &keys
}

func answers(status, retryAfter int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func problemOf(name string, status, retryAfter int) func(http.ResponseWriter) {
	return answers(status, retryAfter, `{"type":"/problems/`+name+`","title":"T","status":`+strconv.Itoa(status)+`,"detail":"D","request_id":"r"}`)
}

var done = answers(200, 0, `{"account":"a","status":"done","events":[]}`)

// TestWhatIsTriedAgain, under the one key, and how long it waits.
func TestWhatIsTriedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		answers []func(http.ResponseWriter)
		tries   int
		least   time.Duration
		problem string
	}{
		"at once":              {[]func(http.ResponseWriter){done}, 1, 0, ""},
		"too many requests":    {[]func(http.ResponseWriter){problemOf("too_many_requests", 429, 7), done}, 2, 7 * time.Second, ""},
		"nobody knows":         {[]func(http.ResponseWriter){problemOf("outcome_unknown", 503, 1), problemOf("outcome_unknown", 503, 1), done}, 3, 2 * time.Second, ""},
		"a proxy's 503":        {[]func(http.ResponseWriter){answers(503, 0, "<html>"), done}, 2, 0, ""},
		"a conflict":           {[]func(http.ResponseWriter){problemOf("conflict", 409, 0), done}, 2, 0, ""},
		"pending":              {[]func(http.ResponseWriter){answers(202, 2, `{"status":"pending"}`), answers(202, 2, `{"status":"pending"}`), done}, 3, 4 * time.Second, ""},
		"a refusal":            {[]func(http.ResponseWriter){problemOf("already_redeemed", 409, 0)}, 1, 0, "already_redeemed"},
		"wrong":                {[]func(http.ResponseWriter){problemOf("invalid_request", 400, 0)}, 1, 0, "invalid_request"},
		"a quarter of an hour": {[]func(http.ResponseWriter){problemOf("too_many_tries", 429, 900)}, 1, 0, "too_many_tries"},
		"never better":         {[]func(http.ResponseWriter){problemOf("gateway_silent", 503, 1)}, 6, 5 * time.Second, "gateway_silent"},
		"a proxy's 404":        {[]func(http.ResponseWriter){answers(404, 0, "<html>")}, 1, 0, "about:blank"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, keys := scripted(t, test.answers...)
				begun := time.Now()
				outcome, err := c.CancelMembership(t.Context(), "a")
				waited := time.Since(begun)
				var problem *client.Problem
				if errors.As(err, &problem) != (test.problem != "") || problem != nil && problem.Name() != test.problem || err == nil && outcome.Status != "done" {
					t.Errorf("it came to %+v, %v, want %q", outcome, err, test.problem)
				}
				if len(*keys) != test.tries || waited < test.least || waited > test.least+10*time.Second {
					t.Errorf("%d tries in %v, want %d in %v", len(*keys), waited, test.tries, test.least)
				}
				for _, key := range *keys {
					if key != (*keys)[0] || len(key) < 20 {
						t.Errorf("the keys are %v, want one", *keys)
					}
				}
			})
		})
	}
}

// TestWhoGivesUp is told what is known: a pending change is pending, whatever its context says.
func TestWhoGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, keys := scripted(t, answers(202, 2, `{"status":"pending"}`))
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		_, err := c.CancelMembership(ctx, "a", client.Under("mine"))
		if !errors.Is(err, client.ErrPending) || !errors.Is(err, context.DeadlineExceeded) || (*keys)[len(*keys)-1] != "mine" {
			t.Errorf("it came to %v under %v", err, *keys)
		}
	})
}

// TestNobodyThere: a network that stays down is told in the end.
func TestNobodyThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, net.ErrClosed })}
		c, err := client.New(client.Config{URL: "http://localhost:1", Key: "k", HTTP: down})
		must(t, err)
		if _, err := c.GetCard(t.Context(), "1"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("GetCard = %v", err)
		}
	})
}

// TestSetup: what cannot be is told at once.
func TestSetup(t *testing.T) {
	for _, wrong := range []client.Config{{}, {URL: "https://scrip.example.com"}, {Key: "k"}, {URL: "ftp://scrip.example.com", Key: "k"}, {URL: "scrip", Key: "k"}, {URL: ":", Key: "k"}} {
		if _, err := client.New(wrong); !errors.Is(err, client.ErrSetup) {
			t.Errorf("New(%q) = %v", wrong.URL, err)
		}
	}
}

// TestSecretsAreNotPrinted, whatever prints them.
func TestSecretsAreNotPrinted(t *testing.T) {
	told := client.Replacement{Serial: "s", Code: "very secret"}
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(form, told); strings.Contains(text, "very") {
			t.Errorf("%s prints the code", form)
		}
	}
	if told.Code.Reveal() != "very secret" {
		t.Error("it cannot be read")
	}
}
