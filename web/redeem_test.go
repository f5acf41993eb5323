package web

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"scrip/access"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/mail"
	"scrip/timeline"
)

// keepsSecret asks that a code is in no page, path or log line.
func (b *browser) keepsSecret(code string, pages ...*shown) {
	b.t.Helper()
	plain := strings.ReplaceAll(code, "-", "")
	places := append([]string{b.w.logged.String()}, b.led...)
	for _, page := range pages {
		places = append(places, page.body)
	}
	for _, place := range places {
		if strings.Contains(place, code) || strings.Contains(place, plain) {
			b.t.Errorf("the code shows: %.200s", place)
		}
	}
}

func TestANewMemberRedeems(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	code := w.Card("us-25").Code.Reveal()

	card := b.submit(b.get("/redeem"), "/redeem", "code", strings.ToLower(code))
	b.wants(card, 200, "/redeem/card", "Your card holds $25.00", "United States", "Never expires", "not been used")
	verify := b.submit(card, "/redeem/card", "email", "Ada@Example.com")
	b.wants(verify, 200, "/redeem/verify", "six digits to ada@example.com")
	b.wants(b.submit(verify, "/redeem/verify", "digits", "12"), 422, "/redeem/verify", "all six digits")
	opened := b.submit(verify, "/redeem/verify", "digits", w.digits())
	b.wants(opened, 200, "/redeem/new", "in USD, the currency of your card", "America/New York")
	confirm := b.submit(opened, "/redeem/new")
	b.wants(confirm, 200, "/redeem/confirm", "Add $25.00", "ada@example.com", "not refunded")
	done := b.submit(confirm, "/redeem/confirm")
	b.wants(done, 200, "/redeem/done", "$25.00 added", "Start Membership", "never expires")
	again := b.submit(confirm, "/redeem/confirm")
	b.wants(again, 200, "/redeem/done")

	start := b.get("/account/start")
	b.wants(start, 200, "/account/start", "$16.77 a month", "$15.49 and $1.28 tax on top", "$16.77 now, from your balance", "Lasts until about March 15, 2026")
	account := b.submit(start, "/account/start", "plan", "standard")
	b.wants(account, 200, "/account", "Your membership has started", "Active", "February 28, 2026", "$8.23")
	b.wants(b.get("/redeem/done"), 200, "/redeem/done", "Start Watching")
	if views := w.View(accountOf(w, "ada@example.com")); len(views.Lots) != 1 || len(views.Charges) != 1 {
		t.Errorf("lots and charges = %d, %d; want 1 each", len(views.Lots), len(views.Charges))
	}
	b.keepsSecret(code, card, verify, opened, confirm, done, again, start, account)
}

// TestACardThatIsNotSoldYet: whoever has it is told to wait, and by mail when it works, once, if they leave an address.
func TestACardThatIsNotSoldYet(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	if page := b.submit(b.get("/redeem"), "/redeem", "code", w.Card("us-50").Code.Reveal()); page.status != 200 {
		t.Fatalf("a card that is sold: %d", page.status)
	}
	card := w.issued()
	refused := b.submit(b.get("/redeem"), "/redeem", "code", card.Code.Reveal())
	b.wants(refused, 409, "/redeem/card", "not activated yet", "Wait up to 24 hours", "Shall we tell you")
	b.wants(b.submit(refused, "/redeem/wait", "email", "ada@"), 422, "/redeem/wait", "Shall we tell you", "name@example.com")
	for range 2 {
		b.wants(b.submit(refused, "/redeem/wait", "email", "Ada@Example.com"), 200, "/redeem/wait", "an e-mail goes to ada@example.com", card.Serial.String())
	}
	letters := func() (letters []mail.Message) {
		w.done(w.Loops.Settle(t.Context()))
		for _, m := range w.Mailbox.All() {
			if strings.Contains(m.Subject, "works now") {
				letters = append(letters, m)
			}
		}
		return letters
	}
	if early := letters(); len(early) > 0 {
		t.Fatalf("a card that is not sold: %q", early)
	}
	w.done(w.Engine.MoveCard(t.Context(), access.Operator(), card.Serial, engine.Activate))
	if early := letters(); len(early) > 0 { // it is looked at every minute
		t.Fatalf("at once: %q", early)
	}
	for range 3 {
		w.Clock.Set(w.Clock.Now().Add(time.Minute))
		told := letters()
		if len(told) != 1 || told[0].To != "ada@example.com" || !strings.Contains(told[0].Text, card.Serial.String()) {
			t.Fatalf("letters: %v", told)
		}
		b.keepsSecret(card.Code.Reveal(), refused, &shown{body: told[0].Text + told[0].HTML})
	}
	b.wants(b.submit(refused, "/redeem/wait", "email", "ada@example.com"), 200, "/redeem/wait")
	if told := letters(); len(told) != 2 { // it works already
		t.Errorf("letters: %v", told)
	}
	w.done(w.Engine.MoveCard(t.Context(), access.Operator(), card.Serial, engine.Freeze))
	b.wants(b.submit(refused, "/redeem/wait", "email", "ada@example.com"), 409, "/redeem/wait", "frozen")
}

// TestAFormRedeemsTheCardThatItShows, whichever card was looked at since in another tab.
func TestAFormRedeemsTheCardThatItShows(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	first, second := w.Card("us-25"), w.Card("us-50")
	card := b.submit(b.get("/redeem"), "/redeem", "code", first.Code.Reveal())
	verify := b.submit(card, "/redeem/card", "email", "ada@example.com")
	opened := b.submit(verify, "/redeem/verify", "digits", w.digits())
	shown := b.submit(opened, "/redeem/new")
	b.wants(shown, 200, "/redeem/confirm", "Add $25.00")
	b.submit(b.get("/redeem"), "/redeem", "code", second.Code.Reveal())
	b.wants(b.submit(shown, "/redeem/confirm"), 200, "/redeem/done", "$25.00 added")
	if lots := w.View(accountOf(w, "ada@example.com")).Lots; len(lots) != 1 || lots[0].Serial != first.Serial.String() {
		t.Errorf("the account holds %+v, want the card that was shown", lots)
	}
	code := second.Code.Reveal()
	b.keepsSecret(code, b.get("/redeem?code="+code))
}

// accountOf is the account of an address, which must have one.
func accountOf(w *world, email string) string {
	w.T.Helper()
	actor := access.Visitor("198.51.100.7")
	id, err := w.Engine.AskSignIn(w.T.Context(), actor, access.Email(email), "another", "en")
	if err != nil {
		w.T.Fatal(err)
	}
	proof, err := w.Engine.ProveSignIn(w.T.Context(), actor, id, "another", w.digits())
	if err != nil || proof.Account == "" {
		w.T.Fatalf("%s has no account: %v", email, err)
	}
	return proof.Account
}

func TestWrongCodes(t *testing.T) {
	w := newWorld(t, nil)
	never, err := giftcode.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := w.Card("us-25").Code.Reveal()
	swapped := "Z" + good[1:]
	if good[0] == 'Z' {
		swapped = "Y" + good[1:]
	}
	for _, c := range []struct {
		name, code string
		status     int
		says       string
	}{
		{"nothing", "  - ", 422, "Enter the code of your card"},
		{"a character that never occurs", "AB3DUQ-77", 422, "Character 5 never occurs"},
		{"too few", "ABC", 422, "You entered 3 characters; a code has 18"},
		{"one", "A", 422, "You entered 1 character; a code has 18"},
		{"far too much", strings.Repeat("A", 300), 422, "more than a code"},
		{"mistyped", swapped, 422, "A character is mistyped"},
		{"unknown", never.Reveal(), 404, "No card has this code"},
		{"markup", "<script>alert(1)</script>", 422, "Character 1 never occurs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := w.browser("en")
			page := b.post("/redeem", "code", c.code)
			b.wants(page, c.status, "/redeem", c.says)
			field := page.find(func(n *html.Node) bool { return attr(n, "id") == "code" })
			if field == nil || attr(field, "value") != "" || attr(field, "aria-invalid") != "true" || !strings.Contains(attr(field, "aria-describedby"), "code-wrong") {
				t.Errorf("the field is not empty and told to be wrong: %v", field)
			}
			if len(c.code) > 5 {
				b.keepsSecret(c.code, page)
			}
			if !strings.Contains(page.body, "/help/redeem#") {
				t.Error("no link to the help page")
			}
		})
	}
}

func TestTooManyTries(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	var page *shown
	for range 11 {
		never, err := giftcode.New(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		page = b.post("/redeem", "code", never.Reveal())
	}
	b.wants(page, http.StatusTooManyRequests, "/redeem", "Too many tries", "in 15 minutes", "12:15")
	if got := page.header.Get("Retry-After"); got != "900" {
		t.Errorf("Retry-After = %q, want 900", got)
	}
}

func TestRefusalsLeaveTheCardUnharmed(t *testing.T) {
	for _, c := range []struct {
		name  string
		payer catalog.Payer
		card  catalog.ProductID
		says  []string
	}{
		{"Apple", catalog.Apple, "us-25", []string{"billed by Apple", "Cancel your membership, wait until it closes", "restart it here with the card", "unharmed and still holds $25.00"}},
		{"package", catalog.Package, "us-25", []string{"included in a package", "Keep the card for later, or use it on another account", "unharmed"}},
		{"currency", catalog.Self, "fr-25", []string{"another currency", "unharmed and still holds €25.00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			b := w.browser("en")
			b.signUp("ada@example.com")
			b.redeemCard("us-50")
			b.submit(b.get("/account/start"), "/account/start", "plan", "basic")
			account := accountOf(w, "ada@example.com")
			if c.payer != catalog.Self {
				w.Do(account, engine.Command{Kind: timeline.SetPayer, Payer: c.payer})
			}
			card := w.Card(c.card)
			page := b.post("/redeem", "code", card.Code.Reveal())
			b.wants(page, http.StatusConflict, "/redeem/card", c.says...)
			b.wants(b.get("/redeem/confirm"), http.StatusConflict, "/redeem/confirm", c.says...)
			sight, err := w.Engine.Sight(t.Context(), access.Visitor(""), w.Handle(card))
			if err != nil || sight.Refusal != nil {
				t.Errorf("the card is harmed: %v, %v", sight.Refusal, err)
			}
		})
	}
}

func TestCardsThatCannotBeUsed(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	b.signUp("ada@example.com")
	used := w.Card("us-25")
	b.post("/redeem", "code", used.Code.Reveal())
	b.submit(b.get("/redeem/confirm"), "/redeem/confirm")

	b.wants(b.post("/redeem", "code", used.Code.Reveal()), 409, "/redeem/card", "You redeemed this card on January 31, 2026", "Billing details")
	other := w.browser("en")
	page := other.post("/redeem", "code", used.Code.Reveal())
	other.wants(page, 409, "/redeem/card", "used already", "sign in and look at your cards")
	if strings.Contains(page.body, "January 31") || strings.Contains(page.body, "ada@") {
		t.Error("a stranger is told who redeemed the card, or when")
	}

	issued := w.issued()
	b.wants(b.post("/redeem", "code", issued.Code.Reveal()), 409, "/redeem/card", "not activated yet", "up to 24 hours")
	frozen := w.Card("us-25")
	if err := w.Engine.MoveCard(t.Context(), access.Operator(), frozen.Serial, "freeze"); err != nil {
		t.Fatal(err)
	}
	b.wants(b.post("/redeem", "code", frozen.Code.Reveal()), 409, "/redeem/card", "frozen", "serial number")
}

func TestWhoWasSignedOutMeanwhileRedeemsNothing(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	b.signUp("ada@example.com")
	account := accountOf(w, "ada@example.com")
	b.submit(b.get("/redeem"), "/redeem", "code", w.Card("us-25").Code.Reveal())
	confirm := b.get("/redeem/confirm")
	b.wants(confirm, 200, "/redeem/confirm", "Add $25.00")
	if err := w.Engine.EndSessions(t.Context(), access.Operator(), account); err != nil {
		t.Fatal(err)
	}
	b.wants(b.submit(confirm, "/redeem/confirm"), 200, "/sign-in")
	if lots := w.View(account).Lots; len(lots) != 0 {
		t.Errorf("%d lots, want none", len(lots))
	}
	b.wants(b.get("/account"), 200, "/sign-in")
}
