package web

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/alexedwards/scs/v2"

	"scrip/access"
	"scrip/engine"
)

// visit is one request for a page, and all that is known of who asks.
type visit struct {
	*http.Request
	w       http.ResponseWriter
	site    *site
	session *scs.SessionManager // members' or staff's
	account string              // signed in; empty for a visitor
	actor   access.Actor
	page    *page
}

// A handler parses, asks the engine and renders. What it fails with is told by the table of problems.
type handler func(v *visit) error

// page is a handler as the router knows it.
func (s *site) page(h handler) http.Handler { return s.visited(s.sessions, s.recognize, h) }

// visited is a handler of who is recognized in one kind of sessions.
func (s *site) visited(session *scs.SessionManager, recognize, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{Request: r, w: w, site: s, session: session}
		v.actor = access.Visitor(s.from(r))
		v.page = s.newPage(v)
		err := recognize(v)
		if err == nil {
			err = h(v)
		}
		if errors.Is(err, engine.ErrSignedOut) {
			v.signedOut()
			err = v.redirect("/sign-in")
		}
		if err != nil {
			v.fail(err)
		}
	})
}

// signedIn sends a visitor to the sign-in page, and from there back.
func signedIn(h handler) handler {
	return func(v *visit) error {
		if v.account != "" {
			return h(v)
		}
		if v.Method == http.MethodGet {
			v.carry(carryAfter, v.URL.Path)
		}
		return v.redirect("/sign-in")
	}
}

// render writes a page as a whole, or fails before anything of it is written.
func (v *visit) render(status int, body templ.Component) error {
	v.page.Flash = v.popFlash()
	var text bytes.Buffer
	if err := body.Render(v.Context(), &text); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Content-Language", v.page.Tag())
	v.w.WriteHeader(status)
	_, err := v.w.Write(text.Bytes())
	if err != nil {
		v.site.Log.DebugContext(v.Context(), "page not received", "error", err)
	}
	return nil
}

// show renders a page that is what was asked for.
func (v *visit) show(body templ.Component) error { return v.render(http.StatusOK, body) }

// redirect leads to one of our own paths, to be read with GET.
func (v *visit) redirect(path string) error {
	if !ownPath(path) {
		path = "/"
	}
	http.Redirect(v.w, v.Request, path, http.StatusSeeOther)
	return nil
}

// leave leads to another site, which the program chose and no visitor.
func (v *visit) leave(to string) error {
	http.Redirect(v.w, v.Request, to, http.StatusSeeOther)
	return nil
}
