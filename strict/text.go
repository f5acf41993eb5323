package strict

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Text reads a text, its escapes resolved.
func (s *Reader) Text(remedy string) (string, error) {
	if s.Next() != '"' {
		return "", s.Unfit(remedy)
	}
	opened := s.at
	end := opened + 1 + bytes.IndexAny(s.data[opened+1:], "\"\\")
	if end > opened && s.data[end] == '"' {
		s.at = end + 1
		return string(s.data[opened+1 : end]), s.printable(opened+1, end)
	}
	return s.escapedText(opened)
}

// printable finds a control character that stands in a text as it is.
func (s *Reader) printable(from, to int) error {
	for at := from; at < to; at++ {
		if s.data[at] < ' ' {
			return s.Mistake(at, fmt.Sprintf("the control character %q stands in a text", s.data[at]),
				fmt.Sprintf("write it as \\u%04x, or close the text before it", s.data[at]))
		}
	}
	return nil
}

func (s *Reader) escapedText(opened int) (string, error) {
	var text []byte
	for s.at = opened + 1; s.at < len(s.data); {
		switch letter := s.data[s.at]; {
		case letter == '"':
			s.at++
			return string(text), nil
		case letter == '\\':
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			text = utf8.AppendRune(text, r)
		default:
			if err := s.printable(s.at, s.at+1); err != nil {
				return "", err
			}
			text = append(text, letter)
			s.at++
		}
	}
	return "", s.Mistake(opened, "the text that begins here never ends", `close it with a double quote`)
}

// escape reads a backslash and what it stands for.
func (s *Reader) escape() (rune, error) {
	if s.at+1 < len(s.data) {
		letter := s.data[s.at+1]
		if letter == 'u' {
			return s.codePoint()
		}
		if at := bytes.IndexByte([]byte(`"\/bfnrt`), letter); at >= 0 {
			s.at += 2
			return rune("\"\\/\b\f\n\r\t"[at]), nil
		}
	}
	return 0, s.Mistake(s.at, "a backslash begins nothing that JSON knows", `write a backslash itself as \\`)
}

// codePoint reads \uXXXX, and two of them where they make one character.
func (s *Reader) codePoint() (rune, error) {
	at := s.at
	first, ok := s.unit()
	if !ok {
		return 0, s.Mistake(at, `four hexadecimal digits must stand behind \u`, `write as in \u00e9`)
	}
	if !utf16.IsSurrogate(first) {
		return first, nil
	}
	if second, ok := s.unit(); ok {
		if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
			return r, nil
		}
	}
	return 0, s.Mistake(at, "half of a surrogate pair is no character", `write both halves, as in \ud83c\udf81, or the character itself`)
}

func (s *Reader) unit() (rune, bool) {
	const length = len(`\u0000`)
	if s.at+length > len(s.data) || s.data[s.at] != '\\' || s.data[s.at+1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(s.data[s.at+2:s.at+length]), 16, 16)
	if err != nil {
		return 0, false
	}
	s.at += length
	return rune(unit), true
}
