package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func newDemo(t *testing.T) *world {
	t.Helper()
	demo := &demoWorld{}
	w := newWorld(t, func(c *Config) { c.Demo, c.Staff = demo, &Staff{} })
	demo.w = w
	return w
}

func TestTheDemo(t *testing.T) {
	w := newDemo(t)
	b := w.browser("en")
	cards := b.get("/demo/cards")
	b.wants(cards, 200, "/demo/cards", "$25.00", "Serial number", "Ready to redeem")
	b.wants(b.submit(cards, "/redeem"), 200, "/redeem/card", "Your card holds $25.00")
	b.signUp("ada@example.com")
	b.redeemCard("us-50")
	b.submit(b.get("/account/start"), "/account/start", "plan", "standard")

	page := b.submit(b.get("/account/billing"), "/demo/clock", "step", "month")
	b.wants(page, 200, "/account/billing", "February 28, 2026 to March 30, 2026")
	b.wants(b.post("/demo/clock", "step", "until", "date", "2026-04-01", "hour", "8", "back", "/account"), 200, "/account", "April 29, 2026")
	b.wants(b.post("/demo/clock", "step", "until", "date", "2026-04-31", "hour", "8"), 400, "/demo/clock")
	b.wants(b.post("/demo/clock", "step", "year"), 400, "/demo/clock")
	b.wants(b.submit(b.get("/account"), "/demo/payer", "payer", "apple"), 200, "/account", "Billed through Apple")

	told := b.get("/demo/timeline")
	var events []map[string]any
	if err := json.Unmarshal([]byte(told.body), &events); err != nil || len(events) < 4 || told.header.Get("Content-Type") != "application/json" {
		t.Errorf("the timeline = %v %s: %v", told.header.Get("Content-Type"), told.body, err)
	}
}

func TestTheDemoStartsAMembershipThatIsBilledElsewhere(t *testing.T) {
	w := newDemo(t)
	b := w.browser("en")
	b.signUp("ada@example.com")
	b.wants(b.submit(b.get("/account"), "/demo/payer", "plan", "basic", "payer", "apple"), 200, "/account", "Basic", "Billed through Apple")
}

func TestTheDemosMailbox(t *testing.T) {
	w := newDemo(t)
	b := w.browser("en")
	list := b.get("/demo/mail")
	b.wants(list, 200, "/demo/mail", "Hi <b>", "ada@example.com")
	if strings.Contains(list.body, "Hi <b>") {
		t.Error("a mail's subject is not escaped")
	}
	mail := b.get("/demo/mail/m1")
	frame := mail.find(func(n *html.Node) bool { return n.Data == "iframe" })
	if frame == nil || !has(frame, "sandbox") || attr(frame, "sandbox") != "" || attr(frame, "title") == "" {
		t.Fatal("the mail is not in a sandbox")
	}
	body := b.get(attr(frame, "src"))
	if policy := body.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox; default-src 'none'") {
		t.Errorf("the mail's policy = %q", policy)
	}
	b.wants(b.get("/demo/mail/none"), 404, "/demo/mail/none")
}

// TestBackIsAPageToRead asks that the demo's clock returns to a page that can be read again, whatever
// form was answered by it.
func TestBackIsAPageToRead(t *testing.T) {
	w := newDemo(t)
	b := w.browser("en")
	for _, path := range []string{"/account/restart", "/language", "/redeem", "/nowhere"} {
		page := b.send(http.MethodPost, path, url.Values{"code": {"x"}}, nil)
		field := page.find(func(n *html.Node) bool { return attr(n, "name") == "back" })
		if field == nil || b.get(attr(field, "value")).status != 200 {
			t.Errorf("from POST %s, back leads nowhere", path)
		}
	}
}

// TestTheDemosStaff are signed in by one click, and stay so while the clock runs ahead.
func TestTheDemosStaff(t *testing.T) {
	w := newDemo(t)
	b := w.browser("en")
	b.wants(b.submit(b.get("/"), "/demo/staff", "duty", "manager"), 200, "/staff", "demo-manager · Management")
	b.post("/demo/clock", "step", "month")
	b.wants(b.get("/staff/journal"), 200, "/staff/journal", "Signed in", "demo-manager")
	b.wants(b.submit(b.get("/staff"), "/staff/sign-out"), 200, "/staff/sign-in", "Support", "Audit")
	b.wants(b.submit(b.get("/staff/sign-in"), "/demo/staff", "duty", "auditor"), 200, "/staff", "demo-auditor · Audit")
	for _, duty := range []string{"", "operating", "Manager"} {
		b.wants(w.browser("en").post("/demo/staff", "duty", duty), 400, "/demo/staff")
	}
}

// TestNobodyIsStaffWithoutAProof where it is no demo.
func TestNobodyIsStaffWithoutAProof(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Staff = &Staff{} })
	b := w.browser("en")
	b.wants(b.post("/demo/staff", "duty", "manager"), 404, "/demo/staff")
	b.wants(b.get("/staff"), 200, "/staff/sign-in")
	if page := b.get("/staff/sign-in"); strings.Contains(page.body, "/demo/") {
		t.Error("the sign-in page of a real server offers the demo's way in")
	}
}
