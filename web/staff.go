package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"scrip/access"
	"scrip/engine"
	"scrip/giftcode"
	"scrip/passkey"
	"scrip/sso"
)

// Staff is how staff sign in.
type Staff struct {
	Provider *sso.Provider // nil: by passkeys alone
	Passkeys *passkey.Desk // nil: through the provider alone
}

// staffBar is what the pages of staff show around their own matter.
type staffBar struct {
	Person access.Person // empty: nobody is signed in
	Duty   access.Duty

	ReadsJournal bool // who did what, over all
}

const (
	// staffLongest and staffIdle end a session of staff, however much and if nothing is done in it.
	staffLongest = 12 * time.Hour
	staffIdle    = 30 * time.Minute
	// staffNoted is how exactly it is known when something was done last.
	staffNoted = time.Minute

	staffHome   = "/staff"
	staffSignIn = "/staff/sign-in"
)

// StaffBack is where a provider sends people back to.
const StaffBack = "/staff/sign-in/back"

// What a session of staff holds.
const (
	keyPerson  = "staff"
	keyDuty    = "duty"
	keySince   = "since"
	keySeen    = "seen"
	keyAttempt = "attempt" // at the provider
)

// staffRoutes are the pages of staff. Those who are not signed in are sent to sign in.
func (s *site) staffRoutes(mux *http.ServeMux) {
	open := func(pattern string, h handler) {
		mux.Handle(pattern, s.staff.LoadAndSave(s.visited(s.staff, s.recognizeStaff, h)))
	}
	staff := func(pattern string, h handler) { open(pattern, staffOnly(h)) }

	open("GET "+staffSignIn, s.askStaff)
	if s.Staff.Provider != nil {
		open("GET /staff/sign-in/provider", s.toProvider)
		open("GET "+StaffBack, s.fromProvider)
	}
	if s.Staff.Passkeys != nil {
		open("POST /staff/sign-in/passkey", s.takePasskey)
		open("GET /staff/enrol/{enrolment}", s.askEnrol)
		open("POST /staff/enrol/{enrolment}", s.enrol)
	}
	if s.Demo != nil {
		open("POST /demo/staff", s.demoStaff)
	}
	open("POST /staff/sign-out", s.staffSignOut)

	staff("GET "+staffHome, s.staffHome)
	staff("POST /staff/find", s.find)
	staff("GET /staff/cards/{serial}", s.staffCard)
	staff("GET /staff/cards/{serial}/{deed}", s.askDeed)
	staff("POST /staff/cards/{serial}/{deed}", s.doDeed)
	staff("GET /staff/accounts/{account}", s.staffAccount)
	staff("GET /staff/journal", s.journal)
	staff("POST /staff/journal", s.journal)
	staff("GET /staff/catalog", s.staffCatalog)
}

// staffOnly sends who is not signed in as staff to do so.
func staffOnly(h handler) handler {
	return func(v *visit) error {
		if v.actor.Role != access.Staff {
			return v.redirect(staffSignIn)
		}
		return h(v)
	}
}

// recognizeStaff finds who of the staff is signed in, and forgets whose time is over.
func (s *site) recognizeStaff(v *visit) error {
	v.page.Staff = &staffBar{}
	person := v.get(keyPerson)
	if person == "" {
		return nil
	}
	now := s.Engine.Now()
	since, seen := instantOf(v.get(keySince)), instantOf(v.get(keySeen))
	if s.staffTired(now.Sub(since), now.Sub(seen)) {
		return s.staff.Destroy(v.Context())
	}
	if still, err := s.stillStaff(v, access.Person(person)); err != nil || !still {
		return errors.Join(err, s.staff.Destroy(v.Context()))
	}
	if now.Sub(seen) >= staffNoted {
		v.put(keySeen, textOf(now))
	}
	v.actor = access.StaffMember(access.Person(person), access.Duty(v.get(keyDuty)), v.actor.From)
	v.page.Staff = &staffBar{v.actor.Person, v.actor.Duty, v.actor.May(access.ReadAudit, "") == nil}
	return nil
}

// staffTired reports whether a session has lasted too long, or too long without anything done. In the demo none has:
// its clock is put forward by days at a time.
func (s *site) staffTired(lasted, idle time.Duration) bool {
	return s.Demo == nil && (lasted >= staffLongest || idle >= staffIdle)
}

// signInStaff begins a session under a new token.
func (v *visit) signInStaff(person access.Person, duty access.Duty) error {
	if err := v.site.Engine.SignInStaff(v.Context(), access.StaffMember(person, duty, v.actor.From)); err != nil {
		return err
	}
	if err := v.session.RenewToken(v.Context()); err != nil {
		return err
	}
	now := textOf(v.site.Engine.Now())
	for key, value := range map[string]string{keyPerson: string(person), keyDuty: string(duty), keySince: now, keySeen: now} {
		v.put(key, value)
	}
	return v.redirect(staffHome)
}

func textOf(instant time.Time) string { return strconv.FormatInt(instant.Unix(), 10) }

// instantOf is an instant that a session holds. What is none is long ago.
func instantOf(text string) time.Time {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

func (s *site) askStaff(v *visit) error {
	if v.actor.Role == access.Staff {
		return v.redirect(staffHome)
	}
	form, err := s.askPasskey(v)
	if err != nil {
		return err
	}
	return v.show(staffSignInPage(v.page, s.Staff.Provider != nil, form))
}

func (s *site) staffSignOut(v *visit) error {
	if err := s.staff.Destroy(v.Context()); err != nil {
		return err
	}
	return v.redirect(staffSignIn)
}

func (s *site) staffHome(v *visit) error { return v.show(staffHomePage(v.page, "")) }

// find leads to the card of a serial number, or to the account of an e-mail address. What was entered may be a code,
// by mistake, and so is not shown again.
func (s *site) find(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	path, err := s.found(v, form.Get("sought"))
	if errors.Is(err, errNotFound) {
		return v.render(http.StatusNotFound, staffHomePage(v.page, v.page.T("staff.find.none")))
	}
	if err != nil {
		return err
	}
	return v.redirect(path)
}

// errNotFound says that what somebody looks for is neither a serial number of ours, nor the address of an account.
var errNotFound = errors.New("nothing was found")

func (s *site) found(v *visit, sought string) (path string, err error) {
	if strings.Contains(sought, "@") {
		email, err := access.ParseEmail(sought)
		if err != nil {
			return "", errNotFound
		}
		account, err := s.Engine.AccountOfEmail(v.Context(), v.actor, email)
		if errors.Is(err, engine.ErrNoAccount) {
			return "", errNotFound
		}
		return "/staff/accounts/" + account, err
	}
	serial, err := giftcode.ParseSerial(sought)
	if err != nil {
		return "", errNotFound
	}
	return cardPath(serial.String()), nil
}

func cardPath(serial string) string { return "/staff/cards/" + serial }
