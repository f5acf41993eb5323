package simulate

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"scrip/catalog"
	"scrip/strict"
)

// mostPlace bounds a place in a line, and longestMark what a line begins with.
const (
	mostPlace   = 1000
	longestMark = 16
)

// settlement is how a retailer writes its file of a day.
func (r *reader) settlement() (*catalog.Settlement, error) {
	var s catalog.Settlement
	_, err := r.Record(
		strict.Required("format", strict.Into(&s.Format, strict.OneOf(r.Reader, catalog.CSV, catalog.Fixed))),
		strict.Optional("separator", strict.Into(&s.Separator, r.separator)),
		strict.Optional("known_as", strict.Into(&s.KnownAs, named[string](r))),
		strict.Required("fields", strict.Into(&s.Fields, r.fileFields)),
		strict.Required("operations", strict.Into(&s.Operations, r.fileOperations)),
		strict.Required("currency", strict.Into(&s.Currency, r.currency)),
		strict.Required("amounts", strict.Into(&s.Amounts, strict.OneOf(r.Reader, catalog.MinorUnits, catalog.DecimalPoint, catalog.DecimalComma))),
		strict.Optional("signed", strict.Into(&s.Signed, r.Truth)),
		strict.Required("times", strict.Into(&s.Times, named[catalog.TimeForm](r))),
		strict.Optional("utc", strict.Into(&s.UTC, r.Truth)),
		strict.Optional("days", strict.Into(&s.Days, named[catalog.TimeForm](r))),
		strict.Optional("header", func() (err error) {
			s.Header = &catalog.Header{}
			_, err = r.Record(
				strict.Required("mark", strict.Into(&s.Header.Mark, r.mark)),
				strict.Optional("retailer", strict.Into(&s.Header.Retailer, r.place)),
				strict.Optional("day", strict.Into(&s.Header.Day, r.place)),
			)
			return err
		}),
		strict.Optional("trailer", func() (err error) {
			s.Trailer = &catalog.Trailer{}
			_, err = r.Record(
				strict.Required("mark", strict.Into(&s.Trailer.Mark, r.mark)),
				strict.Optional("count", strict.Into(&s.Trailer.Count, r.place)),
				strict.Optional("total", strict.Into(&s.Trailer.Total, r.place)),
			)
			return err
		}),
	)
	return &s, err
}

func (r *reader) separator() (rune, error) {
	return strict.Parsed(r.Reader, func(text string) (rune, error) {
		letter, size := utf8.DecodeRuneInString(text)
		if size == 0 || size != len(text) {
			return 0, errors.New("it is not one character")
		}
		return letter, nil
	}, "one character", `write "," ";" "|" or "\t"`)
}

func (r *reader) mark() (string, error) {
	return strict.Parsed(r.Reader, func(text string) (string, error) {
		if text == "" || len(text) > longestMark {
			return "", errors.New("its length is wrong")
		}
		return text, nil
	}, "a mark of 1 to 16 characters", `write what the line begins with, as in "T"`)
}

// fileFields are the places of all fields.
func (r *reader) fileFields() (map[catalog.Field]catalog.Place, error) {
	places := map[catalog.Field]catalog.Place{}
	fields := make([]strict.Field, len(catalog.FileFields))
	for at, field := range catalog.FileFields {
		fields[at] = strict.Required(string(field), func() (err error) {
			places[field], err = r.place()
			return err
		})
	}
	_, err := r.Record(fields...)
	return places, err
}

// place is a column's name, a field's number, or a first character with a length.
func (r *reader) place() (place catalog.Place, err error) {
	number := func() (int, error) {
		count, err := r.Integer(mostPlace, "a place in a line", fmt.Sprintf("write a whole number from 1 to %d", mostPlace))
		return int(count), err
	}
	switch r.Next() {
	case '"':
		place.Column, err = named[string](r)()
	case '{':
		_, err = r.Record(strict.Required("from", strict.Into(&place.From, number)), strict.Required("length", strict.Into(&place.Length, number)))
	default:
		place.From, err = number()
	}
	return place, err
}

// fileOperations are what the file's words stand for.
func (r *reader) fileOperations() (map[string]catalog.FileOperation, error) {
	words := map[string]catalog.FileOperation{}
	if r.Next() != '{' {
		return nil, r.Unfit(`write an object of the file's words, as in {"SALE": "activate", "VOID": "void"}`)
	}
	err := r.Object("", func(word string, at int) (err error) {
		if _, twice := words[word]; twice {
			return r.Mistake(at, "the word stands here twice", "keep one of the two")
		}
		words[word], err = strict.OneOf(r.Reader, catalog.FileActivate, catalog.FileVoid, catalog.FileReturn, catalog.FileReverse)()
		return err
	})
	return words, err
}
