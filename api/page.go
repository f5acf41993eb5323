package api

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// docs is the document for people, without anything from another host.
func (s *site) docs(w http.ResponseWriter, r *http.Request) { s.show(w, r, docsPage(s.table)) }

// explain is the page of a problem's type.
func (s *site) explain(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	p, known := problems[name]
	if !known {
		s.fail(w, r, errNoRoute)
		return
	}
	s.show(w, r, problemPage(name, p))
}

func (s *site) show(w http.ResponseWriter, r *http.Request, page templ.Component) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=300")
	if err := page.Render(r.Context(), w); err != nil {
		s.Log.DebugContext(r.Context(), "a page was not taken", "error", err)
	}
}

func problemNames() []string { return slices.Sorted(maps.Keys(problems)) }

func statusOf(name string) string { return strconv.Itoa(problems[name].Status) }

func scopeNames(o operation) string { return strings.Join(scopesOf(o.Scope), ", ") }

func inputsOf(o operation) []place { return places(o.in, reflect.Value{}) }

func (p place) shownIn() string {
	if p.in == "json" {
		return "body"
	}
	return p.in
}

func (p place) shownMust() string {
	if p.must {
		return "required"
	}
	return ""
}
