package simulate

import (
	"io"
	"strconv"
	"unicode/utf8"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
	"scrip/strict"
)

// Limits of billing.md 9.
const (
	largestAmount   = 1_000_000_000_000_000
	longestName     = 64 // characters of an id or a card
	mostDays        = 3650
	largestFileSize = 16 << 20 // bytes
)

// reader reads a scenario's values, each as its type's own Parse does.
type reader struct{ *strict.Reader }

// whole reads a file that holds one thing and no more.
func whole[T any](source io.Reader, what string, read func(*reader) (T, error)) (T, error) {
	return strict.Whole(source, largestFileSize, what, func(r *strict.Reader) (T, error) { return read(&reader{r}) })
}

func (r *reader) date() (calendar.Date, error) {
	return strict.Parsed(r.Reader, calendar.Parse, "a date that exists, from 1900 to 2999", `write a date as "2026-12-31"`)
}

func (r *reader) currency() (money.Currency, error) {
	return strict.Parsed(r.Reader, money.ParseCurrency, "a currency of ISO 4217", `write three capital letters, as in "EUR"`)
}

func (r *reader) country() (catalog.Country, error) {
	return strict.Parsed(r.Reader, catalog.ParseCountry, "a country", `write two capital letters, as in "DE"`)
}

func (r *reader) rate() (money.Rate, error) {
	return strict.Parsed(r.Reader, money.ParseRate, "a rate",
		`write a text of one digit, or one digit, a point and one to nine digits, as in "0.0825"`)
}

// anyText reads a text that only people read.
func (r *reader) anyText() (string, error) { return r.Text("write a text in double quotes") }

// named reads an id or a card.
func named[T ~string](r *reader) func() (T, error) {
	return func() (T, error) {
		return strict.Parsed(r.Reader, parseName[T], "a name of 1 to 64 characters", "write a text of 1 to 64 characters")
	}
}

func parseName[T ~string](text string) (T, error) {
	if count := utf8.RuneCountInString(text); count < 1 || count > longestName {
		return "", strconv.ErrRange
	}
	return T(text), nil
}

func (r *reader) amount() (int64, error) {
	return r.Integer(largestAmount, "an amount",
		"write minor units, as a whole number from 1 to 1000000000000000 without sign, fraction or exponent")
}

func (r *reader) days() (int, error) {
	days, err := r.Integer(mostDays, "a number of days",
		"write a whole number from 1 to 3650 without sign, fraction or exponent")
	return int(days), err
}
