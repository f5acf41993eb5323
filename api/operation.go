package api

import (
	"net/http"
	"reflect"
	"slices"

	"scrip/access"
	"scrip/engine"
)

// operation is one thing that the API does: a row of the table from which the routes, the checks before them and the
// document are made.
type operation struct {
	ID     string // as clients call it
	Method string
	Path   string
	Tag    string
	Says   string
	Scope  access.Scope // that the caller's key must have
	Change bool         // it needs an idempotency key
	Sale   bool         // a shop's own transaction, in its body, has it happen once: it needs no key
	Guard  bool         // it takes If-Match
	Most   int          // bytes of its body; 0 is 16 KiB
	Status int          // of success; 0 is 200
	Later  bool         // it may answer 202, and be asked again
	Cached bool         // it takes If-None-Match, and may answer 304

	in, out reflect.Type
	run     func(*call) (any, error)
}

// operations are all that the API does.
func operations() []operation {
	return slices.Concat(cardOperations(), retailOperations(), settlementOperations(), accountOperations(), membershipOperations(), chargeOperations(), catalogOperations(),
		eventOperations(), endpointOperations(), clockOperations(), auditOperations())
}

// route is an operation with its input, whose tags say where each field stands (path, query or json), and its output.
func route[In, Out any](o operation, do func(*call, In) (Out, error)) operation {
	if o.Status == 0 {
		o.Status = http.StatusOK
	}
	o.in, o.out = reflect.TypeFor[In](), reflect.TypeFor[Out]()
	o.run = func(c *call) (any, error) {
		in, err := read[In](c)
		if err != nil {
			return nil, err
		}
		return do(c, in)
	}
	return o
}

// list is a page of a list.
type list[T any] struct {
	Data []T    `json:"data"`
	Next string `json:"next,omitzero" says:"Cursor of the next page; there is none after the last."`
}

// page is the part of an input that says which page of a list.
type page struct {
	Cursor cursor `query:"cursor" says:"Where the list goes on: next of the page before."`
	Limit  limit  `query:"limit" says:"How many at most; 50 where it is left out."`
}

const (
	usualPage = 50
	mostPage  = 200
)

// most is how many rows are read: one more than are shown tells whether there is a next page.
func (p page) most() int {
	if p.Limit == 0 {
		return usualPage + 1
	}
	return int(p.Limit) + 1
}

// listed is a page of rows, of which one more than asked for were read.
func listed[R, T any](rows []R, most int, show func(R) T, name func(R) string) list[T] {
	l := list[T]{Data: make([]T, 0, len(rows))}
	for at, row := range rows {
		if at == most-1 {
			l.Next = cursorOf(name(rows[at-1]))
			break
		}
		l.Data = append(l.Data, show(row))
	}
	return l
}

// each shows all of a list.
func each[R, T any](rows []R, show func(R) T) []T {
	shown := make([]T, len(rows))
	for at, row := range rows {
		shown[at] = show(row)
	}
	return shown
}

// of is the page in the engine's words.
func (p page) of() engine.Page { return engine.Page{From: string(p.Cursor), Most: p.most()} }
