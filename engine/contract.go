package engine

import (
	"errors"
	"fmt"
	"time"

	"scrip/access"
	"scrip/catalog"
	"scrip/money"
	"scrip/timeline"
)

// Command is what a member asks of their account.
type Command struct {
	Kind   timeline.Kind
	Card   string // the handle of a card that was checked
	Plan   catalog.PlanID
	Payer  catalog.Payer
	Method string // a gateway's token; empty for none
}

// Opening is what a new account is opened with.
type Opening struct {
	Email    access.Email
	Country  catalog.Country
	Currency money.Currency
	Zone     string // of the IANA time zones
	Language string // tag
}

// Proof is what follows from the right digits.
type Proof struct {
	Email   access.Email
	Account string // empty: the address has no account yet
	Epoch   int64
}

var (
	// ErrWrongDigits says that these are not the digits that were mailed.
	ErrWrongDigits = errors.New("these are not the digits that were mailed")
	// ErrSignInExpired says that the digits are used, too old, tried too often, or of another browser.
	ErrSignInExpired = errors.New("these digits count no longer: ask for new ones")
)

// TooManyTries says that somebody must wait before trying again.
type TooManyTries struct{ Until time.Time }

func (e *TooManyTries) Error() string {
	return fmt.Sprintf("too many tries: wait until %s", e.Until.UTC().Format(time.RFC3339))
}
