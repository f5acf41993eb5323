package locale

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"golang.org/x/text/language"

	"scrip/calendar"
	"scrip/money"
)

// TestGoldens compares what the languages write with what Node's Intl writes. German, Spanish, Hindi,
// Japanese, Dutch and Polish are not shipped; they show that a language is no more than its files.
// Node 20 has CLDR 48.0 and we have 48.2, and they agree in all of it; the one difference is V8's own
// (see dateTime).
func TestGoldens(t *testing.T) {
	paths, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(paths) < 8 {
		t.Fatalf("Glob = %d files, %v", len(paths), err)
	}
	for _, path := range paths {
		tag := strings.TrimSuffix(filepath.Base(path), ".txt")
		t.Run(tag, func(t *testing.T) { compareGoldens(t, goldenLanguage(t, tag), path) })
	}
}

func goldenLanguage(t *testing.T, tag string) *Language {
	t.Helper()
	var from fs.FS = files
	if _, err := fs.Stat(files, "cldr/"+tag+".json"); err != nil {
		from = os.DirFS("testdata")
	}
	read := &Language{tag: tag}
	if err := read.readCLDR(from); err != nil {
		t.Fatal(err)
	}
	rule, err := newPluralRule(language.Make(tag))
	if err != nil {
		t.Fatal(err)
	}
	read.plural = rule
	return read
}

func compareGoldens(t *testing.T, l *Language, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for line := range strings.Lines(string(text)) {
		call, quoted, isCase := strings.Cut(strings.TrimSpace(line), " = ")
		if !isCase {
			continue
		}
		want, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got := answer(t, l, strings.Fields(call)); got != want {
			t.Errorf("%s %s = %+q, want %+q", l.tag, call, got, want)
		}
		compared++
	}
	if compared < 150 {
		t.Errorf("%s has %d cases, want at least 150", path, compared)
	}
}

// answer calls the method that a golden names.
func answer(t *testing.T, l *Language, words []string) string {
	t.Helper()
	dated := map[string]func(calendar.Date) string{
		"Date": l.Date, "ShortDate": l.ShortDate, "MonthDay": l.MonthDay, "Month": l.Month, "MonthShort": l.MonthShort,
	}
	if write, is := dated[words[0]]; is {
		return write(calendar.Must(words[1]))
	}
	switch words[0] {
	case "Money":
		return l.Money(money.New(number(t, words[1]), money.MustCurrency(words[2])))
	case "Number":
		return l.Number(number(t, words[1]))
	case "Percent":
		return l.Percent(rate(t, words[1]))
	case "DateTime":
		return dateTime(t, l, words[1], words[2])
	case "List":
		return l.List(words[1:])
	case "Country":
		return l.Country(words[1])
	case "Plural":
		return l.plural.form(int(number(t, words[1])))
	}
	t.Fatalf("unknown golden %q", words)
	return ""
}

// dateTime undoes V8's own patch: it writes a plain space for CLDR's narrow one before AM and PM.
func dateTime(t *testing.T, l *Language, instant, name string) string {
	t.Helper()
	at, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(l.DateTime(at, zone), "\u202f", " ")
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	read, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func rate(t *testing.T, text string) money.Rate {
	t.Helper()
	read, err := money.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return read
}
