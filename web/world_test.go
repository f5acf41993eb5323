package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"scrip/access"
	"scrip/billing"
	"scrip/calendar"
	"scrip/catalog"
	"scrip/engine"
	"scrip/engine/enginetest"
	"scrip/locale"
	"scrip/money"
	"scrip/timeline"
)

var (
	usd  = money.MustCurrency("USD")
	eur  = money.MustCurrency("EUR")
	noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
)

// lumen is what the service of the tests sells.
func lumen(t *testing.T) billing.Terms {
	t.Helper()
	from := calendar.Must("2020-01-01")
	plan := func(id catalog.PlanID, name, says, nom, dit string, dollars, euros int64) catalog.Plan {
		return catalog.Plan{ID: id,
			Prices: []catalog.Price{{Amount: money.New(dollars, usd), From: from}, {Amount: money.New(euros, eur), From: from}},
			Texts:  map[string]catalog.PlanText{"en": {Name: name, Says: says}, "fr": {Name: nom, Says: dit}}}
	}
	us, fr := country(t, "US"), country(t, "FR")
	rate := func(text string) money.Rate {
		parsed, err := money.ParseRate(text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	sold, err := catalog.New([]catalog.Plan{
		plan("basic", "Basic", "Full HD, one screen.", "Essentiel", "Full HD, un écran.", 799, 599),
		plan("standard", "Standard", "Full HD, two screens.", "Standard", "Full HD, deux écrans.", 1549, 1349),
		plan("premium", "Premium", "4K and HDR, four screens.", "Premium", "4K et HDR, quatre écrans.", 2299, 1999),
	}, []catalog.Tax{
		{Country: us, Rate: rate("0.0825"), From: from}, {Country: fr, Rate: rate("0.2"), Inclusive: true, From: from},
	}, []catalog.Product{
		{ID: "us-25", Country: us, Value: money.New(2500, usd)}, {ID: "us-50", Country: us, Value: money.New(5000, usd)},
		{ID: "us-gift", Country: us, Value: money.New(1000, usd), Most: money.New(20000, usd), Form: catalog.Digital},
		{ID: "fr-gift", Country: fr, Value: money.New(2500, eur), Form: catalog.Digital},
		{ID: "us-5", Country: us, Value: money.New(500, usd)}, {ID: "fr-25", Country: fr, Value: money.New(2500, eur)},
	}, []catalog.Retailer{
		{Name: "Corner & Co <b>", Country: us, Products: []catalog.ProductID{"us-25"}, Where: catalog.InStore},
		{Name: "Cartes en ligne", Country: fr, Products: []catalog.ProductID{"fr-25"}, Where: catalog.Online},
	})
	if err != nil {
		t.Fatal(err)
	}
	return billing.Terms{Catalog: sold, Policy: billing.DefaultPolicy()}
}

func country(t *testing.T, code string) catalog.Country {
	t.Helper()
	parsed, err := catalog.ParseCountry(code)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// world is an engine with the pages in front of it.
type world struct {
	*enginetest.World
	server *httptest.Server
	demo   *demoWorld
	logged *bytes.Buffer
}

func newWorld(t *testing.T, change func(*Config)) *world {
	t.Helper()
	w := &world{World: enginetest.New(t, noon, lumen(t)), logged: &bytes.Buffer{}}
	bundle, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	w.demo = &demoWorld{w}
	config := Config{Desk: w.Desk, Engine: w.Engine, Sessions: w.Engine.Sessions(), Bundle: bundle,
		Brand:   Brand{Name: "Lumen", Accent: "#7a3cff", SupportEmail: "help@example.com"},
		Methods: []Method{{"ok", "payment.method.ok"}, {"declines", "payment.method.declines"}, {"late", "payment.method.late"}},
		Log:     slog.New(slog.NewTextHandler(w.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if change != nil {
		change(&config)
	}
	handler, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(handler)
	t.Cleanup(w.server.Close)
	return w
}

// demoWorld is the demo's world over the test's.
type demoWorld struct{ w *world }

func (d *demoWorld) Now() time.Time { return d.w.Clock.Now() }

func (d *demoWorld) Forward(ctx context.Context, step string) error {
	days := map[string]int{"day": 1, "next": 1, "month": 31}[step]
	next := d.w.Clock.Now().AddDate(0, 0, days)
	if until, is := strings.CutPrefix(step, "until:"); is {
		var err error
		if next, err = time.Parse("2006-01-02T15", until); err != nil {
			return err
		}
	}
	d.w.Clock.Set(next)
	return d.w.Loops.Settle(ctx)
}

func (d *demoWorld) Cards() []DemoCard {
	printed := d.w.Card("us-25")
	return []DemoCard{{Code: printed.Code.Reveal(), Serial: printed.Serial.String(), Value: money.New(2500, usd),
		Country: country(d.w.T, "US"), Says: "demo.card.active"}}
}

func (d *demoWorld) Mails() []DemoMail {
	return []DemoMail{{ID: "m1", To: "ada@example.com", Subject: "Hi <b>", Text: "text", HTML: "<p style='color:red'>hi</p>", At: d.Now()}}
}

func (d *demoWorld) Mail(id string) (DemoMail, bool) { return d.Mails()[0], id == "m1" }

func (d *demoWorld) SetPayer(ctx context.Context, account string, payer catalog.Payer) error {
	_, err := d.w.Engine.Do(ctx, access.Operator(), account, newKey(), engine.Command{Kind: timeline.SetPayer, Payer: payer})
	return err
}

func (d *demoWorld) StartBilled(ctx context.Context, account string, plan catalog.PlanID, payer catalog.Payer) error {
	_, err := d.w.Engine.Do(ctx, access.Operator(), account, newKey(), engine.Command{Kind: timeline.Start, Plan: plan, Payer: payer})
	return err
}

func (d *demoWorld) Timeline(ctx context.Context, account string) ([]byte, error) {
	events, err := d.w.Engine.Timeline(ctx, access.Operator(), account)
	if err != nil {
		return nil, err
	}
	return json.Marshal(events)
}

// browser is one person's, with cookies. It keeps every path that it was led to.
type browser struct {
	t      *testing.T
	w      *world
	client *http.Client
	led    []string
	accept string
}

func (w *world) browser(accept string) *browser {
	w.T.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.T.Fatal(err)
	}
	b := &browser{t: w.T, w: w, accept: accept}
	b.client = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		b.led = append(b.led, r.URL.String())
		return nil
	}}
	return b
}

// shown is a page as a browser has it.
type shown struct {
	status int
	path   string
	header http.Header
	body   string
	tree   *html.Node
}

func (b *browser) send(method, path string, form url.Values, header http.Header) *shown {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.w.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Accept-Language", b.accept)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	maps.Copy(request.Header, header)
	answer, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	tree, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	return &shown{answer.StatusCode, answer.Request.URL.Path, answer.Header, string(body), tree}
}

func (b *browser) get(path string) *shown {
	b.t.Helper()
	return b.send(http.MethodGet, path, nil, nil)
}

func (b *browser) post(path string, fields ...string) *shown {
	b.t.Helper()
	return b.send(http.MethodPost, path, pairs(fields), nil)
}

func pairs(fields []string) url.Values {
	form := url.Values{}
	for at := 0; at+1 < len(fields); at += 2 {
		form.Set(fields[at], fields[at+1])
	}
	return form
}

// submit sends a form of a page as it stands, with some fields filled in.
func (b *browser) submit(page *shown, action string, fields ...string) *shown {
	b.t.Helper()
	form := page.find(func(n *html.Node) bool {
		return n.Data == "form" && attr(n, "action") == action && attr(n, "method") == "post"
	})
	if form == nil {
		b.t.Fatalf("page %s has no form to %s: %s", page.path, action, page.text())
	}
	values := url.Values{}
	for n := range form.Descendants() {
		if n.Data == "input" && attr(n, "name") != "" && (attr(n, "type") != "radio" || has(n, "checked")) {
			values.Set(attr(n, "name"), attr(n, "value"))
		}
		if n.Data == "select" {
			values.Set(attr(n, "name"), chosen(n))
		}
	}
	maps.Copy(values, pairs(fields))
	return b.send(http.MethodPost, action, values, nil)
}

func chosen(choice *html.Node) string {
	first := ""
	for n := range choice.Descendants() {
		if n.Data == "option" && (has(n, "selected") || first == "") {
			first = attr(n, "value")
		}
	}
	return first
}

func (s *shown) find(is func(*html.Node) bool) *html.Node {
	for n := range s.tree.Descendants() {
		if n.Type == html.ElementNode && is(n) {
			return n
		}
	}
	return nil
}

func (s *shown) all(is func(*html.Node) bool) []*html.Node {
	return slices.Collect(func(yield func(*html.Node) bool) {
		for n := range s.tree.Descendants() {
			if n.Type == html.ElementNode && is(n) && !yield(n) {
				return
			}
		}
	})
}

// text is what the main part of a page reads, its spaces made plain.
func (s *shown) text() string {
	main := s.find(func(n *html.Node) bool { return n.Data == "main" })
	if main == nil {
		return s.body
	}
	var text strings.Builder
	for n := range main.Descendants() {
		if n.Type == html.TextNode {
			text.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

func attr(n *html.Node, name string) string {
	for _, each := range n.Attr {
		if each.Key == name {
			return each.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(each html.Attribute) bool { return each.Key == name })
}

// wants asks a page to be somewhere and to read something.
func (b *browser) wants(page *shown, status int, path string, texts ...string) {
	b.t.Helper()
	if page.status != status || page.path != path {
		b.t.Fatalf("page = %d %s, want %d %s: %s", page.status, page.path, status, path, page.text())
	}
	for _, text := range texts {
		if !strings.Contains(page.text(), text) {
			b.t.Errorf("page %s does not say %q: %s", path, text, page.text())
		}
	}
	if strings.ContainsAny(page.body, "«") && b.accept == "en" {
		b.t.Errorf("page %s has a message without a text: %s", path, page.text())
	}
}

// digits are those that are to be mailed; then they are.
func (w *world) digits() string {
	w.T.Helper()
	letters, err := w.Engine.DueDigits(w.T.Context(), 100)
	letters = slices.DeleteFunc(letters, func(letter engine.Letter) bool { return letter.Letter.Digits == "" })
	if err != nil || len(letters) == 0 {
		w.T.Fatalf("no digits were mailed: %v", err)
	}
	if err := w.Loops.Settle(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
	return letters[len(letters)-1].Letter.Digits
}

// issued is a card that no shop has sold yet.
func (w *world) issued() (card engine.Printed) {
	w.T.Helper()
	_, err := w.Engine.IssueCards(w.T.Context(), access.Operator(), "us-25", 1, func(cards []engine.Printed) error {
		card = cards[0]
		return nil
	})
	w.done(err)
	return card
}

func (w *world) done(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// signUp opens an account through the sign-in pages.
func (b *browser) signUp(email string) {
	b.t.Helper()
	b.submit(b.get("/sign-in"), "/sign-in", "email", email)
	page := b.submit(b.get("/sign-in/verify"), "/sign-in/verify", "digits", b.w.digits())
	b.wants(page, 200, "/sign-in/new")
	b.wants(b.submit(page, "/sign-in/new"), 200, "/account")
}

// redeemCard redeems a card, signed in.
func (b *browser) redeemCard(product catalog.ProductID) *shown {
	b.t.Helper()
	b.submit(b.get("/redeem"), "/redeem", "code", b.w.Card(product).Code.Reveal())
	return b.submit(b.get("/redeem/confirm"), "/redeem/confirm")
}
