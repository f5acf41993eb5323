// Package web is the pages that people with a card see: redeem, sign in, membership, billing details; and those
// of staff, who find cards and accounts by serial number or e-mail address, and never by a code.
//
// Its laws: a page works without a script, but for passkeys; a gift code is in no URL, page, redirect or log; every
// change is a form that is sent with a key, so that sending it twice does one thing; a redirect leads
// to our own paths only; all words come from package locale.
package web

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"scrip/checkout"
	"scrip/locale"
)

// Config is what the pages are made of.
type Config struct {
	Engine     Engine
	Sessions   scs.CtxStore // sessions are kept under the hash of their token
	Bundle     *locale.Bundle
	Brand      Brand
	Methods    []Method       // the payment methods to choose from; none: no page about them
	Demo       Demo           // nil but in the demo
	Desk       *checkout.Test // the test gateway, whose pages are ours; nil where cards are sold for money
	Staff      *Staff         // how staff sign in; nil: there are no pages for them
	Secure     bool           // served over HTTPS: cookies are __Host- ones
	TrustProxy bool           // the last address in X-Forwarded-For is who asks
	Log        *slog.Logger
}

// Method is a payment method that a member may choose.
type Method struct {
	Token string // the gateway's
	Label string // a message's key
}

const (
	sessionLifetime = 30 * 24 * time.Hour
	demoLifetime    = 100 * 365 * 24 * time.Hour
)

type site struct {
	Config
	sessions *scs.SessionManager // of members
	staff    *scs.SessionManager
	assets   assets
	mux      *http.ServeMux
}

// New is the handler of all pages.
func New(config Config) (http.Handler, error) {
	if config.Engine == nil || config.Sessions == nil || config.Bundle == nil || config.Log == nil {
		return nil, errors.New("web: Engine, Sessions, Bundle and Log must be given")
	}
	for _, method := range config.Methods {
		if !config.Bundle.English().Has(method.Label) {
			return nil, errors.New("web: no message is called " + method.Label)
		}
	}
	brand, err := config.Brand.complete()
	if err != nil {
		return nil, err
	}
	config.Brand = brand
	s := &site{Config: config, assets: newAssets(brand)}
	s.sessions = s.newSessions()
	s.staff = s.newSessions()
	s.staff.Cookie.Name = s.cookieName("staff")
	s.staff.Lifetime = max(staffLongest, s.demoLasting())
	s.mux = s.routes()
	return s.guard(), nil
}

func (s *site) newSessions() *scs.SessionManager {
	sessions := scs.New()
	sessions.Store = s.Sessions
	sessions.HashTokenInStore = true
	sessions.Codec = texts{}
	sessions.Lifetime = max(sessionLifetime, s.demoLasting()) // and no idle time: it would write at every page
	sessions.Cookie.Name = s.cookieName("session")
	sessions.Cookie.Secure = s.Secure
	sessions.Cookie.HttpOnly = true
	sessions.Cookie.SameSite = http.SameSiteLaxMode
	sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		s.Log.ErrorContext(r.Context(), "session", "error", err)
		http.Error(w, s.Bundle.Match(r.Header.Get("Accept-Language")).T("problem.our_fault.why"), http.StatusInternalServerError)
	}
	return sessions
}

// demoLasting is how long sessions last in the demo at least, by whose clock the store counts: it runs years ahead.
func (s *site) demoLasting() time.Duration {
	if s.Demo == nil {
		return 0
	}
	return demoLifetime
}

// cookieName binds a cookie to this very host where it is served over HTTPS.
func (s *site) cookieName(name string) string {
	if s.Secure {
		return "__Host-" + name
	}
	return "scrip_" + name
}
