package settlement

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/giftcode"
	"scrip/money"
	"scrip/retail"
)

// Limits of what stands in a row. So many of the largest amounts as a file has rows add up to what an amount can hold.
const (
	mostDigits  = 18
	mostAmount  = 1_000_000_000_000
	longestCell = 64
)

// row reads a line that tells of a transaction.
func (f *reader) row(at line) {
	if says := f.parted(&at); says != "" {
		f.mistake(at, "", says)
		return
	}
	before := f.wrong.All
	told := map[catalog.Field]string{}
	for _, field := range catalog.FileFields {
		text := f.cell(at, field)
		if says := damaged(text); says != "" {
			f.mistake(at, string(field), says)
		}
		told[field] = text
	}
	if f.wrong.All > before {
		return
	}
	row := Row{Line: at.number, Transaction: retail.Transaction{Retailer: f.Retailer.ID}}
	for _, field := range catalog.FileFields {
		if says := f.take(&row, field, told[field]); says != "" {
			f.mistake(at, string(field), says)
		}
	}
	if f.wrong.All == before {
		f.rows = append(f.rows, row)
	}
}

// parted finds the fields of a line, and tells what is wrong with it as a whole.
func (f *reader) parted(at *line) (says string) {
	switch {
	case strings.Trim(at.text, " ") == "":
		return "the line is empty: take it out"
	case f.Format == catalog.Fixed:
		if end := f.length(); len([]rune(at.text)) < end {
			return fmt.Sprintf("the line has fewer than %d characters, and so is cut: send the file whole", end)
		}
		return ""
	}
	if at.cells, says = f.split(at.text); says != "" {
		return says
	}
	switch {
	case f.Trailer != nil && at.cells[0] == f.Trailer.Mark:
		return "a trailer stands before the end: send one file, and nothing behind it"
	case len(at.cells) != f.width:
		return fmt.Sprintf("the line has %d fields, and there are %d columns: quote fields that hold the separator, or send the file whole", len(at.cells), f.width)
	}
	return ""
}

// length is where the last field of a line of fixed places ends.
func (f *reader) length() int {
	end := 0
	for _, place := range f.Fields {
		end = max(end, place.From-1+place.Length)
	}
	return end
}

func (f *reader) cell(at line, field catalog.Field) string {
	if f.Format == catalog.Fixed {
		text, _ := cut(at.text, f.Fields[field])
		return text
	}
	return at.cells[f.columns[f.Fields[field].Column]]
}

// damaged tells what is wrong with a field, whatever it is for; much of it is what spreadsheets do.
func damaged(text string) string {
	switch {
	case text == "":
		return "the field is empty: fill it"
	case len(text) > longestCell:
		return fmt.Sprintf("the field has more than %d characters: see whether its quotes are right", longestCell)
	case strings.ContainsFunc(text, unicode.IsControl):
		return "a control character stands in the field: take it out"
	case strings.TrimSpace(text) != text:
		return "spaces stand around the field: take them out"
	case strings.ContainsAny(text[:1], "=+@"):
		return "a formula stands here, as spreadsheets write it: export plain values"
	case exponent(text):
		return "a spreadsheet has written the number with an exponent, and its digits are lost: export the column as text"
	}
	return ""
}

// exponent reports whether a text is a number as 1.23E+15.
func exponent(text string) bool {
	whole, power, is := strings.Cut(strings.ToUpper(text), "E+")
	return is && whole != "" && power != "" && strings.Trim(whole, "0123456789.,") == "" && strings.Trim(power, "0123456789") == ""
}

// take puts a field into the row, and tells what is wrong with it. The operation is taken before the amount, whose sign
// depends on it.
func (f *reader) take(row *Row, field catalog.Field, text string) (says string) {
	of := &row.Transaction
	switch field {
	case catalog.FieldStore:
		of.Store, says = ident(text)
	case catalog.FieldTerminal:
		of.Terminal, says = ident(text)
	case catalog.FieldTransaction:
		of.ID, says = ident(text)
	case catalog.FieldAt:
		of.On, says = f.businessDate(text)
	case catalog.FieldOperation:
		of.Operation, row.Reversal, says = f.operation(text)
	case catalog.FieldSerial:
		row.Serial, says = serial(text)
	case catalog.FieldAmount:
		row.Value, says = f.value(*row, text)
	}
	return says
}

func ident(text string) (string, string) {
	if !retail.IsID(text) {
		return "", "write 1 to 64 letters, digits and . _ : -"
	}
	return text, ""
}

// operation is what a word of the file stands for, and whether it is the reversal of that.
func (f *reader) operation(text string) (operation retail.Operation, reversal bool, says string) {
	switch f.Operations[text] {
	case catalog.FileActivate:
		return retail.Activate, false, ""
	case catalog.FileVoid:
		return retail.Void, false, ""
	case catalog.FileReturn:
		return retail.Return, false, ""
	case catalog.FileReverse:
		return retail.Activate, true, ""
	}
	return "", false, "the retailer's operations in the catalogue have no such word: there are " + strings.Join(slices.Sorted(maps.Keys(f.Operations)), ", ")
}

// serial reads a card's serial number.
func serial(text string) (string, string) {
	read, err := giftcode.ParseSerial(text)
	if err == nil {
		return read.String(), ""
	}
	if _, err := giftcode.ParseSerial(strings.Repeat("0", max(0, serialDigits-len(text))) + text); err == nil {
		return "", "zeros at its beginning are lost, as spreadsheets drop them: export the column as text"
	}
	if len(text) == serialDigits && strings.HasSuffix(text, "0000") {
		return "", "its last digits are zeros, as spreadsheets round long numbers: export the column as text"
	}
	return "", "this is no card's serial number: write its 13 digits"
}

const serialDigits = 13

// value reads a row's amount. It is more than nothing; a file of signed amounts writes what takes value back with a minus.
func (f *reader) value(row Row, text string) (money.Amount, string) {
	minor, says := f.amount(text)
	takesBack := row.Reversal || row.Transaction.Operation != retail.Activate
	switch {
	case says != "":
	case minor == 0:
		says = "the amount is nothing: take the row out, or write what it is about"
	case !f.Signed && minor < 0:
		says = "the amount has a minus: leave it out, or say in the catalogue that the retailer's files are signed"
	case f.Signed && (minor < 0) != takesBack:
		says = "the sign is not that of the operation: write sales without a minus, and what takes value back with one"
	case minor > mostAmount || minor < -mostAmount:
		says = "the amount is larger than any card's: check it"
	}
	if says != "" {
		return money.Amount{}, says
	}
	f.total += minor
	return money.New(max(minor, -minor), f.Currency), ""
}

// amount reads an amount in minor units, as the file writes them.
func (f *reader) amount(text string) (minor int64, says string) {
	digits, negative := strings.CutPrefix(text, "-")
	if f.Amounts != catalog.MinorUnits {
		if digits, says = f.decimals(digits); says != "" {
			return 0, says
		}
	}
	minor, is := whole(digits)
	if !is {
		if f.Amounts == catalog.MinorUnits && strings.ContainsAny(digits, ".,") {
			return 0, "decimals stand here, where minor units are declared: write whole minor units"
		}
		return 0, "write digits alone, without a currency or separators of thousands"
	}
	if negative {
		minor = -minor
	}
	return minor, ""
}

// decimals takes the point out of an amount in major units, all of whose decimals must be there.
func (f *reader) decimals(text string) (digits, says string) {
	point, other := ".", ","
	if f.Amounts == catalog.DecimalComma {
		point, other = other, point
	}
	major, minor, _ := strings.Cut(text, point)
	switch count := f.Currency.Digits(); {
	case strings.Contains(text, other) && !strings.Contains(text, point):
		return "", fmt.Sprintf("the amount has %q where %q is declared: save it so, or mend the retailer's amounts in the catalogue", other, point)
	case len(minor) != count || count == 0 && major != text:
		return "", fmt.Sprintf("write the amount with all %d decimals of %s", count, f.Currency)
	}
	return major + minor, ""
}

// whole reads a number of digits alone.
func whole(text string) (int64, bool) {
	if text == "" || len(text) > mostDigits || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	number, err := strconv.ParseInt(text, 10, 64)
	return number, err == nil
}

// businessDate is the business date of a row, which is the file's, or lies somewhat before it.
func (f *reader) businessDate(text string) (calendar.Date, string) {
	on, says := f.date(text, f.Times)
	switch {
	case says != "":
	case on.After(f.Day):
		says = "the row is of a later day than the file: send it with that day's file"
	case on.Until(f.Day) > MostLate:
		says = fmt.Sprintf("the row is of more than %d days before the file's day: check the year and the order of day and month", MostLate)
	}
	return on, says
}

// date is the business date of a time in the file's form.
func (f *reader) date(text string, form catalog.TimeForm) (calendar.Date, string) {
	layout, zone := form.Layout(), f.Zone
	if f.UTC || !form.Clock() {
		zone = time.UTC
	}
	at, err := time.ParseInLocation(layout, text, zone)
	if err != nil || at.Format(layout) != text {
		if plain, err := time.Parse(layout, text); err == nil && plain.Format(layout) == text {
			return calendar.Date{}, "there was no such time where the shop is: the clocks went forward over it"
		}
		return calendar.Date{}, "write a time that exists, as " + string(form)
	}
	year, month, day := at.Date()
	on, err := calendar.Parse(fmt.Sprintf("%04d-%02d-%02d", year, month, day))
	if err != nil {
		return on, "write a year from 1900 to 2999"
	}
	if f.UTC && form.Clock() {
		on = calendar.In(at, f.Zone)
	}
	return on, ""
}
