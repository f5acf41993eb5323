package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"scrip/demo"
	"scrip/simulate/scenariotest"
	"scrip/store"
)

const testKey = "SCRIP_CODE_KEYS=2026-1:QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="

// told is how a call of the program ended.
type told struct {
	status         int
	stdout, stderr string
}

func call(ctx context.Context, stdin string, environment []string, args ...string) told {
	var stdout, stderr bytes.Buffer
	status := run(ctx, world{args, environment, strings.NewReader(stdin), &stdout, &stderr, time.Now})
	return told{status, stdout.String(), stderr.String()}
}

func TestSimulate(t *testing.T) {
	file := scenariotest.Files(t)[0]
	text, err := os.ReadFile(file)
	check(t, err)
	named := call(t.Context(), "", nil, "simulate", file)
	piped := call(t.Context(), string(text), nil, "simulate", "-")
	if named.status != exitDone || named.stdout == "" || named.stderr != "" || named != piped {
		t.Errorf("simulate FILE = %+v, simulate - = %+v", named, piped)
	}
	table := call(t.Context(), "", nil, "simulate", "--table", file)
	if table.status != exitDone || !strings.Contains(table.stdout, "EUR") || strings.Contains(table.stdout, "{") {
		t.Errorf("simulate --table = %+v", table)
	}
	broken := call(t.Context(), strings.Replace(string(text), `"amount"`, `"amuont"`, 1), nil, "simulate", "-")
	if broken.status != exitUsage || broken.stdout != "" || strings.Count(broken.stderr, "\n") != 1 || !strings.Contains(broken.stderr, "amuont") {
		t.Errorf("simulate of a broken file = %+v", broken)
	}
}

// setUp is a folder with a configuration and a catalogue for a server for real.
func setUp(t *testing.T) (config, database string) {
	folder := t.TempDir()
	config, database = filepath.Join(folder, "scrip.toml"), filepath.Join(folder, "scrip.db")
	catalog := filepath.Join(folder, "catalog.json")
	check(t, os.WriteFile(catalog, []byte(demo.Catalog), 0o600))
	check(t, os.WriteFile(config, fmt.Appendf(nil, `
address = "127.0.0.1:0"
base_url = "http://127.0.0.1"
database = %q
catalog = %q
[brand]
name = "Example"
support_email = "help@example.com"
[mail]
host = "127.0.0.1"
port = 1
from = "no-reply@example.com"
tls = "none"
`, database, catalog), 0o600))
	return config, database
}

func TestServeRefusesToStart(t *testing.T) {
	config, database := setUp(t)
	refused := func(name, says string, environment ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		got := call(ctx, "", environment, "serve", "--config", config)
		if got.status != exitFailed || !strings.Contains(got.stderr, says) || got.stdout != "" {
			t.Errorf("%s: %+v, want a line that says %q", name, got, says)
		}
	}
	refused("no code key", "scrip keys new")
	refused("the demo's key", "everybody knows", "SCRIP_CODE_KEYS="+demo.Key)
	refused("an unknown setting", "SCRIP_CODEKEYS is no setting", testKey, "SCRIP_CODEKEYS=1")
	refused("an unknown level", "log.level", testKey, "SCRIP_LOG_LEVEL=loud")

	held, err := store.Open(t.Context(), database, store.Options{Clock: time.Now, Alone: true, Migrate: true})
	check(t, err)
	refused("a database that is served", "another process serves this database", testKey)
	check(t, held.Close())

	raw, err := sql.Open("sqlite", database)
	check(t, err)
	_, err = raw.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
	check(t, err)
	check(t, raw.Close())
	refused("a newer database", "newer than this program", testKey)
}

// server is `scrip serve` in this process.
type server struct {
	url  string
	stop context.CancelFunc
	done chan int
}

func serve(t *testing.T, config string) *server {
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	s := &server{stop: stop, done: make(chan int, 1)}
	go func() {
		s.done <- run(ctx, world{[]string{"serve", "--config", config}, []string{testKey, "SCRIP_LOG_FORMAT=text"}, strings.NewReader(""), io.Discard, in, time.Now})
		in.Close()
	}()
	text := make([]byte, 4096)
	read, err := out.Read(text)
	check(t, err)
	go io.Copy(io.Discard, out)
	_, address, found := strings.Cut(string(text[:read]), "address=")
	if !found {
		t.Fatalf("the server said %q", text[:read])
	}
	s.url = "http://" + strings.TrimSpace(address)
	return s
}

func get(t *testing.T, address string) (int, string) {
	response, err := http.Get(address)
	check(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(t, err)
	return response.StatusCode, string(body)
}

// TestCardsBesideAServer: an operator's day, with the server running all along.
func TestCardsBesideAServer(t *testing.T) {
	config, database := setUp(t)
	s := serve(t, config)
	for path, holds := range map[string]string{"/healthz": "ok", "/readyz": "ok", "/metrics": "scrip_http_requests_total", "/redeem": "<html"} {
		if status, body := get(t, s.url+path); status != http.StatusOK || !strings.Contains(body, holds) && path != "/metrics" {
			t.Errorf("GET %s = %d, %.80q", path, status, body)
		}
	}
	if got := demoStaffSignIn(t, s.url); got != http.StatusNotFound {
		t.Errorf("a real server answers the demo's way in for staff with %d", got)
	}
	scrip := func(args ...string) told { return call(t.Context(), "", []string{testKey}, args...) }
	out := filepath.Join(t.TempDir(), "cards")
	issue := []string{"cards", "issue", "--config", config, "--out", out, "--count", "3"}
	if got := scrip(append(slices.Clone(issue), "--product", "gold", "--clear", "--yes")...); got.status != exitFailed || !strings.Contains(got.stderr, "no such product") || exists(out) {
		t.Errorf("issue of no product = %+v, folder left behind: %v", got, exists(out))
	}
	if got := scrip("cards", "issue", "--config", config, "--product", "us-25", "--count", "3", "--out", config, "--clear", "--yes"); got.status != exitFailed || !strings.Contains(got.stderr, "--out: ") {
		t.Errorf("issue into a file = %+v", got)
	}
	if got := scrip("cards", "batch", "list", "--config", config); got.status != exitDone || strings.Contains(got.stdout, "us-25") {
		t.Errorf("batches of mistaken commands: %+v", got)
	}
	for says, more := range map[string][]string{"--clear --yes": {"--product", "us-25"}, "--count is -1": {"--product", "us-25", "--count=-1", "--clear", "--yes"},
		"say --yes too": {"--product", "us-25", "--clear"}, "age1": {"--product", "us-25", "--to", "age1nobody"},
		"secret key": {"--product", "us-25", "--to", "AGE-SECRET-KEY-1QQQ"}, "either": {"--product", "us-25", "--clear", "--yes", "--to", "age1nobody"},
		"--resume takes": {"--resume", "b"}, "--part is 0": {"--product", "us-25", "--clear", "--yes", "--part", "0"}} {
		if got := scrip(append(slices.Clone(issue), more...)...); got.status != exitUsage || !strings.Contains(got.stderr, says) || strings.Contains(got.stderr, "QQQ") || exists(out) {
			t.Errorf("issue with %v = %+v, folder left behind: %v", more, got, exists(out))
		}
	}
	if got := scrip("cards", "issue", "--config", config, "--out", out, "--resume", "none", "--clear", "--yes"); got.status != exitFailed || !strings.Contains(got.stderr, "no such batch") {
		t.Errorf("resume of no batch = %+v", got)
	}
	issued := scrip(append(issue, "--product", "us-25", "--clear", "--yes")...)
	if issued.status != exitDone {
		t.Fatalf("issue = %+v", issued)
	}
	_, batch, _ := strings.Cut(strings.TrimSpace(issued.stdout), "--batch ")
	rows := cards(t, filepath.Join(out, batch+"-0001.csv"))
	for _, row := range rows {
		if strings.Contains(issued.stdout, row[1]) {
			t.Error("issue printed a code on the terminal")
		}
	}
	if got := scrip("cards", "issue", "--config", config, "--out", out, "--resume", batch, "--clear", "--yes"); got.status != exitFailed || !strings.Contains(got.stderr, "are made") {
		t.Errorf("resume of a whole batch = %+v", got)
	}
	for _, step := range []struct {
		says string
		args []string
	}{
		{"state made", []string{"show", batch}}, {"only a batch that is printed", []string{"ship", batch, "--to", "cornerway"}},
		{"printed done", []string{"printed", batch}}, {"no such retailer", []string{"ship", batch, "--to", "nobody"}},
		{"ship done", []string{"ship", batch, "--to", "cornerway"}}, {"freeze done", []string{"freeze", batch}},
		{"frozen, was shipped", []string{"list"}}, {"unfreeze done", []string{"unfreeze", batch}}, {"no such batch", []string{"show", "none"}},
		{"retailer cornerway\n3 issued\npart 1: 3 cards, SHA-256 ", []string{"show", batch}},
	} {
		if got := scrip(append(append([]string{"cards", "batch"}, step.args...), "--config", config)...); !strings.Contains(got.stdout+got.stderr, step.says) {
			t.Errorf("cards batch %v = %+v, want %q", step.args, got, step.says)
		}
	}
	if got := scrip("cards", "activate", "--config", config, "--batch", batch); got.stdout != "3 cards activated.\n" {
		t.Errorf("activate = %+v", got)
	}
	if got := scrip("cards", "freeze", "--config", config, rows[0][0]); got.status != exitDone {
		t.Errorf("freeze = %+v", got)
	}
	if got := scrip("cards", "activate", "--config", config, rows[0][0]); got.status != exitFailed || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("activate of a frozen card = %+v", got)
	}
	if got := scrip("cards", "void", "--config", config, rows[0][0]); got.status != exitDone {
		t.Errorf("void = %+v", got)
	}
	verified := scrip("verify", "--config", config)
	if verified.status != exitDone || !strings.Contains(verified.stdout, "cards_outstanding") || !strings.Contains(verified.stdout, "50.00") {
		t.Errorf("verify = %+v", verified)
	}
	s.stop()
	if status := <-s.done; status != exitDone {
		t.Errorf("the server ended with status %d", status)
	}
	tamper(t, database, "UPDATE cards SET value = 2600 WHERE state = 'active' AND serial = '"+rows[1][0]+"'")
	if got := scrip("verify", "--config", config); got.status != exitFailed || !strings.Contains(got.stdout, "expected") {
		t.Errorf("verify of a changed card = %+v", got)
	}
	if got := scrip("verify", "--database", filepath.Join(t.TempDir(), "none.db")); got.status != exitUsage || got.stdout != "" {
		t.Errorf("verify of no database = %+v", got)
	}
}

// demoStaffSignIn is how a server answers what signs staff in to the demo.
func demoStaffSignIn(t *testing.T, url string) int {
	t.Helper()
	answer, err := http.PostForm(url+"/demo/staff", map[string][]string{"duty": {"manager"}})
	check(t, err)
	defer answer.Body.Close()
	return answer.StatusCode
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func cards(t *testing.T, path string) [][]string {
	file, err := os.Open(path)
	check(t, err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	check(t, err)
	return rows[1:]
}

func tamper(t *testing.T, database, statement string) {
	raw, err := sql.Open("sqlite", database)
	check(t, err)
	_, err = raw.Exec(statement)
	check(t, err)
	check(t, raw.Close())
}

// TestStopLosesNoRequest: a request that is under way when the server is told to stop is answered, here
// one that waits for another process' write.
func TestStopLosesNoRequest(t *testing.T) {
	config, database := setUp(t)
	s := serve(t, config)
	other, err := sql.Open("sqlite", database+"?_pragma=busy_timeout(10000)") // the server writes as it starts
	check(t, err)
	defer other.Close()
	conn, err := other.Conn(t.Context())
	check(t, err)
	_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	check(t, err)
	answered := make(chan string, 1)
	go func() {
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		response, err := client.PostForm(s.url+"/sign-in", url.Values{"email": {"ana@example.com"}})
		if err != nil {
			answered <- err.Error()
			return
		}
		answered <- response.Status
		response.Body.Close()
	}()
	select {
	case status := <-answered:
		t.Fatalf("the request did not wait: %s", status)
	case <-time.After(300 * time.Millisecond):
	}
	s.stop()
	_, err = conn.ExecContext(t.Context(), "COMMIT")
	check(t, err)
	check(t, conn.Close())
	if status := <-answered; status != "303 See Other" {
		t.Errorf("the request under way was answered %q", status)
	}
	if status := <-s.done; status != exitDone {
		t.Errorf("the server ended with status %d", status)
	}
	if _, err := http.Get(s.url + "/healthz"); err == nil {
		t.Error("the server still answers")
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"fly"}, {"simulate"}, {"cards", "issue"}, {"serve", "--port", "1"}} {
		if got := call(t.Context(), "", nil, args...); got.status != exitUsage || got.stderr == "" {
			t.Errorf("scrip %s = %+v", strings.Join(args, " "), got)
		}
	}
	if got := call(t.Context(), "", nil, "--help"); got.status != exitDone || !strings.Contains(got.stdout, "simulate") {
		t.Errorf("scrip --help = %+v", got)
	}
	first, second := call(t.Context(), "", nil, "keys", "new", "2026-1"), call(t.Context(), "", nil, "keys", "new", "2026-1")
	if first.status != exitDone || first.stdout == second.stdout || !strings.HasPrefix(first.stdout, "2026-1:") {
		t.Error("keys new did not print two new keys")
	}
	if got := call(t.Context(), "", nil, "keys", "new", "demo"); got.status != exitFailed || got.stdout != "" {
		t.Error("keys new made a key with the demo's id")
	}
}
