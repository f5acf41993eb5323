package giftcode

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// MaxTextBytes is the longest text that is read as a code or a serial number. A code in full-width
// forms with a wide space after each character takes 108.
const MaxTextBytes = 128

// What can be wrong with a code or a serial number as it was entered. None of these holds a character
// of it, so they may be logged and shown.
var (
	// ErrEmpty says that nothing was entered but spaces and hyphens: ask for it again.
	ErrEmpty = errors.New("nothing was entered")
	// ErrTooLong says that the text has more than MaxTextBytes: it is something else.
	ErrTooLong = fmt.Errorf("more than %d bytes were entered", MaxTextBytes)
	// ErrCheck says that the check characters don't fit the others: some character is mistyped, or
	// two were swapped. No card has ever had this code or number.
	ErrCheck = errors.New("a character is mistyped, or two were swapped")
)

// LengthError says that characters are missing or that there are too many.
type LengthError struct {
	Got  int // the characters that were entered, spaces and hyphens not counted
	Want int
}

func (e *LengthError) Error() string {
	return fmt.Sprintf("%d characters were entered, not %d", e.Got, e.Want)
}

// CharacterError says which character cannot occur: in a code a U or a sign, in a serial number
// whatever is no digit, and bytes that are not UTF-8.
type CharacterError struct {
	Position int // counted from 1, spaces and hyphens not counted
}

func (e *CharacterError) Error() string {
	return fmt.Sprintf("character %d is wrong: it never occurs here", e.Position)
}

// scan writes what the characters of text stand for to values, which it must fill. Each must stand for
// less than base.
func scan(text string, values []byte, base int) error {
	if len(text) > MaxTextBytes {
		return ErrTooLong
	}
	got := 0
	for _, r := range text {
		meaning := meaningOf(r)
		if meaning == passedOver {
			continue
		}
		if int(meaning) >= base {
			return &CharacterError{Position: got + 1}
		}
		if got < len(values) {
			values[got] = meaning
		}
		got++
	}
	switch got {
	case len(values):
		return nil
	case 0:
		return ErrEmpty
	default:
		return &LengthError{Got: got, Want: len(values)}
	}
}

// A character means its place in the alphabet, or one of these.
const (
	wrong      = 0xFE
	passedOver = 0xFF
)

// meaningOf is what a person means by a character. A byte that is not UTF-8 arrives here as U+FFFD,
// which is wrong.
func meaningOf(r rune) byte {
	const fullWidthFirst, fullWidthLast, fullWidthShift = '！', '～', '！' - '!'
	if r >= fullWidthFirst && r <= fullWidthLast {
		r -= fullWidthShift
	}
	switch {
	case r <= unicode.MaxASCII:
		return asciiMeanings[r]
	case unicode.In(r, separators...) || strings.ContainsRune(moreSeparators, r):
		return passedOver
	default:
		return wrong
	}
}

// separators are the spaces, the characters that take no room (among them the soft hyphen, the
// zero-width space and the marks of direction that come along when text is copied), and the dashes,
// with the minus sign.
var separators = []*unicode.RangeTable{
	unicode.White_Space, unicode.Cf, unicode.Pd, unicode.Dash, unicode.Hyphen,
}

// moreSeparators look like a hyphen and are not called one by Unicode: the modifier minus, the hyphen
// bullet, the box-drawing line, the heavy minus, and the two long-vowel marks that the hyphen key of a
// Japanese keyboard gives.
const moreSeparators = "\u02D7\u2043\u2500\u2796\u30FC\uFF70"

var asciiMeanings = tabulate()

func tabulate() [unicode.MaxASCII + 1]byte {
	var table [unicode.MaxASCII + 1]byte
	for i := range table {
		table[i] = wrong
	}
	for value, r := range alphabet {
		table[r], table[unicode.ToLower(r)] = byte(value), byte(value)
	}
	table['O'], table['o'] = 0, 0
	for _, r := range "IiLl" {
		table[r] = 1
	}
	for _, r := range "- \t\n\v\f\r" {
		table[r] = passedOver
	}
	return table
}
