package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scrip/demo"
	"scrip/engine"
	"scrip/store/storetest"
)

// oldProducts are cards of another system in the demo's catalogue: of 16 digits and any value, and of 8 to 12 letters and
// digits and one value.
const oldProducts = `{"id": "old-eur", "country": "DE", "currency": "EUR", "amount": 100, "most": 20000, "closed": true, "codes": {"format": "numeric", "length": [16, 16]}},
      {"id": "old-25", "country": "US", "currency": "USD", "amount": 2500, "codes": {"format": "alphanumeric", "length": [8, 12]}},
      {"id": "us-25",`

// importer runs `scrip cards import` on a database with these products, and looks at all that is said for codes.
type importer struct {
	t        *testing.T
	database string
	folder   string
	codes    []string
}

func newImporter(t *testing.T, database string) *importer {
	t.Helper()
	i := &importer{t: t, database: database, folder: t.TempDir()}
	if got := call(t.Context(), "", nil, "migrate", "--database", database); got.status != exitDone {
		t.Fatalf("migrate = %+v", got)
	}
	catalog := i.file("catalog.json", strings.Replace(demo.Catalog, `{"id": "us-25",`, oldProducts, 1))
	if got := call(t.Context(), "", []string{testKey}, "catalog", "apply", "--yes", "--database", database, catalog); got.status != exitDone {
		t.Fatalf("catalog apply = %+v", got)
	}
	return i
}

func (i *importer) file(name, text string) string {
	i.t.Helper()
	path := filepath.Join(i.folder, name)
	check(i.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// run imports a file, whose codes are nowhere in what is said.
func (i *importer) run(file string, args ...string) told {
	i.t.Helper()
	got := call(i.t.Context(), "", []string{testKey}, append([]string{"cards", "import", file, "--database", i.database}, args...)...)
	rejects, err := os.ReadFile(filepath.Join(i.folder, "rejects.csv"))
	if err != nil && !os.IsNotExist(err) {
		i.t.Fatal(err)
	}
	for _, code := range i.codes {
		if strings.Contains(got.stdout+got.stderr+string(rejects), code) {
			i.t.Error("a code is told")
		}
	}
	return got
}

func (i *importer) wants(got told, status int, says ...string) {
	i.t.Helper()
	for _, each := range says {
		if got.status != status || !strings.Contains(got.stdout+got.stderr, each) {
			i.t.Errorf("%+v, want status %d and %q", got, status, each)
		}
	}
}

func (i *importer) verify(outstanding string) {
	i.t.Helper()
	got := call(i.t.Context(), "", []string{testKey}, "verify", "--database", i.database)
	if got.status != exitDone || !strings.Contains(got.stdout, "imported_cards") || !strings.Contains(got.stdout, outstanding) {
		i.t.Errorf("verify = %+v, want %s", got, outstanding)
	}
}

// TestImport: a file with good rows and bad ones; on trial first, then meant, then once more.
func TestImport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		i := newImporter(t, database)
		i.codes = []string{"4006381333931001", "4006381333931002", "4006381333931003", "4006381333931004", "4006381333931005", "006381333931006", "4006381333931007"}
		var text strings.Builder
		text.WriteString("PIN;Guthaben;Status\r\n")
		for at, rest := range []string{"10,00;active", "25,00;frozen", ";issued", "0,00;voided", "12,50;redeemed", "5,00;active", "500,00;active"} {
			text.WriteString(i.codes[at] + ";" + rest + "\r\n")
		}
		text.WriteString(i.codes[0] + ";10,00;active\r\n" + i.codes[1] + ";26,00;frozen\r\n1E+15;1,00;active\r\n")
		file := i.file("cards.csv", text.String())
		flags := []string{"--product", "old-eur", "--code", "pin", "--value", "guthaben", "--state", "status", "--rejects", filepath.Join(i.folder, "rejects.csv")}
		rejects := `line,reason,remedy
6,a card that was redeemed or replaced elsewhere has nothing left to take over,leave it out
7,"the code is too short, as when Excel has taken leading zeros away","export it again from the system that issued the cards, with the code's column as text, and do not save it from Excel"
8,the card cannot hold this value,import the card into a product whose cards can hold what is left on it
10,"a card of this code is here already, with another product, value or state","correct the line, or take it out; a state is changed with scrip cards activate, freeze or void"
11,"Excel has made a number in scientific notation of the code, and its last digits are lost","export it again from the system that issued the cards, with the code's column as text, and do not save it from Excel"
`
		for at, want := range []string{"Nothing was changed. Would be imported: 4. Here already: 1. Would be rejected: 5.", "Imported: 4. Here already: 1. Rejected: 5.", "Imported: 0. Here already: 5. Rejected: 5."} {
			args := flags
			if at == 0 {
				args = append(args, "--dry-run")
			}
			i.wants(i.run(file, args...), exitFailed, "Read as: semicolons between the columns.", want)
			said, err := os.ReadFile(filepath.Join(i.folder, "rejects.csv"))
			check(t, err)
			if string(said) != rejects {
				t.Errorf("rejects:\n%s", said)
			}
			if at == 0 {
				if cards := countCards(t, database); cards != 0 {
					t.Errorf("a trial left %d cards", cards)
				}
			}
		}
		i.verify("35.00")
		shown := i.file("shown.csv", text.String())
		i.wants(i.run(shown, flags[:8]...), exitFailed, "scrip: line 6: a card that was redeemed or replaced elsewhere", "Imported: 0.")
		whole := i.file("whole.csv", "code,state\nABCD-1234,active\nabcd 1235,Verkauft\n")
		i.codes = append(i.codes, "ABCD-1234", "ABCD1234", "abcd 1235")
		i.wants(i.run(whole, "--product", "old-25", "--means", "verkauft=active"), exitDone, "Imported: 2. Here already: 0. Rejected: 0.", "The cards are batch ", "WARNING: the shortest of these codes can be guessed. With 2 such cards active, whoever uses up the limit of 32 wrong codes in ten minutes finds one in about 100 years.")
		i.verify("50.00")
	})
}

// TestImportOfBadRows: of a part that has no good row each is told, and the next part is taken in.
func TestImportOfBadRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		i := newImporter(t, database)
		i.codes = []string{"4006381333931001", "4006381333931002"}
		bad := "code,value,state\n" + i.codes[0] + ",5.00,verkauft\n"
		alone, both := i.file("bad.csv", bad), i.file("both.csv", bad+i.codes[1]+",10.00,active\n")
		flags := []string{"--product", "old-eur", "--part", "1"}
		i.wants(i.run(alone, append(flags, "--dry-run")...), exitFailed, "scrip: line 2: ", "Would be imported: 0. Here already: 0. Would be rejected: 1.")
		i.wants(i.run(alone, flags...), exitFailed, "scrip: line 2: ", "Imported: 0. Here already: 0. Rejected: 1.")
		i.wants(i.run(both, append(flags, "--dry-run")...), exitFailed, "scrip: line 2: ", "Would be imported: 1. Here already: 0. Would be rejected: 1.")
		i.wants(i.run(both, flags...), exitFailed, "scrip: line 2: ", "Imported: 1. Here already: 0. Rejected: 1.")
		i.verify("10.00")
	})
}

// TestImportRefuses what it cannot do, and leaves everything as it was.
func TestImportRefuses(t *testing.T) {
	i := newImporter(t, filepath.Join(t.TempDir(), "scrip.db"))
	good := i.file("good.csv", "code,value,state\n4006381333931001,10.00,active\n")
	i.codes = []string{"4006381333931001", "4006381333931010"}
	kept := i.file("kept.csv", "line,reason\n1,dear to somebody\n")
	var lost strings.Builder
	for at := range 40 {
		fmt.Fprintf(&lost, "40063813339310%d0,10.00,active\n", at%10)
	}
	for says, args := range map[string][]string{
		"no such product":                    {good, "--product", "gold"},
		"does not say in which format":       {good, "--product", "us-25"},
		`no column is called "pin"`:          {good, "--product", "old-eur", "--code", "pin"},
		"--all is \"sold\"":                  {good, "--product", "old-eur", "--all", "sold"},
		"--part is 0":                        {good, "--product", "old-eur", "--part", "0"},
		"--means x=sold":                     {good, "--product", "old-eur", "--means", "x=sold"},
		"no such file":                       {filepath.Join(i.folder, "none.csv"), "--product", "old-eur"},
		"name a file, and no pipe":           {i.folder, "--product", "old-eur"},
		"names the file that is imported":    {good, "--product", "old-eur", "--rejects", good},
		"holds something else":               {good, "--product", "old-eur", "--dry-run", "--rejects", kept},
		"Excel keeps fifteen digits":         {i.file("lost.csv", "code,value,state\n"+lost.String()), "--product", "old-eur"},
		"has no column for the cards' state": {i.file("stateless.csv", "code,value\n"), "--product", "old-eur"},
	} {
		got := i.run(args[0], args[1:]...)
		status := exitFailed
		if strings.HasPrefix(says, "--") {
			status = exitUsage
		}
		if got.status != status || !strings.Contains(got.stderr, says) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%+v, want status %d and %q", got, status, says)
		}
	}
	if text, err := os.ReadFile(kept); err != nil || !strings.Contains(string(text), "dear to somebody") {
		t.Errorf("a file that is no import's holds %q, %v", text, err)
	}
	if cards := countCards(t, i.database); cards != 0 {
		t.Errorf("%d cards", cards)
	}
}

// TestImportOfAFileThatChanges between its two readings: none of what was not surveyed comes in, whatever the file's time says.
func TestImportOfAFileThatChanges(t *testing.T) {
	i := newImporter(t, filepath.Join(t.TempDir(), "scrip.db"))
	const text = "code,value,state\n4006381333931001,5.00,active\n4006381333931002,5.00,active\n"
	for name, test := range map[string]struct {
		part int
		hide bool
	}{"by its time": {1, false}, "by its sum": {3, true}} {
		file := i.file("cards.csv", text)
		before, err := os.Stat(file)
		check(t, err)
		c := importCommand{database: database{Database: i.database}, File: file, Product: "old-eur", Part: test.part, Code: "code", Value: "value", State: "state"}
		w := world{environment: []string{testKey}, stdout: io.Discard, stderr: io.Discard, now: time.Now}
		check(t, withEngine(t.Context(), w, c.database, func(e *engine.Engine) error {
			product, _ := e.Terms().Catalog.Product(c.Product)
			mapping, err := c.mapping()
			check(t, err)
			of := &intake{command: &c, engine: e, product: product, mapping: mapping}
			check(t, of.survey(w))
			i.file("cards.csv", strings.ReplaceAll(text, "5.00", "9.99"))
			at := before.ModTime()
			if !test.hide {
				at = at.Add(time.Second)
			}
			check(t, os.Chtimes(file, at, at))
			if err := of.run(t.Context(), w); !errors.Is(err, errChanged) {
				t.Errorf("%s: %v", name, err)
			}
			return nil
		}))
	}
	if cards := countCards(t, i.database); cards != 0 {
		t.Errorf("%d cards of a file that nobody has surveyed", cards)
	}
}

func countCards(t *testing.T, database string) (cards int) {
	t.Helper()
	check(t, storetest.SQL(t, database).QueryRow("SELECT COUNT(*) FROM cards").Scan(&cards))
	return cards
}
