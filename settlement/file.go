package settlement

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
)

// The limits of a file. Rows of days before the file's come late, up to so many days.
const (
	MostBytes = 16 << 20
	MostRows  = 200_000
	MostLate  = 31
)

// File is a file that was read.
type File struct {
	Day  calendar.Date
	Rows []Row
}

// Reading is how a file is read: as its retailer writes it, in the zone of its shops. The day may be zero where the
// file's header tells it.
type Reading struct {
	Retailer catalog.Retailer // that has a Settlement
	Zone     *time.Location
	Day      calendar.Date
}

// Read reads a file strictly. Its error is *Unreadable, and then nothing of it counts.
func (r Reading) Read(text string) (File, error) {
	f := reader{Reading: r, Settlement: r.Retailer.Settlement, wrong: &Unreadable{}}
	f.read(text)
	if f.wrong.All > 0 {
		return File{}, f.wrong
	}
	return File{f.Day, f.rows}, nil
}

// reader is a file that is being read.
type reader struct {
	Reading
	*catalog.Settlement
	columns map[string]int // of a CSV file, by their names
	width   int            // how many columns there are
	rows    []Row
	total   int64 // of the amounts as they are written
	told    bool  // the header says of which day the file is
	wrong   *Unreadable
}

// line is a line of the file, by its number.
type line struct {
	number int
	text   string
	cells  []string // of a CSV file
}

func (f *reader) mistake(at line, field, says string) { f.wrong.add(Mistake{at.number, field, says}) }

func (f *reader) read(text string) {
	if says := f.unfit(text); says != "" {
		f.wrong.add(Mistake{Says: says})
		return
	}
	rows, last, whole := f.edges(linesOf(text))
	switch {
	case !whole:
		return
	case f.Day.IsZero():
		f.wrong.add(Mistake{Says: "nothing says of which day the file is: name the day"})
		return
	}
	if f.Format == catalog.CSV {
		if len(rows) == 0 {
			f.mistake(last, "names", "the line of the columns' names is missing: add it")
			return
		}
		if !f.names(rows[0]) {
			return
		}
		rows = rows[1:]
	}
	for _, at := range rows {
		f.row(at)
	}
	if f.Trailer != nil {
		f.trailer(last, len(rows))
	}
	f.sameDay()
}

// sameDay finds a file all of whose rows are of another day, where nothing else in it says of which it is.
func (f *reader) sameDay() {
	own := func(row Row) bool { return row.Transaction.On == f.Day }
	if f.told || f.wrong.All > 0 || len(f.rows) == 0 || slices.ContainsFunc(f.rows, own) {
		return
	}
	f.wrong.add(Mistake{Says: fmt.Sprintf("no row of the file is of %s: name its day, or send the right file", f.Day)})
}

// unfit tells what is wrong with a text before any line of it is read.
func (f *reader) unfit(text string) string {
	switch {
	case text == "":
		return "the file is empty: send it whole"
	case len(text) > MostBytes:
		return fmt.Sprintf("the file is larger than %d MiB: send one day's alone", MostBytes>>20)
	case strings.HasPrefix(text, "\ufeff"):
		return "the file begins with a byte order mark, as spreadsheets write it: save it as UTF-8 without one"
	case strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff"):
		return "the file is UTF-16, as spreadsheets save Unicode text: save it as UTF-8"
	case !utf8.ValidString(text):
		return "the file is not UTF-8: save it as UTF-8"
	case !strings.Contains(text, "\n") && strings.Contains(text, "\r"):
		return "its lines end with a carriage return alone: end them with a line feed"
	case strings.Count(text, "\n") > MostRows:
		return fmt.Sprintf("the file has more than %d lines: send one day's alone", MostRows)
	case f.Trailer == nil && !strings.HasSuffix(text, "\n"):
		return "the last line has no end, so that the file may be cut: send it whole, with a line feed at its end"
	}
	return ""
}

// linesOf are the lines of a text, that end with a line feed or with a carriage return and one.
func linesOf(text string) []line {
	var lines []line
	for part := range strings.Lines(text) {
		part = strings.TrimSuffix(strings.TrimSuffix(part, "\n"), "\r")
		lines = append(lines, line{number: len(lines) + 1, text: part})
	}
	return lines
}

// edges reads the header, and gives the lines behind it up to the trailer, and the last line.
func (f *reader) edges(lines []line) (rows []line, last line, whole bool) {
	last = lines[len(lines)-1]
	if f.Trailer != nil {
		if !f.begins(last, f.Trailer.Mark) {
			f.mistake(last, "trailer", "the file ends without its trailer, and so is cut: send it whole")
			return nil, last, false
		}
		lines = lines[:len(lines)-1]
	}
	if f.Header != nil {
		if len(lines) == 0 || !f.begins(lines[0], f.Header.Mark) || !f.header(lines[0]) {
			f.wrong.add(Mistake{1, "header", "the header is missing or incomplete: send the file whole, from its first line on"})
			return nil, last, false
		}
		lines = lines[1:]
	}
	return lines, last, f.wrong.All == 0
}

// begins reports whether a line begins with a mark: a CSV file's as its first field.
func (f *reader) begins(at line, mark string) bool {
	if f.Format == catalog.Fixed {
		return strings.HasPrefix(at.text, mark)
	}
	cells, says := f.split(at.text)
	return says == "" && cells[0] == mark
}

// edge is what stands at a place of the header or the trailer.
func (f *reader) edge(at line, place catalog.Place) (string, bool) {
	if f.Format == catalog.Fixed {
		return cut(at.text, place)
	}
	cells, says := f.split(at.text)
	if says != "" || len(cells) < place.From {
		return "", false
	}
	return cells[place.From-1], true
}

// header reads whose file it is and of which day, and reports whether the line has both.
func (f *reader) header(at line) bool {
	if f.Header.Retailer != (catalog.Place{}) {
		named, there := f.edge(at, f.Header.Retailer)
		if !there {
			return false
		}
		if named != f.KnownAs {
			f.mistake(at, "header", "the file is another retailer's: name that one, or send the right file")
		}
	}
	if f.Header.Day == (catalog.Place{}) {
		return true
	}
	text, there := f.edge(at, f.Header.Day)
	if !there {
		return false
	}
	day, says := f.date(text, f.Days)
	switch {
	case says != "":
		f.mistake(at, "header", "the day: "+says)
	case !f.Day.IsZero() && day != f.Day:
		f.mistake(at, "header", fmt.Sprintf("the file is of %s, and %s was named: name its day, or send the right file", day, f.Day))
	default:
		f.Day, f.told = day, true
	}
	return true
}

// trailer compares what the trailer says with the rows. Their sum is known only where all could be read.
func (f *reader) trailer(at line, rows int) {
	if f.Trailer.Count != (catalog.Place{}) {
		f.counted(at, rows)
	}
	if f.Trailer.Total == (catalog.Place{}) || f.wrong.All > 0 {
		return
	}
	text, there := f.edge(at, f.Trailer.Total)
	switch total, says := f.amount(text); {
	case !there || says != "":
		f.mistake(at, "trailer", "the total cannot be read: write it as the amounts are written")
	case total != f.total:
		f.mistake(at, "trailer", fmt.Sprintf("the total is not the sum of the rows, which is %s: send the file whole", money.New(f.total, f.Currency)))
	}
}

func (f *reader) counted(at line, rows int) {
	text, there := f.edge(at, f.Trailer.Count)
	if count, is := whole(text); !there || !is {
		f.mistake(at, "trailer", "the count of rows cannot be read: write a whole number")
	} else if count != int64(rows) {
		f.mistake(at, "trailer", fmt.Sprintf("the count is not that of the rows, of which there are %d: send the file whole", rows))
	}
}

// names reads the names of a CSV file's columns.
func (f *reader) names(at line) bool {
	cells, says := f.split(at.text)
	if says != "" {
		f.mistake(at, "names", says)
		return false
	}
	f.columns, f.width = map[string]int{}, len(cells)
	for _, field := range catalog.FileFields {
		name := f.Fields[field].Column
		index := slices.Index(cells, name)
		switch {
		case index < 0 && len(cells) == 1 && strings.ContainsAny(at.text, catalog.Separators):
			f.mistake(at, "names", fmt.Sprintf("the columns are parted otherwise than by %q, as a spreadsheet may save them: save the file so", f.Separator))
			return false
		case index < 0:
			f.mistake(at, "names", fmt.Sprintf("the column %q is missing: add it, or mend the retailer's fields in the catalogue", name))
		case slices.Contains(cells[index+1:], name):
			f.mistake(at, "names", fmt.Sprintf("the column %q stands here twice: keep one", name))
		}
		f.columns[name] = index
	}
	return f.wrong.All == 0
}

// split parts a line of a CSV file, and tells what is wrong with it.
func (f *reader) split(text string) (cells []string, says string) {
	separator := string(f.Separator)
	for {
		cell, rest, more := strings.Cut(text, separator)
		if strings.HasPrefix(text, `"`) {
			if cell, rest, says = unquote(text[1:]); says != "" {
				return nil, says
			}
			if rest, more = strings.CutPrefix(rest, separator); !more && rest != "" {
				return nil, "text stands behind a closing double quote: double the quotes within a field"
			}
		} else if strings.Contains(cell, `"`) {
			return nil, "a double quote stands within a field: put the field in quotes, and double it"
		}
		if cells = append(cells, cell); !more {
			return cells, ""
		}
		text = rest
	}
}

// unquote reads up to the quote that closes a field.
func unquote(text string) (cell, rest, says string) {
	for {
		part, behind, closed := strings.Cut(text, `"`)
		if !closed {
			return "", "", "a quoted field does not end on its line: take the line break out of it, or send the file whole"
		}
		cell += part
		if text, closed = strings.CutPrefix(behind, `"`); !closed {
			return cell, behind, ""
		}
		cell += `"`
	}
}

// cut is what stands at a place of a line of fixed places, without the spaces around it.
func cut(text string, place catalog.Place) (string, bool) {
	letters := []rune(text)
	end := place.From - 1 + place.Length
	if len(letters) < end {
		return "", false
	}
	return strings.Trim(string(letters[place.From-1:end]), " "), true
}
