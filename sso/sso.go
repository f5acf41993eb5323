// Package sso is how staff sign in through an OpenID Connect provider: by the authorization code flow, with PKCE, a
// state and a nonce. What the provider says of a person's groups gives what they are there for. Its law: nobody is
// taken for somebody unless a token says so that the provider signed for us, for this very attempt, and lately.
package sso

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"scrip/access"
)

var (
	// ErrAttempt says that an answer of the provider is not that to the attempt that this browser has begun.
	ErrAttempt = errors.New("this answer belongs to no sign-in that was begun in this browser")
	// ErrRefused says that the provider did not sign the person in.
	ErrRefused = errors.New("the provider did not sign you in")
	// ErrToken says that the provider's token does not count.
	ErrToken = errors.New("the provider's token does not count here")
	// ErrSilent says that the provider does not answer as it should.
	ErrSilent = errors.New("the sign-in provider does not answer")
)

const (
	providerTimeout = 10 * time.Second
	// longestAnswer bounds what the provider may send back in the address.
	longestAnswer = 4096
)

// Config says which provider, and what its groups are here for.
type Config struct {
	Issuer       string // its address, under which it describes itself
	ClientID     string
	ClientSecret string // empty for a public client
	Redirect     string // where it sends people back to
	Claim        string // whose values are a person's groups; with points between for one within others
	Groups       map[access.Duty][]string
	Clock        func() time.Time
}

// Provider signs people in.
type Provider struct {
	Config
	client *http.Client
	mutex  sync.Mutex
	found  *oidc.Provider // once it was asked who it is
}

// New is a provider. It is asked who it is when somebody first signs in, so that a server starts without it.
func New(config Config) *Provider {
	return &Provider{Config: config, client: &http.Client{Timeout: providerTimeout}}
}

// Attempt is what a browser that was sent to the provider must come back with. It is kept on our side.
type Attempt struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
}

// Begin is where to send a browser, and what it attempts. It fails with ErrSilent.
func (p *Provider) Begin(ctx context.Context) (to string, attempt Attempt, err error) {
	_, settings, err := p.discover(ctx)
	if err != nil {
		return "", attempt, err
	}
	attempt = Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	return settings.AuthCodeURL(attempt.State, oidc.Nonce(attempt.Nonce), oauth2.S256ChallengeOption(attempt.Verifier)), attempt, nil
}

// Finish is who signed in, by what the provider has sent the browser back with. Somebody whose groups give them
// nothing to do here has no duty. It fails with ErrAttempt, ErrRefused, ErrToken and ErrSilent.
func (p *Provider) Finish(ctx context.Context, attempt Attempt, answer url.Values) (access.Person, access.Duty, error) {
	state := answer.Get("state")
	if attempt.State == "" || subtle.ConstantTimeCompare([]byte(state), []byte(attempt.State)) != 1 {
		return "", "", ErrAttempt
	}
	code := answer.Get("code")
	if answer.Has("error") || code == "" || len(code) > longestAnswer {
		return "", "", ErrRefused
	}
	provider, settings, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	token, err := settings.Exchange(p.within(ctx), code, oauth2.VerifierOption(attempt.Verifier))
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrRefused, withoutBody(err))
	}
	return p.read(ctx, provider, token, attempt.Nonce)
}

// read verifies the token that says who signed in.
func (p *Provider) read(ctx context.Context, provider *oidc.Provider, token *oauth2.Token, nonce string) (access.Person, access.Duty, error) {
	raw, is := token.Extra("id_token").(string)
	if !is {
		return "", "", fmt.Errorf("%w: there is none", ErrToken)
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: p.ClientID, Now: p.Clock})
	verified, err := verifier.Verify(p.within(ctx), raw)
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrToken, err)
	}
	if subtle.ConstantTimeCompare([]byte(verified.Nonce), []byte(nonce)) != 1 {
		return "", "", fmt.Errorf("%w: it is not of this attempt", ErrToken)
	}
	var claims claims
	if err := verified.Claims(&claims); err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrToken, err)
	}
	if by := claims.text("azp"); by != "" && by != p.ClientID {
		return "", "", fmt.Errorf("%w: it was made for another program", ErrToken)
	}
	person, err := claims.person(verified.Subject)
	if err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrToken, err)
	}
	return person, p.duty(claims.groups(p.Claim)), nil
}

// discover asks the provider who it is, once.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, oauth2.Config, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.found == nil {
		// The keys are fetched anew long after this request is over.
		found, err := oidc.NewProvider(p.within(context.WithoutCancel(ctx)), p.Issuer)
		if err != nil {
			return nil, oauth2.Config{}, fmt.Errorf("%w: %w", ErrSilent, err)
		}
		p.found = found
	}
	return p.found, oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: p.found.Endpoint(),
		RedirectURL: p.Redirect, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}, nil
}

// within makes the provider be asked by our own client, which gives up in time.
func (p *Provider) within(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

// withoutBody leaves out what the provider answered in full: it may repeat what is secret.
func withoutBody(err error) error {
	if refused, is := errors.AsType[*oauth2.RetrieveError](err); is {
		return fmt.Errorf("status %d, %q", refused.Response.StatusCode, refused.ErrorCode)
	}
	return err
}
