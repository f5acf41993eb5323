// Package client asks a Scrip server over its HTTP API. Its law: a change that is sent again, for whatever reason,
// is sent under the same key, so that it happens once; no retry takes a new one.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	usualAttempts = 6
	usualWait     = 30 * time.Second
	// attemptTimeout bounds one request, and firstPause is how long it is waited after the first that led nowhere; each
	// pause is twice the one before.
	attemptTimeout = 30 * time.Second
	firstPause     = 100 * time.Millisecond
	longestPause   = 10 * time.Second
	// mostBody bounds an answer.
	mostBody = 16 << 20
)

var (
	// ErrSetup says that a client was set up with what cannot be.
	ErrSetup = errors.New("the client is not set up right")
	// ErrPending says that a change waits for a payment method still, or a clock is on its way. It goes on by itself;
	// the same change under the same key tells how it ended.
	ErrPending = errors.New("it is not done yet: ask again with the same key")
	// ErrAnswer says that an answer is not of the API.
	ErrAnswer = errors.New("the answer is not one of the API")
)

// Config is how a server is asked.
type Config struct {
	URL  string // of the server, as in https://scrip.example.com
	Key  string // an API key
	HTTP *http.Client
	// Attempts is how often a request is tried that meets a network or a server that fails for the moment; 0 is 6.
	Attempts int
	// MostWait is the longest wait that a server may ask for before the next attempt; 0 is half a minute. Where it asks
	// for a longer one, its problem is returned.
	MostWait time.Duration
}

// Client asks one server with one key. It may be used by many at once.
type Client struct {
	config Config
	base   *url.URL
}

// New is a client. It asks nothing yet.
func New(config Config) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(config.URL, "/"))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" || config.Key == "" {
		return nil, fmt.Errorf("%w: it needs the server's URL and an API key", ErrSetup)
	}
	if config.HTTP == nil {
		// The key is not taken along to wherever somebody may lead.
		config.HTTP = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if config.Attempts < 1 {
		config.Attempts = usualAttempts
	}
	if config.MostWait <= 0 {
		config.MostWait = usualWait
	}
	return &Client{config, base}, nil
}

// Option says more of one change.
type Option func(*request)

// Under is the idempotency key of a change: 1 to 64 printable characters. Without it, a change gets a random one, which
// serves for as long as the call lasts. Whoever wants to know after a crash how a change ended gives a key of their own,
// kept before.
func Under(key string) Option { return func(r *request) { r.key = key } }

// If is the version of the account on which alone a change is made, as GetAccount gave it. Where anything happened since,
// the change fails with the problem changed_meanwhile.
func If(version string) Option { return func(r *request) { r.version = version } }

// request is a request as it is sent, each time the same.
type request struct {
	method, path string
	query        url.Values
	body         []byte
	key, version string
}

// get reads.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (answer T, err error) {
	_, err = c.do(ctx, request{method: http.MethodGet, path: path, query: query}, &answer)
	return answer, err
}

// change changes something, once.
func change[T any](ctx context.Context, c *Client, path string, body any, options []Option) (answer T, err error) {
	key, err := uuid.NewV7() // ordered by time, as the answers are that the server remembers under it
	if err != nil {
		return answer, err
	}
	r := request{method: http.MethodPost, path: path, key: key.String()}
	if body != nil {
		if r.body, err = json.Marshal(body); err != nil {
			return answer, err
		}
	}
	for _, option := range options {
		option(&r)
	}
	_, err = c.do(ctx, r, &answer)
	return answer, err
}

// path joins the parts of an address, escaped.
func path(parts ...string) string {
	var joined strings.Builder
	joined.WriteString("/v1")
	for _, part := range parts {
		joined.WriteString("/" + url.PathEscape(part))
	}
	return joined.String()
}

// do sends a request until it has an answer that is final, and reads that.
func (c *Client) do(ctx context.Context, r request, into any) (http.Header, error) {
	pause := firstPause
	for attempt := 1; ; {
		a, err := c.send(ctx, r)
		wait := pause/2 + rand.N(pause)
		switch {
		case ctx.Err() != nil:
			return nil, errors.Join(ctx.Err(), err)
		case err == nil && a.status == http.StatusAccepted:
			if wait = a.retryAfter; !rest(ctx, max(wait, firstPause)) {
				return nil, errors.Join(ErrPending, ctx.Err())
			}
			continue
		case err == nil && a.status < http.StatusBadRequest:
			if err := json.Unmarshal(a.body, into); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
			}
			return a.header, nil
		case err == nil:
			p := a.problem()
			if !p.passes() || a.retryAfter > c.config.MostWait {
				return nil, p
			}
			wait, err = max(wait, a.retryAfter), p
		}
		if attempt++; attempt > c.config.Attempts {
			return nil, err
		}
		if !rest(ctx, wait) {
			return nil, errors.Join(ctx.Err(), err)
		}
		pause = min(2*pause, longestPause)
	}
}

// answer is what came back.
type answer struct {
	status     int
	header     http.Header
	body       []byte
	retryAfter time.Duration
}

// send sends a request once.
func (c *Client) send(ctx context.Context, r request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	address := c.base.String() + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	sent.Header.Set("Authorization", "Bearer "+c.config.Key)
	sent.Header.Set("Accept", "application/json, application/problem+json")
	for name, value := range map[string]string{"Idempotency-Key": r.key, "If-Match": r.version} {
		if value != "" {
			sent.Header.Set(name, value)
		}
	}
	if len(r.body) > 0 {
		sent.Header.Set("Content-Type", "application/json")
	}
	response, err := c.config.HTTP.Do(sent)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close() //nolint:errcheck // what was read is whole or not, whatever closing says
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBody))
	return answer{response.StatusCode, response.Header, body, seconds(response.Header.Get("Retry-After"))}, err
}

// seconds reads a Retry-After, which the server writes in seconds.
func seconds(text string) time.Duration {
	count, err := strconv.Atoi(text)
	if err != nil || count < 0 {
		return 0
	}
	return time.Duration(count) * time.Second
}

// rest waits, and reports whether the context lasts.
func rest(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
