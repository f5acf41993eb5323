// Package calendar holds civil dates and the months between them. A date is a day of an account's own
// time zone; it has no hour, and no clock is read here.
package calendar

import (
	"errors"
	"time"
)

// ErrDate says that a text is not a date as Parse reads it.
var ErrDate = errors.New("a date is written YYYY-MM-DD, exists, and lies from 1900 to 2999")

const (
	firstYear = 1900
	lastYear  = 2999
)

// Date is a day of the Gregorian calendar. Its zero value is no date.
type Date struct{ number int32 } // days since 31 December of the year 0

// Parse reads a date written as 2026-01-31, from 1900-01-01 to 2999-12-31.
func Parse(text string) (Date, error) {
	if len(text) != len("2006-01-02") || text[4] != '-' || text[7] != '-' {
		return Date{}, ErrDate
	}
	year, month, day := digits(text[:4]), digits(text[5:7]), digits(text[8:])
	if year < firstYear || year > lastYear || month < 1 || month > 12 || day < 1 || day > DaysIn(year, month) {
		return Date{}, ErrDate
	}
	return Of(year, month, day), nil
}

// Must is Parse for dates that are written in the program.
func Must(text string) Date {
	date, err := Parse(text)
	if err != nil {
		panic("calendar: " + err.Error())
	}
	return date
}

// Of is the date of a year, month and day that exist.
func Of(year, month, day int) Date {
	shifted := year
	if month <= 2 {
		shifted--
	}
	era := shifted / 400
	yearOfEra := shifted - era*400
	dayOfYear := (153*((month+9)%12)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return Date{int32(era*146097 + dayOfEra - 305)}
}

// In is the date that an instant has in a zone.
func In(instant time.Time, zone *time.Location) Date {
	year, month, day := instant.In(zone).Date()
	return Of(year, int(month), day)
}

// Civil is the date's year, month and day.
func (d Date) Civil() (year, month, day int) {
	shifted := int(d.number) + 305
	era := shifted / 146097
	dayOfEra := shifted - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shiftedMonth := (5*dayOfYear + 2) / 153
	day = dayOfYear - (153*shiftedMonth+2)/5 + 1
	month = (shiftedMonth+2)%12 + 1
	year = yearOfEra + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

// Day is the day of the month, 1 to 31.
func (d Date) Day() int {
	_, _, day := d.Civil()
	return day
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d.number == 0 }

// Before reports whether d comes before e.
func (d Date) Before(e Date) bool { return d.number < e.number }

// After reports whether d comes after e.
func (d Date) After(e Date) bool { return d.number > e.number }

// Compare orders two dates as cmp.Compare does.
func (d Date) Compare(e Date) int { return int(d.number) - int(e.number) }

// Plus is the date some days later, or earlier.
func (d Date) Plus(days int) Date { return Date{d.number + int32(days)} }

// Until is how many days lie from d to e.
func (d Date) Until(e Date) int { return int(e.number - d.number) }

// NextMonth is the day of the following month that an anchor names: min(anchor, the month's last day)
// (billing.md 3). 31 January, 28 February, 31 March.
func (d Date) NextMonth(anchor int) Date {
	year, month, _ := d.Civil()
	if month++; month > 12 {
		year, month = year+1, 1
	}
	return Of(year, month, min(anchor, DaysIn(year, month)))
}

// Start is the instant at which the date begins in a zone. Where a zone has no midnight on that day,
// it is the first instant that has the date.
func (d Date) Start(zone *time.Location) time.Time {
	year, month, day := d.Civil()
	start := time.Date(year, time.Month(month), day, 0, 0, 0, 0, zone)
	for In(start, zone).Before(d) {
		start = start.Add(time.Hour)
	}
	return start
}

func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	year, month, day := d.Civil()
	text := []byte("0000-00-00")
	put(text[:4], year)
	put(text[5:7], month)
	put(text[8:], day)
	return string(text)
}

// MarshalText writes the date as YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a date as Parse does.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	*d = parsed
	return err
}

// DaysIn is the length of a month in days.
func DaysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

func digits(text string) int {
	number := 0
	for _, digit := range []byte(text) {
		if digit < '0' || digit > '9' {
			return -1
		}
		number = number*10 + int(digit-'0')
	}
	return number
}

func put(text []byte, number int) {
	for at := len(text) - 1; at >= 0; at-- {
		text[at] = byte('0' + number%10)
		number /= 10
	}
}
