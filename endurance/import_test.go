package endurance

import (
	"bytes"
	"database/sql"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"scrip/demo"
	"scrip/giftcode"
	"scrip/store/storetest"
)

// rowsOfPart is how many rows are taken in together here.
const rowsOfPart = 1000

// TestImportKilled kills `scrip cards import` with SIGKILL, beside a running server, SCRIP_TEST_KILLS times (5) while it
// takes in SCRIP_TEST_ROWS rows (30,000), some of them bad, and runs the same command again. In the end each card that is
// good is in the database once, with its value owed once, and no code was told.
func TestImportKilled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		kills, seed := int(number(t, "SCRIP_TEST_KILLS", 5)), number(t, "SCRIP_TEST_SEED", mathrand.Uint64())
		rows := int(number(t, "SCRIP_TEST_ROWS", 30_000))
		t.Logf("SCRIP_TEST_SEED=%d SCRIP_TEST_KILLS=%d SCRIP_TEST_ROWS=%d", seed, kills, rows)
		s := newServiceOn(t, address, 1)
		must(t, os.WriteFile(s.path("catalog.json"), []byte(strings.Replace(demo.Catalog, `{"id": "us-25",`,
			`{"id": "old", "country": "DE", "currency": "EUR", "amount": 100, "most": 20000, "codes": {"format": "numeric", "length": [16, 16]}}, {"id": "us-25",`, 1)), 0o600))
		s.start()
		i := &importing{service: s, chance: mathrand.New(mathrand.NewPCG(seed, seed)), want: map[string]int{}}
		i.write(rows)
		for kill := range kills {
			i.killed(kill * len(i.want) / kills)
		}
		out := i.run()
		if i.here+i.added != len(i.want)+i.doubled || i.rejected != i.bad {
			t.Errorf("the last run said %s, want %d cards, %d of them twice, and %d rejected", out, len(i.want), i.doubled, i.bad)
		}
		i.wantEachOnce()
		if i.run(); i.added != 0 || i.here != len(i.want)+i.doubled || i.rejected != i.bad {
			t.Errorf("once more: %d imported, %d here, %d rejected", i.added, i.here, i.rejected)
		}
		i.wantEachOnce()
		s.verify()
	})
}

// importing is a file that is being imported.
type importing struct {
	*service
	chance       *mathrand.Rand
	want         map[string]int // values by digest and state
	bad, doubled int

	added, here, rejected int // as the last run told
}

// write makes the file: cards with values, some of them twice, and rows that are bad.
func (i *importing) write(rows int) {
	i.t.Helper()
	ring, err := giftcode.ParseKeyring(i.keys)
	must(i.t, err)
	format, err := giftcode.NewFormat(giftcode.Numeric, 16, 16)
	must(i.t, err)
	file := bytes.NewBufferString("code;value;state\r\n")
	states := []string{"active", "active", "active", "frozen", "issued", "voided"}
	last := ""
	for range rows {
		text := fmt.Sprintf("%016d", i.chance.Int64N(1e16))
		value, state := 100+i.chance.IntN(19_000), states[i.chance.IntN(len(states))]
		row := fmt.Sprintf("%s;%d,%02d;%s\r\n", text, value/100, value%100, state)
		switch i.chance.IntN(50) {
		case 0:
			i.bad++
			row = text[:15] + row[16:]
		case 1:
			if last != "" {
				i.doubled++
				row = last
			}
		}
		file.WriteString(row)
		if code, err := format.Parse(row[:strings.IndexByte(row, ';')]); err == nil && row != last {
			i.want[ring.Digest(code).Sum+" "+state] = value
			last = row
		}
	}
	must(i.t, os.WriteFile(i.path("cards.csv"), file.Bytes(), 0o600))
}

func (i *importing) command() *exec.Cmd {
	return i.service.command("cards", "import", i.path("cards.csv"), "--product", "old", "--part", fmt.Sprint(rowsOfPart), "--rejects", i.path("rejects.csv"))
}

// killed imports, and is killed a moment after so many cards are there.
func (i *importing) killed(cards int) {
	i.t.Helper()
	process := i.command()
	var said bytes.Buffer
	process.Stdout, process.Stderr = &said, &said
	must(i.t, process.Start())
	for begun := time.Now(); i.cards() < cards; time.Sleep(pollEvery) {
		if time.Since(begun) > patience {
			i.t.Fatalf("%d cards are there, want %d: %s", i.cards(), cards, &said)
		}
	}
	time.Sleep(time.Duration(i.chance.Int64N(int64(100 * time.Millisecond))))
	_ = process.Process.Kill()
	_ = process.Wait() // that it was killed
	i.keepsSecret(said.String())
	i.t.Logf("killed with %d cards", i.cards())
}

func (i *importing) cards() (cards int) {
	i.look(func(tx *sql.Tx) {
		must(i.t, tx.QueryRow("SELECT COUNT(*) FROM cards WHERE product = 'old'").Scan(&cards))
	})
	return cards
}

// run imports to the end, and reads what it told.
func (i *importing) run() string {
	i.t.Helper()
	out, _ := i.command().CombinedOutput() // its status says that rows were rejected
	i.keepsSecret(string(out))
	at := strings.Index(string(out), "Imported: ")
	if at < 0 {
		i.t.Fatalf("scrip cards import: %s", out)
	}
	_, err := fmt.Sscanf(string(out)[at:], "Imported: %d. Here already: %d. Rejected: %d.", &i.added, &i.here, &i.rejected)
	must(i.t, err)
	rejects, err := os.ReadFile(i.path("rejects.csv"))
	must(i.t, err)
	i.keepsSecret(string(rejects))
	if told := strings.Count(string(rejects), "\n") - 1; told != i.rejected {
		i.t.Errorf("%d rows are in the file of rejects, want %d", told, i.rejected)
	}
	return string(out)
}

var looksLikeCode = regexp.MustCompile(`\d{15}`)

func (i *importing) keepsSecret(text string) {
	i.t.Helper()
	if looksLikeCode.MatchString(text) || looksLikeCode.MatchString(i.said.String()) {
		i.t.Error("a code is told")
	}
}

// wantEachOnce wants the cards of the file, and of what is owed one transfer each.
func (i *importing) wantEachOnce() {
	i.t.Helper()
	owed := map[string]int{}
	for card, value := range i.want {
		if digest, state, _ := strings.Cut(card, " "); state == "active" || state == "frozen" {
			owed[digest] = value
		}
	}
	i.look(func(tx *sql.Tx) {
		if kept := i.count(tx, "SELECT digest || ' ' || state, value FROM cards WHERE product = 'old'"); !maps.Equal(kept, i.want) {
			i.t.Errorf("%d cards are there that are not as they should be", different(kept, i.want))
		}
		if kept := i.count(tx, "SELECT digest, amount FROM card_transfers WHERE debit = 'imported_cards'"); !maps.Equal(kept, owed) {
			i.t.Errorf("%d transfers are not as they should be", different(kept, owed))
		}
		if kept := i.count(tx, "SELECT product, 1 FROM batches WHERE product = 'old'"); kept["old"] != 1 {
			i.t.Errorf("%d batches", kept["old"])
		}
	})
}

// different is how many entries one map has that the other has otherwise, or not.
func different(a, b map[string]int) (count int) {
	for _, pair := range [][2]map[string]int{{a, b}, {b, a}} {
		for key, value := range pair[0] {
			if other, there := pair[1][key]; !there || other != value {
				count++
			}
		}
	}
	return count
}
