// Package passkey is how staff sign in without a provider: with a passkey, which their device keeps, by WebAuthn. The
// device must know its owner by a finger, a face or a PIN. Its law: a challenge counts once; of a passkey only the
// public half is kept.
package passkey

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

var (
	// ErrAddress says that browsers have no passkeys for an address: it must have a name, and not a number.
	ErrAddress = errors.New("passkeys need an address with a host name")
	// ErrRefused says that what a browser has sent is no passkey that counts, or answers another challenge.
	ErrRefused = errors.New("this passkey does not count here")
)

// Desk makes passkeys and checks them, for one address.
type Desk struct{ protocol *webauthn.WebAuthn }

// New is a desk of a service at an address. It fails with ErrAddress.
func New(service, address string) (*Desk, error) {
	at, err := url.Parse(address)
	if err != nil || at.Hostname() == "" || net.ParseIP(at.Hostname()) != nil {
		return nil, ErrAddress
	}
	set, err := webauthn.New(&webauthn.Config{RPID: at.Hostname(), RPDisplayName: service, RPOrigins: []string{at.Scheme + "://" + at.Host},
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired}})
	return &Desk{set}, err
}

// Owner is a person as devices know one.
type Owner struct {
	Handle string // says nothing of the person
	Name   string

	keys []webauthn.Credential
}

// WebAuthnID is the handle (webauthn.User).
func (o Owner) WebAuthnID() []byte { return []byte(o.Handle) }

// WebAuthnName is the name (webauthn.User).
func (o Owner) WebAuthnName() string { return o.Name }

// WebAuthnDisplayName is the name (webauthn.User).
func (o Owner) WebAuthnDisplayName() string { return o.Name }

// WebAuthnCredentials are the keys that are looked at (webauthn.User).
func (o Owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

// Passkey is a key as it is kept.
type Passkey struct {
	ID         string
	Credential string // JSON
}

// AskNew is what a browser is asked to make a passkey by, and what is kept until it answers.
func (d *Desk) AskNew(owner Owner) (asked, kept string, err error) {
	creation, session, err := d.protocol.BeginRegistration(owner)
	if err != nil {
		return "", "", err
	}
	return texts(creation.Response, session)
}

// TakeNew is the passkey that a browser has made. It fails with ErrRefused.
func (d *Desk) TakeNew(owner Owner, kept, answer string) (Passkey, error) {
	session, err := sessionOf(kept)
	if err != nil {
		return Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return Passkey{}, refused(err)
	}
	made, err := d.protocol.CreateCredential(owner, session, parsed)
	if err != nil {
		return Passkey{}, refused(err)
	}
	return passkeyOf(made)
}

// Ask is what a browser is asked to sign in by, and what is kept until it answers.
func (d *Desk) Ask() (asked, kept string, err error) {
	assertion, session, err := d.protocol.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return "", "", err
	}
	return texts(assertion.Response, session)
}

// Take checks with which passkey a browser has signed in, and gives the key with what its device counts by now. It
// fails with ErrRefused, and with what find fails with, which finds the owner of a key by its id.
func (d *Desk) Take(kept, answer string, find func(id string) (Owner, Passkey, error)) (Passkey, error) {
	session, err := sessionOf(kept)
	if err != nil {
		return Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return Passkey{}, refused(err)
	}
	owner, key, err := find(idOf(parsed.RawID))
	if err != nil {
		return Passkey{}, err
	}
	var credential webauthn.Credential
	if err := json.Unmarshal([]byte(key.Credential), &credential); err != nil {
		return Passkey{}, err
	}
	owner.keys = []webauthn.Credential{credential}
	_, used, err := d.protocol.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		if subtle.ConstantTimeCompare(handle, owner.WebAuthnID()) != 1 {
			return nil, ErrRefused
		}
		return owner, nil
	}, session, parsed)
	switch {
	case err != nil:
		return Passkey{}, refused(err)
	case used.Authenticator.CloneWarning:
		return Passkey{}, fmt.Errorf("%w: its device may have been copied", ErrRefused)
	}
	return passkeyOf(used)
}

func passkeyOf(credential *webauthn.Credential) (Passkey, error) {
	text, err := json.Marshal(credential)
	return Passkey{idOf(credential.ID), string(text)}, err
}

func idOf(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func texts(asked, kept any) (askedText, keptText string, err error) {
	first, failedFirst := json.Marshal(asked)
	second, failedSecond := json.Marshal(kept)
	return string(first), string(second), errors.Join(failedFirst, failedSecond)
}

// sessionOf reads what was kept. Where nothing was, nothing was asked.
func sessionOf(kept string) (session webauthn.SessionData, err error) {
	if kept == "" {
		return session, ErrRefused
	}
	return session, json.Unmarshal([]byte(kept), &session)
}

func refused(err error) error { return fmt.Errorf("%w: %w", ErrRefused, err) }
