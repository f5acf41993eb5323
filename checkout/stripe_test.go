package checkout_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85"

	"scrip/checkout"
	"scrip/money"
	"scrip/purchase"
)

const secret = "whsec_test"

func payment() checkout.Payment {
	return checkout.Payment{Order: "order-1", Amount: money.New(2500, money.MustCurrency("USD")), Says: "Lumen gift card", Email: "ada@example.com",
		Language: "en", Return: "/gift-cards/orders/LINK/paid", Until: time.Now().Add(2 * time.Hour)}
}

// TestStripeMock puts every call to Stripe's own mock, which checks it against Stripe's published description.
func TestStripeMock(t *testing.T) {
	program := filepath.Join(t.TempDir(), "stripe-mock")
	if said, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/stripe/stripe-mock").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	mock := exec.CommandContext(t.Context(), program, "-http-addr", "127.0.0.1:0")
	said, err := mock.StdoutPipe()
	must(t, err)
	must(t, mock.Start())
	t.Cleanup(func() { _ = mock.Process.Kill(); _ = mock.Wait() })
	address := ""
	for lines := bufio.NewScanner(said); address == "" && lines.Scan(); {
		address = regexp.MustCompile(`127\.0\.0\.1:[0-9]+`).FindString(lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	s := checkout.NewStripe(checkout.StripeConfig{Key: "sk_test_123", BaseURL: "https://lumen.example.com", Endpoint: "http://" + address})
	begun, err := s.Begin(t.Context(), payment())
	if err != nil || begun.ID == "" {
		t.Fatalf("Begin = %+v, %v", begun, err)
	}
	// The mock keeps no state, and its sessions are open.
	if answer, err := s.Ask(t.Context(), begun.ID); err != nil || answer.Standing != purchase.StandsOpen {
		t.Errorf("Ask = %+v, %v", answer, err)
	}
	if answer, err := s.End(t.Context(), begun.ID); err != nil || answer.Standing != purchase.StandsOpen {
		t.Errorf("End = %+v, %v", answer, err)
	}
	if _, err := s.Ask(t.Context(), ""); err == nil {
		t.Error("Ask without an id = nil")
	}
}

// account is an account at Stripe with one payment, as far as Stripe's documented API shows it. It keeps state, which
// Stripe's own mock does not.
type account struct {
	t  *testing.T
	mu sync.Mutex

	status, charge, dispute string            // how they stand
	created                 map[string]string // sessions by idempotency key
	refunds                 map[string]bool
	silent                  bool
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.silent {
		http.Error(w, `{"error": {"type": "api_error"}}`, http.StatusServiceUnavailable)
		return
	}
	must(a.t, r.ParseForm())
	w.Header().Set("Content-Type", "application/json")
	switch route := r.Method + " " + r.URL.Path; route {
	case "POST /v1/checkout/sessions":
		a.create(w, r)
	case "GET /v1/checkout/sessions/cs_1":
		fmt.Fprint(w, a.shown())
	case "POST /v1/checkout/sessions/cs_1/expire":
		if a.status != "open" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error": {"type": "invalid_request_error", "message": "ada@example.com"}}`)
			return
		}
		a.status = "expired"
		fmt.Fprint(w, a.shown())
	case "POST /v1/refunds":
		a.refunds[r.Header.Get("Idempotency-Key")] = true
		a.charge = `"refunded": true`
		fmt.Fprint(w, `{"id": "re_1", "object": "refund"}`)
	case "GET /v1/disputes":
		fmt.Fprintf(w, `{"object": "list", "data": [{"id": "dp_1", "object": "dispute", "status": %q}], "has_more": false}`, a.dispute)
	case "GET /v1/payment_intents/pi_1":
		fmt.Fprint(w, `{"id": "pi_1", "object": "payment_intent", "metadata": {"order": "order-1"}}`)
	default:
		a.t.Errorf("Stripe was asked for %s", route)
	}
}

func (a *account) create(w http.ResponseWriter, r *http.Request) {
	for field, want := range map[string]string{"mode": "payment", "locale": "en", "client_reference_id": "order-1", "payment_intent_data[metadata][order]": "order-1",
		"line_items[0][price_data][unit_amount]": "2500", "line_items[0][price_data][currency]": "usd", "payment_method_types[0]": "card",
		"success_url": "https://lumen.example.com/gift-cards/orders/LINK/paid"} {
		if got := r.PostForm.Get(field); got != want {
			a.t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	a.created[r.Header.Get("Idempotency-Key")] = "cs_1"
	fmt.Fprint(w, a.shown())
}

func (a *account) shown() string {
	paid, intent := "unpaid", "null"
	if a.status == "complete" {
		paid = "paid"
		intent = fmt.Sprintf(`{"id": "pi_1", "object": "payment_intent", "latest_charge": {"id": "ch_1", "object": "charge", %s,
			"payment_method_details": {"type": "card", "card": {"fingerprint": "print-1"}}}}`, a.charge)
	}
	return fmt.Sprintf(`{"id": "cs_1", "object": "checkout.session", "url": "https://checkout.stripe.com/c/pay/cs_1", "status": %q, "payment_status": %q,
		"payment_intent": %s}`, a.status, paid, intent)
}

func newAccount(t *testing.T) (*account, *checkout.Stripe) {
	t.Helper()
	a := &account{t: t, status: "open", charge: `"refunded": false`, created: map[string]string{}, refunds: map[string]bool{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return a, checkout.NewStripe(checkout.StripeConfig{Key: "sk_test_123", WebhookSecret: secret, BaseURL: "https://lumen.example.com", Endpoint: server.URL})
}

func TestStripeBeginsOnce(t *testing.T) {
	a, s := newAccount(t)
	for range 2 {
		if begun, err := s.Begin(t.Context(), payment()); err != nil || begun != (checkout.Begun{ID: "cs_1", Page: "https://checkout.stripe.com/c/pay/cs_1"}) {
			t.Errorf("Begin = %+v, %v", begun, err)
		}
	}
	if len(a.created) != 1 {
		t.Errorf("there were the idempotency keys %v", a.created)
	}
}

func TestHowAStripePaymentStands(t *testing.T) {
	for name, test := range map[string]struct {
		status, charge, dispute string
		want                    purchase.Standing
	}{
		"open":     {"open", "", "", purchase.StandsOpen},
		"expired":  {"expired", "", "", purchase.StandsClosed},
		"paid":     {"complete", `"refunded": false`, "", purchase.StandsPaid},
		"refunded": {"complete", `"refunded": true`, "", purchase.StandsRefunded},
		"disputed": {"complete", `"disputed": true`, "needs_response", purchase.StandsChargedBack},
		"reviewed": {"complete", `"disputed": true`, "under_review", purchase.StandsChargedBack},
		"inquiry":  {"complete", `"disputed": true`, "warning_needs_response", purchase.StandsPaid},
		"won":      {"complete", `"disputed": true`, "won", purchase.StandsPaid},
		"lost":     {"complete", `"disputed": true`, "lost", purchase.StandsLost},
	} {
		a, s := newAccount(t)
		a.status, a.charge, a.dispute = test.status, test.charge, test.dispute
		answer, err := s.Ask(t.Context(), "cs_1")
		if err != nil || answer.Standing != test.want || (answer.Fingerprint == "print-1") != (test.status == "complete") {
			t.Errorf("%s: Ask = %+v, %v, want %s", name, answer, err, test.want)
		}
	}
}

func TestStripeEnds(t *testing.T) {
	a, s := newAccount(t)
	if answer, err := s.End(t.Context(), "cs_1"); err != nil || answer.Standing != purchase.StandsClosed {
		t.Errorf("End of an open session = %+v, %v", answer, err)
	}
	a.status = "complete"
	for range 2 {
		if answer, err := s.End(t.Context(), "cs_1"); err != nil || answer.Standing != purchase.StandsRefunded {
			t.Errorf("End of a paid session = %+v, %v", answer, err)
		}
	}
	if len(a.refunds) != 1 || !a.refunds["refund-cs_1"] {
		t.Errorf("there were the refunds %v", a.refunds)
	}
}

func TestStripeIsSilent(t *testing.T) {
	a, s := newAccount(t)
	a.silent = true
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for _, err := range []error{second(s.Begin(ctx, payment())), second(s.Ask(ctx, "cs_1")), second(s.End(ctx, "cs_1"))} {
		if !errors.Is(err, checkout.ErrNoAnswer) || strings.Contains(err.Error(), "ada@") {
			t.Errorf("the error is %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestWebhooks: what Stripe has signed is looked after, and nothing else; and what cannot be is told again.
func TestWebhooks(t *testing.T) {
	_, s := newAccount(t)
	var heard []string
	var fails error
	server := httptest.NewServer(s.Webhook(func(_ context.Context, order string) error {
		heard = append(heard, order)
		return fails
	}, slog.New(slog.NewTextHandler(io.Discard, nil))))
	t.Cleanup(server.Close)
	event := func(object string) []byte {
		body, err := json.Marshal(map[string]any{"id": "evt_1", "object": "event", "type": "x", "data": map[string]any{"object": json.RawMessage(object)}})
		must(t, err)
		return body
	}
	signed := func(body []byte, secret string, at time.Time) string {
		return stripe.GenerateTestSignedPayload(&stripe.UnsignedPayload{Payload: body, Secret: secret, Timestamp: at}).Header
	}
	session := event(`{"object": "checkout.session", "client_reference_id": "order-1"}`)
	for name, test := range map[string]struct {
		body   []byte
		header string
		fails  error
		status int
		heard  int
	}{
		"a session":       {session, signed(session, secret, time.Now()), nil, 204, 1},
		"a dispute":       {event(`{"object": "dispute", "payment_intent": "pi_1"}`), "", nil, 204, 1},
		"a charge":        {event(`{"object": "charge", "payment_intent": "pi_1"}`), "", nil, 204, 1},
		"something else":  {event(`{"object": "customer"}`), "", nil, 204, 0},
		"it fails":        {session, signed(session, secret, time.Now()), errors.New("no"), 500, 1},
		"another's":       {session, signed(session, "whsec_other", time.Now()), nil, 400, 0},
		"long ago":        {session, signed(session, secret, time.Now().Add(-time.Hour)), nil, 400, 0},
		"another's words": {event(`{"object": "checkout.session", "client_reference_id": "order-2"}`), signed(session, secret, time.Now()), nil, 400, 0},
		"no signature":    {session, "none", nil, 400, 0},
	} {
		if test.header == "" {
			test.header = signed(test.body, secret, time.Now())
		}
		heard, fails = nil, test.fails
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(string(test.body)))
		must(t, err)
		request.Header.Set("Stripe-Signature", test.header)
		answer, err := http.DefaultClient.Do(request)
		must(t, err)
		must(t, answer.Body.Close())
		if answer.StatusCode != test.status || len(heard) != test.heard || test.heard == 1 && heard[0] != "order-1" {
			t.Errorf("%s is answered %d, and heard of %v", name, answer.StatusCode, heard)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
