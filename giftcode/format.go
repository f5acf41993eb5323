package giftcode

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unique"
)

// Another system's codes are of this length.
const (
	ShortestFormat = 8
	LongestFormat  = 20
)

// Alphabet is what another system's codes are made of.
type Alphabet string

// The alphabets. Capital and small letters are one; an O is no 0 there, since that system may have used both.
const (
	Numeric      Alphabet = "numeric"      // 0 to 9
	Alphanumeric Alphabet = "alphanumeric" // 0 to 9 and A to Z
)

// ErrFormat says that codes cannot have a format.
var ErrFormat = fmt.Errorf("codes of another system are numeric or alphanumeric, and have from %d to %d characters, the shortest length first", ShortestFormat, LongestFormat)

// SpanError says that a code of another system is too short or too long.
type SpanError struct{ Got, Least, Most int }

func (e *SpanError) Error() string {
	if e.Least == e.Most {
		return fmt.Sprintf("%d characters, not %d", e.Got, e.Least)
	}
	return fmt.Sprintf("%d characters, not %d to %d", e.Got, e.Least, e.Most)
}

// Format is the form of codes that another system made. They have no check characters that we know, and the short ones
// are soon guessed: see [Code.Bits]. Its zero value is no format: codes are ours.
type Format struct {
	alphabet          Alphabet
	shortest, longest int
}

// NewFormat is the format of codes of an alphabet and of these lengths. It fails with [ErrFormat].
func NewFormat(alphabet Alphabet, shortest, longest int) (Format, error) {
	if alphabet != Numeric && alphabet != Alphanumeric || shortest < ShortestFormat || longest > LongestFormat || shortest > longest {
		return Format{}, ErrFormat
	}
	return Format{alphabet, shortest, longest}, nil
}

// IsZero reports whether this is no format at all.
func (f Format) IsZero() bool { return f == Format{} }

// Alphabet is what the codes are made of.
func (f Format) Alphabet() Alphabet { return f.alphabet }

// Shortest is how many characters a code has at least.
func (f Format) Shortest() int { return f.shortest }

// String tells the format, as in "numeric, 8 to 20".
func (f Format) String() string {
	if f.shortest == f.longest {
		return fmt.Sprintf("%s, %d", f.alphabet, f.shortest)
	}
	return fmt.Sprintf("%s, %d to %d", f.alphabet, f.shortest, f.longest)
}

// Parse reads a code of this format as forgivingly as [Parse] reads ours, but that an O stays an O. It fails with
// [ErrTooLong], [*CharacterError], [ErrEmpty] or [*SpanError].
func (f Format) Parse(text string) (Code, error) {
	plain, err := plainOf(text)
	if err != nil {
		return Code{}, err
	}
	if at := slices.IndexFunc([]byte(plain), func(c byte) bool { return f.alphabet == Numeric && c > '9' }); at >= 0 {
		return Code{}, &CharacterError{Position: at + 1}
	}
	if len(plain) < f.shortest || len(plain) > f.longest {
		return Code{}, &SpanError{len(plain), f.shortest, f.longest}
	}
	return Code{unique.Make(plain), f.Bits(len(plain))}, nil
}

// Bits is how many bits a guesser of a code of this length lacks, rounded down.
func (f Format) Bits(length int) int {
	const millionths, ofDigit, ofAlphanumeric = 1_000_000, 3_321_928, 5_169_925 // the binary logarithms of 10 and 36
	if f.alphabet == Numeric {
		return length * ofDigit / millionths
	}
	return length * ofAlphanumeric / millionths
}

// plainOf is a text without what is passed over, its letters as capitals. It fails with [ErrTooLong], [*CharacterError]
// and [ErrEmpty].
func plainOf(text string) (string, error) {
	if len(text) > MaxTextBytes {
		return "", ErrTooLong
	}
	var plain []byte
	for _, r := range text {
		const fullWidthFirst, fullWidthLast, fullWidthShift = '！', '～', '！' - '!'
		meant := r
		if r >= fullWidthFirst && r <= fullWidthLast {
			meant -= fullWidthShift
		}
		meant = unicode.ToUpper(meant)
		switch {
		case meant >= '0' && meant <= '9' || meant >= 'A' && meant <= 'Z':
			plain = append(plain, byte(meant)) // an ASCII letter or digit is one byte
		case meaningOf(r) != passedOver:
			return "", &CharacterError{Position: len(plain) + 1}
		}
	}
	if len(plain) == 0 {
		return "", ErrEmpty
	}
	return string(plain), nil
}

// Entered is what somebody entered as a code, before it is asked which codes there are: one of ours, one that another
// system may have made, or a text that can be either. It shows itself as dots, as a [Code] does.
type Entered struct {
	ours   Code
	wrong  error                 // why it is none of ours
	theirs unique.Handle[string] // its characters, where another system's code can have them
}

// Enter reads what somebody entered. Where it can be no code at all it fails as [Parse] does.
func Enter(text string) (Entered, error) {
	ours, err := Parse(text)
	entered := Entered{ours: ours, wrong: err}
	plain, failed := plainOf(text)
	if failed == nil && len(plain) >= ShortestFormat && len(plain) <= LongestFormat {
		entered.theirs = unique.Make(plain)
		return entered, nil
	}
	return entered, err
}

// Entered is one of our codes as if it had been entered.
func (c Code) Entered() Entered { return Entered{ours: c} }

// Codes are the codes that were meant where other systems' codes have these formats, ours first. Where there are none
// it fails as [Parse] does.
func (e Entered) Codes(formats []Format) ([]Code, error) {
	var codes []Code
	if e.wrong == nil {
		codes = append(codes, e.ours)
	}
	if theirs, is := e.inFormat(formats); is {
		codes = append(codes, theirs)
	}
	if len(codes) == 0 {
		return nil, e.wrong
	}
	return codes, nil
}

// inFormat is the code of another system, by the format in which it is guessed soonest.
func (e Entered) inFormat(formats []Format) (soonest Code, is bool) {
	if e.theirs == (unique.Handle[string]{}) {
		return Code{}, false
	}
	for _, format := range formats {
		code, err := format.Parse(e.theirs.Value())
		if err == nil && (!is || code.bits < soonest.bits) {
			soonest, is = code, true
		}
	}
	return soonest, is
}

// Theirs reports whether another system made the code.
func (c Code) Theirs() bool { return c.bits > 0 }

// Bits is how many bits a guesser lacks of a code: of another system's, as many as its format leaves.
func (c Code) Bits() int {
	if c.Theirs() {
		return c.bits
	}
	return 8 * randomSize
}

// Rounded reports whether a code of another system is too long for a spreadsheet to keep as a number, and whether it looks
// like what is left of one: zeros from the sixteenth digit on.
func (c Code) Rounded() (long, rounded bool) {
	const exact = 15 // digits of a number
	text := c.canonical.Value()
	long = len(text) > exact
	return long, long && strings.Trim(text[exact:], "0") == ""
}
