package api

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"scrip/access"
	"scrip/store"
)

// longestKey bounds an idempotency key.
const longestKey = 64

// call is one request to an operation.
type call struct {
	*http.Request
	site   *site
	op     *operation
	w      http.ResponseWriter
	actor  access.Actor
	key    string // the idempotency key
	status int    // 0 is the operation's
}

// serve answers requests to an operation.
func (s *site) serve(o *operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, site: s, op: o, w: w, status: o.Status}
		err := c.admit()
		if err == nil {
			var reply any
			if reply, err = o.run(c); err == nil {
				c.render(reply)
				return
			}
		}
		s.fail(w, r, err)
	})
}

// admit is all that is looked at before the input: who asks, how often, whether they may, and whether the request
// has the right form.
func (c *call) admit() (err error) {
	if c.actor, err = c.site.holder(c.w, c.Request); err != nil {
		return err
	}
	if err := c.actor.May(c.op.Scope, ""); err != nil {
		return err
	}
	if !accepts(c.Header.Values("Accept"), "application/json") {
		return errNotAcceptable
	}
	if c.op.Change {
		if c.key, err = idempotencyKey(c.Header.Values("Idempotency-Key")); err != nil {
			return err
		}
	}
	return nil
}

// holder is who asks with the key in a request, within its limit.
func (s *site) holder(w http.ResponseWriter, r *http.Request) (access.Actor, error) {
	from := s.From(r)
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || len(r.Header.Values("Authorization")) != 1 {
		return access.Actor{}, s.stranger(w, r, from)
	}
	actor, err := s.Engine.HolderOf(r.Context(), strings.TrimSpace(key))
	if reasonOf(err) == reasonOf(errNoKey) {
		return actor, s.stranger(w, r, from)
	}
	if err == nil && s.holders != nil && tooOften(s.holders, w, r, actor.Key) {
		err = errTooOften
	}
	actor.From, actor.Request = from, w.Header().Get("Request-Id")
	return actor, err
}

// stranger is the error of a request without a key that counts.
func (s *site) stranger(w http.ResponseWriter, r *http.Request, from string) error {
	if tooOften(s.strangers, w, r, from) {
		return errTooOften
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="scrip"`)
	return errNoKey
}

// idempotencyKey reads the header: one of 1 to 64 printable characters of ASCII without a space.
func idempotencyKey(values []string) (string, error) {
	if len(values) != 1 || len(values[0]) < 1 || len(values[0]) > longestKey {
		return "", errIdempotencyKey
	}
	for _, letter := range []byte(values[0]) {
		if letter <= ' ' || letter > '~' {
			return "", errIdempotencyKey
		}
	}
	return values[0], nil
}

// accepts reports whether a type may be answered. No header accepts all; a quality of 0 refuses (RFC 9110, 12.5.1).
func accepts(values []string, wanted string) bool {
	if len(values) == 0 {
		return true
	}
	family, _, _ := strings.Cut(wanted, "/")
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		kind, parameters, err := mime.ParseMediaType(part)
		if err != nil || strings.Trim(parameters["q"], "0.") == "" && parameters["q"] != "" {
			continue
		}
		if kind == "*/*" || kind == family+"/*" || kind == wanted {
			return true
		}
	}
	return false
}

// ifMatch is the version that a change is for, or nil where it is for any. It comes as the ETag of an account.
func (c *call) ifMatch() (*int64, error) {
	values := c.Header.Values("If-Match")
	if len(values) == 0 {
		return nil, nil
	}
	text, quoted := strings.CutPrefix(values[0], `"`)
	text, closed := strings.CutSuffix(text, `"`)
	version, err := strconv.ParseInt(text, 10, 64)
	if !quoted || !closed || err != nil || len(values) > 1 || etag(version) != values[0] {
		return nil, &inputError{In: "header", Field: "If-Match", Says: `write one ETag as it was given, as in "12"`}
	}
	return &version, nil
}

func etag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }

// replayed marks an answer that was given before.
func (c *call) replayed(is bool) {
	if is {
		c.w.Header().Set("Idempotency-Replayed", "true")
	}
}

// render writes a reply.
func (c *call) render(reply any) {
	if c.status == http.StatusNotModified {
		c.w.WriteHeader(c.status)
		return
	}
	body, err := json.Marshal(reply)
	if err != nil {
		c.site.fail(c.w, c.Request, err)
		return
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(c.status)
	c.site.write(c.w, c.Request, append(body, '\n'))
}

// write writes a body. Whoever went away does not get it, and that is no fault of ours.
func (s *site) write(w http.ResponseWriter, r *http.Request, body []byte) {
	if _, err := w.Write(body); err != nil {
		s.Log.DebugContext(r.Context(), "an answer was not taken", "error", err)
	}
}

// requestID is the caller's where it is a UUID, so that nothing else gets into logs, or a new one.
func requestID(r *http.Request) string {
	if given, err := uuid.Parse(r.Header.Get("X-Request-Id")); err == nil {
		return given.String()
	}
	return store.NewID()
}

// seconds is a wait in whole seconds, at least one.
func seconds(wait time.Duration) string {
	return strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second)))
}
