// Package api is the HTTP API under /v1: JSON over the engine, for the programs of a service.
//
// Its laws: all operations stand in one table, and the OpenAPI document is made from it; a body is read strictly,
// and what was wrong with it is told by the field's name, never by its value; a gift code is in bodies of POST
// requests only; every change has a key, and the same key gives the same answer for good; every refusal is a
// problem (RFC 9457) of a type that does not change.
package api

import (
	"errors"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/go-chi/httprate"

	"scrip/engine"
)

// Config is what the API is made of.
type Config struct {
	Engine *engine.Engine
	// RequestsPerMinute is what one key may ask; 0 is no limit.
	RequestsPerMinute int
	// From is the network address that asks.
	From func(*http.Request) string
	Log  *slog.Logger
}

const (
	limitWindow = time.Minute
	// strangersPerMinute bounds requests without a key that counts, by address.
	strangersPerMinute = 600
)

type site struct {
	Config
	table     []operation
	mux       *http.ServeMux
	holders   *httprate.RateLimiter // nil: no limit
	strangers *httprate.RateLimiter
	document  []byte
}

// New is the handler of /v1/ and /problems/.
func New(config Config) (http.Handler, error) {
	if config.Engine == nil || config.From == nil || config.Log == nil {
		return nil, errors.New("api: Engine, From and Log must be given")
	}
	s := &site{Config: config, table: operations(), mux: http.NewServeMux(), strangers: limiter(strangersPerMinute)}
	if config.RequestsPerMinute > 0 {
		s.holders = limiter(config.RequestsPerMinute)
	}
	document, err := documentOf(s.table)
	if err != nil {
		return nil, err
	}
	s.document = document
	for at := range s.table {
		o := &s.table[at]
		s.mux.Handle(o.Method+" "+o.Path, s.serve(o))
	}
	s.mux.HandleFunc("GET /v1/openapi.json", s.openAPI)
	s.mux.HandleFunc("GET /v1/docs", s.docs)
	s.mux.HandleFunc("GET /problems/{name}", s.explain)
	s.mux.HandleFunc("/", s.missing)
	return s.guard(), nil
}

func limiter(requests int) *httprate.RateLimiter {
	return httprate.NewRateLimiter(requests, limitWindow, httprate.WithResponseHeaders(httprate.ResponseHeaders{
		Limit: "RateLimit-Limit", Remaining: "RateLimit-Remaining", Reset: resetHeader, RetryAfter: "Retry-After"}))
}

const resetHeader = "RateLimit-Reset"

// tooOften counts a request, and tells in the answer's headers what is left. httprate says when its window ends, where
// the header is to say in how many seconds.
func tooOften(limit *httprate.RateLimiter, w http.ResponseWriter, r *http.Request, key string) bool {
	over := limit.OnLimit(w, r, key)
	if end, err := strconv.ParseInt(w.Header().Get(resetHeader), 10, 64); err == nil {
		w.Header().Set(resetHeader, seconds(time.Until(time.Unix(end, 0))))
	}
	return over
}

// guard is what stands before all requests.
func (s *site) guard() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Request-Id", requestID(r))
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
		defer func() {
			if fault := recover(); fault != nil && fault != http.ErrAbortHandler {
				s.Log.ErrorContext(r.Context(), "a request panicked", "route", r.Pattern, "fault", fault)
				s.fail(w, r, errors.New("panic"))
			}
		}()
		if r.URL.Path != path.Clean(r.URL.Path) {
			s.fail(w, r, errNoRoute) // rather than be led elsewhere
			return
		}
		s.mux.ServeHTTP(w, r)
	})
}

// missing answers for an address that is none of ours, or that does something else.
func (s *site) missing(w http.ResponseWriter, r *http.Request) {
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		probe := *r
		probe.Method = method
		if _, pattern := s.mux.Handler(&probe); pattern != "/" {
			w.Header().Add("Allow", method)
		}
	}
	if w.Header().Get("Allow") != "" {
		s.fail(w, r, errNoMethod)
		return
	}
	s.fail(w, r, errNoRoute)
}
