package settlement

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"scrip/calendar"
	"scrip/catalog"
	"scrip/money"
	"scrip/retail"
)

var (
	usd     = money.MustCurrency("USD")
	newYork = location("America/New_York")
	// winter has 24 hours, spring 23 and autumn 25.
	winter, spring = calendar.Must("2026-01-31"), calendar.Must("2026-03-08")
)

func location(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// plain is a retailer that sends CSV with a header and a trailer.
func plain() catalog.Retailer {
	return catalog.Retailer{ID: "cornerway", Name: "Cornerway", Zone: "America/New_York", Settlement: &catalog.Settlement{
		Format: catalog.CSV, Separator: ',', KnownAs: "CW-17",
		Fields: map[catalog.Field]catalog.Place{"store": {Column: "store"}, "terminal": {Column: "till"}, "transaction": {Column: "receipt"},
			"at": {Column: "time"}, "operation": {Column: "type"}, "serial": {Column: "card"}, "amount": {Column: "amount"}},
		Operations: map[string]catalog.FileOperation{"SALE": catalog.FileActivate, "VOID": catalog.FileVoid, "RETURN": catalog.FileReturn, "REVERSAL": catalog.FileReverse},
		Currency:   usd, Amounts: catalog.DecimalPoint, Times: "YYYY-MM-DD hh:mm:ss", Days: "YYYYMMDD",
		Header:  &catalog.Header{Mark: "H", Retailer: catalog.Place{From: 2}, Day: catalog.Place{From: 3}},
		Trailer: &catalog.Trailer{Mark: "T", Count: catalog.Place{From: 2}, Total: catalog.Place{From: 3}},
	}}
}

// bare is one that sends CSV without either, with semicolons and dates alone.
func bare() catalog.Retailer {
	r := plain()
	s := *r.Settlement
	s.Separator, s.Amounts, s.Times, s.Header, s.Trailer = ';', catalog.DecimalComma, "DD.MM.YYYY", nil, nil
	r.Settlement = &s
	return r
}

// placed is one that sends fixed places, signed minor units, and times in UTC.
func placed() catalog.Retailer {
	r := plain()
	s := *r.Settlement
	s.Format, s.Amounts, s.Signed, s.UTC, s.Times, s.Separator = catalog.Fixed, catalog.MinorUnits, true, true, "YYYYMMDDhhmmss", 0
	s.Fields = map[catalog.Field]catalog.Place{"store": {From: 2, Length: 4}, "terminal": {From: 6, Length: 2}, "transaction": {From: 8, Length: 6},
		"at": {From: 14, Length: 14}, "operation": {From: 28, Length: 1}, "serial": {From: 29, Length: 13}, "amount": {From: 42, Length: 8}}
	s.Operations = map[string]catalog.FileOperation{"S": catalog.FileActivate, "V": catalog.FileVoid, "R": catalog.FileReturn, "X": catalog.FileReverse}
	s.Header = &catalog.Header{Mark: "H", Retailer: catalog.Place{From: 2, Length: 5}, Day: catalog.Place{From: 7, Length: 8}}
	s.Trailer = &catalog.Trailer{Mark: "T", Count: catalog.Place{From: 2, Length: 6}, Total: catalog.Place{From: 8, Length: 10}}
	r.Settlement = &s
	return r
}

const (
	plainFile = `H,CW-17,20260131
store,till,receipt,time,type,card,amount
0042,3,1001,2026-01-31 09:15:00,SALE,1234567890138,25.00
0042,3,1002,2026-01-31 09:20:00,SALE,0123456789018,50.00
0042,3,1002,2026-01-31 09:21:00,VOID,0123456789018,50.00
0042,4,1001,2026-01-30 23:59:59,REVERSAL,1234567890138,25.00
T,4,150.00
`
	bareFile = `store;till;receipt;time;type;card;amount;note
0042;3;1001;31.01.2026;SALE;1234-5678-9013-8;25,00;"for ""Ann""; wrapped"
`
	placedFile = "HCW-1720260131\r\n" +
		"D0042 300100120260131141500S123456789013800002500\r\n" +
		"D0042 300100220260201045959X0123456789018-0005000\r\n" +
		"T000002-000002500\r\n"
)

// TestAGoodFile is read with all that it says.
func TestAGoodFile(t *testing.T) {
	sale := Row{3, retail.Transaction{Retailer: "cornerway", Store: "0042", Terminal: "3", On: winter, ID: "1001", Operation: retail.Activate}, false, "1234-5678-9013-8", money.New(2500, usd)}
	other := sale
	other.Line, other.Transaction.ID, other.Serial, other.Value = 4, "1002", "0123-4567-8901-8", money.New(5000, usd)
	void := other
	void.Line, void.Transaction.Operation = 5, retail.Void
	reversal := sale
	reversal.Line, reversal.Transaction.Terminal, reversal.Transaction.On, reversal.Reversal = 6, "4", winter.Plus(-1), true
	first, placedSale, placedReversal := sale, sale, other
	first.Line, placedSale.Line, placedReversal.Line = 2, 2, 3
	placedSale.Transaction.ID, placedReversal.Transaction.ID, placedReversal.Reversal = "001001", "001002", true
	for name, test := range map[string]struct {
		of   catalog.Retailer
		day  calendar.Date
		text string
		want []Row
	}{
		"csv":            {plain(), calendar.Date{}, plainFile, []Row{sale, other, void, reversal}},
		"csv, day named": {plain(), winter, strings.ReplaceAll(plainFile, "\n", "\r\n"), []Row{sale, other, void, reversal}},
		"without edges":  {bare(), winter, bareFile, []Row{first}},
		"fixed":          {placed(), winter, placedFile, []Row{placedSale, placedReversal}},
		"a day without":  {plain(), winter, "H,CW-17,20260131\nstore,till,receipt,time,type,card,amount\nT,0,0.00", nil},
	} {
		got, err := Reading{test.of, newYork, test.day}.Read(test.text)
		if err != nil || got.Day != winter || fmt.Sprint(got.Rows) != fmt.Sprint(test.want) {
			t.Errorf("%s: %v\n%+v, want\n%+v", name, err, got, test.want)
		}
	}
}

// bad is a file that is made of a good one by one change, and what is told of it.
type bad struct{ old, new, says string }

var badPlain = []bad{
	// The file as a whole.
	{plainFile, "", "the file is empty: send it whole"},
	{"H,CW", "\ufeffH,CW", "the file begins with a byte order mark, as spreadsheets write it: save it as UTF-8 without one"},
	{"H,CW", "\xff\xfeH,CW", "the file is UTF-16, as spreadsheets save Unicode text: save it as UTF-8"},
	{"0042,3,1001", "caf\xe9,3,1001", "the file is not UTF-8: save it as UTF-8"},
	{plainFile, strings.ReplaceAll(plainFile, "\n", "\r"), "its lines end with a carriage return alone: end them with a line feed"},
	{plainFile, strings.Repeat("x", MostBytes+1), "the file is larger than 16 MiB: send one day's alone"},
	{plainFile, strings.Repeat("\n", MostRows+1), "the file has more than 200000 lines: send one day's alone"},
	// Half a file, a wrong one, and totals.
	{"T,4,150.00\n", "", "line 6, trailer: the file ends without its trailer, and so is cut: send it whole"},
	{"VOID,0123456789018,50.00\n0042,4,1001,2026-01-30 23:59:59,REVERSAL,1234567890138,25.00\nT,4,150.00\n", "VO", "line 5, trailer: the file ends without its trailer, and so is cut: send it whole"},
	{"H,CW-17,20260131\n", "", "line 1, header: the header is missing or incomplete: send the file whole, from its first line on"},
	{",20260131", "", "line 1, header: the header is missing or incomplete: send the file whole, from its first line on"},
	{"CW-17", "CW-18", "line 1, header: the file is another retailer's: name that one, or send the right file"},
	{"20260131", "20260130", "line 1, header: the file is of 2026-01-30, and 2026-01-31 was named: name its day, or send the right file"},
	{"20260131", "31012026", "line 1, header: the day: write a time that exists, as YYYYMMDD"},
	{"T,4,", "T,5,", "line 7, trailer: the count is not that of the rows, of which there are 4: send the file whole"},
	{"T,4,", "T,four,", "line 7, trailer: the count of rows cannot be read: write a whole number"},
	{"T,4,150.00", "T,4", "line 7, trailer: the total cannot be read: write it as the amounts are written"},
	{"T,4,150.00", "T,4,15000", "line 7, trailer: the total cannot be read: write it as the amounts are written"},
	{"T,4,150.00", "T,4,150.01", "line 7, trailer: the total is not the sum of the rows, which is 150.00 USD: send the file whole"},
	{"25.00\nT,", "25.00\nT,4,150.00\nT,", "line 7: a trailer stands before the end: send one file, and nothing behind it (and 1 more)"},
	{"store,till,receipt,time,type,card,amount\n", "", `line 2, names: the column "store" is missing: add it, or mend the retailer's fields in the catalogue (and 6 more)`},
	{"receipt,", "receipt no,", `line 2, names: the column "receipt" is missing: add it, or mend the retailer's fields in the catalogue`},
	{"till,receipt", "till,till,receipt", `line 2, names: the column "till" stands here twice: keep one`},
	{"store,till,receipt,time,type,card,amount", "store;till;receipt;time;type;card;amount", "line 2, names: the columns are parted otherwise than by ',', as a spreadsheet may save them: save the file so"},
	// Lines.
	{"0042,3,1001,", "\n0042,3,1001,", "line 3: the line is empty: take it out (and 1 more)"},
	{"25.00\n0042,3,1002", "25.00,\n0042,3,1002", "line 3: the line has 8 fields, and there are 7 columns: quote fields that hold the separator, or send the file whole"},
	{"1234567890138,25.00\n0042,3,1002", "1234567890138\n0042,3,1002", "line 3: the line has 6 fields, and there are 7 columns: quote fields that hold the separator, or send the file whole"},
	{"0042,3,1001", "\"0042,3,1001", "line 3: a quoted field does not end on its line: take the line break out of it, or send the file whole"},
	{"0042,3,1001", "\"00\n42\",3,1001", "line 3: a quoted field does not end on its line: take the line break out of it, or send the file whole (and 2 more)"},
	{"0042,3,1001", "\"00\"42,3,1001", "line 3: text stands behind a closing double quote: double the quotes within a field"},
	{"0042,3,1001", "00\"42,3,1001", "line 3: a double quote stands within a field: put the field in quotes, and double it"},
	// Fields of whatever kind.
	{"0042,3,1001", ",3,1001", "line 3, store: the field is empty: fill it"},
	{"0042,3,1001", "0042, 3,1001", "line 3, terminal: spaces stand around the field: take them out"},
	{"0042,3,1001", "0042,3," + strings.Repeat("1", 65), "line 3, transaction: the field has more than 64 characters: see whether its quotes are right"},
	{"0042,3,1001", "0042,3,10\x0001", "line 3, transaction: a control character stands in the field: take it out"},
	{"0042,3,1001", "0042,3\r,1001", "line 3, terminal: a control character stands in the field: take it out"},
	{"0042,3,1001", `"=""0042""",3,1001`, "line 3, store: a formula stands here, as spreadsheets write it: export plain values"},
	{"0042,3,1001", "0042,3,+1001", "line 3, transaction: a formula stands here, as spreadsheets write it: export plain values"},
	{"SALE,1234567890138", "SALE,1.23457E+12", "line 3, serial: a spreadsheet has written the number with an exponent, and its digits are lost: export the column as text"},
	{"0042,3,1001", "0042,3,1E+15", "line 3, transaction: a spreadsheet has written the number with an exponent, and its digits are lost: export the column as text"},
	// Ids and words.
	{"0042,3,1001", "00/42,3,1001", "line 3, store: write 1 to 64 letters, digits and . _ : -"},
	{"0042,3,1001", "0042,till 3,1001", "line 3, terminal: write 1 to 64 letters, digits and . _ : -"},
	{"SALE,1234567890138", "Sale,1234567890138", "line 3, operation: the retailer's operations in the catalogue have no such word: there are RETURN, REVERSAL, SALE, VOID"},
	// Serial numbers.
	{"SALE,1234567890138", "SALE,1234567890139", "line 3, serial: this is no card's serial number: write its 13 digits"},
	{"SALE,1234567890138", "SALE,1234567890000", "line 3, serial: its last digits are zeros, as spreadsheets round long numbers: export the column as text"},
	{"SALE,0123456789018", "SALE,123456789018", "line 4, serial: zeros at its beginning are lost, as spreadsheets drop them: export the column as text"},
	{"SALE,1234567890138", "SALE,ABCD-EFGH-JKLM-NPQR-ST", "line 3, serial: this is no card's serial number: write its 13 digits"},
	// Amounts.
	{"0138,25.00\n0042", "0138,\"25,00\"\n0042", `line 3, amount: the amount has "," where "." is declared: save it so, or mend the retailer's amounts in the catalogue`},
	{"0138,25.00\n0042", "0138,25\n0042", "line 3, amount: write the amount with all 2 decimals of USD"},
	{"0138,25.00\n0042", "0138,25.0\n0042", "line 3, amount: write the amount with all 2 decimals of USD"},
	{"0138,25.00\n0042", "0138,25.000\n0042", "line 3, amount: write the amount with all 2 decimals of USD"},
	{"0138,25.00\n0042", "0138,\"1,025.00\"\n0042", "line 3, amount: write digits alone, without a currency or separators of thousands"},
	{"0138,25.00\n0042", "0138,$25.00\n0042", "line 3, amount: write digits alone, without a currency or separators of thousands"},
	{"0138,25.00\n0042", "0138,0.00\n0042", "line 3, amount: the amount is nothing: take the row out, or write what it is about"},
	{"0138,25.00\n0042", "0138,-25.00\n0042", "line 3, amount: the amount has a minus: leave it out, or say in the catalogue that the retailer's files are signed"},
	{"0138,25.00\n0042", "0138,99999999999.00\n0042", "line 3, amount: the amount is larger than any card's: check it"},
	{"0138,25.00\n0042", "0138,99999999999999999999.00\n0042", "line 3, amount: write digits alone, without a currency or separators of thousands"},
	// Times.
	{"2026-01-31 09:15:00", "31/01/2026 09:15", "line 3, at: write a time that exists, as YYYY-MM-DD hh:mm:ss"},
	{"2026-01-31 09:15:00", "2026-02-30 09:15:00", "line 3, at: write a time that exists, as YYYY-MM-DD hh:mm:ss"},
	{"2026-01-31 09:15:00", "2026-01-31 9:15:00", "line 3, at: write a time that exists, as YYYY-MM-DD hh:mm:ss"},
	{"2026-01-31 09:15:00", "2026-02-01 00:00:00", "line 3, at: the row is of a later day than the file: send it with that day's file"},
	{"2026-01-31 09:15:00", "2025-01-31 09:15:00", "line 3, at: the row is of more than 31 days before the file's day: check the year and the order of day and month"},
	{"2026-01-31 09:15:00,SALE", "2025-01-31 09:15:00,SOLD", "line 3, at: the row is of more than 31 days before the file's day: check the year and the order of day and month (and 1 more)"},
}

var badBare = []bad{
	{bareFile, strings.TrimSuffix(bareFile, "\n"), "the last line has no end, so that the file may be cut: send it whole, with a line feed at its end"},
	{"31.01.2026", "30.01.2026", "no row of the file is of 2026-01-31: name its day, or send the right file"},
	{"31.01.2026", "01.31.2026", "line 2, at: write a time that exists, as DD.MM.YYYY"},
	{"25,00", "25.00", `line 2, amount: the amount has "." where "," is declared: save it so, or mend the retailer's amounts in the catalogue`},
}

var badPlaced = []bad{
	{"00002500\r\nD", "000025\r\nD", "line 2: the line has fewer than 49 characters, and so is cut: send the file whole"},
	{"-0005000", "00005000", "line 3, amount: the sign is not that of the operation: write sales without a minus, and what takes value back with one"},
	{"00002500\r\nD", "-0002500\r\nD", "line 2, amount: the sign is not that of the operation: write sales without a minus, and what takes value back with one"},
	{"00002500\r\nD", "00025.00\r\nD", "line 2, amount: decimals stand here, where minor units are declared: write whole minor units"},
	{"20260201045959", "20260201050000", "line 3, at: the row is of a later day than the file: send it with that day's file"},
	{"D0042 3001001", "D     3001001", "line 2, store: the field is empty: fill it"},
	{"T000002-000002500", "T000002-0000025", "line 4, trailer: the total cannot be read: write it as the amounts are written"},
	{"T000002-000002500", "T000002 000002500", "line 4, trailer: the total is not the sum of the rows, which is -25.00 USD: send the file whole"},
	{"HCW-1720260131", "HCW-172026013", "line 1, header: the header is missing or incomplete: send the file whole, from its first line on"},
}

// TestBadFiles: each is refused whole, with its first mistake told by line, field and remedy, and no word of the file.
func TestBadFiles(t *testing.T) {
	count := 0
	for _, all := range []struct {
		of   catalog.Retailer
		file string
		bad  []bad
	}{{plain(), plainFile, badPlain}, {bare(), bareFile, badBare}, {placed(), placedFile, badPlaced}} {
		for _, b := range all.bad {
			count++
			if !strings.Contains(all.file, b.old) {
				t.Fatalf("the file has no %q", b.old)
			}
			_, err := Reading{all.of, newYork, winter}.Read(strings.Replace(all.file, b.old, b.new, 1))
			if _, is := errors.AsType[*Unreadable](err); !is || err.Error() != "the settlement file cannot be read: "+b.says {
				t.Errorf("%.40q for %.40q:\n%v, want\n%s", b.new, b.old, err, b.says)
			}
		}
	}
	if count < 60 {
		t.Errorf("%d bad files", count)
	}
}

// TestTimesOfShortAndLongDays: on a day of 23 hours there is an hour that was not, and on one of 25 hours each is of the day.
func TestTimesOfShortAndLongDays(t *testing.T) {
	local, utc := plain(), placed()
	for text, want := range map[string]string{
		"2026-03-08 01:59:59": "2026-03-08", "2026-03-08 03:00:00": "2026-03-08",
		"2026-03-08 02:30:00": "there was no such time where the shop is: the clocks went forward over it",
		"2026-11-01 01:30:00": "2026-11-01", "2026-11-01 23:59:59": "2026-11-01",
	} {
		f := reader{Reading: Reading{local, newYork, spring}, Settlement: local.Settlement}
		if on, says := f.date(text, local.Settlement.Times); on.String()+says != want {
			t.Errorf("%s = %s%s, want %s", text, on, says, want)
		}
	}
	for text, want := range map[string]string{
		"20260308045959": "2026-03-07", "20260308050000": "2026-03-08", "20260309035959": "2026-03-08", "20260309040000": "2026-03-09",
		"20261101040000": "2026-11-01", "20261102045959": "2026-11-01", "20261102050000": "2026-11-02",
	} {
		f := reader{Reading: Reading{utc, newYork, spring}, Settlement: utc.Settlement}
		if on, says := f.date(text, utc.Settlement.Times); on.String()+says != want {
			t.Errorf("%s = %s%s, want %s", text, on, says, want)
		}
	}
}

// FuzzRead: whatever a file holds, it is read or refused; what is read lies within the limits, adds up, and its mistakes
// repeat nothing of it.
func FuzzRead(f *testing.F) {
	for _, text := range []string{plainFile, bareFile, placedFile, ""} {
		f.Add(text)
	}
	for _, all := range [][]bad{badPlain, badBare, badPlaced} {
		for _, b := range all {
			if len(b.new) < 1000 {
				f.Add(strings.Replace(plainFile, b.old, b.new, 1))
			}
		}
	}
	retailers := []catalog.Retailer{plain(), bare(), placed()}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range retailers {
			file, err := Reading{r, newYork, winter}.Read(text)
			if wrong, is := errors.AsType[*Unreadable](err); err != nil && (!is || len(file.Rows) > 0 || wrong.All < len(wrong.Mistakes) || len(wrong.Mistakes) == 0) {
				t.Fatalf("%q: %v", text, err)
			}
			d := Day{On: winter, Currency: usd, Rows: file.Rows, Fates: map[string]Fate{}}
			check(t, d, d.Match())
			for _, row := range file.Rows {
				if key, err := retail.ParseKey(row.Transaction.Key()); err != nil || key != row.Transaction || row.Transaction.On.After(winter) || !row.Value.IsPositive() {
					t.Fatalf("%q is read as %+v", text, row)
				}
			}
		}
	})
}

// check holds the law of the package: the breaks are all of the difference.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, d Day, r Result) {
	t.Helper()
	sum, agreed, theirs := r.Ours, r.Ours, r.Theirs.Zero()
	for _, b := range r.Breaks {
		sum = sum.Sub(b.Ours).Add(b.Theirs)
		agreed = agreed.Sub(b.Ours)
	}
	for _, row := range d.Rows {
		adds := adds(row.Transaction.Operation, row.Value)
		if row.Reversal {
			adds = adds.Zero().Sub(adds)
		}
		theirs = theirs.Add(adds)
	}
	if sum != r.Theirs || theirs != r.Theirs || agreed != r.Agreed {
		t.Fatalf("ours %s, theirs %s (%s in the file), agreed %s, and the breaks %+v", r.Ours, r.Theirs, theirs, r.Agreed, r.Breaks)
	}
}
