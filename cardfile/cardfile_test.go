package cardfile

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"scrip/catalog"
	"scrip/giftcard"
	"scrip/giftcode"
	"scrip/money"
)

var eur, jpy = money.MustCurrency("EUR"), money.MustCurrency("JPY")

// No test prints a code: a failure tells the case's name and what was said.

func format(t testing.TB, alphabet giftcode.Alphabet, shortest, longest int) giftcode.Format {
	t.Helper()
	made, err := giftcode.NewFormat(alphabet, shortest, longest)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// digits are cards of 16 digits and any value, letters such of 8 to 12 letters and digits.
func digits(t testing.TB) catalog.Product {
	return catalog.Product{ID: "old", Value: money.New(1, eur), Most: money.New(100_000_000, eur), Codes: format(t, giftcode.Numeric, 16, 16)}
}

func letters(t testing.TB) catalog.Product {
	product := digits(t)
	product.Codes = format(t, giftcode.Alphanumeric, 8, 12)
	return product
}

var byName = Mapping{Code: "code", Value: "value", State: "state", Currency: "currency"}

const (
	code   = "4006381333931234"
	header = "code,value,state\n"
)

// readAll is what a file comes to: its cards, by their values and states, or what is wrong with each line.
func readAll(t testing.TB, text string, product catalog.Product, mapping Mapping) (rows []Row, mistakes []Mistake, reader *Reader, err error) {
	t.Helper()
	reader, err = NewReader(strings.NewReader(text), product, mapping)
	if err != nil {
		return nil, nil, nil, err
	}
	for {
		row, mistake, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return rows, mistakes, reader, nil
		case err != nil:
			return rows, mistakes, reader, err
		case mistake != nil:
			mistakes = append(mistakes, *mistake)
		default:
			rows = append(rows, row)
		}
	}
}

const (
	short    = "the code is too short, as when Excel has taken leading zeros away"
	exponent = "Excel has made a number in scientific notation of the code, and its last digits are lost"
	dated    = "Excel has made a date of the code"
	pointed  = "the code has a point or a comma, as a number has: Excel has made one of it"
	formula  = "the code begins as a formula does"
)

// TestBadRows: what is wrong with a row is said exactly, of its line, and the rows around it are read.
func TestBadRows(t *testing.T) {
	for name, test := range map[string]struct{ row, reason, remedy string }{
		"no code":                        {`,25.00,active`, "the code is missing", "fill it in, or take the line out"},
		"a code of spaces":               {"\" \u2009\u00a0 \",25.00,active", "the code is missing", "fill it in, or take the line out"},
		"a code of hyphens":              {`"–—",25.00,active`, "the code is missing", "fill it in, or take the line out"},
		"scientific":                     {`4E+15,25.00,active`, exponent, asText},
		"scientific with a point":        {`4.00638E+15,25.00,active`, exponent, asText},
		"scientific with a comma":        {`"4,00638E+15",25.00,active`, exponent, asText},
		"scientific in small letters":    {`4.00638e+15,25.00,active`, exponent, asText},
		"scientific without a sign":      {`4E15,25.00,active`, exponent, asText},
		"scientific, small":              {`4.0E-5,25.00,active`, exponent, asText},
		"a leading zero is lost":         {code[1:] + `,25.00,active`, short, asText},
		"all zeros are lost":             {`7,25.00,active`, short, asText},
		"a digit too many":               {code + `0,25.00,active`, "the code has 17 characters, not 16", "compare it with a card: the product's codes are numeric, 16"},
		"far too long":                   {strings.Repeat(code, 9) + `,25.00,active`, "the code is far too long", "compare it with a card: the product's codes are numeric, 16"},
		"a letter":                       {code[:15] + `O,25.00,active`, "character 16 of the code never occurs in one", "compare it with a card: the product's codes are numeric, 16"},
		"a sign":                         {code[:4] + "*" + code[5:] + `,25.00,active`, "character 5 of the code never occurs in one", "compare it with a card: the product's codes are numeric, 16"},
		"a quotation mark within":        {code[:8] + `"` + code[8:] + `,25.00,active`, "character 9 of the code never occurs in one", "compare it with a card: the product's codes are numeric, 16"},
		"Arabic digits":                  {"\u0664" + code[1:] + `,25.00,active`, "character 1 of the code never occurs in one", "compare it with a card: the product's codes are numeric, 16"},
		"a formula":                      {`=4006381333931234,25.00,active`, formula, "write the code alone: " + asText},
		"a formula that is a text":       {`"=""4006381333931234""",25.00,active`, formula, "write the code alone: " + asText},
		"a formula with a plus":          {`+4006381333931234,25.00,active`, formula, "write the code alone: " + asText},
		"a formula with an at":           {`@SUM(A1),25.00,active`, formula, "write the code alone: " + asText},
		"a formula with a minus":         {`-4006381333931234,25.00,active`, formula, "write the code alone: " + asText},
		"an error of Excel's":            {`#N/A,25.00,active`, "Excel shows an error, or that a column is too narrow, in place of the code", asText},
		"a column that is too narrow":    {`########,25.00,active`, "Excel shows an error, or that a column is too narrow, in place of the code", asText},
		"decimals":                       {code + `.0,25.00,active`, pointed, asText},
		"decimals behind a comma":        {`"` + code + `,00",25.00,active`, pointed, asText},
		"points between thousands":       {`4.006.381.333.931.234,25.00,active`, pointed, asText},
		"a German date":                  {`12.03.2026,25.00,active`, dated, asText + "; a code in groups that look like a date is written without hyphens"},
		"an American date":               {`3/12/26,25.00,active`, dated, asText + "; a code in groups that look like a date is written without hyphens"},
		"a date of ISO":                  {`2026-03-12,25.00,active`, dated, asText + "; a code in groups that look like a date is written without hyphens"},
		"a date and a time":              {`12.03.2026 00:00,25.00,active`, dated, asText + "; a code in groups that look like a date is written without hyphens"},
		"a time":                         {`12:34,25.00,active`, dated, asText + "; a code in groups that look like a date is written without hyphens"},
		"a month":                        {`12-Mar,25.00,active`, dated, asText + "; a code in groups that look like a date is written without hyphens"},
		"a German month":                 {`12. Mrz,25.00,active`, dated, asText + "; a code in groups that look like a date is written without hyphens"},
		"a French month":                 {`déc-26,25.00,active`, dated, asText + "; a code in groups that look like a date is written without hyphens"},
		"a line break within the code":   {"\"40063813\n33931234\",25.00,active", "a line break stands within the code's cell", "put one code on each line"},
		"a quote that is torn":           {`"` + code + `"x,25.00,active`, "something stands behind a closing quotation mark", "double each quotation mark within a cell"},
		"a comma in a number":            {code + `,25,00,active`, "the row has more cells than the header has columns", "put quotation marks around a number that holds a comma"},
		"cells are missing":              {code + `,25.00`, "the row ends before the last of its columns", "write all of its cells"},
		"no value":                       {code + `,,active`, "the value is missing", "write what is left on the card"},
		"nothing is left":                {code + `,0.00,active`, "nothing is left on the card", "leave it out"},
		"a currency beside the value":    {code + `,€25.00,active`, "the value is no number", "write the number alone, without a currency, as in 25.00"},
		"a word for a value":             {code + `,full,active`, "the value is no number", "write the number alone, without a currency, as in 25.00"},
		"a value with points amiss":      {code + `,1.23.00,active`, "the value is no number", "write the number alone, without a currency, as in 25.00"},
		"a negative value":               {code + `,-25.00,active`, "the value is less than nothing", "look into it in the system that issued the card"},
		"a value in scientific notation": {code + `,2.5E+01,active`, "the value is in scientific notation", "write it in full, as in 25.00"},
		"a value with too many decimals": {code + `,25.0051,active`, "the value has more decimals than the currency", "write it to the cent"},
		"thousands or decimals":          {code + `,1.500,active`, "the value can be read in two ways: its point or comma may part thousands or decimals", "write the decimals too, as in 1234.00"},
		"more than can be":               {code + `,12345678901234567890.00,active`, "the value is more than an amount can be", "correct it"},
		"no state":                       {code + `,25.00,`, "the state is missing", "write issued, active, frozen or voided"},
		"an unknown state":               {code + `,25.00,sold`, "the state is no word that is known", "write issued, active, frozen or voided, or say what that system's word means, as in --means sold=active"},
	} {
		t.Run(name, func(t *testing.T) {
			rows, mistakes, _, err := readAll(t, header+code+",1.00,active\n"+test.row+"\n"+code+",2.00,active\n", digits(t), byName)
			if err != nil || len(rows) != 2 || len(mistakes) != 1 {
				t.Fatalf("%d rows, %v, %v; want the two that are good", len(rows), mistakes, err)
			}
			if got := mistakes[0]; got != (Mistake{3, test.reason, test.remedy}) {
				t.Errorf("got %v", &got)
			}
		})
	}
}

// TestBadRowsOfLetters are those of codes of letters and digits.
func TestBadRowsOfLetters(t *testing.T) {
	for name, test := range map[string]struct{ cell, reason string }{
		"scientific":         {"4E+15", exponent},
		"scientific, points": {"4.1E15", exponent},
		"too short":          {"ABC4567", "the code has 7 characters, not 8 to 12"},
		"too long":           {"ABC4567890123", "the code has 13 characters, not 8 to 12"},
		"an umlaut":          {"ÄBC45678", "character 1 of the code never occurs in one"},
		"a month":            {"Mar-26", dated},
	} {
		_, mistakes, _, err := readAll(t, header+test.cell+",25.00,active\n", letters(t), byName)
		if err != nil || len(mistakes) != 1 || mistakes[0].Reason != test.reason {
			t.Errorf("%s: %v, %v", name, mistakes, err)
		}
	}
	for _, good := range []string{"12345E67", "MARCH2026X", "abc-456-78", "O0I1L1OO"} {
		if rows, mistakes, _, err := readAll(t, header+good+",25.00,active\n", letters(t), byName); err != nil || len(rows) != 1 {
			t.Errorf("a good code is refused: %v, %v", mistakes, err)
		}
	}
}

func utf16Of(text string, mark string, high, low int) string {
	var out bytes.Buffer
	out.WriteString(mark)
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := [2]byte{}
		pair[high], pair[low] = byte(unit>>8), byte(unit)
		out.Write(pair[:])
	}
	return out.String()
}

// TestWhatLosesNothing is read: one card of 1,234.50 euros that is active, and the line on which it stands.
func TestWhatLosesNothing(t *testing.T) {
	plain := header + code + `,1234.50,active` + "\n"
	for name, test := range map[string]struct {
		text string
		line int
		note string
	}{
		"as it should be":              {plain, 2, ""},
		"no last line break":           {strings.TrimSpace(plain), 2, ""},
		"a byte order mark":            {"\ufeff" + plain, 2, "with a byte order mark"},
		"CRLF":                         {strings.ReplaceAll(plain, "\n", "\r\n"), 2, ""},
		"CR":                           {strings.ReplaceAll(plain, "\n", "\r"), 2, ""},
		"semicolons":                   {"code;value;state\n" + code + ";1234,50;active\n", 2, "semicolons between the columns"},
		"tabs":                         {"code\tvalue\tstate\n" + code + "\t1234,50\tactive\n", 2, "tabs between the columns"},
		"bars":                         {"code|value|state\n" + code + "|1.234,50|active\n", 2, "bars between the columns"},
		"Excel names the separator":    {"sep=;\ncode;value;state\n" + code + ";1 234,50;active\n", 3, "semicolons between the columns"},
		"quotes":                       {`"code","value","state"` + "\n" + `"` + code + `","1,234.50","active"` + "\n", 2, ""},
		"a quoted line break":          {"note,code,value,state\n\"sold \"\"late\"\"\non Monday\"," + code + ",1234.50,active\n", 2, ""},
		"blank lines":                  {header + "\n,,\n \n" + code + ",1234.50,active\n\n", 5, ""},
		"trailing blank columns":       {"code,value,state,,\n" + code + ",1234.50,active,,,, \n", 2, ""},
		"other columns, another order": {"State,x,VALUE,y, Code \nACTIVE,1,1234.50,2," + code + "\n", 2, ""},
		"thin spaces":                  {header + "4006\u20093813\u202f3393\u00a01234,1\u2009234.50,active\n", 2, ""},
		"no-width characters":          {header + "\u200b" + code + "\u200e,1234.50,\u2060active\n", 2, ""},
		"hyphens":                      {header + "4006-3813-3393-1234,1234.50,active\n", 2, ""},
		"a text mark":                  {header + "'" + code + ",'1234.50,active\n", 2, ""},
		"full width":                   {header + "\uff14" + code[1:] + ",1234.50,active\n", 2, ""},
		"Latin-1":                      {"code;value;state;Gesch\xe4ft\n" + code + ";1234,50;active;M\xfcller\n", 2, "Latin-1"},
		"UTF-16 with a mark":           {utf16Of(plain, "\xff\xfe", 1, 0), 2, "UTF-16"},
		"UTF-16 the other way round":   {utf16Of(plain, "\xfe\xff", 0, 1), 2, "UTF-16"},
		"UTF-16 without a mark":        {utf16Of(plain, "", 1, 0), 2, "UTF-16"},
		"a currency":                   {"code,value,currency,state\n" + code + ",1234.50,eur,active\n", 2, ""},
		"more zeros":                   {header + code + ",1234.5000,active\n", 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			rows, mistakes, reader, err := readAll(t, test.text, digits(t), byName)
			if err != nil || len(rows) != 1 {
				t.Fatalf("%d rows, %v, %v", len(rows), mistakes, err)
			}
			want, err := digits(t).Codes.Parse(code)
			if err != nil {
				t.Fatal(err)
			}
			if got := rows[0]; got.Code != want || got.Value != money.New(123450, eur) || got.State != giftcard.Active || got.Line != test.line {
				t.Errorf("line %d: %v, %s; the code is right: %v", got.Line, got.Value, got.State, got.Code == want)
			}
			if notes := strings.Join(reader.Notes(), ", "); !strings.Contains(notes, test.note) || test.note == "" && notes != "" {
				t.Errorf("notes %q, want %q", notes, test.note)
			}
		})
	}
}

// TestBadFiles are told before anything is read of them, and none of what they hold is repeated.
func TestBadFiles(t *testing.T) {
	fixed := digits(t)
	fixed.Most = money.Amount{}
	ours := digits(t)
	ours.Codes = giftcode.Format{}
	for name, test := range map[string]struct {
		text    string
		product catalog.Product
		says    string
	}{
		"empty":                  {"", digits(t), "the file is empty"},
		"the mark alone":         {"\ufeff", digits(t), "the file is empty"},
		"no header":              {code + ",25.00,active\n", digits(t), `no column is called "code": the first line names the columns; say with --code`},
		"another name":           {"pin,value,state\n", digits(t), `no column is called "code"`},
		"no state":               {"code,value\n", digits(t), "the file has no column for the cards' state"},
		"no value":               {"code,state\n", digits(t), "the file has no column for the cards' value"},
		"two columns of a name":  {"code,code,value,state\n", digits(t), "two columns that are to be read have the same name"},
		"a product of our codes": {header, ours, "the catalogue does not say in which format"},
		"no CSV":                 {strings.Repeat("x", mostLine+1), digits(t), "line 1 has more than 65536 bytes"},
	} {
		_, _, _, err := readAll(t, test.text, test.product, byName)
		if err == nil || !strings.HasPrefix(err.Error(), test.says) || strings.Contains(err.Error(), code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if rows, _, _, err := readAll(t, "code,state\n"+code+",issued\n", fixed, byName); err != nil || len(rows) != 1 || !rows[0].Value.IsZero() {
		t.Errorf("the product's own value: %v, %v", rows, err)
	}
}

// TestAQuoteThatIsNeverClosed costs its own line alone.
func TestAQuoteThatIsNeverClosed(t *testing.T) {
	for _, behind := range []int{1, 100} {
		text := header + `"` + code + ",25.00,active\n" + strings.Repeat(code+",25.00,active\n", behind)
		rows, mistakes, _, err := readAll(t, text, digits(t), byName)
		if err != nil || len(rows) != behind || len(mistakes) != 1 || mistakes[0].Line != 2 || mistakes[0].Reason != "a quotation mark is never closed" {
			t.Fatalf("%d rows, %v, %v", len(rows), mistakes, err)
		}
		if last := rows[len(rows)-1].Line; last != behind+2 {
			t.Errorf("the last line is told as %d", last)
		}
	}
}

// TestWords: another system's words for states, and one state for all.
func TestWords(t *testing.T) {
	mapping := byName
	mapping.Words = map[string]giftcard.State{"Verkauft": giftcard.Active, "gesperrt": giftcard.Frozen, "": giftcard.Issued}
	rows, mistakes, _, err := readAll(t, header+code+",1.00,VERKAUFT\n"+code+",1.00,Gesperrt\n"+code+",,\n"+code+",0.00,voided\n", digits(t), mapping)
	if err != nil || len(rows) != 4 || rows[0].State != giftcard.Active || rows[1].State != giftcard.Frozen || rows[2].State != giftcard.Issued || rows[3].State != giftcard.Voided {
		t.Errorf("%v, %v, %v", rows, mistakes, err)
	}
	rows, mistakes, _, err = readAll(t, "code,value\n"+code+",1.00\n", digits(t), Mapping{Code: "code", Value: "value", All: giftcard.Active})
	if err != nil || len(rows) != 1 || rows[0].State != giftcard.Active {
		t.Errorf("%v, %v, %v", rows, mistakes, err)
	}
	_, mistakes, _, err = readAll(t, "code,value,state,currency\n"+code+",1.00,active,USD\n", digits(t), byName)
	if err != nil || len(mistakes) != 1 || mistakes[0].Reason != "the currency is not the product's" {
		t.Errorf("%v, %v", mistakes, err)
	}
}

// TestDigitsLost: one code that ends in zeros may be chance; most of many are not.
func TestDigitsLost(t *testing.T) {
	lost, sound := strings.Repeat(code[:15]+"0,1.00,active\n", 19), code+",1.00,active\n"
	for text, want := range map[string]error{header + lost: nil, header + lost + sound: ErrRounded, header + strings.Repeat(sound, 30) + lost: nil} {
		if _, _, reader, err := readAll(t, text, digits(t), byName); err != nil || !errors.Is(reader.Rounded(), want) {
			t.Errorf("%v, %v, want %v", err, reader.Rounded(), want)
		}
	}
}

func TestAmounts(t *testing.T) {
	for text, want := range map[string]int64{"25": 2500, "25.5": 2550, "25,50": 2550, "1.234,50": 123450, "1,234,567.89": 123456789, "1 234": 123400, "0.01": 1, "1234.500": 123450} {
		if got, mistake := amountOf(text, eur); mistake != nil || got != money.New(want, eur) {
			t.Errorf("%s = %v, %v", text, got, mistake)
		}
	}
	for text, want := range map[string]int64{"2500": 2500, "2500.00": 2500} {
		if got, mistake := amountOf(text, jpy); mistake != nil || got != money.New(want, jpy) {
			t.Errorf("%s = %v, %v", text, got, mistake)
		}
	}
	for _, text := range []string{"2,500", "2.500", "25.5", ",", "1.2.3", "1,2", "12,34,567"} {
		if got, mistake := amountOf(text, jpy); mistake == nil {
			t.Errorf("%s = %v", text, got)
		}
	}
}

// FuzzReader: whatever a file holds, it ends, each line is told once and in order, and no mistake repeats a digit of it.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{header + code + ",25.00,active\n", "sep=;\ncode;value;state\n\"4\n4\";1.234,50;x", "\xff\xfec\x00o\x00", header + "\"" + code, "code\rvalue"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, mistakes, reader, err := readAll(t, text, digits(t), Mapping{Code: "code", Value: "value", State: "state", All: giftcard.Active})
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of more lines: %q", err)
			}
			return
		}
		if lines := strings.Count(text, "\n") + strings.Count(text, "\r"); len(rows)+len(mistakes) > lines+1 {
			t.Errorf("%d rows and %d mistakes of %d lines", len(rows), len(mistakes), lines)
		}
		last := 0
		for _, row := range rows {
			if row.Line <= last || row.Code.IsZero() || row.Value.Minor() < 0 {
				t.Errorf("row %d after %d", row.Line, last)
			}
			last = row.Line
		}
		_ = reader.Rounded()
	})
}
