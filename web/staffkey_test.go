package web

import (
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"golang.org/x/net/html"

	"scrip/access"
	"scrip/engine"
	"scrip/passkey"
	"scrip/store"
)

// device is a person's, with a passkey.
type device struct {
	rp   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

const keyOrigin = "https://watch.example.com"

func newDevice() *device {
	return &device{virtualwebauthn.RelyingParty{Name: "Lumen", ID: "watch.example.com", Origin: keyOrigin},
		virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)}
}

func keyWorld(t *testing.T) *world {
	t.Helper()
	desk, err := passkey.New("Lumen", keyOrigin)
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, func(c *Config) { c.Staff = &Staff{Passkeys: desk} })
}

func (w *world) enrolment(name access.Person, duty access.Duty) string {
	w.T.Helper()
	enrolment, err := w.Engine.AddStaff(w.T.Context(), access.Operator(), name, duty)
	if err != nil {
		w.T.Fatal(err)
	}
	return "/staff/enrol/" + enrolment
}

// challenge is what a page asks a device.
func (b *browser) challenge(page *shown) string {
	b.t.Helper()
	form := page.find(func(n *html.Node) bool { return has(n, "data-passkey") })
	if form == nil {
		b.t.Fatalf("page %s asks for no passkey: %s", page.path, page.text())
	}
	return attr(form, "data-passkey")
}

// make makes a passkey by a link.
func (d *device) make(b *browser, link string) *shown {
	b.t.Helper()
	page := b.get(link)
	asked, err := virtualwebauthn.ParseAttestationOptions(b.challenge(page))
	if err != nil {
		b.t.Fatal(err)
	}
	handle := asked.UserID
	d.auth.Options.UserHandle = []byte(handle)
	d.auth.AddCredential(d.key)
	return b.submit(page, link, "response", virtualwebauthn.CreateAttestationResponse(d.rp, d.auth, d.key, *asked))
}

// answer is what a device says to the sign-in page.
func (d *device) answer(b *browser, page *shown) string {
	b.t.Helper()
	asked, err := virtualwebauthn.ParseAssertionOptions(b.challenge(page))
	if err != nil {
		b.t.Fatal(err)
	}
	d.key.Counter++
	return virtualwebauthn.CreateAssertionResponse(d.rp, d.auth, d.key, *asked)
}

func (d *device) signIn(b *browser) *shown {
	b.t.Helper()
	page := b.get("/staff/sign-in")
	return b.submit(page, "/staff/sign-in/passkey", "response", d.answer(b, page))
}

func TestSignInWithAPasskey(t *testing.T) {
	w, d := keyWorld(t), newDevice()
	b := w.browser("en")
	link := w.enrolment("Ada", access.Agent)
	b.wants(d.make(b, link), 200, "/staff/sign-in", "Your passkey is made")
	b.wants(d.signIn(b), 200, "/staff", "Ada · Support")
	b.wants(b.get(link), 410, link, "This link does not count")
	again := w.browser("en")
	again.wants(d.signIn(again), 200, "/staff", "Ada")
	entries, err := w.Engine.Entries(t.Context(), access.Operator(), store.EntryFilter{Subject: "Ada"}, engine.Page{Most: 10})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, entry := range entries {
		told = append(told, string(entry.Actor.Person)+" "+entry.Operation)
	}
	if strings.Join(told, ", ") != "Ada staff.sign_in, Ada staff.sign_in, Ada staff.enrol,  staff.add" {
		t.Errorf("entries = %q", told)
	}
}

func TestAPasskeyThatDoesNotCount(t *testing.T) {
	w, d := keyWorld(t), newDevice()
	b := w.browser("en")
	d.make(b, w.enrolment("Ada", access.Manager))
	refused := func(name string, page *shown) {
		t.Helper()
		if page.status != 403 || !strings.Contains(page.text(), "You were not signed in") {
			t.Errorf("%s: %d %s", name, page.status, page.text())
		}
	}
	refused("no answer", b.submit(b.get("/staff/sign-in"), "/staff/sign-in/passkey"))
	refused("nothing asked", w.browser("en").post("/staff/sign-in/passkey", "response", "{}"))
	page := b.get("/staff/sign-in")
	answer := d.answer(b, page)
	other := w.browser("en")
	other.get("/staff/sign-in")
	refused("another browser's challenge", other.post("/staff/sign-in/passkey", "response", answer))
	b.wants(b.post("/staff/sign-in/passkey", "response", answer), 200, "/staff")
	b.post("/staff/sign-out")
	b.get("/staff/sign-in")
	refused("an answer again", b.post("/staff/sign-in/passkey", "response", answer))

	for name, change := range map[string]func(*device){
		"another site":         func(d *device) { d.rp.Origin = "https://example.net" },
		"another party":        func(d *device) { d.rp.ID = "example.net" },
		"an unverified person": func(d *device) { d.auth.Options.UserNotVerified = true },
		"another's handle":     func(d *device) { d.auth.Options.UserHandle = []byte("x") },
		"a copied device":      func(d *device) { d.key.Counter = 0 },
		"an unknown key":       func(d *device) { d.key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2) },
	} {
		wrong := *d
		change(&wrong)
		refused(name, wrong.signIn(w.browser("en")))
	}
}

// TestWhoIsRemovedIsSignedOut, and so is whoever is given another role.
func TestWhoIsRemovedIsSignedOut(t *testing.T) {
	w, d := keyWorld(t), newDevice()
	b := w.browser("en")
	d.make(b, w.enrolment("Ada", access.Manager))
	b.wants(d.signIn(b), 200, "/staff", "Management")
	w.enrolment("Ada", access.Auditor)
	b.wants(b.get("/staff"), 200, "/staff/sign-in")
	b.wants(d.signIn(b), 200, "/staff", "Audit")
	if err := w.Engine.EndStaff(t.Context(), access.Operator(), "Ada"); err != nil {
		t.Fatal(err)
	}
	b.wants(b.get("/staff"), 200, "/staff/sign-in")
	if page := d.signIn(b); page.status != 403 {
		t.Errorf("page = %d %s", page.status, page.text())
	}
}

func TestALinkEnds(t *testing.T) {
	w, d := keyWorld(t), newDevice()
	b := w.browser("en")
	link := w.enrolment("Ada", access.Agent)
	w.Clock.Set(w.Clock.Now().Add(24 * time.Hour))
	b.wants(b.get(link), 410, link, "This link does not count")
	b.wants(b.get("/staff/enrol/x"), 410, "/staff/enrol/x")
	link = w.enrolment("Ada", access.Agent)
	b.wants(b.post(link, "response", "{}"), 403, link)
	page := b.get(link)
	d.make(w.browser("en"), link)
	asked, err := virtualwebauthn.ParseAttestationOptions(b.challenge(page))
	if err != nil {
		t.Fatal(err)
	}
	late := newDevice()
	b.wants(b.submit(page, link, "response", virtualwebauthn.CreateAttestationResponse(late.rp, late.auth, late.key, *asked)), 410, link)
}

// TestWhereAScriptMayRun: on the pages that ask for a passkey, and there ours alone.
func TestWhereAScriptMayRun(t *testing.T) {
	w, d := keyWorld(t), newDevice()
	b := w.browser("en")
	link := w.enrolment("Ada", access.Agent)
	wants := func(page *shown, script string) {
		t.Helper()
		if got := page.header.Get("Content-Security-Policy"); !strings.Contains(got, "script-src "+script+";") {
			t.Errorf("%s: %s", page.path, got)
		}
	}
	wants(b.get(link), "'self'")
	page := b.get("/staff/sign-in")
	wants(page, "'self'")
	wants(b.get("/sign-in"), "'none'")
	d.make(b, link)
	wants(d.signIn(b), "'none'")
	script := attr(page.find(func(n *html.Node) bool { return n.Data == "script" }), "src")
	served := b.get(script)
	if served.status != 200 || !strings.HasPrefix(served.header.Get("Content-Type"), "text/javascript") {
		t.Errorf("%s: %d %s", script, served.status, served.header.Get("Content-Type"))
	}
}
