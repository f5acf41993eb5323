package web

import (
	"strconv"
	"strings"

	"scrip/access"
	"scrip/passkey"
	"scrip/store"
)

// keyCeremony is what a session keeps until a device answers, and keyPersonEpoch of which epoch a session is.
const (
	keyCeremony    = "ceremony"
	keyPersonEpoch = "staff_epoch"
)

// passkeyForm is what a device is asked.
type passkeyForm struct {
	Asked  string // JSON; empty: there are no passkeys here
	Action string
	Name   string // of who makes a passkey
}

// allowScript lets a page run the one script of ours.
func (v *visit) allowScript() {
	v.w.Header().Set("Content-Security-Policy", strings.Replace(policy, "script-src 'none'", "script-src 'self'", 1))
}

// askPasskey is the form of the sign-in page. The challenge is kept until it is answered, once.
func (s *site) askPasskey(v *visit) (passkeyForm, error) {
	if s.Staff.Passkeys == nil {
		return passkeyForm{}, nil
	}
	asked, kept, err := s.Staff.Passkeys.Ask()
	v.put(keyCeremony, kept)
	v.allowScript()
	return passkeyForm{Asked: asked, Action: "/staff/sign-in/passkey"}, err
}

// takePasskey signs in who owns the passkey.
func (s *site) takePasskey(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	var person store.Staff
	var was store.Passkey
	used, err := s.Staff.Passkeys.Take(v.pop(keyCeremony), form.Get("response"), func(id string) (passkey.Owner, passkey.Passkey, error) {
		var err error
		person, was, err = s.Engine.PasskeyOf(v.Context(), id)
		return passkey.Owner{Handle: person.Handle, Name: person.Name}, passkey.Passkey{ID: was.ID, Credential: was.Credential}, err
	})
	if err != nil {
		return s.notSignedIn(v, err)
	}
	if err := s.Engine.UsePasskey(v.Context(), was, used.Credential); err != nil {
		return err
	}
	v.put(keyPersonEpoch, strconv.FormatInt(person.Epoch, 10))
	return v.signInStaff(access.Person(person.Name), access.Duty(person.Duty))
}

func (s *site) notSignedIn(v *visit, err error) error {
	s.Log.WarnContext(v.Context(), "staff did not sign in", "error", err)
	return err
}

// stillStaff reports whether who signed in with a passkey may still do so. Of others the provider decides.
func (s *site) stillStaff(v *visit, person access.Person) (bool, error) {
	kept := v.get(keyPersonEpoch)
	if kept == "" {
		return true, nil
	}
	epoch, err := strconv.ParseInt(kept, 10, 64)
	if err != nil {
		return false, err
	}
	return s.Engine.StaffSignedIn(v.Context(), person, epoch)
}

// askEnrol is the page of a link that lets somebody make a passkey.
func (s *site) askEnrol(v *visit) error {
	person, err := s.Engine.Enrolment(v.Context(), v.PathValue("enrolment"))
	if err != nil {
		return err
	}
	asked, kept, err := s.Staff.Passkeys.AskNew(passkey.Owner{Handle: person.Handle, Name: person.Name})
	if err != nil {
		return err
	}
	v.put(keyCeremony, kept)
	v.allowScript()
	return v.show(staffEnrolPage(v.page, passkeyForm{asked, "/staff/enrol/" + v.PathValue("enrolment"), person.Name}))
}

// enrol keeps the passkey that was made. To sign in, it is used.
func (s *site) enrol(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	enrolment := v.PathValue("enrolment")
	person, err := s.Engine.Enrolment(v.Context(), enrolment)
	if err != nil {
		return err
	}
	made, err := s.Staff.Passkeys.TakeNew(passkey.Owner{Handle: person.Handle, Name: person.Name}, v.pop(keyCeremony), form.Get("response"))
	if err != nil {
		return s.notSignedIn(v, err)
	}
	err = s.Engine.Enrol(v.Context(), v.actor.From, enrolment, store.Passkey{ID: made.ID, Credential: made.Credential})
	if err != nil {
		return err
	}
	v.flash("staff.flash.enrolled")
	return v.redirect(staffSignIn)
}
