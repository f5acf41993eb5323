package web

import (
	"regexp"
	"strings"
	"testing"

	"scrip/engine"
	"scrip/money"
)

var gift = []string{"value", "us-gift:2500", "design", "winter", "to", "Grace", "recipient", "grace@example.com", "from", "Ada", "buyer", "ada@example.com",
	"message", "For you <b>"}

// with are fields with some changed.
func with(fields []string, more ...string) []string {
	return append(append([]string(nil), fields...), more...)
}

// TestAGiftIsBought from the shop to the recipient's mail, in both languages, and every page on the way is well made.
func TestAGiftIsBought(t *testing.T) {
	for _, language := range []string{"en", "fr"} {
		w := newWorld(t, nil)
		b := w.browser(language)
		shop := b.get("/gift-cards?country=US")
		form := b.get("/gift-cards/buy?country=US")
		order := b.submit(form, "/gift-cards/buy", gift...)
		link, _, _ := strings.Cut(strings.TrimPrefix(order.path, engine.OrderPath), "/")
		pay := b.get(engine.OrderPath + link + "/pay")
		declined := b.submit(pay, pay.path, "act", "decline")
		paid := b.submit(pay, pay.path, "act", "approve")
		if err := w.Loops.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		sent := b.get(order.path)
		again := b.submit(sent, order.path+"/send", "recipient", "x")
		resent := b.submit(sent, order.path+"/send", "recipient", "right@example.com")
		for _, page := range []*shown{shop, form, order, pay, declined, paid, sent, again, resent, b.get(pay.path)} {
			page.wellMade(t, language)
		}
		says := map[string][]string{"en": {"One step left", "The gift is delivered"}, "fr": {"Encore une étape", "Le cadeau est livré"}}[language]
		b.wants(order, 200, engine.OrderPath+link, says[0], "Grace", "For you <b>")
		b.wants(sent, 200, engine.OrderPath+link, says[1], "grace@example.com")
		b.wants(resent, 200, engine.OrderPath+link, "right@example.com")
		if again.status != 422 {
			t.Errorf("an address that is none is answered %d", again.status)
		}
		if err := w.Loops.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		mail := w.Mailbox.All()[0]
		code := regexp.MustCompile(`[0-9A-Z]{6}-[0-9A-Z]{6}-[0-9A-Z]{6}`).FindString(mail.Text)
		if mail.To != "right@example.com" || code == "" || mail.Language != language {
			t.Fatalf("the newest mail is to %s in %s", mail.To, mail.Language)
		}
		for _, page := range []*shown{order, paid, sent, resent, b.get(order.path)} {
			if strings.Contains(page.body, code) {
				t.Errorf("the code is on the page %s", page.path)
			}
		}
		if strings.Contains(w.logged.String(), link) || strings.Contains(w.logged.String(), code) {
			t.Error("a link or a code is in the log")
		}
	}
}

// TestWhatIsWrongWithAnOrder is said at the field, and what was written stays.
func TestWhatIsWrongWithAnOrder(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	form := b.get("/gift-cards/buy?country=US")
	for field, fields := range map[string][]string{
		"to":        with(gift, "to", " "),
		"from":      with(gift, "from", ""),
		"recipient": with(gift, "recipient", "grace"),
		"buyer":     with(gift, "buyer", ""),
		"value":     with(gift, "value", "us-50:5000"),
		"amount":    with(gift, "value", freely, "amount", "7.123"),
		"more":      with(gift, "value", freely, "amount", "1000000"),
		"on":        with(gift, "when", "later", "on", "2026-01-01"),
		"day":       with(gift, "when", "later", "on", ""),
		"message":   with(gift, "message", strings.Repeat("a", 501)),
		"name":      with(gift, "to", strings.Repeat("a", 61)),
	} {
		page := b.submit(form, "/gift-cards/buy", fields...)
		page.wellMade(t, "en")
		if page.status != 422 || !strings.Contains(page.body, `role="alert"`) || !strings.Contains(page.body, "ada@example.com") && field != "buyer" {
			t.Errorf("%s: %d, %s", field, page.status, page.text())
		}
	}
	free := b.submit(form, "/gift-cards/buy", with(gift, "value", freely, "amount", "31,50")...)
	b.wants(free, 200, free.path, "$31.50")
	b.wants(b.get("/gift-cards/orders/none"), 404, "/gift-cards/orders/none", "no such order")
	b.wants(b.submit(form, "/gift-cards/buy", with(gift, "key", "x")...), 400, "/gift-cards/buy")
	for range 5 {
		b.submit(b.get("/gift-cards/buy?country=US"), "/gift-cards/buy", gift...)
	}
	b.wants(b.submit(b.get("/gift-cards/buy?country=US"), "/gift-cards/buy", gift...), 429, "/gift-cards/buy", "enough for one day")
}

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]int64{"25": 2500, "25.5": 2550, "25,05": 2505, " 1 000 ": 100000, "0.01": 1} {
		if minor, is := parseAmount(text, usd); !is || minor != want {
			t.Errorf("parseAmount(%q) = %d, %t, want %d", text, minor, is, want)
		}
	}
	for _, text := range []string{"", "-5", "1e3", "5.", ".5", "1.234", "5.5.5", "9999999999999", "$5"} {
		if minor, is := parseAmount(text, usd); is {
			t.Errorf("parseAmount(%q) = %d", text, minor)
		}
	}
	if _, is := parseAmount("5.5", money.MustCurrency("JPY")); is {
		t.Error("half a yen is an amount")
	}
}
