package web

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"scrip/calendar"
)

// TestEveryPageIsWellMade looks at all pages in both languages for what a screen reader needs, and for
// texts that are missing.
func TestEveryPageIsWellMade(t *testing.T) {
	for _, language := range []string{"en", "fr"} {
		w := newDemo(t)
		b := w.browser(language)
		pages := []*shown{b.get("/"), b.get("/redeem"), b.post("/redeem", "code", "U"), b.get("/gift-cards?country=FR"), b.get("/help/redeem"),
			b.get("/sign-in"), b.post("/sign-in", "email", "x"), b.get("/nowhere"), b.get("/demo/cards"), b.get("/demo/mail"), b.get("/demo/mail/m1")}
		page := b.post("/redeem", "code", w.Card("us-50").Code.Reveal())
		for _, step := range [][]string{{"/redeem/card", "email", "ada@example.com"}, {"/redeem/verify", "digits", ""}, {"/redeem/new"}, {"/redeem/confirm"}} {
			pages = append(pages, page)
			if step[0] == "/redeem/verify" {
				step[2] = w.digits()
			}
			page = b.submit(page, step[0], step[1:]...)
		}
		pages = append(pages, page, b.get("/account/start"), b.get("/account"))
		b.submit(b.get("/account/start"), "/account/start", "plan", "standard")
		w.At(calendar.Must("2026-03-05"), 12)
		for _, path := range []string{"/account", "/account/billing", "/account/plan", "/account/plan/confirm?plan=premium", "/account/cancel", "/account/payment"} {
			pages = append(pages, b.get(path))
		}
		for _, page := range pages {
			page.wellMade(t, language)
		}
	}
}

func (s *shown) wellMade(t *testing.T, language string) {
	t.Helper()
	count := map[string]int{}
	ids := map[string]bool{}
	labelled := map[string]bool{}
	for _, n := range s.all(func(*html.Node) bool { return true }) {
		count[n.Data]++
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("%s: the id %q stands twice", s.path, id)
			}
			ids[id] = true
		}
		if n.Data == "label" {
			labelled[attr(n, "for")] = true
		}
		if n.Data == "script" || has(n, "style") || strings.HasPrefix(n.Data, "on") {
			t.Errorf("%s: <%s> would need a script or a style of its own", s.path, n.Data)
		}
	}
	if count["h1"] != 1 || count["main"] != 1 || count["header"] != 1 || count["footer"] != 1 {
		t.Errorf("%s: h1 %d, main %d, header %d, footer %d; want one each", s.path, count["h1"], count["main"], count["header"], count["footer"])
	}
	if root := s.find(func(n *html.Node) bool { return n.Data == "html" }); attr(root, "lang") != language {
		t.Errorf("%s: lang = %q, want %q", s.path, attr(root, "lang"), language)
	}
	for _, n := range s.all(func(n *html.Node) bool { return n.Data == "input" || n.Data == "select" }) {
		if attr(n, "type") != "hidden" && !labelled[attr(n, "id")] && n.Parent.Data != "label" {
			t.Errorf("%s: the field %q has no label", s.path, attr(n, "name"))
		}
	}
	for _, n := range s.all(func(n *html.Node) bool { return has(n, "aria-describedby") || has(n, "aria-labelledby") }) {
		for id := range strings.FieldsSeq(attr(n, "aria-describedby") + " " + attr(n, "aria-labelledby")) {
			if !ids[id] {
				t.Errorf("%s: nothing has the id %q", s.path, id)
			}
		}
	}
	if strings.Contains(strings.ReplaceAll(s.body, "«\u00a0", ""), "«") {
		t.Errorf("%s (%s): a message or one of its values is missing: %s", s.path, language, s.text())
	}
}

func TestShopsAreEscapedAndByCountry(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en-US")
	page := b.get("/gift-cards")
	b.wants(page, 200, "/gift-cards", "Corner & Co <b>", "In store", "$50.00")
	if strings.Contains(page.body, "Co <b>") {
		t.Error("a shop's name is not escaped")
	}
	b.wants(b.get("/gift-cards?country=FR"), 200, "/gift-cards", "Cartes en ligne", "Online", "€25.00")
	b.wants(b.get("/gift-cards?country=%22%3E"), 200, "/gift-cards", "Corner")
}
