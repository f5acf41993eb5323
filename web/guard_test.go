package web

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestOwnPath(t *testing.T) {
	for path, own := range map[string]bool{
		"/account": true, "/gift-cards?country=FR": true, "/help/redeem#frozen": true,
		"": false, "account": false, "//evil.example": false, "/\\evil.example": false, "https://evil.example": false,
		"/a\r\nLocation: x": false, "javascript:alert(1)": false, "/\t/evil.example": false,
	} {
		if got := ownPath(path); got != own {
			t.Errorf("ownPath(%q) = %v, want %v", path, got, own)
		}
	}
}

func TestRedirectsStayHere(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	for _, back := range []string{"//evil.example/", "https://evil.example/", "/\\evil.example"} {
		page := b.post("/language", "language", "en", "back", back)
		b.wants(page, 200, "/")
	}
}

func TestFormsFromElsewhereAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	b.signUp("ada@example.com")
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}},
	} {
		page := b.send(http.MethodPost, "/account/sign-out-everywhere", nil, header)
		b.wants(page, http.StatusForbidden, "/account/sign-out-everywhere", "another site")
	}
	b.wants(b.get("/account"), 200, "/account")
}

func TestHeaders(t *testing.T) {
	w := newWorld(t, nil)
	page := w.browser("en").get("/redeem")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
		"X-Frame-Options": "DENY", "Content-Language": "en",
	} {
		if got := page.header.Get(name); !strings.HasPrefix(got, want) {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, part := range []string{"default-src 'self'", "script-src 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
		if !strings.Contains(page.header.Get("Content-Security-Policy"), part) {
			t.Errorf("the content security policy lacks %s", part)
		}
	}
}

func TestCookies(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Secure = true })
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/sign-in", strings.NewReader("email=ada%40example.com"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	got := answer.Header.Get("Set-Cookie")
	for _, part := range []string{"__Host-session=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(got, part) {
			t.Errorf("Set-Cookie = %q, want %s in it", got, part)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	b.wants(b.post("/redeem", "code", strings.Repeat("A", maxBody)), http.StatusRequestEntityTooLarge, "/redeem", "too much at once")
}

func TestPagesThatAreNot(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser("en")
	b.wants(b.get("/nowhere"), 404, "/nowhere", "does not exist")
	b.wants(b.get("/demo/cards"), 404, "/demo/cards")
	page := b.post("/gift-cards")
	b.wants(page, 405, "/gift-cards", "does not do that")
	if got := page.header.Get("Allow"); got != "GET" {
		t.Errorf("Allow = %q, want GET", got)
	}
	b.wants(b.get("/account/sign-out-everywhere"), 405, "/account/sign-out-everywhere")
}

func TestStaticFiles(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Brand.Accent = "#ffd200" })
	b := w.browser("en")
	page := b.get("/")
	links := page.all(func(n *html.Node) bool { return n.Data == "link" })
	if len(links) != 3 {
		t.Fatalf("%d links, want 3", len(links))
	}
	for _, link := range links {
		file := b.get(attr(link, "href"))
		if file.status != 200 || !strings.Contains(file.header.Get("Cache-Control"), "immutable") || file.header.Get("Set-Cookie") != "" {
			t.Errorf("%s = %d %v", attr(link, "href"), file.status, file.header)
		}
	}
	if css := b.get(attr(links[0], "href")).body; !strings.Contains(css, "--accent:#ffd200;--accent-text:#14121a") {
		t.Errorf("brand.css = %s", css)
	}
	for _, path := range []string{"/static/style.css", "/static/", "/static/a/b", "/static/../go.mod"} {
		if got := b.get(path).status; got != 404 && got != 405 {
			t.Errorf("GET %s = %d, want 404", path, got)
		}
	}
	if got := b.post("/static/style.css").status; got >= 500 {
		t.Errorf("POST /static/style.css = %d", got)
	}
}

func TestAccentsAreMadeReadable(t *testing.T) {
	for _, accent := range []string{"#ffffff", "#000000", "#ffd200", "#7a3cff", "#e50914", "#00ff00"} {
		parsed, err := parseColour(accent)
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed.toward(black, lightPage).contrast(lightPage); got < readable {
			t.Errorf("%s on the light page has a contrast of %.2f", accent, got)
		}
		if got := parsed.toward(white, darkCard).contrast(darkCard); got < readable {
			t.Errorf("%s on a dark card has a contrast of %.2f", accent, got)
		}
	}
	if _, err := (Brand{Accent: "red;}"}).complete(); err == nil {
		t.Error("a colour that is none was taken")
	}
}
