package web

import (
	"errors"
	"net"
	"net/http"
	"strings"
)

// maxBody bounds every form that is read.
const maxBody = 16 << 10

const policy = "default-src 'self'; script-src 'none'; style-src 'self'; img-src 'self' data:; object-src 'none'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

var errCrossOrigin = errors.New("the form was sent from another site")

// guard is what stands before all pages.
func (s *site) guard() http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(s.page(func(*visit) error { return errCrossOrigin }))
	paged := s.sessions.LoadAndSave(origin.Handler(s.mux))
	return s.recovered(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.setHeaders(w.Header())
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if s.isStatic(r) {
			s.static(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		paged.ServeHTTP(w, r)
	}))
}

func (s *site) setHeaders(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	if s.Secure {
		header.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// recovered answers a panic, which is our own mistake. The path is not logged: anybody may write
// anything into one.
func (s *site) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if fault := recover(); fault != nil && fault != http.ErrAbortHandler {
				s.Log.ErrorContext(r.Context(), "page panicked", "route", r.Pattern, "fault", fault)
				http.Error(w, s.Bundle.Match(r.Header.Get("Accept-Language")).T("problem.our_fault.why"), http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// from is the network address that asks.
func (s *site) from(r *http.Request) string { return From(r, s.TrustProxy) }

// From is the network address that asks: where a reverse proxy in front is trusted, the last in X-Forwarded-For.
func From(r *http.Request, trustProxy bool) string {
	if trustProxy {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if last := strings.TrimSpace(hops[len(hops)-1]); net.ParseIP(last) != nil {
			return last
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
