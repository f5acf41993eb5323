package web

import (
	"net/http"

	"scrip/locale"
)

const languageLifetimeSeconds = 365 * 24 * 60 * 60

func (s *site) languageOf(r *http.Request) *locale.Language {
	chosen := ""
	if cookie, err := r.Cookie(s.cookieName("language")); err == nil {
		chosen = cookie.Value
	}
	return s.Bundle.Match(r.Header.Get("Accept-Language"), chosen)
}

// keepLanguage remembers a language in the browser.
func (v *visit) keepLanguage(tag string) {
	if _, known := v.site.Bundle.Language(tag); !known {
		return
	}
	http.SetCookie(v.w, &http.Cookie{
		Name: v.site.cookieName("language"), Value: tag, Path: "/", MaxAge: languageLifetimeSeconds,
		Secure: v.site.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (s *site) setLanguage(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	chosen, known := s.Bundle.Language(form.Get("language"))
	if !known {
		return errForm
	}
	v.keepLanguage(chosen.Tag())
	if v.account != "" {
		if err := s.Engine.SetLanguage(v.Context(), v.actor, v.account, chosen.Tag()); err != nil {
			return err
		}
	}
	return v.redirect(form.Get("back"))
}
