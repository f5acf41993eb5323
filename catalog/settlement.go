package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"scrip/money"
)

// Settlement is how a retailer writes its file of a business day: what stands where, and what its words mean.
type Settlement struct {
	Format    FileFormat
	Separator rune // of a CSV file
	// KnownAs is what the file calls the retailer; where nothing is said, it is the retailer's id.
	KnownAs    string
	Fields     map[Field]Place
	Operations map[string]FileOperation // by the file's words
	Currency   money.Currency           // of all amounts
	Amounts    AmountForm
	// Signed files write what takes value back with a minus.
	Signed bool
	Times  TimeForm // of a row
	UTC    bool     // the times are in UTC, and not of where the shop is
	Days   TimeForm // of the header
	Header *Header  // nil where the file has none
	// Trailer ends the file, and so tells that it is whole; nil where it has none.
	Trailer *Trailer
}

// FileFormat is how a file parts its fields.
type FileFormat string

// The formats.
const (
	CSV   FileFormat = "csv"   // by a separator; a line of names says which column is what
	Fixed FileFormat = "fixed" // by their places in the line
)

// Separators are what the fields of a CSV file may be parted by.
const Separators = ",;|\t"

// Field is what a file tells of a transaction.
type Field string

// The fields. Each row has all of them.
const (
	FieldStore       Field = "store"
	FieldTerminal    Field = "terminal"
	FieldTransaction Field = "transaction"
	FieldAt          Field = "at" // when it happened, or its business date
	FieldOperation   Field = "operation"
	FieldSerial      Field = "serial"
	FieldAmount      Field = "amount"
)

// FileFields are all fields.
var FileFields = []Field{FieldStore, FieldTerminal, FieldTransaction, FieldAt, FieldOperation, FieldSerial, FieldAmount}

// Place is where something stands in a line: in the column of a name, or in the field of a number, from 1; or, in a file
// of fixed places, from a character on, from 1, for a length.
type Place struct {
	Column string
	From   int
	Length int
}

// FileOperation is what a file's word stands for. A reversal bears its original's transaction.
type FileOperation string

// What tills do, as their files tell it.
const (
	FileActivate FileOperation = "activate"
	FileVoid     FileOperation = "void"
	FileReturn   FileOperation = "return"
	FileReverse  FileOperation = "reverse"
)

// AmountForm is how amounts are written.
type AmountForm string

// The forms of amounts.
const (
	MinorUnits   AmountForm = "minor"         // 2500
	DecimalPoint AmountForm = "decimal"       // 25.00
	DecimalComma AmountForm = "decimal_comma" // 25,00
)

// Header begins a file, and says whose it is.
type Header struct {
	Mark          string
	Retailer, Day Place // zero where it does not tell
}

// Trailer ends a file. The total is the sum of the amounts as they are written.
type Trailer struct {
	Mark         string
	Count, Total Place // zero where it does not tell
}

// TimeForm is how a time is written: with YYYY, MM, DD, hh, mm and ss in their places.
type TimeForm string

// usualDays is how a header writes its day where nothing is said.
const usualDays TimeForm = "YYYY-MM-DD"

var timeParts = strings.NewReplacer("YYYY", "2006", "MM", "01", "DD", "02", "hh", "15", "mm", "04", "ss", "05")

// Layout is the form as package time has it.
func (f TimeForm) Layout() string { return timeParts.Replace(string(f)) }

// Clock reports whether the form tells an hour.
func (f TimeForm) Clock() bool { return strings.Contains(string(f), "hh") }

// sound reports whether a form tells a day once, and an hour, where it tells one, to the minute.
func (f TimeForm) sound() bool {
	rest := string(f)
	for _, part := range []string{"YYYY", "MM", "DD", "hh", "mm", "ss"} {
		count := strings.Count(rest, part)
		must := part[0] < 'a' || part == "mm" && f.Clock()
		if count > 1 || must && count == 0 || part[0] >= 'a' && count > 0 && !f.Clock() {
			return false
		}
		rest = strings.Replace(rest, part, "", 1)
	}
	return strings.Trim(rest, "-/.:_ TZ") == ""
}

// settled is a retailer's settlement with what is usual where nothing is said.
func settled(r Retailer) *Settlement {
	if r.Settlement == nil {
		return nil
	}
	s := *r.Settlement
	if s.Separator == 0 {
		s.Separator = ','
	}
	if s.KnownAs == "" {
		s.KnownAs = string(r.ID)
	}
	if s.Days == "" {
		s.Days = usualDays
	}
	return &s
}

// checkSettlement finds what is wrong with how a retailer's files are said to be written.
func checkSettlement(r Retailer, products map[ProductID]Product) error {
	s := r.Settlement
	if s == nil {
		return nil
	}
	wrong := func(says string) error { return fmt.Errorf("settlement of retailer %q: %s", r.Name, says) }
	switch {
	case r.ID == "" || r.Zone == "":
		return wrong("give the retailer an id and a zone, by which its tills are known")
	case !s.Times.sound() || s.Days != "" && (!s.Days.sound() || s.Days.Clock()):
		return wrong(`write times as in "YYYY-MM-DD hh:mm:ss", and days as in "YYYYMMDD"`)
	case s.UTC && !s.Times.Clock():
		return wrong("a date alone is the shop's: leave utc out, or have times with hours")
	case s.Separator != 0 && (s.Format == Fixed || !strings.ContainsRune(Separators, s.Separator)):
		return wrong("a CSV file is parted by a comma, a semicolon, a bar or a tabulator, and no other file by any")
	}
	for _, id := range r.Products {
		if p := products[id]; p.Value.Currency() != s.Currency {
			return wrong(fmt.Sprintf("product %q is not in %s, in which the file is", id, s.Currency))
		}
	}
	if says := s.misplaced(); says != "" {
		return wrong(says)
	}
	if !slices.Contains(slices.Collect(maps.Values(s.Operations)), FileActivate) {
		return wrong("say which of the file's words is activate")
	}
	return nil
}

// misplaced tells what has no place, or one of another format.
func (s *Settlement) misplaced() string {
	for _, field := range FileFields {
		if place := s.Fields[field]; place == (Place{}) || (place.Column != "") != (s.Format == CSV) || s.Format == Fixed && place.Length == 0 {
			return fmt.Sprintf("the field %s needs %s", field, s.placed())
		}
	}
	var edges []Place
	if s.Header != nil {
		edges = append(edges, s.Header.Retailer, s.Header.Day)
	}
	if s.Trailer != nil {
		edges = append(edges, s.Trailer.Count, s.Trailer.Total)
	}
	for _, place := range edges {
		if place != (Place{}) && (place.Column != "" || (place.Length != 0) != (s.Format == Fixed)) {
			return "of the header and the trailer, name fields of a CSV file by their numbers, and those of another by from and length"
		}
	}
	if s.Header != nil && s.Header.Mark == "" || s.Trailer != nil && s.Trailer.Mark == "" {
		return "a header and a trailer need a mark to begin with"
	}
	return ""
}

func (s *Settlement) placed() string {
	if s.Format == CSV {
		return "the name of its column"
	}
	return "a place, from and length"
}
