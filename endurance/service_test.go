package endurance

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"scrip/demo"
	"scrip/giftcode"
	"scrip/store"
	"scrip/store/storetest"
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
	status := storetest.Main(m)
	if path, err := program(); err == nil && os.Getenv("SCRIP_TEST_BINARY") == "" {
		_ = os.RemoveAll(filepath.Dir(path)) // a folder that stays is the system's to clean
	}
	os.Exit(status)
}

// service is `scrip serve`, in one process or several on one database, with a mail server of the test's and a
// proxy in front.
type service struct {
	t        *testing.T
	binary   string
	folder   string
	url      string // of the proxy
	database string
	keys     string
	post     *post
	nodes    []*node
	said     record   // by all processes
	as       []string // the command and its flags
	outages  []outage
}

// outage is from before something was killed until all answered again. A letter that a server handed over just
// before it died may be read within it.
type outage struct{ from, to time.Time }

// node is one process.
type node struct {
	url     string
	process *exec.Cmd // nil while it does not run
}

// newService is a service on SQLite, which one process serves.
func newService(t *testing.T) *service {
	t.Helper()
	return newServiceOn(t, "", 1)
}

// newServiceOn is a service on a database, or SQLite for "", that some processes serve.
func newServiceOn(t *testing.T, database string, processes int) *service {
	t.Helper()
	binary, err := program()
	must(t, err)
	key, err := giftcode.NewKey("endurance", rand.Reader)
	must(t, err)
	s := &service{t: t, as: []string{"serve"}, binary: binary, folder: t.TempDir(), database: database, keys: key.Reveal(), post: newPost(t)}
	if database == "" {
		s.database = s.path("scrip.db")
	}
	for range processes {
		s.nodes = append(s.nodes, &node{url: "http://" + freeAddress(t)})
	}
	proxy := httptest.NewServer(s.proxy())
	t.Cleanup(proxy.Close)
	s.url = proxy.URL
	must(t, os.WriteFile(s.path("catalog.json"), []byte(demo.Catalog), 0o600))
	must(t, os.WriteFile(s.path("scrip.toml"), fmt.Appendf(nil, `
base_url = %q
database = %q
catalog = %q
trust_proxy = true
brand = { name = "Lumenary", support_email = "help@lumenary.example", accent = "#5b3df5" }
mail = { host = "127.0.0.1", port = %d, tls = "none", from = "Lumenary <hello@lumenary.example>" }
log = { level = "debug" }
webhook = { allow_networks = ["127.0.0.0/8"] }
`, s.url, s.database, s.path("catalog.json"), s.post.port), 0o600))
	t.Cleanup(func() {
		for _, n := range s.nodes {
			if n.process != nil {
				_, _ = n.process.Process.Kill(), n.process.Wait() // the test has ended, well or not
			}
		}
	})
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := listener.Addr().String()
	must(t, listener.Close())
	return address
}

// proxy hands requests to one process after another. Where that does not answer, it answers 502.
func (s *service) proxy() http.Handler {
	var turn atomic.Int64
	return &httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		Rewrite: func(r *httputil.ProxyRequest) {
			to, err := url.Parse(s.nodes[int(turn.Add(1))%len(s.nodes)].url)
			if err != nil {
				panic(err) // freeAddress made it
			}
			r.SetURL(to)
			r.Out.Host = r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		}}
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

// start starts the processes that do not run, at once, and waits until they answer.
func (s *service) start() {
	s.t.Helper()
	for _, n := range s.nodes {
		if n.process != nil {
			continue
		}
		n.process = s.command(s.as...)
		n.process.Env = append(n.process.Env, "SCRIP_ADDRESS="+strings.TrimPrefix(n.url, "http://"))
		n.process.Stdout, n.process.Stderr = &s.said, &s.said
		must(s.t, n.process.Start())
	}
	if !s.waitReady(s.t.Context()) {
		s.t.Fatalf("the server does not begin to answer:\n%s", s.said.String())
	}
}

// waitReady waits until all processes answer, and reports whether they did.
func (s *service) waitReady(ctx context.Context) bool {
	ready := func(n *node) bool {
		answer, err := http.Get(n.url + "/readyz")
		if err != nil {
			return false
		}
		_ = answer.Body.Close() // nothing in it is read
		return answer.StatusCode == http.StatusOK
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(pollEvery) {
		if !slices.ContainsFunc(s.nodes, func(n *node) bool { return !ready(n) }) {
			return true
		}
	}
	return false
}

// kill ends a process as a power cut would, but for what the operating system has not written yet.
func (s *service) kill(n *node) {
	s.t.Helper()
	must(s.t, n.process.Process.Kill())
	if err := n.process.Wait(); err == nil || n.process.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		s.t.Fatalf("the server ended by itself, with %v, before it was killed:\n%s", err, s.said.String())
	}
	n.process = nil
}

// stop ends all processes as an operator does.
func (s *service) stop() {
	s.t.Helper()
	for _, n := range s.nodes {
		must(s.t, n.process.Process.Signal(syscall.SIGTERM))
		if err := n.process.Wait(); err != nil {
			s.t.Fatalf("the server, told to stop, ended with %v:\n%s", err, s.said.String())
		}
		n.process = nil
	}
}

// card is a printed card as the shop has it.
type card struct{ serial, code string }

var batchName = regexp.MustCompile(`--batch (\S+)`)

// issue has the tools issue and activate cards, beside the server if it runs.
func (s *service) issue(count int) []card {
	s.t.Helper()
	batch, cards := s.printed(count)
	if out, err := s.command("cards", "activate", "--batch", batch).CombinedOutput(); err != nil {
		s.t.Fatalf("scrip cards activate: %v\n%s", err, out)
	}
	return cards
}

// printed has the tools issue cards that are not active yet.
func (s *service) printed(count int) (batch string, cards []card) {
	s.t.Helper()
	folder := s.path("cards-" + rand.Text())
	out, err := s.command("cards", "issue", "--product", "us-25", "--count", strconv.Itoa(count), "--out", folder, "--clear", "--yes").CombinedOutput()
	named := batchName.FindSubmatch(out)
	if err != nil || named == nil {
		s.t.Fatalf("scrip cards issue: %v\n%s", err, out)
	}
	list, err := os.Open(filepath.Join(folder, string(named[1])+"-0001.csv"))
	must(s.t, err)
	rows, err := csv.NewReader(list).ReadAll()
	must(s.t, errors.Join(err, list.Close()))
	for _, row := range rows[1:] {
		cards = append(cards, card{row[0], row[1]})
	}
	return string(named[1]), cards
}

// verify has the program prove its books.
func (s *service) verify() {
	s.t.Helper()
	if out, err := s.command("verify").CombinedOutput(); err != nil {
		s.t.Errorf("scrip verify: %v\n%s", err, out)
	}
}

// look reads one state of the database, without the program's help.
func (s *service) look(see func(*sql.Tx)) {
	s.t.Helper()
	pool := storetest.SQL(s.t, s.database)
	pool.SetMaxIdleConns(-1) // after some hundred looks PostgreSQL would have no connection left
	tx, err := pool.BeginTx(s.t.Context(), &sql.TxOptions{Isolation: s.snapshot()})
	must(s.t, err)
	see(tx)
	must(s.t, tx.Rollback())
}

// snapshot is the isolation in which all statements of a transaction see one state.
func (s *service) snapshot() sql.IsolationLevel {
	if store.IsPostgres(s.database) {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
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
