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
		return ", required"
	}
	return ""
}

// tagNames are the tags of a table in its order.
func tagNames(table []operation) (names []string) {
	for _, tag := range tagsOf(table) {
		names = append(names, textOf(tag, "name"))
	}
	return names
}

// tagged are the operations of a tag.
func tagged(table []operation, tag string) []operation {
	return slices.DeleteFunc(slices.Clone(table), func(o operation) bool { return o.Tag != tag })
}

func anchor(tag string) string { return "tag-" + strings.ReplaceAll(tag, " ", "-") }

func title(tag string) string { return strings.ToUpper(tag[:1]) + tag[1:] }

func textOf(s schema, name string) string {
	text, _ := s[name].(string)
	return text
}

// goodStatuses are those of answers that are no problems.
func goodStatuses(o operation) []string {
	all := []string{strconv.Itoa(o.Status)}
	if o.Later {
		all = append(all, "202")
	}
	if o.Cached {
		all = append(all, "304")
	}
	return all
}

// badStatuses are those of problems that an operation may have.
func badStatuses(o operation) []string {
	all := slices.Clone(statuses)
	if o.Change {
		all = append(all, changeStatuses...)
	}
	slices.Sort(all)
	return each(all, strconv.Itoa)
}
