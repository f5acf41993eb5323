package sso

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"scrip/access"
	"scrip/sso/ssotest"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func newProvider(t *testing.T) (*Provider, *ssotest.Provider) {
	t.Helper()
	clock := func() time.Time { return noon }
	there := ssotest.New(t, clock)
	there.Claims = map[string]any{"sub": "248289761001", "email": "ada@example.com", "groups": []string{"staff", "support"}}
	return New(Config{Issuer: there.URL, ClientID: ssotest.ClientID, ClientSecret: ssotest.ClientSecret, Redirect: "http://127.0.0.1/back", Claim: "groups",
		Groups: map[access.Duty][]string{access.Agent: {"support"}, access.Manager: {"leads"}, access.Auditor: {"finance", "audit"}}, Clock: clock}), there
}

// roundTrip sends a browser to the provider, and gives what it comes back with.
func roundTrip(t *testing.T, p *Provider) (Attempt, url.Values) {
	t.Helper()
	to, attempt, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		t.Fatal(err)
	}
	return attempt, back.Query()
}

func TestWhoSignsIn(t *testing.T) {
	for name, row := range map[string]struct {
		claims map[string]any
		person access.Person
		duty   access.Duty
	}{
		"an agent":            {map[string]any{"email": "ada@example.com", "groups": []string{"support"}}, "ada@example.com (1)", access.Agent},
		"one group as a text": {map[string]any{"email": "ada@example.com", "groups": "leads"}, "ada@example.com (1)", access.Manager},
		"the most rights":     {map[string]any{"email": "ada@example.com", "groups": []string{"audit", "support", "leads"}}, "ada@example.com (1)", access.Manager},
		"without an address":  {map[string]any{"preferred_username": "ada", "groups": []any{7, "finance"}}, "ada (1)", access.Auditor},
		"without a name":      {map[string]any{"groups": []string{"audit"}}, "1", access.Auditor},
		"no group of ours":    {map[string]any{"groups": []string{"Support", "sales"}}, "1", ""},
		"no groups":           {map[string]any{"email": true}, "1", ""},
		"groups of no form":   {map[string]any{"groups": map[string]any{"support": true}}, "1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, there := newProvider(t)
			row.claims["sub"] = "1"
			there.Claims = row.claims
			attempt, back := roundTrip(t, p)
			person, duty, err := p.Finish(t.Context(), attempt, back)
			if person != row.person || duty != row.duty || err != nil {
				t.Errorf("Finish = %q, %q, %v, want %q, %q", person, duty, err, row.person, row.duty)
			}
		})
	}
}

func TestWhoDoesNotSignIn(t *testing.T) {
	for name, row := range map[string]struct {
		there func(*ssotest.Provider)
		back  func(*Attempt, url.Values)
		want  error
	}{
		"another state":      {back: func(_ *Attempt, v url.Values) { v.Set("state", "x") }, want: ErrAttempt},
		"no state":           {back: func(_ *Attempt, v url.Values) { v.Del("state") }, want: ErrAttempt},
		"nothing begun":      {back: func(a *Attempt, v url.Values) { *a = Attempt{}; v.Del("state") }, want: ErrAttempt},
		"another nonce":      {there: change("nonce", "x"), want: ErrToken},
		"no nonce":           {there: change("nonce", nil), want: ErrToken},
		"another audience":   {there: change("aud", "another"), want: ErrToken},
		"another party":      {there: change("azp", "another"), want: ErrToken},
		"another issuer":     {there: change("iss", "https://example.com"), want: ErrToken},
		"expired":            {there: change("exp", noon.Add(-time.Minute).Unix()), want: ErrToken},
		"not yet":            {there: change("nbf", noon.Add(time.Hour).Unix()), want: ErrToken},
		"nobody":             {there: change("sub", "a\nb"), want: ErrToken},
		"another's key":      {there: func(p *ssotest.Provider) { p.Foreign = true }, want: ErrToken},
		"refused":            {there: func(p *ssotest.Provider) { p.Refuse = true }, want: ErrRefused},
		"another's verifier": {back: func(a *Attempt, _ url.Values) { a.Verifier += "x" }, want: ErrRefused},
		"another's code":     {back: func(_ *Attempt, v url.Values) { v.Set("code", "x") }, want: ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			p, there := newProvider(t)
			if row.there != nil {
				row.there(there)
			}
			attempt, back := roundTrip(t, p)
			if row.back != nil {
				row.back(&attempt, back)
			}
			if person, duty, err := p.Finish(t.Context(), attempt, back); !errors.Is(err, row.want) || person != "" || duty != "" {
				t.Errorf("Finish = %q, %q, %v, want %v", person, duty, err, row.want)
			}
		})
	}
}

func change(claim string, to any) func(*ssotest.Provider) {
	return func(p *ssotest.Provider) {
		p.Change = func(claims map[string]any) {
			if claims[claim] = to; to == nil {
				delete(claims, claim)
			}
		}
	}
}

func TestACodeCountsOnce(t *testing.T) {
	p, _ := newProvider(t)
	attempt, back := roundTrip(t, p)
	if _, _, err := p.Finish(t.Context(), attempt, back); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Finish(t.Context(), attempt, back); !errors.Is(err, ErrRefused) {
		t.Errorf("Finish again = %v, want ErrRefused", err)
	}
}

func TestASilentProviderIsAskedAgain(t *testing.T) {
	p, there := newProvider(t)
	p.Issuer = there.URL + "/nowhere"
	if _, _, err := p.Begin(t.Context()); !errors.Is(err, ErrSilent) {
		t.Errorf("Begin = %v, want ErrSilent", err)
	}
	p.Issuer = there.URL
	if _, _, err := p.Begin(t.Context()); err != nil {
		t.Errorf("Begin = %v", err)
	}
}

func TestGroupsWithinAClaim(t *testing.T) {
	all := claims{"realm_access": map[string]any{"roles": []any{"a"}}, "https://example.com/roles": []any{"b"}}
	for claim, want := range map[string]string{"realm_access.roles": "a", "https://example.com/roles": "b"} {
		if got := all.groups(claim); len(got) != 1 || got[0] != want {
			t.Errorf("groups(%q) = %v, want %s", claim, got, want)
		}
	}
	if got := all.groups("nothing.at.all"); got != nil {
		t.Errorf("groups = %v", got)
	}
}
