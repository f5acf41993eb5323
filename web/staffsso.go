package web

import (
	"encoding/json"

	"scrip/sso"
)

// toProvider sends the browser to the provider, and keeps what it must come back with.
func (s *site) toProvider(v *visit) error {
	to, attempt, err := s.Staff.Provider.Begin(v.Context())
	if err != nil {
		return err
	}
	kept, err := json.Marshal(attempt)
	if err != nil {
		return err
	}
	v.put(keyAttempt, string(kept))
	return v.leave(to)
}

// fromProvider signs in whom the provider names. An attempt counts once, whatever comes of it.
func (s *site) fromProvider(v *visit) error {
	var attempt sso.Attempt
	if kept := v.pop(keyAttempt); kept != "" {
		if err := json.Unmarshal([]byte(kept), &attempt); err != nil {
			return err
		}
	}
	person, duty, err := s.Staff.Provider.Finish(v.Context(), attempt, v.URL.Query())
	if err != nil {
		return s.notSignedIn(v, err)
	}
	v.forget(keyPersonEpoch)
	return v.signInStaff(person, duty)
}
