package cardfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const (
	// mostLine is how many bytes a line has at most.
	mostLine = 64 << 10
	// mostLines is over how many lines a row goes at most, where quotes hold line breaks.
	mostLines = 20
	// looked is how much of a file shows whether it is UTF-16 without a mark.
	looked = 512
)

// latin is the note of a file that has lines that are not UTF-8.
const latin = "Latin-1"

// lines are a file's lines, whatever ends them, in UTF-8 without marks.
type lines struct {
	from   *bufio.Reader
	number int
	again  []line // that were read, and are to be read once more
	notes  []string
}

type line struct {
	number int
	text   string
}

// decoded are the lines of a file in UTF-8, in UTF-16, or in Windows' Latin-1.
func decoded(source io.Reader) (*lines, error) {
	from := bufio.NewReaderSize(source, mostLine)
	begins, err := from.Peek(looked)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	l := &lines{from: from}
	decoder, note := encodingOf(begins)
	if note != "" {
		l.notes = append(l.notes, note)
	}
	if decoder != nil {
		l.from = bufio.NewReaderSize(decoder.Reader(from), mostLine)
	}
	return l, nil
}

// encodingOf is the decoder of a file that begins so, where it needs one.
func encodingOf(begins []byte) (*encoding.Decoder, string) {
	switch marked := string(begins[:min(3, len(begins))]); {
	case marked == "\xEF\xBB\xBF":
		return unicode.UTF8BOM.NewDecoder(), "with a byte order mark"
	case strings.HasPrefix(marked, "\xFF\xFE"), strings.HasPrefix(marked, "\xFE\xFF"):
		return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder(), "UTF-16"
	}
	var zeros [2]int
	for at, b := range begins {
		if b == 0 {
			zeros[at%2]++
		}
	}
	switch third := len(begins) / 3; {
	case zeros[1] > third:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder(), "UTF-16"
	case zeros[0] > third:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder(), "UTF-16"
	}
	return nil, ""
}

// next is the next line, or io.EOF.
func (l *lines) next() (line, error) {
	if len(l.again) > 0 {
		first := l.again[0]
		l.again = l.again[1:]
		return first, nil
	}
	text, err := l.read()
	if err != nil {
		return line{}, err
	}
	l.number++
	if !utf8.ValidString(text) {
		if !slices.Contains(l.notes, latin) {
			l.notes = append(l.notes, latin)
		}
		text, err = charmap.Windows1252.NewDecoder().String(text)
	}
	return line{l.number, text}, err
}

// read is a line up to a line feed, a carriage return, or both.
func (l *lines) read() (string, error) {
	var text []byte
	for {
		b, err := l.from.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && len(text) > 0:
			return string(text), nil
		case err != nil:
			return "", err
		case b == '\r':
			if next, err := l.from.Peek(1); err == nil && next[0] == '\n' {
				_, err = l.from.Discard(1)
				return string(text), err
			}
			return string(text), nil
		case b == '\n':
			return string(text), nil
		case len(text) == mostLine:
			return "", fmt.Errorf("line %d has more than %d bytes: this is no CSV file", l.number+1, mostLine)
		}
		text = append(text, b)
	}
}

// row are the cells of the next line that has some; of several lines, where quotes hold line breaks. Line is where it
// begins. A quote that is not closed within mostLines is a mistake of its own line alone.
func (l *lines) row(separator byte) (cells []string, number int, mistake *Mistake, err error) {
	for {
		first, err := l.next()
		if err != nil {
			return nil, 0, nil, err
		}
		text, more := first.text, []line(nil)
		cells, shape := split(text, separator)
		for shape == open && len(more) < mostLines && len(text) < mostLine {
			next, err := l.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, 0, nil, err
			}
			text, more = text+"\n"+next.text, append(more, next)
			cells, shape = split(text, separator)
		}
		switch {
		case shape == open:
			l.again = append(more, l.again...)
			return nil, first.number, quoteOpen.at(first.number), nil
		case shape == torn:
			return nil, first.number, quoteTorn.at(first.number), nil
		case !blank(cells):
			return cells, first.number, nil, nil
		}
	}
}

// shape is how the quotes of a row stand.
type shape int

const (
	sound shape = iota
	open        // the last one is not closed
	torn        // something stands behind a closing quote
)

// split cuts a row into its cells. A quote within a cell that does not begin with one is a character as any other.
func split(text string, separator byte) (cells []string, is shape) {
	for {
		if !strings.HasPrefix(text, `"`) {
			cell, rest, more := strings.Cut(text, string(separator))
			cells = append(cells, cell)
			if !more {
				return cells, sound
			}
			text = rest
			continue
		}
		cell, rest, closed := unquoted(text[1:])
		cells = append(cells, cell)
		switch {
		case !closed:
			return cells, open
		case rest == "":
			return cells, sound
		case rest[0] != separator:
			return cells, torn
		}
		text = rest[1:]
	}
}

// unquoted is what stands up to the closing quote, in which two quotes are one.
func unquoted(text string) (cell, rest string, closed bool) {
	var whole strings.Builder
	for {
		part, behind, found := strings.Cut(text, `"`)
		whole.WriteString(part)
		if !found {
			return whole.String(), "", false
		}
		if !strings.HasPrefix(behind, `"`) {
			return whole.String(), behind, true
		}
		whole.WriteByte('"')
		text = behind[1:]
	}
}

// blank reports whether no cell holds anything.
func blank(cells []string) bool {
	for _, cell := range cells {
		if tidied(cell) != "" {
			return false
		}
	}
	return true
}

// separators are what may stand between cells.
const separators = ",;\t|"

// separatorOf is the one that a header has most of, the comma where it has none. Excel may name it on a line before.
func separatorOf(header string) byte {
	most, count := byte(','), 0
	for _, separator := range []byte(separators) {
		if cells, _ := split(header, separator); len(cells)-1 > count {
			most, count = separator, len(cells)-1
		}
	}
	return most
}
