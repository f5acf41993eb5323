package catalog

import (
	"errors"
	"slices"
)

// ErrPayer says that a text is not a payer.
var ErrPayer = errors.New("a payer is self, partner, apple or package")

// Payer is who bills for a membership's periods.
type Payer string

// The payers (billing.md 9).
const (
	Self    Payer = "self"
	Partner Payer = "partner"
	Apple   Payer = "apple"
	Package Payer = "package"
)

// Payers are all of them.
var Payers = []Payer{Self, Partner, Apple, Package}

// ParsePayer reads a payer.
func ParsePayer(text string) (Payer, error) {
	if payer := Payer(text); slices.Contains(Payers, payer) {
		return payer, nil
	}
	return "", ErrPayer
}

// PaysAlways reports whether the payer pays every period itself, so that a balance is never touched:
// Apple and a package (billing.md 4.1).
func (p Payer) PaysAlways() bool { return p == Apple || p == Package }
