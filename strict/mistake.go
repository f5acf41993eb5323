package strict

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Mistake is what is wrong with a text: where it stands, what it is, and what to do. Its
// message is one line without control characters, whatever the file holds.
type Mistake struct {
	Path         string // as in events[3].amount; empty for the file as a whole
	Line, Column int    // from 1; columns count characters
	Problem      string
	Remedy       string
	Strange      bool // the path ends with a name that belongs nowhere
}

func (m *Mistake) Error() string {
	return fmt.Sprintf("%s: %s; %s", m.place(), m.Problem, m.Remedy)
}

func (m *Mistake) place() string {
	position := fmt.Sprintf("line %d, column %d", m.Line, m.Column)
	if m.Path == "" {
		return position
	}
	return m.Path + " (" + position + ")"
}

// path names a value by the fields and the places in lists that lead to it.
type path []step

// step is a field's name, or, where that is empty, a place in a list.
type step struct {
	name  string
	index int
	field bool
}

// longestPath is how many steps a message tells. Every field that is not ignored has fewer.
const longestPath = 12

func (p path) String() string {
	var text strings.Builder
	for i, s := range p {
		if i == longestPath {
			return text.String() + "…"
		}
		switch {
		case !s.field:
			fmt.Fprintf(&text, "[%d]", s.index)
		case !isPlain(s.name):
			fmt.Fprintf(&text, "[%s]", Quoted(s.name))
		case text.Len() == 0:
			text.WriteString(s.name)
		default:
			text.WriteString("." + s.name)
		}
	}
	return text.String()
}

// isPlain reports whether a field's name can stand in a path without quotes.
func isPlain(name string) bool {
	for _, letter := range []byte(name) {
		plain := letter == '_' || '0' <= letter && letter <= '9' ||
			'a' <= letter && letter <= 'z' || 'A' <= letter && letter <= 'Z'
		if !plain {
			return false
		}
	}
	return name != "" && len(name) <= longestQuote
}

// longestQuote is how many characters of a file's own text a message repeats.
const longestQuote = 40

// Quoted repeats a text of the file in a message: in quotes, shortened, control characters escaped.
func Quoted(text string) string { return strconv.Quote(Shortened(text)) }

func Shortened(text string) string {
	if utf8.RuneCountInString(text) <= longestQuote {
		return text
	}
	ahead := text[:min(len(text), longestQuote*utf8.UTFMax)]
	return string([]rune(ahead)[:longestQuote]) + "…"
}

// position is the line and the column at which a byte stands.
func position(data []byte, at int) (line, column int) {
	before := data[:min(at, len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}) + 1, utf8.RuneCount(before[start:]) + 1
}
