package endurance

import (
	"database/sql"
	"encoding/csv"
	"errors"
	"maps"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"scrip/engine"
	"scrip/giftcode"
	"scrip/store/storetest"
)

const (
	cardsOfPart = 20_000
	// mostLater is how long after a part has a file it is killed: up to when the part after it is being written.
	mostLater = 800 * time.Millisecond
)

// TestIssueKilled kills `scrip cards issue` with SIGKILL, beside a running server, SCRIP_TEST_KILLS times (5) while it
// makes SCRIP_TEST_CARDS cards (200,000), and goes on with --resume. In the end each card of the database has its code
// in one file, once, and there is no code besides.
func TestIssueKilled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		kills, seed := number(t, "SCRIP_TEST_KILLS", 5), number(t, "SCRIP_TEST_SEED", mathrand.Uint64())
		cards := int(number(t, "SCRIP_TEST_CARDS", 200_000))
		t.Logf("SCRIP_TEST_SEED=%d SCRIP_TEST_KILLS=%d SCRIP_TEST_CARDS=%d", seed, kills, cards)
		s := newServiceOn(t, address, 1)
		s.start()
		i := &issuing{s, mathrand.New(mathrand.NewPCG(seed, seed)), newPrinter(t), s.path("press"), (cards + cardsOfPart - 1) / cardsOfPart}
		args := []string{"--product", "us-25", "--count", strconv.Itoa(cards)}
		for kill := range int(kills) {
			i.killed(kill*i.parts/int(kills), args...)
			args = []string{"--resume", i.batch()}
		}
		// The last kill may have come when all was made, and before that was told.
		if out, err := i.command(args...).CombinedOutput(); err != nil && !strings.Contains(string(out), engine.ErrBatchWhole.Error()) {
			t.Fatalf("scrip cards issue: %v\n%s", err, out)
		}
		i.wantEachOnce(cards)
		s.verify()
	})
}

// issuing is a batch that is being made.
type issuing struct {
	*service
	chance  *mathrand.Rand
	printer *age.X25519Identity
	folder  string
	parts   int
}

func newPrinter(t *testing.T) *age.X25519Identity {
	t.Helper()
	printer, err := age.GenerateX25519Identity()
	must(t, err)
	return printer
}

// command issues to the printer.
func (i *issuing) command(args ...string) *exec.Cmd {
	return i.service.command(append([]string{"cards", "issue", "--to", i.printer.Recipient().String(),
		"--out", i.folder, "--part", strconv.Itoa(cardsOfPart)}, args...)...)
}

// killed issues, and is killed a moment after so many parts have a file.
func (i *issuing) killed(parts int, args ...string) {
	i.t.Helper()
	process := i.command(args...)
	must(i.t, process.Start())
	for begun := time.Now(); len(i.files()) <= parts; time.Sleep(pollEvery) {
		if time.Since(begun) > patience {
			i.t.Fatalf("%d parts are begun, want %d", len(i.files()), parts+1)
		}
	}
	time.Sleep(time.Duration(i.chance.Int64N(int64(mostLater))))
	_ = process.Process.Kill()
	if err := process.Wait(); err == nil {
		i.t.Error("it was done before it was killed")
	}
	i.t.Logf("killed with %d files", len(i.files()))
}

func (i *issuing) files() []string {
	files, err := filepath.Glob(filepath.Join(i.folder, "*.csv.age"))
	must(i.t, err)
	return files
}

// batch is the batch that the files name.
func (i *issuing) batch() string {
	name := filepath.Base(i.files()[0])
	return name[:strings.LastIndex(name, "-")]
}

// wantEachOnce wants each card of the batch in one file, once, and nothing else there.
func (i *issuing) wantEachOnce(cards int) {
	i.t.Helper()
	there, err := os.ReadDir(i.folder)
	must(i.t, err)
	if len(there) != i.parts || len(i.files()) != i.parts {
		i.t.Errorf("the folder has %d files, %d of them parts, want %d", len(there), len(i.files()), i.parts)
	}
	ring, err := giftcode.ParseKeyring(i.keys)
	must(i.t, err)
	printed := map[string]int{}
	for _, file := range i.files() {
		for _, row := range i.decrypted(file) {
			code, err := giftcode.Parse(row[1])
			must(i.t, err)
			printed[ring.Digest(code).Sum+" "+row[0]]++
		}
	}
	i.look(func(tx *sql.Tx) {
		kept := i.count(tx, "SELECT digest || ' ' || serial, 1 FROM cards WHERE batch = '"+i.batch()+"'")
		if len(kept) != cards || !maps.Equal(kept, printed) {
			i.t.Errorf("%d cards are in the database, and %d in the files, want the same %d", len(kept), len(printed), cards)
		}
	})
}

// decrypted are a file's cards, as the printer reads them.
func (i *issuing) decrypted(name string) [][]string {
	i.t.Helper()
	file, err := os.Open(name)
	must(i.t, err)
	plain, err := age.Decrypt(file, i.printer)
	must(i.t, err)
	rows, err := csv.NewReader(plain).ReadAll()
	must(i.t, errors.Join(err, file.Close()))
	return rows[1:]
}
