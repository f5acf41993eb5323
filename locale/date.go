package locale

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"scrip/calendar"
)

type datesFile struct {
	Date             string
	ShortDate        string
	MonthDay         string
	Month            string
	Time             string
	DateTime         string
	Months           []string
	ShortMonths      []string
	AloneMonths      []string
	AloneShortMonths []string
	AM, PM           string
}

// dates is how a language writes dates.
type dates struct {
	date, shortDate, monthDay, month, time datePattern
	between                                string // the date and the time
	names                                  datesFile
}

// A datePattern is text and fields in turn, as CLDR writes them: d, MMMM, y, h, mm, a.
type datePattern []datePart

// A datePart is plain text, or a field if it has a letter.
type datePart struct {
	text   string
	letter byte
	width  int
}

// A moment is what the fields of a pattern are filled from.
type moment struct{ year, month, day, hour, minute int }

// Date writes a date in full, as in "January 31, 2026". No date is an empty text.
func (l *Language) Date(date calendar.Date) string { return l.write(l.dates.date, date) }

// ShortDate writes a date with a short month, as in "Jan 31, 2026".
func (l *Language) ShortDate(date calendar.Date) string { return l.write(l.dates.shortDate, date) }

// MonthDay writes a date without its year, as in "January 31".
func (l *Language) MonthDay(date calendar.Date) string { return l.write(l.dates.monthDay, date) }

// Month writes a date's month and year, as in "January 2026".
func (l *Language) Month(date calendar.Date) string { return l.write(l.dates.month, date) }

// MonthShort is the short name of a date's month alone, as in "Jan".
func (l *Language) MonthShort(date calendar.Date) string {
	return l.write(datePattern{{letter: 'L', width: 3}}, date)
}

// DateTime writes an instant in a zone with a short month, as in "Jan 31, 2026, 5:04 PM".
func (l *Language) DateTime(instant time.Time, zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	local := instant.In(zone)
	year, month, day := local.Date()
	at := moment{year, int(month), day, local.Hour(), local.Minute()}
	return l.dates.write(l.dates.shortDate, at) + l.dates.between + l.dates.write(l.dates.time, at)
}

func (l *Language) write(pattern datePattern, date calendar.Date) string {
	if date.IsZero() {
		return ""
	}
	year, month, day := date.Civil()
	return l.dates.write(pattern, moment{year: year, month: month, day: day})
}

func (d *dates) write(pattern datePattern, at moment) string {
	var text strings.Builder
	for _, part := range pattern {
		text.WriteString(d.part(part, at))
	}
	return text.String()
}

func (d *dates) part(part datePart, at moment) string {
	switch part.letter {
	case 0:
		return part.text
	case 'y':
		return strconv.Itoa(at.year)
	case 'M', 'L':
		return d.monthName(part, at.month)
	case 'd':
		return padded(at.day, part.width)
	case 'H':
		return padded(at.hour, part.width)
	case 'h':
		return padded((at.hour+11)%12+1, part.width)
	case 'm':
		return padded(at.minute, part.width)
	}
	if at.hour < 12 {
		return d.names.AM
	}
	return d.names.PM
}

func (d *dates) monthName(part datePart, month int) string {
	switch {
	case part.width < 3:
		return padded(month, part.width)
	case part.letter == 'M' && part.width == 3:
		return d.names.ShortMonths[month-1]
	case part.letter == 'M':
		return d.names.Months[month-1]
	case part.width == 3:
		return d.names.AloneShortMonths[month-1]
	}
	return d.names.AloneMonths[month-1]
}

func padded(number, width int) string {
	text := strconv.Itoa(number)
	return strings.Repeat("0", max(0, width-len(text))) + text
}

func newDates(read datesFile) (dates, error) {
	d := dates{names: read}
	for _, names := range [][]string{read.Months, read.ShortMonths, read.AloneMonths, read.AloneShortMonths} {
		if len(names) != 12 {
			return d, errors.New("the months are not twelve")
		}
	}
	before, isLast := strings.CutPrefix(read.DateTime, "{1}")
	between, isFirst := strings.CutSuffix(before, "{0}")
	if !isFirst || !isLast {
		return d, fmt.Errorf("date and time pattern %q is not {1}…{0}", read.DateTime)
	}
	d.between = unquote(between)
	patterns := []*datePattern{&d.date, &d.shortDate, &d.monthDay, &d.month, &d.time}
	for at, text := range []string{read.Date, read.ShortDate, read.MonthDay, read.Month, read.Time} {
		var err error
		if *patterns[at], err = newDatePattern(text); err != nil {
			return d, err
		}
	}
	return d, nil
}

// newDatePattern reads CLDR's "d 'de' MMMM y", in which ” is an apostrophe.
func newDatePattern(pattern string) (datePattern, error) {
	var parts datePattern
	for rest := pattern; rest != ""; {
		part, length := nextPart(rest)
		if part.letter != 0 && !strings.ContainsRune("yMLdHhma", rune(part.letter)) {
			return nil, fmt.Errorf("date pattern %q has an unknown field %q", pattern, part.letter)
		}
		parts = append(parts, part)
		rest = rest[length:]
	}
	return parts, nil
}

// nextPart is the part with which a pattern begins, and how many bytes of the pattern it is.
func nextPart(pattern string) (datePart, int) {
	letter := pattern[0]
	switch {
	case letter == '\'':
		end := strings.IndexByte(pattern[1:], '\'')
		if end < 0 {
			return datePart{text: pattern[1:]}, len(pattern)
		}
		return datePart{text: unquote(pattern[:end+2])}, end + 2
	case isLetter(letter):
		width := 1
		for width < len(pattern) && pattern[width] == letter {
			width++
		}
		return datePart{letter: letter, width: width}, width
	}
	width := 1
	for width < len(pattern) && pattern[width] != '\'' && !isLetter(pattern[width]) {
		width++
	}
	return datePart{text: pattern[:width]}, width
}

func unquote(text string) string {
	if text == "''" {
		return "'"
	}
	return strings.ReplaceAll(text, "'", "")
}

func isLetter(letter byte) bool {
	return letter >= 'a' && letter <= 'z' || letter >= 'A' && letter <= 'Z'
}
