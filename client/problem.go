package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Problem is why a request was refused (RFC 9457). Its name does not change; docs/api.md has the table of them.
type Problem struct {
	Type       string        `json:"type"`
	Title      string        `json:"title"`
	Status     int           `json:"status"`
	Detail     string        `json:"detail"` // what to do
	RequestID  string        `json:"request_id"`
	Errors     []FieldError  `json:"errors"`
	Shortfall  *Amount       `json:"shortfall"` // of insufficient_balance
	RetryAfter time.Duration `json:"-"`
}

// FieldError is what is wrong with one part of a request.
type FieldError struct {
	In     string `json:"in"` // body, query, path or header
	Field  string `json:"field"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Says   string `json:"says"` // what to do
}

// Name is the problem's name, as in already_redeemed.
func (p *Problem) Name() string { return strings.TrimPrefix(p.Type, "/problems/") }

func (p *Problem) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s. %s", p.Name(), p.Title, p.Detail)
	for _, wrong := range p.Errors {
		fmt.Fprintf(&text, " %s %s: %s.", wrong.In, wrong.Field, wrong.Says)
	}
	return text.String() + " (request " + p.RequestID + ")"
}

// passes reports whether the same request may be answered otherwise in a moment.
func (p *Problem) passes() bool {
	return p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable || p.Name() == "conflict" || p.Name() == "under_way"
}

// problem is the problem of an answer. What stands between may answer in a form of its own.
func (a answer) problem() *Problem {
	p := &Problem{}
	if json.Unmarshal(a.body, p) != nil || p.Type == "" {
		p = &Problem{Type: "about:blank", Title: http.StatusText(a.status), RequestID: a.header.Get("Request-Id")}
	}
	p.Status, p.RetryAfter = a.status, a.retryAfter
	return p
}
