package endurance

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite" // looks at the database without the program's help

	"scrip/demo"
	"scrip/giftcode"
)

const (
	// patience bounds what should be done at once, on a machine that has other things to do.
	patience = 60 * time.Second
	// pollEvery is how often it is looked whether something has come about.
	pollEvery = 5 * time.Millisecond
)

// program is the binary, built once for all tests. SCRIP_TEST_BINARY names another one to put to the test.
var program = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("SCRIP_TEST_BINARY"); path != "" {
		return path, nil
	}
	folder, err := os.MkdirTemp("", "scrip-endurance-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "scrip")
	out, err := exec.Command("go", "build", "-o", path, "scrip/cmd/scrip").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := program(); err == nil && os.Getenv("SCRIP_TEST_BINARY") == "" {
		_ = os.RemoveAll(filepath.Dir(path)) // a folder that stays is the system's to clean
	}
	os.Exit(status)
}

// service is `scrip serve` in a process of its own, on a database and with a mail server of the test's.
type service struct {
	t       *testing.T
	binary  string
	folder  string
	url     string
	keys    string
	post    *post
	process *exec.Cmd
	said    record // by the process that runs, or ran last
	kills   []time.Time
}

func newService(t *testing.T) *service {
	t.Helper()
	binary, err := program()
	must(t, err)
	key, err := giftcode.NewKey("endurance", rand.Reader)
	must(t, err)
	s := &service{t: t, binary: binary, folder: t.TempDir(), keys: key.Reveal(), post: newPost(t)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := listener.Addr().String()
	must(t, listener.Close())
	s.url = "http://" + address
	must(t, os.WriteFile(s.path("catalog.json"), []byte(demo.Catalog), 0o600))
	must(t, os.WriteFile(s.path("scrip.toml"), fmt.Appendf(nil, `
address = %q
base_url = %q
database = %q
catalog = %q
trust_proxy = true
brand = { name = "Lumenary", support_email = "help@lumenary.example", accent = "#5b3df5" }
mail = { host = "127.0.0.1", port = %d, tls = "none", from = "Lumenary <hello@lumenary.example>" }
log = { level = "debug" }
`, address, s.url, s.path("scrip.db"), s.path("catalog.json"), s.post.port), 0o600))
	t.Cleanup(func() {
		if s.process != nil {
			_, _ = s.process.Process.Kill(), s.process.Wait() // the test has ended, well or not
		}
	})
	return s
}

func (s *service) path(name string) string { return filepath.Join(s.folder, name) }

func (s *service) command(args ...string) *exec.Cmd {
	command := exec.CommandContext(s.t.Context(), s.binary, append(args, "--config", s.path("scrip.toml"))...)
	command.Env = append(slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "SCRIP_") }), "SCRIP_CODE_KEYS="+s.keys)
	return command
}

// record keeps what a process says, and may be read while it goes on.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(text)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// start starts the server, and waits until it answers.
func (s *service) start() {
	s.t.Helper()
	s.process = s.command("serve")
	s.process.Stdout, s.process.Stderr = &s.said, &s.said
	must(s.t, s.process.Start())
	if !s.waitReady(s.t.Context()) {
		_, _ = s.process.Process.Kill(), s.process.Wait()
		s.t.Fatalf("the server does not begin to answer:\n%s", s.said.String())
	}
}

// waitReady waits until the server answers, and reports whether it did.
func (s *service) waitReady(ctx context.Context) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(pollEvery) {
		answer, err := http.Get(s.url + "/readyz")
		if err != nil {
			continue
		}
		_ = answer.Body.Close() // nothing in it is read
		if answer.StatusCode == http.StatusOK {
			return true
		}
	}
	return false
}

// kill ends the server as a power cut would, but for what the operating system has not written yet.
func (s *service) kill() {
	s.t.Helper()
	s.kills = append(s.kills, time.Now())
	must(s.t, s.process.Process.Kill())
	if err := s.process.Wait(); err == nil || s.process.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		s.t.Fatalf("the server ended by itself, with %v, before it was killed:\n%s", err, s.said.String())
	}
	s.process = nil
}

// stop ends the server as an operator does.
func (s *service) stop() {
	s.t.Helper()
	must(s.t, s.process.Process.Signal(syscall.SIGTERM))
	if err := s.process.Wait(); err != nil {
		s.t.Fatalf("the server, told to stop, ended with %v:\n%s", err, s.said.String())
	}
	s.process = nil
}

// card is a printed card as the shop has it.
type card struct{ serial, code string }

var batchName = regexp.MustCompile(`--batch (\S+)`)

// issue has the tools issue and activate cards, beside the server if it runs.
func (s *service) issue(count int) []card {
	s.t.Helper()
	file := s.path("cards-" + rand.Text() + ".csv")
	out, err := s.command("cards", "issue", "--product", "us-25", "--count", strconv.Itoa(count), "--out", file).CombinedOutput()
	batch := batchName.FindSubmatch(out)
	if err != nil || batch == nil {
		s.t.Fatalf("scrip cards issue: %v\n%s", err, out)
	}
	if out, err := s.command("cards", "activate", "--batch", string(batch[1])).CombinedOutput(); err != nil {
		s.t.Fatalf("scrip cards activate: %v\n%s", err, out)
	}
	printed, err := os.Open(file)
	must(s.t, err)
	rows, err := csv.NewReader(printed).ReadAll()
	must(s.t, errors.Join(err, printed.Close()))
	var cards []card
	for _, row := range rows[1:] {
		cards = append(cards, card{row[0], row[1]})
	}
	return cards
}

// verify has the program prove its books.
func (s *service) verify() {
	s.t.Helper()
	command := s.command("verify")
	command.Args = append(command.Args, "--database", s.path("scrip.db"))
	if out, err := command.CombinedOutput(); err != nil {
		s.t.Errorf("scrip verify: %v\n%s", err, out)
	}
}

// look reads one state of the database, without the program's help.
func (s *service) look(see func(*sql.Tx)) {
	s.t.Helper()
	pool, err := sql.Open("sqlite", "file:"+s.path("scrip.db")+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)")
	must(s.t, err)
	tx, err := pool.Begin()
	must(s.t, err)
	see(tx)
	must(s.t, errors.Join(tx.Rollback(), pool.Close()))
}

// count is how often each of some texts stands in the database.
func (s *service) count(tx *sql.Tx, query string) map[string]int {
	s.t.Helper()
	rows, err := tx.Query(query)
	must(s.t, err)
	counts := map[string]int{}
	for rows.Next() {
		var text string
		var count int
		must(s.t, rows.Scan(&text, &count))
		counts[text] += count
	}
	must(s.t, errors.Join(rows.Err(), rows.Close()))
	return counts
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// number is a count that the environment may set.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	value, err := strconv.ParseUint(text, 10, 64)
	must(t, err)
	return value
}
