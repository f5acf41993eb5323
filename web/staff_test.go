package web

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"scrip/access"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
	"scrip/sso"
	"scrip/sso/ssotest"
	"scrip/store"
)

// staffWorld is a world with a provider through which staff sign in.
func staffWorld(t *testing.T) (*world, *ssotest.Provider) {
	t.Helper()
	var w *world
	there := ssotest.New(t, func() time.Time { return w.Clock.Now() })
	settings := sso.Config{Issuer: there.URL, ClientID: ssotest.ClientID, ClientSecret: ssotest.ClientSecret, Claim: "groups",
		Groups: map[access.Duty][]string{access.Agent: {"agents"}, access.Manager: {"managers"}, access.Auditor: {"auditors"}},
		Clock:  func() time.Time { return w.Clock.Now() }}
	provider := sso.New(settings)
	w = newWorld(t, func(c *Config) { c.Staff = &Staff{Provider: provider} })
	provider.Redirect = w.server.URL + StaffBack
	return w, there
}

// asStaff is a browser in which somebody of a group is signed in, or none for "".
func (w *world) asStaff(there *ssotest.Provider, group, accept string) *browser {
	w.T.Helper()
	b := w.browser(accept)
	if group != "" {
		there.Claims = map[string]any{"sub": "1", "email": "ada@example.com", "groups": []string{group}}
		b.wants(b.get("/staff/sign-in/provider"), 200, "/staff")
	}
	return b
}

func TestStaffSignInThroughTheProvider(t *testing.T) {
	w, there := staffWorld(t)
	b := w.browser("en")
	b.wants(b.get("/staff"), 200, "/staff/sign-in", "Sign in with your work account")
	there.Claims = map[string]any{"sub": "1", "email": "ada@example.com", "groups": []string{"agents"}}
	b.wants(b.get("/staff/sign-in/provider"), 200, "/staff", "ada@example.com (1) · Support")
	b.wants(b.get("/staff/sign-in"), 200, "/staff")
	b.wants(b.get("/account"), 200, "/sign-in") // a member's session is another
	b.wants(b.submit(b.get("/staff"), "/staff/sign-out"), 200, "/staff/sign-in")
	b.wants(b.get("/staff"), 200, "/staff/sign-in")
}

func TestStaffDoNotSignIn(t *testing.T) {
	for name, row := range map[string]struct {
		change func(claims map[string]any)
		status int
		says   string
	}{
		"unknown person":   {func(c map[string]any) { c["groups"] = []string{"sales"} }, 403, "You may not do this"},
		"another nonce":    {func(c map[string]any) { c["nonce"] = "x" }, 403, "You were not signed in"},
		"another audience": {func(c map[string]any) { c["aud"] = "x" }, 403, "You were not signed in"},
		"expired":          {func(c map[string]any) { c["exp"] = noon.Add(-time.Minute).Unix() }, 403, "You were not signed in"},
	} {
		t.Run(name, func(t *testing.T) {
			w, there := staffWorld(t)
			there.Claims = map[string]any{"sub": "1", "groups": []string{"managers"}}
			there.Change = row.change
			b := w.browser("en")
			b.wants(b.get("/staff/sign-in/provider"), row.status, "/staff/sign-in/back", row.says)
			b.wants(b.get("/staff"), 200, "/staff/sign-in")
		})
	}
	w, there := staffWorld(t)
	there.Claims = map[string]any{"sub": "1", "groups": []string{"managers"}}
	b := w.browser("en")
	b.wants(b.get("/staff/sign-in/back?code=x&state=x"), 400, "/staff/sign-in/back", "not begun here")
	b.wants(b.get("/staff/sign-in/provider"), 200, "/staff")
	back := b.led[len(b.led)-2] // which a thief has read, after it was used
	other := w.browser("en")
	other.wants(other.get(strings.TrimPrefix(back, w.server.URL)), 400, "/staff/sign-in/back", "not begun here")
}

func TestASilentProviderIsTold(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Staff = &Staff{Provider: sso.New(sso.Config{Issuer: "http://127.0.0.1:1", Clock: time.Now})}
	})
	b := w.browser("en")
	b.wants(b.get("/staff/sign-in/provider"), 502, "/staff/sign-in/provider", "does not answer")
}

// TestAStaffSessionEnds after half an hour in which nothing is done, and after twelve hours.
func TestAStaffSessionEnds(t *testing.T) {
	w, there := staffWorld(t)
	b := w.asStaff(there, "agents", "en")
	for range 24 {
		w.Clock.Set(w.Clock.Now().Add(29 * time.Minute))
		b.wants(b.get("/staff"), 200, "/staff")
	}
	w.Clock.Set(w.Clock.Now().Add(25 * time.Minute))
	b.wants(b.get("/staff"), 200, "/staff/sign-in")

	b = w.asStaff(there, "agents", "en")
	w.Clock.Set(w.Clock.Now().Add(31 * time.Minute))
	b.wants(b.get("/staff"), 200, "/staff/sign-in")
}

func TestTheCookieOfStaffIsTheirOwn(t *testing.T) {
	w, _ := staffWorld(t)
	s := &site{Config: Config{Sessions: w.Engine.Sessions(), Secure: true}}
	if got := s.cookieName("staff"); got != "__Host-staff" {
		t.Errorf("the cookie is called %s", got)
	}
	b := w.browser("en")
	b.signUp("ada@example.com")
	at, err := url.Parse(w.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range b.client.Jar.Cookies(at) {
		if cookie.Name == "scrip_session" {
			b.client.Jar.SetCookies(at, []*http.Cookie{{Name: "scrip_staff", Value: cookie.Value, Path: "/"}})
		}
	}
	b.wants(b.get("/staff"), 200, "/staff/sign-in") // a member is nobody there
}

func TestStaffFind(t *testing.T) {
	w, there := staffWorld(t)
	member := w.browser("en")
	member.signUp("bob@example.com")
	printed := w.Card("us-25")
	b := w.asStaff(there, "agents", "en")
	b.wants(b.submit(b.get("/staff"), "/staff/find", "sought", printed.Serial.String()), 200, "/staff/cards/"+printed.Serial.String(), "Active", "$25.00")
	page := b.submit(b.get("/staff"), "/staff/find", "sought", " Bob@Example.com ")
	if page.status != 200 || !strings.HasPrefix(page.path, "/staff/accounts/") || !strings.Contains(page.text(), "bob@example.com") {
		t.Errorf("page = %d %s: %s", page.status, page.path, page.text())
	}
	for _, sought := range []string{"", "1", "nobody@example.com", "@", printed.Code.Reveal()} {
		page := b.submit(b.get("/staff"), "/staff/find", "sought", sought)
		b.wants(page, 404, "/staff/find", "Nothing was found")
		if sought != "" && sought != "1" && sought != "@" && strings.Contains(page.body, sought) {
			t.Error("what was sought is shown again")
		}
	}
	b.wants(b.get("/staff/cards/x"), 404, "/staff/cards/x", "no such card")
	b.wants(b.get("/staff/accounts/x"), 404, "/staff/accounts/x", "no such card or account")
	if b.wants(b.get("/staff/cards/"+printed.Serial.String()+"/burn"), 404, "/staff/cards/"+printed.Serial.String()+"/burn"); strings.Contains(w.logged.String(), printed.Code.Reveal()) {
		t.Error("a code is in the log")
	}
}

// TestStaffMoveACard through its pages, to the end; and what is recorded of it.
func TestStaffMoveACard(t *testing.T) {
	w, there := staffWorld(t)
	printed := w.Card("us-25")
	card := "/staff/cards/" + printed.Serial.String()
	b := w.asStaff(there, "managers", "en")
	for _, step := range []struct{ deed, state string }{{"freeze", "Frozen"}, {"unfreeze", "Active"}} {
		asked := b.get(card + "/" + step.deed)
		b.wants(b.submit(asked, card+"/"+step.deed), 422, card+"/"+step.deed, "Say why")
		b.wants(b.submit(asked, card+"/"+step.deed, "reason", strings.Repeat("é", 201)), 422, card+"/"+step.deed, "at most 200")
		for _, code := range []string{printed.Code.Reveal(), strings.ReplaceAll(printed.Code.Reveal(), "-", " ")} {
			page := b.submit(asked, card+"/"+step.deed, "reason", "the code "+code)
			b.wants(page, 422, card+"/"+step.deed, "holds the code of a card")
			if strings.Contains(page.body, code) {
				t.Error("a code is shown again")
			}
		}
		for range 2 { // sent twice, it is done once
			b.wants(b.submit(asked, card+"/"+step.deed, "reason", "  lost  & <b>found</b>"), 200, card, step.state, "recorded with your name", "lost & <b>found</b>")
		}
		b.wants(b.submit(asked, card+"/"+step.deed, "reason", "again", "key", newKey()), 409, card+"/"+step.deed, "state has changed")
	}
	page := b.submit(b.get(card+"/replace"), card+"/replace", "reason", "unreadable")
	b.wants(page, 200, card+"/replace", "The card is replaced")
	code := page.find(func(n *html.Node) bool { return attr(n, "class") == "foil" }).FirstChild.Data
	parsed, err := giftcode.Enter(code)
	if err != nil {
		t.Fatal(err)
	}
	sight, _, err := w.Engine.CheckCard(t.Context(), access.Operator(), parsed)
	if err != nil || sight.Refusal != nil {
		t.Fatalf("the new card: %v, %v", sight.Refusal, err)
	}
	b.wants(b.get(card), 200, card, "Replaced")
	b.wants(b.get(card+"/void"), 200, card, "Replaced") // nothing to confirm
	next := "/staff/cards/" + sight.Serial
	b.wants(b.submit(b.get(next+"/void"), next+"/void", "reason", "returned"), 200, next, "Void")
	entries, err := w.Engine.Entries(t.Context(), access.Operator(), store.EntryFilter{Subject: printed.Serial.String()}, engine.Page{Most: 100})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range entries {
		if e.Actor.Person == "" {
			continue // what the operator did before
		}
		told = append(told, string(e.Actor.Person)+" "+e.Operation+" "+e.Outcome+" "+e.Actor.Reason)
	}
	who := "ada@example.com (1) card."
	want := []string{who + "replace done unreadable", who + "unfreeze not_frozen again", who + "unfreeze done lost & <b>found</b>",
		who + "freeze not_active again", who + "freeze done lost & <b>found</b>"}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("entries:\n%s\nwant:\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	for _, secret := range []string{code, printed.Code.Reveal()} {
		if strings.Contains(w.logged.String(), secret) || strings.Contains(strings.Join(b.led, " "), secret) {
			t.Error("a code is in the log or in an address")
		}
	}
}

// staffPage is a row of docs/security.md's table: a page, and the groups that may.
type staffPage struct{ page, may string }

func pagesOfStaff(t *testing.T) (pages []staffPage) {
	t.Helper()
	written, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(written), "| page | agent | manager | auditor |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, row := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
		cells, may := strings.Split(strings.Trim(row, "|"), " | "), []string(nil)
		for at, group := range []string{"agents", "managers", "auditors"} {
			if strings.TrimSpace(cells[at+1]) == "yes" {
				may = append(may, group)
			}
		}
		pages = append(pages, staffPage{strings.Trim(cells[0], " `"), strings.Join(may, " ")})
	}
	if len(pages) == 0 {
		t.Fatal("docs/security.md has no table of pages")
	}
	return pages
}

// TestWhichStaffMayDoWhat: each page and each role, as docs/security.md has it. A page that is not for a role says so; who is not signed in is
// sent to sign in.
func TestWhichStaffMayDoWhat(t *testing.T) {
	w, there := staffWorld(t)
	member := w.browser("en")
	member.signUp("bob@example.com")
	account, err := w.Engine.AccountOfEmail(t.Context(), access.Operator(), "bob@example.com")
	if err != nil {
		t.Fatal(err)
	}
	browsers := map[string]*browser{"nobody": w.asStaff(there, "", "en"), "a member": member}
	for _, group := range []string{"agents", "managers", "auditors"} {
		browsers[group] = w.asStaff(there, group, "en")
	}
	for _, row := range pagesOfStaff(t) {
		for who, b := range browsers {
			card, frozen := w.Card("us-25").Serial, w.Card("us-25").Serial
			if err := w.Engine.MoveCard(t.Context(), access.Operator(), frozen, engine.Freeze); err != nil {
				t.Fatal(err)
			}
			method, path, _ := strings.Cut(row.page, " ")
			path = strings.NewReplacer("{account}", account, "{card}", card.String(), "{frozen}", frozen.String()).Replace(path)
			page := b.send(method, path, pairs([]string{"key", newKey(), "reason", "asked", "sought", card.String()}), nil)
			signedIn := who != "nobody" && who != "a member"
			may := strings.Contains(row.may, who)
			switch {
			case !signedIn && page.path != "/staff/sign-in", signedIn && may && page.status != 200, signedIn && !may && page.status != 403:
				t.Errorf("%s, %s: %d %s", row.page, who, page.status, page.path)
			}
			state := giftcard.Active
			if method == "POST" && signedIn && may {
				state = map[string]giftcard.State{"freeze": giftcard.Frozen, "replace": giftcard.Replaced, "void": giftcard.Voided}[path[strings.LastIndex(path, "/")+1:]]
			}
			if got, err := w.Engine.Card(t.Context(), access.Operator(), card); err != nil || state != "" && got.Card.State != state {
				t.Errorf("%s, %s: the card is %s, %v", row.page, who, got.Card.State, err)
			}
		}
	}
	serial := w.Card("us-25").Serial.String()
	for who, row := range map[string]struct{ deeds, audit bool }{"agents": {true, false}, "managers": {true, true}, "auditors": {false, true}} {
		page := browsers[who].get("/staff/cards/" + serial)
		if strings.Contains(page.text(), "Freeze the card") != row.deeds || strings.Contains(page.text(), "Who did what") != row.audit {
			t.Errorf("%s: %s", who, page.text())
		}
	}
}

var memberRoute = regexp.MustCompile(`\tmember\("(GET|POST) ([^"]+)"`)

// TestMembersPagesAreForMembers: nobody else sees one, or changes anything by it, staff included.
func TestMembersPagesAreForMembers(t *testing.T) {
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	routes := memberRoute.FindAllStringSubmatch(string(source), -1)
	if len(routes) < 10 {
		t.Fatalf("routes.go has %d pages of members", len(routes))
	}
	w, there := staffWorld(t)
	for who, b := range map[string]*browser{"nobody": w.asStaff(there, "", "en"), "a manager": w.asStaff(there, "managers", "en")} {
		for _, route := range routes {
			if strings.HasPrefix(route[2], "/demo/") || strings.HasPrefix(route[2], "/account/payment") {
				continue // there is no demo here, and no payment method
			}
			if page := b.send(route[1], route[2], pairs([]string{"key", newKey()}), nil); page.path != "/sign-in" {
				t.Errorf("%s %s, %s: %d %s", route[1], route[2], who, page.status, page.path)
			}
		}
	}
}

func TestTheAccountOfAMember(t *testing.T) {
	w, there := staffWorld(t)
	member := w.browser("en")
	member.signUp("bob@example.com")
	member.redeemCard("us-50")
	member.submit(member.get("/account/start"), "/account/start", "plan", "standard")
	b := w.asStaff(there, "managers", "en")
	page := b.submit(b.get("/staff"), "/staff/find", "sought", "bob@example.com")
	b.wants(page, 200, page.path, "bob@example.com", "Standard", "Redeemed a card", "Started a membership", "A period was charged", "$16.77", "Nobody has changed anything")
}

// TestTheJournal shows all that was done, a page at a time, of one person, and to one thing; never what may be a code.
func TestTheJournal(t *testing.T) {
	w, there := staffWorld(t)
	printed := w.Card("us-25")
	freezing := w.asStaff(there, "managers", "en")
	card := "/staff/cards/" + printed.Serial.String()
	freezing.submit(freezing.get(card+"/freeze"), card+"/freeze", "reason", "lost")
	for range journalShown / 2 { // each is issued and activated
		w.Card("us-25")
	}
	b := w.asStaff(there, "auditors", "en")
	first := b.get("/staff/journal")
	b.wants(first, 200, "/staff/journal", "Signed in", "Issued a batch of cards", "Older records")
	older := attr(first.find(func(n *html.Node) bool { return attr(n, "name") == "from" }), "value")
	b.wants(b.post("/staff/journal", "from", older), 200, "/staff/journal", "Froze the card", "Reason: lost")
	spaced := strings.ReplaceAll(printed.Serial.String(), "-", " ")
	for _, filter := range [][]string{{"subject", spaced}, {"actor", "ada@example.com (1)"}, {"subject", spaced, "actor", "ada@example.com (1)"}} {
		page := b.post("/staff/journal", filter...)
		b.wants(page, 200, "/staff/journal", "Froze the card", printed.Serial.String())
		if strings.Contains(page.text(), "Issued a batch") || strings.Contains(page.text(), "Older records") {
			t.Errorf("%v: %s", filter, page.text())
		}
	}
	b.wants(b.post("/staff/journal", "subject", "nothing"), 200, "/staff/journal", "no such record")
	for _, field := range []string{"subject", "actor"} {
		if page := b.post("/staff/journal", field, printed.Code.Reveal(), "from", "\x00"); page.status != 200 || strings.Contains(page.body, printed.Code.Reveal()) {
			t.Errorf("a code as %s: %d", field, page.status)
		}
	}
	agent := w.asStaff(there, "agents", "en")
	agent.wants(agent.get("/staff/journal"), 403, "/staff/journal", "may not do this")
	if strings.Contains(agent.get("/staff").text(), "Records") {
		t.Error("the journal is offered to an agent")
	}
}

// TestTheCatalogueOfStaff shows what is in force and what comes, and not what was.
func TestTheCatalogueOfStaff(t *testing.T) {
	w, there := staffWorld(t)
	b := w.asStaff(there, "agents", "en")
	b.wants(b.get("/staff/catalog"), 200, "/staff/catalog", "Standard", "$15.49", "8.25%, on top of the price", "scrip catalog apply", "us-25", "Apple")
	day := calendar.Must("2026-03-10")
	price := func(minor int64, from calendar.Date) catalog.Price {
		return catalog.Price{Amount: money.New(minor, usd), From: from}
	}
	was, is, comes := price(1, day.Plus(-9)), price(2, day), price(3, day.Plus(1))
	got := soldView{Today: day}.Prices(catalog.Plan{Prices: []catalog.Price{comes, was, is}})
	if len(got) != 2 || got[0] != comes || got[1] != is {
		t.Errorf("Prices = %v", got)
	}
}

// TestStaffPagesAreWellMade in both languages.
func TestStaffPagesAreWellMade(t *testing.T) {
	for _, language := range []string{"en", "fr"} {
		w, there := staffWorld(t)
		member := w.browser("en")
		member.signUp("bob@example.com")
		member.redeemCard("us-50")
		member.submit(member.get("/account/start"), "/account/start", "plan", "standard")
		b := w.asStaff(there, "managers", language)
		card := "/staff/cards/" + w.Card("us-25").Serial.String()
		pages := []*shown{w.browser(language).get("/staff"), b.get("/staff"), b.post("/staff/find"), b.get("/staff/journal"), b.post("/staff/journal", "subject", "nothing"), b.get("/staff/catalog"), b.post("/staff/find", "sought", "bob@example.com"), b.get(card), b.get("/staff/cards/1")}
		for _, deed := range []string{"freeze", "unfreeze", "replace"} {
			pages = append(pages, b.get(card+"/"+deed), b.post(card+"/"+deed, "key", newKey()), b.post(card+"/"+deed, "key", newKey(), "reason", "asked"))
		}
		for _, page := range append(pages, b.get(card)) {
			page.wellMade(t, language)
		}
	}
}
