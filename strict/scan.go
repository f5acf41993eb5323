// Package strict reads JSON with nothing taken for granted: no field that is not known, no field twice, nothing after
// the end, UTF-8 alone, numbers as they are written. What is wrong is a Mistake that names the place and the remedy.
package strict

import (
	"fmt"
	"unicode/utf8"
)

// maxDepth is how deep lists and objects may stand in each other. Only what is ignored can be deep.
const maxDepth = 1000

// Reader reads JSON, RFC 8259 and nothing more, and always knows where it is. What it reads is UTF-8.
type Reader struct {
	data []byte
	at   int
	path path // of the value that is being read
}

// Mistake is something wrong with the value that is being read, at a byte.
func (s *Reader) Mistake(at int, problem, remedy string) error { return s.told(at, problem, remedy) }

func (s *Reader) told(at int, problem, remedy string) *Mistake {
	line, column := position(s.data, at)
	return &Mistake{Path: s.path.String(), Line: line, Column: column, Problem: problem, Remedy: remedy}
}

// Next skips white space and looks at what follows; at the end of the file it is 0.
func (s *Reader) Next() byte {
	for ; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
		default:
			return s.data[s.at]
		}
	}
	return 0
}

// Object reads an object. It has each of its fields read by member, with Path set to the field; at is
// where the field's name stands.
func (s *Reader) Object(remedy string, member func(name string, at int) error) error {
	if s.Next() != '{' {
		return s.Unfit(remedy)
	}
	return s.elements('}', func(int) error {
		if s.Next() != '"' {
			return s.Mistake(s.at, "a field must begin here, not "+s.Found(), `write its name in double quotes, as in "id"`)
		}
		at := s.at
		name, err := s.Text("")
		if err != nil {
			return err
		}
		if s.Next() != ':' {
			return s.Mistake(s.at, "a colon must stand behind a field's name, not "+s.Found(), "write : and the value")
		}
		s.at++
		return s.within(step{name: name, field: true}, func() error { return member(name, at) })
	})
}

// List reads a list, each of its values by item, with Path set to it.
func (s *Reader) List(remedy string, item func() error) error {
	if s.Next() != '[' {
		return s.Unfit(remedy)
	}
	return s.elements(']', func(index int) error { return s.within(step{index: index}, item) })
}

// elements reads what stands between two brackets, with commas between.
func (s *Reader) elements(closing byte, read func(index int) error) error {
	opened := s.at
	s.at++
	if s.Next() == closing {
		s.at++
		return nil
	}
	for index := 0; ; index++ {
		if err := read(index); err != nil {
			return err
		}
		switch s.Next() {
		case closing:
			s.at++
			return nil
		case ',':
			s.at++
		default:
			return s.unclosed(opened, closing)
		}
		if s.Next() == closing {
			return s.Mistake(s.at, "nothing follows the last comma", "take the comma out")
		}
	}
}

func (s *Reader) unclosed(opened int, closing byte) error {
	if s.at < len(s.data) {
		return s.Mistake(s.at, fmt.Sprintf("%s stands where a comma or %c must", s.Found(), closing), "write one of the two here")
	}
	line, column := position(s.data, opened)
	return s.Mistake(s.at, fmt.Sprintf("the file ends too early: what begins at line %d, column %d is still open", line, column),
		fmt.Sprintf("close it with %c", closing))
}

// within reads a value one step further down.
func (s *Reader) within(next step, read func() error) error {
	if len(s.path) == maxDepth {
		return s.Mistake(s.at, fmt.Sprintf("lists and objects stand more than %d deep in each other", maxDepth), "make it flatter")
	}
	s.path = append(s.path, next)
	if err := read(); err != nil {
		return err
	}
	s.path = s.path[:len(s.path)-1]
	return nil
}

// Ignore reads any value and forgets it.
func (s *Reader) Ignore() error {
	const remedy = "write a JSON value"
	switch first := s.Next(); first {
	case '{':
		return s.Object(remedy, func(string, int) error { return s.Ignore() })
	case '[':
		return s.List(remedy, s.Ignore)
	case '"':
		_, err := s.Text(remedy)
		return err
	case 't', 'f', 'n':
		if word := s.word(); word == "true" || word == "false" || word == "null" {
			s.at += len(word)
			return nil
		}
		return s.Unfit(remedy)
	default:
		_, err := s.Number(remedy)
		return err
	}
}

// Truth reads true or false.
func (s *Reader) Truth() (bool, error) {
	s.Next()
	word := s.word()
	if word != "true" && word != "false" {
		return false, s.Unfit("write true or false")
	}
	s.at += len(word)
	return word == "true", nil
}

// Number reads a number as it is written.
func (s *Reader) Number(remedy string) (string, error) {
	first := s.Next()
	if first != '-' && !isDigit(first) {
		return "", s.Unfit(remedy)
	}
	word := s.word()
	if !isNumber(word) {
		return "", s.Mistake(s.at, Shortened(word)+" is not a number of JSON", remedy)
	}
	s.at += len(word)
	return word, nil
}

// word is the run of letters, digits and signs that begins here.
func (s *Reader) word() string {
	end := s.at
	for end < len(s.data) && (isPlain(string(s.data[end:end+1])) || s.data[end] == '-' || s.data[end] == '+' || s.data[end] == '.') {
		end++
	}
	return string(s.data[s.at:end])
}

// isNumber reports whether a word is a number: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?
func isNumber(word string) bool {
	rest := word
	if rest != "" && rest[0] == '-' {
		rest = rest[1:]
	}
	whole := digitsAhead(rest)
	if whole == 0 || whole > 1 && rest[0] == '0' {
		return false
	}
	rest = rest[whole:]
	if rest != "" && rest[0] == '.' {
		count := digitsAhead(rest[1:])
		if count == 0 {
			return false
		}
		rest = rest[1+count:]
	}
	if rest == "" {
		return true
	}
	return (rest[0] == 'e' || rest[0] == 'E') && isExponent(rest[1:])
}

func isExponent(rest string) bool {
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	return rest != "" && digitsAhead(rest) == len(rest)
}

func digitsAhead(text string) int {
	for at := range len(text) {
		if !isDigit(text[at]) {
			return at
		}
	}
	return len(text)
}

func isDigit(letter byte) bool { return '0' <= letter && letter <= '9' }

// Unfit is the mistake of a value that is not of the kind that belongs here.
func (s *Reader) Unfit(remedy string) error {
	return s.Mistake(s.at, s.Found()+" does not belong here", remedy)
}

// Found says what begins here.
func (s *Reader) Found() string {
	switch first := s.Next(); {
	case s.at == len(s.data):
		return "the end of the file"
	case first == '{':
		return "an object"
	case first == '[':
		return "a list"
	case first == '"':
		return "a text"
	case first == '-' || isDigit(first):
		return "the number " + Shortened(s.word())
	}
	if word := s.word(); word != "" {
		return Shortened(word)
	}
	letter, _ := utf8.DecodeRune(s.data[s.at:])
	return fmt.Sprintf("the character %q", letter)
}

// At is the byte at which reading goes on.
func (s *Reader) At() int { return s.at }
