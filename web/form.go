package web

import (
	"errors"
	"net/url"
	"strings"

	"scrip/engine"
)

// errForm says that a form is not one of ours: a field is missing or holds what we never put there.
var errForm = errors.New("the form is not complete")

// The limits of a form's key, and of its digits.
const (
	minKey       = 16
	maxKey       = 64
	digitsLength = 6
)

// form reads what was sent. A body that is too large stays an *http.MaxBytesError.
func (v *visit) form() (url.Values, error) {
	if err := v.ParseForm(); err != nil {
		return nil, errors.Join(errForm, err)
	}
	return v.PostForm, nil
}

func parseKey(text string) (string, error) {
	if len(text) < minKey || len(text) > maxKey {
		return "", errForm
	}
	for _, letter := range []byte(text) {
		if letter <= ' ' || letter > '~' {
			return "", errForm
		}
	}
	return text, nil
}

// parseDigits reads the digits of a mail, with or without spaces.
func parseDigits(text string) (string, bool) {
	digits := strings.Join(strings.Fields(text), "")
	if len(digits) != digitsLength || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	return digits, true
}

// do asks the engine for a change, once for each key. A refusal is an error of the table.
func (s *site) do(v *visit, command engine.Command) (engine.Reply, error) {
	form, err := v.form()
	if err != nil {
		return engine.Reply{}, err
	}
	key, err := parseKey(form.Get("key"))
	if err != nil {
		return engine.Reply{}, err
	}
	reply, err := s.Engine.Do(v.Context(), v.actor, v.account, key, command)
	if err != nil {
		return reply, err
	}
	return reply, reply.Refusal
}

// change does a command and leads to the membership page, which tells that it was done.
func (s *site) change(v *visit, command engine.Command, told string) error {
	reply, err := s.do(v, command)
	if err != nil {
		return err
	}
	if reply.Pending {
		v.put(keyWaiting, string(command.Kind))
		return v.redirect("/account/pending")
	}
	v.flash(told)
	return v.redirect("/account")
}
