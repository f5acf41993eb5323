package strict

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Field is a field that an object may have.
type Field struct {
	name string
	must bool
	read func() error
}

// Required is a field that an object must have.
func Required(name string, read func() error) Field { return Field{name, true, read} }

// Optional is a field that an object may have.
func Optional(name string, read func() error) Field { return Field{name, false, read} }

// Into has a value read and put in its place.
func Into[T any](target *T, read func() (T, error)) func() error {
	return func() (err error) {
		*target, err = read()
		return err
	}
}

// Marks are the bytes at which an object's values stand, by field.
type Marks map[string]int

// Record reads an object that has these fields and no others, each once.
func (r *Reader) Record(fields ...Field) (Marks, error) {
	if r.Next() != '{' {
		return nil, r.Unfit("write an object in braces" + named(", with ", fields))
	}
	opened, found := r.at, make(Marks, len(fields))
	err := r.Object("", func(name string, at int) error {
		index := slices.IndexFunc(fields, func(f Field) bool { return f.name == name })
		if index < 0 {
			mistake := r.told(at, "no such field belongs here", "take it out"+named(", or name it as one of ", fields))
			mistake.Strange = true
			return mistake
		}
		if _, twice := found[name]; twice {
			return r.Mistake(at, "the field stands here twice", "keep one of the two")
		}
		r.Next()
		found[name] = r.at
		return fields[index].read()
	})
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		if _, given := found[f.name]; f.must && !given {
			return nil, r.Missing(opened, f.name, "add it")
		}
	}
	return found, nil
}

// Missing is the mistake of a field that must be there, of an object that begins at a byte.
func (r *Reader) Missing(at int, name, remedy string) error {
	return r.In(name, func() error { return r.Mistake(at, "the field is missing", remedy) })
}

// In makes a mistake of a field of the value that was just read.
func (r *Reader) In(name string, mistake func() error) error {
	return r.within(step{name: name, field: true}, mistake)
}

// Nth makes a mistake of a place in the list that was just read.
func (r *Reader) Nth(index int, mistake func() error) error {
	return r.within(step{index: index}, mistake)
}

// named are the fields' names behind some words, or nothing where there are none.
func named(before string, fields []Field) string {
	if len(fields) == 0 {
		return ""
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return before + Enumerated(names, "and")
}

// Enumerated writes a few words as in "a, b and c".
func Enumerated(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	most := len(words) - 1
	return strings.Join(words[:most], ", ") + " " + last + " " + words[most]
}

// Parsed reads a text as a type's Parse does.
func Parsed[T any](r *Reader, parse func(string) (T, error), noun, remedy string) (T, error) {
	var none T
	r.Next()
	at := r.at
	text, err := r.Text(remedy)
	if err != nil {
		return none, err
	}
	value, err := parse(text)
	if err != nil {
		return none, r.Mistake(at, Quoted(text)+" is not "+noun, remedy)
	}
	return value, nil
}

// OneOf reads a word of a closed set.
func OneOf[T ~string](r *Reader, words ...T) func() (T, error) {
	return func() (T, error) {
		if r.Next() != '"' {
			return "", r.Unfit(choiceOf(words))
		}
		at := r.at
		text, err := r.Text("")
		if err == nil && !slices.Contains(words, T(text)) {
			return "", r.Mistake(at, Quoted(text)+" is none of the words that belong here", choiceOf(words))
		}
		return T(text), err
	}
}

func choiceOf[T ~string](words []T) string {
	names := make([]string, len(words))
	for i, word := range words {
		names[i] = strconv.Quote(string(word))
	}
	return "write " + Enumerated(names, "or")
}

// Integer reads a whole number from 1 to most, written without sign, fraction or exponent.
func (r *Reader) Integer(most int64, noun, remedy string) (int64, error) {
	r.Next()
	at := r.at
	literal, err := r.Number(remedy)
	if err != nil {
		return 0, err
	}
	value, err := strconv.ParseInt(literal, 10, 64)
	if err != nil || value < 1 || value > most {
		return 0, r.Mistake(at, Shortened(literal)+" is not "+noun, remedy)
	}
	return value, nil
}

// Integer reads a file that holds one thing and no more.
func Whole[T any](source io.Reader, most int, what string, read func(*Reader) (T, error)) (thing T, err error) {
	data, err := io.ReadAll(io.LimitReader(source, int64(most)+1))
	if err != nil {
		return thing, err
	}
	r := &Reader{data: data}
	if err := r.readable(most, what); err != nil {
		return thing, err
	}
	if thing, err = read(r); err != nil {
		var nothing T
		return nothing, err
	}
	if r.Next(); r.at < len(data) {
		var nothing T
		noun, _, _ := strings.Cut(what, ":")
		return nothing, r.Mistake(r.at, r.Found()+" follows the end of the "+noun, "take it out")
	}
	return thing, nil
}

// readable finds what is wrong with a file before anything in it is read.
func (r *Reader) readable(most int, what string) error {
	switch {
	case len(r.data) > most:
		return r.Mistake(most, "the file is larger than "+sizeOf(most), "make it smaller")
	case bytes.HasPrefix(r.data, []byte("\ufeff")):
		return r.Mistake(0, "the file begins with a byte order mark", "save it as UTF-8 without one")
	case len(bytes.TrimSpace(r.data)) == 0:
		return r.Mistake(0, "the file is empty", "write a "+what)
	}
	for at := 0; at < len(r.data); {
		letter, size := utf8.DecodeRune(r.data[at:])
		if letter == utf8.RuneError && size == 1 {
			return r.Mistake(at, fmt.Sprintf("the byte %#02x is not UTF-8", r.data[at]), "save the file as UTF-8")
		}
		at += size
	}
	return nil
}

func sizeOf(bytes int) string {
	if bytes >= 1<<20 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d KiB", bytes>>10)
}
