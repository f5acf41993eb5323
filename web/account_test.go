package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/money"
	"scrip/store"
	"scrip/timeline"
)

// member is somebody on the Standard plan, paid by cards of these products.
func (w *world) member(cards ...catalog.ProductID) *browser {
	w.T.Helper()
	b := w.browser("en")
	b.signUp("ada@example.com")
	for _, product := range cards {
		b.redeemCard(product)
	}
	b.wants(b.submit(b.get("/account/start"), "/account/start", "plan", "standard"), 200, "/account", "Active")
	return b
}

func TestTwoCardsPayOneMonth(t *testing.T) {
	w := newWorld(t, nil)
	b := w.member("us-25", "us-25")
	w.At(calendar.Must("2026-03-01"), 9)
	page := b.get("/account/billing")
	b.wants(page, 200, "/account/billing", "February 28, 2026 to March 30, 2026", "$8.23", "$8.54", "$25.00, used up", "$16.46 left of $25.00", "Why is this an estimate?")
	chart := page.find(func(n *html.Node) bool { return n.Data == "svg" && attr(n, "role") == "img" })
	if chart == nil || page.find(func(n *html.Node) bool { return n.Data == "table" }) == nil {
		t.Error("the coming months have no picture with a table beside it")
	}
}

// TestPurchasesAreShown: what the service has charged to the balance by itself, and what it keeps for that.
func TestPurchasesAreShown(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	b.signUp("ada@example.com")
	b.redeemCard("us-25")
	var account string
	if err := w.DB.Look(t.Context(), func(tx *store.Tx) (err error) {
		account, err = tx.AccountOfEmail(t.Context(), "ada@example.com")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if page := b.get("/account/billing"); strings.Contains(page.text(), "Purchases") {
		t.Error("purchases are shown where there are none")
	}
	for at, command := range []engine.Command{
		{Kind: timeline.Charge, Amount: money.New(399, money.MustCurrency("USD")), Reference: "A film <b>"},
		{Kind: timeline.Authorize, Amount: money.New(2101, money.MustCurrency("USD")), Reference: "A pair of glasses"},
	} {
		reply, err := w.Engine.Do(t.Context(), access.Operator(), account, fmt.Sprint("purchase ", at), command)
		if err != nil || reply.Refusal != nil {
			t.Fatalf("Do = %+v, %v", reply, err)
		}
	}
	b.wants(b.get("/account/billing"), 200, "/account/billing", "$0.00", "Purchases", "A film <b>", "$3.99", "A pair of glasses", "$21.01",
		"Set aside on", "$0.00 left of $25.00", "of it is set aside for a purchase")
}

func TestChangeOfPlan(t *testing.T) {
	w := newWorld(t, nil)
	b := w.member("us-50")
	w.At(calendar.Must("2026-02-10"), 9)
	b.wants(b.get("/account/plan"), 200, "/account/plan", "Your plan", "Choose Premium", "Choose Basic")
	upgrade := b.get("/account/plan/confirm?plan=premium")
	b.wants(upgrade, 200, "/account/plan/confirm", "begins at once", "February 28, 2026", "Nothing is charged")
	b.wants(b.submit(upgrade, "/account/plan"), 200, "/account", "change of plan is saved", "Premium")
	lower := b.get("/account/plan/confirm?plan=basic")
	b.wants(lower, 200, "/account/plan/confirm", "on your next billing date")
	b.wants(b.submit(lower, "/account/plan"), 200, "/account", "Basic from")
	back := b.get("/account/plan/confirm?plan=premium")
	b.wants(back, 200, "/account/plan/confirm", "will not happen")
	b.submit(back, "/account/plan")
	b.wants(b.get("/account/plan/confirm?plan=premium"), 409, "/account/plan/confirm", "You have this plan already")
	b.wants(b.get("/account/plan/confirm?plan=<b>"), 404, "/account/plan/confirm", "no such plan")
}

func TestCancelAndRestart(t *testing.T) {
	w := newWorld(t, nil)
	b := w.member("us-50")
	preview := b.get("/account/cancel")
	b.wants(preview, 200, "/account/cancel", "go on watching until", "$33.23 goes on paying")
	cancelled := b.submit(preview, "/account/cancel")
	b.wants(cancelled, 200, "/account", "Cancelled", "You can watch until")
	b.wants(b.submit(cancelled, "/account/restart"), 200, "/account", "Welcome back", "Active")
	b.wants(b.post("/account/restart", "key", newKey()), 409, "/account/restart", "nothing to restart")
}

func TestACardRemovesAHold(t *testing.T) {
	w := newWorld(t, nil)
	b := w.member("us-25")
	w.At(calendar.Must("2026-03-16"), 9)
	b.wants(b.get("/account"), 200, "/account", "on hold", "Redeem a gift card", "closes at the end of April")
	b.wants(b.redeemCard("us-50"), 200, "/redeem/done", "no longer on hold", "Start Watching")
}

func TestTooSmallABalance(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	b.signUp("ada@example.com")
	b.wants(b.get("/account/start"), 200, "/account/start", "does not pay for this plan yet", "Add a payment method")
	b.wants(b.post("/account/start", "plan", "basic", "key", newKey()), http.StatusPaymentRequired, "/account/start", "Nothing has changed")
	b.redeemCard("us-5")
	b.wants(b.get("/account/start"), 200, "/account/start", "Your balance pays for 8 days")
}

func TestPaymentMethods(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	b.signUp("ada@example.com")
	b.wants(b.submit(b.get("/account/payment"), "/account/payment", "method", "ok"), 200, "/account", "is saved")
	b.wants(b.get("/account/payment"), 200, "/account/payment", "You pay with: Test card that is approved")
	b.wants(b.get("/account/start"), 200, "/account/start", "will be asked for $16.77")
	b.wants(b.submit(b.get("/account/start"), "/account/start", "plan", "basic"), 200, "/account", "Active")
	b.wants(b.post("/account/payment", "method", "forged", "key", newKey()), 400, "/account/payment")
	b.wants(b.submit(b.get("/account/payment"), "/account/payment", "method", ""), 200, "/account", "is removed")
}

func TestPendingWaitsForTheBank(t *testing.T) {
	w := newWorld(t, nil)
	w.Gateway.Late.Asks = 1
	b := w.browser("en")
	b.signUp("ada@example.com")
	b.submit(b.get("/account/payment"), "/account/payment", "method", "late")
	pending := b.submit(b.get("/account/start"), "/account/start", "plan", "basic")
	b.wants(pending, 200, "/account/pending", "We are asking your bank")
	b.wants(b.get("/account"), 200, "/account", "Your membership starts once it has said yes", "Look again")
	w.At(calendar.Must("2026-02-01"), 18)
	b.wants(b.get("/account/pending"), 200, "/account", "Your membership has started")
}

func TestADoubleClickDoesOneThing(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	b.signUp("ada@example.com")
	b.redeemCard("us-50")
	start := b.get("/account/start")
	b.wants(b.submit(start, "/account/start", "plan", "standard"), 200, "/account", "has started")
	b.wants(b.submit(start, "/account/start", "plan", "standard"), 200, "/account", "has started")
	b.wants(b.submit(start, "/account/start", "plan", "premium"), 400, "/account/start", "form")
	b.wants(b.post("/account/start", "plan", "premium"), 400, "/account/start", "form")
	if view := w.View(accountOf(w, "ada@example.com")); len(view.Charges) != 1 {
		t.Errorf("%d charges, want 1", len(view.Charges))
	}
}

func TestSignInAndOut(t *testing.T) {
	w := newWorld(t, nil)
	b, phone := w.browser("en"), w.browser("fr-FR")
	b.signUp("ada@example.com")
	phone.submit(phone.get("/account"), "/sign-in", "email", "ada@example.com")
	page := phone.submit(phone.get("/sign-in/verify"), "/sign-in/verify", "digits", w.digits())
	if page.path != "/account" || !strings.Contains(page.body, "Abonnement") && !strings.Contains(page.body, "Membership") {
		t.Errorf("signed in = %s", page.path)
	}
	b.wants(b.submit(b.get("/account"), "/account/sign-out-everywhere"), 200, "/")
	if got := phone.get("/account"); got.path != "/sign-in" {
		t.Errorf("after signing out everywhere, another browser is led to %s", got.path)
	}
	wrong := w.browser("en")
	wrong.submit(wrong.get("/sign-in"), "/sign-in", "email", "ada@example.com")
	digits := w.digits()
	for range 5 {
		wrong.wants(wrong.post("/sign-in/verify", "digits", other(digits)), 422, "/sign-in/verify", "not the digits")
	}
	wrong.wants(wrong.post("/sign-in/verify", "digits", digits), http.StatusGone, "/sign-in/verify", "no longer valid")
	wrong.wants(wrong.post("/sign-in", "email", "no address"), 422, "/sign-in", "looks like name@example.com")
}

// other is six digits that differ.
func other(digits string) string {
	if digits == "000000" {
		return "111111"
	}
	return "000000"
}

func TestCountryCanBeChanged(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en-US")
	b.submit(b.get("/sign-in"), "/sign-in", "email", "zoe@example.com")
	page := b.submit(b.get("/sign-in/verify"), "/sign-in/verify", "digits", w.digits())
	asked := b.submit(page, "/sign-in/new", "country", "FR")
	b.wants(asked, 200, "/sign-in/new", "in EUR")
	b.wants(b.submit(asked, "/sign-in/new"), 200, "/account", "France · EUR", "Europe/Paris")
	b.wants(b.post("/sign-in/new", "country", "FR"), 200, "/account")
}

func TestLanguage(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	b.signUp("ada@example.com")
	page := b.post("/language", "language", "fr", "back", "/account")
	b.wants(page, 200, "/account", "Abonnement", "Fuseau horaire")
	if got := w.View(accountOf(w, "ada@example.com")).Language; got != "fr" {
		t.Errorf("the member's language = %q, want fr", got)
	}
	if root := page.find(func(n *html.Node) bool { return n.Data == "html" }); attr(root, "lang") != "fr" {
		t.Errorf("lang = %q, want fr", attr(root, "lang"))
	}
	b.wants(b.post("/language", "language", "xx", "back", "/"), 400, "/language")
}

func TestBilledElsewhere(t *testing.T) {
	w := newWorld(t, nil)
	b := w.member("us-50")
	w.Do(accountOf(w, "ada@example.com"), engine.Command{Kind: timeline.SetPayer, Payer: catalog.Apple})
	b.wants(b.get("/account"), 200, "/account", "Billed through", "Apple", "not used while somebody else bills you")
}
