// Package giftcode is the printed secret of a gift card, and the serial number beside it.
//
// Its law: a code is never printed, logged or put in a URL. A [Code] comes from [New] or [Parse] and
// from nothing else, shows itself as dots wherever it is formatted or encoded, and is looked up and
// kept as a [Digest] under a secret [Key]. [Code.Reveal] is the one way to its text. No error of this
// package holds a character of what was entered.
package giftcode

import (
	"encoding/binary"
	"fmt"
	"io"
	"unique"
)

// A code is sixteen random characters, 80 bits, and two check characters.
const (
	codeLength = 18
	randomSize = 10
	groupSize  = 6
)

// alphabet is Crockford's base 32: the digits and the capital letters without I, L, O and U.
// Source: Douglas Crockford, "Base 32", https://www.crockford.com/base32.html.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Code is the secret of one card: one that we made, or one that another system made in a [Format]. Two of ours are equal (==) exactly when their
// characters are. Its zero
// value is no code.
//
// The characters are held behind a unique.Handle[string], which is a *string within, because fmt calls
// no method on an unexported field: it would print a bare string or array there, and under a wrong verb
// such as %s also what a pointer to a struct or an array leads to. It never follows a pointer to a
// string, so that an address is all that shows. Equal codes share one handle, which makes them equal.
type Code struct {
	canonical unique.Handle[string]
	bits      int // of another system's: how many a guesser lacks
}

// New draws a code from random, which is crypto/rand.Reader but in tests. It fails only as random does.
func New(random io.Reader) (Code, error) {
	var drawn [randomSize]byte
	if _, err := io.ReadFull(random, drawn[:]); err != nil {
		return Code{}, fmt.Errorf("draw a code: %w", err)
	}
	values := spread(drawn)
	seal(&values)
	return codeOf(&values), nil
}

// Parse reads a code as people enter it: in either case, with any spaces, hyphens and dashes or none,
// in full-width forms, with O for 0 and with I or L for 1. Whatever else is entered gives [ErrTooLong],
// [*CharacterError], [ErrEmpty], [*LengthError] or [ErrCheck], the first of these that applies.
func Parse(text string) (Code, error) {
	var values [codeLength]byte
	if err := scan(text, values[:], len(alphabet)); err != nil {
		return Code{}, err
	}
	if !agrees(&values) {
		return Code{}, ErrCheck
	}
	return codeOf(&values), nil
}

// Reveal is the code as it is printed, XXXXXX-XXXXXX-XXXXXX, or another system's without hyphens, and the only way to its characters. It is
// for the one moment at which a card, a receipt or a gift mail is made. The zero Code reveals "".
func (c Code) Reveal() string {
	if c.IsZero() {
		return ""
	}
	text := c.canonical.Value()
	if c.Theirs() {
		return text
	}
	return text[:groupSize] + "-" + text[groupSize:2*groupSize] + "-" + text[2*groupSize:]
}

// IsZero reports whether this is no code at all.
func (c Code) IsZero() bool { return c == Code{} }

// spread cuts ten bytes into sixteen values of five bits, so that each code is as likely as any other.
func spread(drawn [randomSize]byte) [codeLength]byte {
	var values [codeLength]byte
	high := uint64(binary.BigEndian.Uint32(drawn[:4]))<<8 | uint64(drawn[4])
	low := uint64(binary.BigEndian.Uint32(drawn[5:9]))<<8 | uint64(drawn[9])
	for i := range 8 {
		shift := 35 - 5*i
		values[i] = byte(high>>shift) & 31
		values[8+i] = byte(low>>shift) & 31
	}
	return values
}

func codeOf(values *[codeLength]byte) Code {
	var text [codeLength]byte
	for i, value := range values {
		text[i] = alphabet[value]
	}
	return Code{canonical: unique.Make(string(text[:]))}
}
