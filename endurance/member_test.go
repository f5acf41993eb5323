package endurance

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// member is a person at a browser, who knows their address and no account's id.
type member struct {
	s      *service
	email  string
	from   string // network address
	client *http.Client
}

// page is what a form led to.
type page struct {
	status int
	next   string // where it leads
	body   string
}

// join is a new member, signed up through the pages.
func (s *service) join(number int) *member {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	must(s.t, err)
	m := &member{s: s, email: fmt.Sprintf("member-%d@example.com", number), from: fmt.Sprintf("192.0.2.%d", 1+number%250)}
	m.client = &http.Client{Jar: jar, Timeout: patience, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	before := len(s.post.letters())
	m.leads("/sign-in/verify", "/sign-in", "email", m.email)
	m.leads("/sign-in/new", "/sign-in/verify", "digits", s.post.digits(m.email, before))
	m.leads("/account", "/sign-in/new", "country", "US", "zone", "America/New_York", "language", "en", "currency", "USD")
	return m
}

// leads sends a form that must lead on to a path.
func (m *member) leads(to, path string, fields ...string) {
	m.s.t.Helper()
	page, err := m.post(path, fields...)
	if err != nil || page.status != http.StatusSeeOther || page.next != to {
		m.s.t.Fatalf("%s: POST %s = %d to %q, %v, want to %q: %s", m.email, path, page.status, page.next, err, to, page.body)
	}
}

func (m *member) post(path string, fields ...string) (page, error) {
	form := url.Values{}
	for at := 0; at+1 < len(fields); at += 2 {
		form.Set(fields[at], fields[at+1])
	}
	request, err := http.NewRequestWithContext(m.s.t.Context(), http.MethodPost, m.s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return page{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Forwarded-For", m.from)
	answer, err := m.client.Do(request)
	if err != nil {
		return page{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return page{answer.StatusCode, answer.Header.Get("Location"), string(body)}, err
}

// redeem redeems a card under a key: it enters the code, and confirms. An error says that the fate is
// unknown.
func (m *member) redeem(c card, key string) (page, error) {
	seen, err := m.post("/redeem", "code", c.code)
	if err != nil || seen.status != http.StatusSeeOther {
		return seen, err
	}
	return m.post("/redeem/confirm", "key", key)
}

// unanswered reports whether a page tells nothing of the fate: a proxy had no answer, or the server had none
// from its database.
func (p page) unanswered() bool { return p.status >= http.StatusInternalServerError }

// done reports whether a page says that the card is redeemed.
func (p page) done() bool { return p.status == http.StatusSeeOther && p.next == "/redeem/done" }
