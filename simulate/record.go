package simulate

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
)

// Limits of billing.md 9.
const (
	largestAmount   = 1_000_000_000_000_000
	longestName     = 64 // characters of an id or a card
	mostDays        = 3650
	largestFileSize = 16 << 20 // bytes
)

// reader reads a scenario's values off a scanner, each as its type's own Parse does.
type reader struct{ scanner }

// field is a field that an object may have.
type field struct {
	name string
	must bool
	read func() error
}

func required(name string, read func() error) field { return field{name, true, read} }
func optional(name string, read func() error) field { return field{name, false, read} }

// into has a value read and put in its place.
func into[T any](target *T, read func() (T, error)) func() error {
	return func() (err error) {
		*target, err = read()
		return err
	}
}

// marks are the bytes at which an object's values stand, by field.
type marks map[string]int

// record reads an object that has these fields and no others, each once.
func (r *reader) record(fields ...field) (marks, error) {
	if r.next() != '{' {
		return nil, r.unfit("write an object in braces, with " + namesOf(fields))
	}
	opened, found := r.at, make(marks, len(fields))
	err := r.object("", func(name string, at int) error {
		index := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		if index < 0 {
			return r.mistake(at, "no such field belongs here", "take it out, or name it as one of "+namesOf(fields))
		}
		if _, twice := found[name]; twice {
			return r.mistake(at, "the field stands here twice", "keep one of the two")
		}
		r.next()
		found[name] = r.at
		return fields[index].read()
	})
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		if _, given := found[f.name]; f.must && !given {
			return nil, r.missing(opened, f.name, "add it")
		}
	}
	return found, nil
}

func (r *reader) missing(at int, name, remedy string) error {
	return r.in(name, func() error { return r.mistake(at, "the field is missing", remedy) })
}

// in makes a mistake of a field of the value that was just read.
func (r *reader) in(name string, mistake func() error) error {
	return r.within(step{name: name, field: true}, mistake)
}

func namesOf(fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return enumerated(names, "and")
}

// enumerated writes a few words as in "a, b and c".
func enumerated(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	most := len(words) - 1
	return strings.Join(words[:most], ", ") + " " + last + " " + words[most]
}

// parsed reads a text as a type's Parse does.
func parsed[T any](r *reader, parse func(string) (T, error), noun, remedy string) (T, error) {
	var none T
	r.next()
	at := r.at
	text, err := r.text(remedy)
	if err != nil {
		return none, err
	}
	value, err := parse(text)
	if err != nil {
		return none, r.mistake(at, quoted(text)+" is not "+noun, remedy)
	}
	return value, nil
}

func (r *reader) date() (calendar.Date, error) {
	return parsed(r, calendar.Parse, "a date that exists, from 1900 to 2999", `write a date as "2026-12-31"`)
}

func (r *reader) currency() (money.Currency, error) {
	return parsed(r, money.ParseCurrency, "a currency of ISO 4217", `write three capital letters, as in "EUR"`)
}

func (r *reader) country() (catalog.Country, error) {
	return parsed(r, catalog.ParseCountry, "a country", `write two capital letters, as in "DE"`)
}

func (r *reader) rate() (money.Rate, error) {
	return parsed(r, money.ParseRate, "a rate",
		`write a text of one digit, or one digit, a point and one to nine digits, as in "0.0825"`)
}

// anyText reads a text that only people read.
func (r *reader) anyText() (string, error) { return r.text("write a text in double quotes") }

// named reads an id or a card.
func named[T ~string](r *reader) func() (T, error) {
	return func() (T, error) {
		return parsed(r, parseName[T], "a name of 1 to 64 characters", "write a text of 1 to 64 characters")
	}
}

func parseName[T ~string](text string) (T, error) {
	if count := utf8.RuneCountInString(text); count < 1 || count > longestName {
		return "", strconv.ErrRange
	}
	return T(text), nil
}

// oneOf reads a word of a closed set.
func oneOf[T ~string](r *reader, words ...T) func() (T, error) {
	return func() (T, error) {
		if r.next() != '"' {
			return "", r.unfit(choiceOf(words))
		}
		at := r.at
		text, err := r.text("")
		if err == nil && !slices.Contains(words, T(text)) {
			return "", r.mistake(at, quoted(text)+" is none of the words that belong here", choiceOf(words))
		}
		return T(text), err
	}
}

func choiceOf[T ~string](words []T) string {
	names := make([]string, len(words))
	for i, word := range words {
		names[i] = strconv.Quote(string(word))
	}
	return "write " + enumerated(names, "or")
}

// whole reads a whole number from 1 to most, written without sign, fraction or exponent.
func (r *reader) whole(most int64, noun, remedy string) (int64, error) {
	r.next()
	at := r.at
	literal, err := r.number(remedy)
	if err != nil {
		return 0, err
	}
	value, err := strconv.ParseInt(literal, 10, 64)
	if err != nil || value < 1 || value > most {
		return 0, r.mistake(at, shortened(literal)+" is not "+noun, remedy)
	}
	return value, nil
}

func (r *reader) amount() (int64, error) {
	return r.whole(largestAmount, "an amount",
		"write minor units, as a whole number from 1 to 1000000000000000 without sign, fraction or exponent")
}

func (r *reader) days() (int, error) {
	days, err := r.whole(mostDays, "a number of days",
		"write a whole number from 1 to 3650 without sign, fraction or exponent")
	return int(days), err
}
