// Package ssotest is an OpenID Connect provider for tests: it describes itself, shows its keys, signs in whom the test
// says at once, checks PKCE, and signs tokens, wrong ones too where a test wants them.
package ssotest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The client that the provider knows.
const (
	ClientID     = "scrip"
	ClientSecret = "only the provider and the client know"
)

const tokenLasts = 5 * time.Minute

// Provider is a provider that runs for as long as its test. Its fields are set between requests.
type Provider struct {
	URL    string
	Claims map[string]any // of whoever signs in: at least sub
	// Change makes a token another than it should be.
	Change func(claims map[string]any)
	// Refuse answers a sign-in with an error.
	Refuse bool
	// Foreign signs tokens with a key that the provider does not show.
	Foreign bool

	clock        func() time.Time
	key, another *ecdsa.PrivateKey
	mutex        sync.Mutex
	begun        map[string]url.Values // by code
}

// New is a provider with a clock.
func New(t *testing.T, clock func() time.Time) *Provider {
	t.Helper()
	p := &Provider{Claims: map[string]any{"sub": "248289761001"}, clock: clock, begun: map[string]url.Values{}}
	for _, key := range []**ecdsa.PrivateKey{&p.key, &p.another} {
		made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		*key = made
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /.well-known/openid-configuration", p.describe)
	routes.HandleFunc("GET /keys", p.keys)
	routes.HandleFunc("GET /authorize", p.authorize)
	routes.HandleFunc("POST /token", p.token)
	server := httptest.NewServer(routes)
	t.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

func (p *Provider) describe(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
		"jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"},
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}})
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &p.key.PublicKey, KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
}

// authorize signs in at once, and leads back.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	if asked.Get("client_id") != ClientID || asked.Get("response_type") != "code" || asked.Get("code_challenge_method") != "S256" {
		http.Error(w, "not a sign-in of our client", http.StatusBadRequest)
		return
	}
	back := url.Values{"state": {asked.Get("state")}}
	if p.Refuse {
		back.Set("error", "access_denied")
	} else {
		code := rand.Text()
		p.mutex.Lock()
		p.begun[code] = asked
		p.mutex.Unlock()
		back.Set("code", code)
	}
	http.Redirect(w, r, asked.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

// token gives a token for a code, once, to our client, which shows that it is the one that began.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	asked, begun := p.begun[r.PostFormValue("code")]
	delete(p.begun, r.PostFormValue("code"))
	p.mutex.Unlock()
	id, secret, _ := r.BasicAuth()
	secret, _ = url.QueryUnescape(secret)
	proof := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !begun || id != ClientID || secret != ClientSecret || r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(proof[:]) != asked.Get("code_challenge") {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	signed, err := p.sign(asked.Get("nonce"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, map[string]string{"access_token": rand.Text(), "token_type": "Bearer", "id_token": signed})
}

func (p *Provider) sign(nonce string) (string, error) {
	now := p.clock()
	claims := map[string]any{"iss": p.URL, "aud": ClientID, "nonce": nonce, "iat": now.Unix(), "exp": now.Add(tokenLasts).Unix()}
	maps.Copy(claims, p.Claims)
	if p.Change != nil {
		p.Change(claims)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	key := p.key
	if p.Foreign {
		key = p.another
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(body)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(http.ErrAbortHandler)
	}
}
