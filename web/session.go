package web

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"scrip/access"
	"scrip/engine"
)

// What a session holds.
const (
	keyAccount  = "account"
	keyEpoch    = "epoch"
	keySignIn   = "sign_in"
	keyAddress  = "address" // to which digits were mailed
	keyBrowser  = "browser"
	keyProven   = "proven" // an address that was proved and has no account yet
	keyProvenAt = "proven_at"
	keyFlash    = "flash"   // the key of a message to be shown once
	keyWaiting  = "waiting" // the kind of command that waits for a payment method's answer
)

func (v *visit) put(key, value string) { v.session.Put(v.Context(), key, value) }
func (v *visit) get(key string) string { return v.session.GetString(v.Context(), key) }
func (v *visit) pop(key string) string { return v.session.PopString(v.Context(), key) }
func (v *visit) forget(keys ...string) {
	for _, key := range keys {
		v.session.Remove(v.Context(), key)
	}
}

// recognize finds who is signed in. A session whose account ended it is forgotten.
func (s *site) recognize(v *visit) error {
	if err := s.presume(v); err != nil || v.account == "" {
		return err
	}
	valid, err := s.Engine.SignedIn(v.Context(), v.account, v.actor.Epoch)
	if err == nil && !valid {
		v.signedOut()
	}
	return err
}

// presume takes a session's word for who is signed in: the command that they send looks whether the session counts.
func (s *site) presume(v *visit) error {
	account := v.get(keyAccount)
	if account == "" {
		return nil
	}
	epoch, err := strconv.ParseInt(v.get(keyEpoch), 10, 64)
	if err != nil {
		return fmt.Errorf("session: epoch: %w", err)
	}
	v.account, v.actor = account, access.InSession(account, epoch, v.actor.From)
	v.page.SignedIn = true
	return nil
}

// signedOut makes a visitor of who is in a session that has ended.
func (v *visit) signedOut() {
	v.forget(keyAccount, keyEpoch)
	v.account, v.actor = "", access.Visitor(v.actor.From)
	v.page.SignedIn = false
}

// signIn begins a member's session under a new token, and leads on.
func (v *visit) signIn(account string, epoch int64, next string) error {
	if err := v.session.RenewToken(v.Context()); err != nil {
		return err
	}
	v.put(keyAccount, account)
	v.put(keyEpoch, strconv.FormatInt(epoch, 10))
	v.forget(keySignIn, keyAddress, keyProven, keyProvenAt)
	if after := v.carried(carryAfter); after != "" && next == signingIn.done {
		next = after
	}
	v.drop(carryAfter)
	view, err := v.site.Engine.View(v.Context(), access.MemberOf(account, v.actor.From), account)
	if err != nil {
		return err
	}
	v.keepLanguage(view.Language)
	return v.redirect(next)
}

// mailDigits asks for digits to be mailed to an address, bound to this browser.
func (v *visit) mailDigits(address access.Email) error {
	browser := v.get(keyBrowser)
	if browser == "" {
		browser = rand.Text()
		v.put(keyBrowser, browser)
	}
	id, err := v.site.Engine.AskSignIn(v.Context(), v.actor, address, browser, v.page.Tag())
	if err != nil {
		return err
	}
	v.put(keySignIn, id)
	v.put(keyAddress, string(address))
	return nil
}

// provenFor is how long a new account may be opened for an address that was proved.
const provenFor = 30 * time.Minute

// prove remembers an address that was proved and has no account yet.
func (v *visit) prove(address access.Email) {
	v.put(keyProven, string(address))
	v.put(keyProvenAt, v.site.Engine.Now().Format(time.RFC3339))
}

// proven is the address that was proved lately, or nothing.
func (v *visit) proven() string {
	at, err := time.Parse(time.RFC3339, v.get(keyProvenAt))
	if err != nil || v.site.Engine.Now().Sub(at) > provenFor {
		return ""
	}
	return v.get(keyProven)
}

func (v *visit) proveDigits(digits string) (engine.Proof, error) {
	id := v.get(keySignIn)
	if id == "" {
		return engine.Proof{}, engine.ErrSignInExpired
	}
	return v.site.Engine.ProveSignIn(v.Context(), v.actor, id, v.get(keyBrowser), digits)
}

// flash is a message that the next page shows once.
func (v *visit) flash(key string) { v.put(keyFlash, key) }

func (v *visit) popFlash() string {
	if key := v.pop(keyFlash); key != "" {
		return v.page.T(key)
	}
	return ""
}
