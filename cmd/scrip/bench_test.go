package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"scrip/bench"
	"scrip/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// small are flags for a load that is over soon.
var small = []string{"--cards", "400", "--accounts", "60", "--due", "40", "--clients", "4", "--for", "1s", "--warmup", "100ms", "--rate", "150", "--json"}

// measured is a load test that goes well.
func measured(t *testing.T, environment []string, args ...string) (bench.Report, string) {
	t.Helper()
	got := call(t.Context(), "", environment, append(append([]string{"bench"}, small...), args...)...)
	var report bench.Report
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil || got.status != exitDone {
		t.Fatalf("scrip bench %s = %d, %s%s", strings.Join(args, " "), got.status, got.stdout, got.stderr)
	}
	if report.Warnings > 0 {
		t.Errorf("the server warned of %s", report.FirstWarning)
	}
	for _, result := range report.Results {
		if result.Done == 0 || result.Errors > 0 || result.PerSecond <= 0 || result.P50 > result.P95 || result.P95 > result.P99 || result.P99 > result.Max || result.Max <= 0 {
			t.Errorf("scrip bench %s measured %+v", strings.Join(args, " "), result)
		}
	}
	return report, got.stdout + got.stderr
}

// TestBenchLeavesBooksThatAgree: all workloads, and then once more on what is there already.
func TestBenchLeavesBooksThatAgree(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		first, output := measured(t, nil, "--database", database, "--baseline")
		if len(first.Results) != len(bench.Workloads()) || first.Accounts != 60 || first.Cards != 400 || first.Issued != 400 || first.Baseline.PerSecond <= 0 {
			t.Errorf("measured %+v", first)
		}
		for _, result := range first.Results {
			written := result.Workload == bench.Redemptions || result.Workload == bench.Renewals
			if result.Workload == bench.Renewals && result.Done != 40 || written && result.Ratio <= 0 ||
				written && strings.HasPrefix(database, "postgres") && (result.LogBytes < 500 || result.Rows < 5) ||
				result.Workload == bench.Redemptions && result.Mails < result.Done {
				t.Errorf("measured %+v", result)
			}
		}
		second, again := measured(t, nil, "--database", database, "--through", "engine", "--batch", "5", "redemptions", "renewals")
		if len(second.Results) != 2 || second.Accounts != 100 || second.Cards < 400 || strings.Contains(again, " members made") {
			t.Errorf("measured %+v\n%s", second, again)
		}
		agree(t, database)
		keepsSecrets(t, database, output+again)
	})
}

// agree has the books proved.
func agree(t *testing.T, database string) {
	t.Helper()
	if got := call(t.Context(), "", nil, "verify", "--database", database); got.status != exitDone || !strings.Contains(got.stdout, "gift_balance") {
		t.Errorf("verify = %+v", got)
	}
}

// keepsSecrets looks for the beginnings of digests and sessions in what was told.
func keepsSecrets(t *testing.T, database, output string) {
	t.Helper()
	rows, err := storetest.SQL(t, database).Query("SELECT digest FROM cards UNION ALL SELECT token FROM sessions")
	check(t, err)
	defer rows.Close()
	count := 0
	for rows.Next() {
		var secret string
		check(t, rows.Scan(&secret))
		if strings.Contains(output, secret[:10]) {
			t.Error("the output tells of a card's digest or a session")
		}
		count++
	}
	check(t, rows.Err())
	if count < 800 {
		t.Errorf("%d digests and sessions were looked for", count)
	}
}

func TestBenchTouchesNoDatabaseThatIsNotItsOwn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		config, _ := setUp(t)
		text, err := os.ReadFile(config)
		check(t, err)
		lines := strings.Split(string(text), "\n")
		for at, line := range lines {
			if strings.HasPrefix(line, "database =") {
				lines[at] = fmt.Sprintf("database = %q", database)
			}
		}
		check(t, os.WriteFile(config, []byte(strings.Join(lines, "\n")), 0o600))
		s := serve(t, config)
		s.stop()
		<-s.done
		before := storetest.Everything(t, database)
		got := call(t.Context(), "", nil, append([]string{"bench", "--database", database}, small...)...)
		if got.status != exitFailed || got.stdout != "" || !strings.Contains(got.stderr, "made-up data") {
			t.Errorf("bench on a service's database = %+v", got)
		}
		after := storetest.Everything(t, database)
		for name := range before {
			if !strings.HasSuffix(name, "-wal") && !strings.HasSuffix(name, "-shm") && string(before[name]) != string(after[name]) {
				t.Errorf("%s was changed", name)
			}
		}
	})
}

// TestBenchOfAServerElsewhere: the server has the catalogue that the tool writes, and keys of its own.
func TestBenchOfAServerElsewhere(t *testing.T) {
	config, database := setUp(t)
	if got := call(t.Context(), "", nil, "bench", "--write-catalog", filepath.Join(filepath.Dir(config), "catalog.json")); got.status != exitDone {
		t.Fatalf("bench --write-catalog = %+v", got)
	}
	s := serve(t, config)
	report, _ := measured(t, []string{testKey}, "--database", database, "--url", s.url)
	if len(report.Results) != 5 || report.InProcess || report.Results[0].Through != bench.HTTP {
		t.Errorf("measured %+v", report)
	}
	other, _ := setUp(t)
	elsewhere := serve(t, other)
	got := call(t.Context(), "", []string{testKey}, append([]string{"bench", "pages", "--database", database, "--url", elsewhere.url}, small...)...)
	if got.status != exitFailed || !strings.Contains(got.stderr, "another one") {
		t.Errorf("bench of a server on another database = %+v", got)
	}
	for _, each := range []*server{s, elsewhere} {
		each.stop()
		<-each.done
	}
	agree(t, database)
}

func TestBenchTellsThatCardsRanOut(t *testing.T) {
	got := call(t.Context(), "", nil, "bench", "redemptions", "--cards", "20", "--accounts", "5", "--clients", "2", "--for", "1m", "--warmup", "0s")
	if got.status != exitDone || !strings.Contains(got.stdout, "used up") || !strings.Contains(got.stdout, "redemptions: 20 in") {
		t.Errorf("bench = %+v", got)
	}
}

func TestBenchUsage(t *testing.T) {
	for _, args := range [][]string{{"fly"}, {"--through", "window"}} {
		if got := call(t.Context(), "", nil, append([]string{"bench"}, args...)...); got.status != exitUsage {
			t.Errorf("scrip bench %s = %+v", strings.Join(args, " "), got)
		}
	}
	for _, args := range [][]string{{"--cards", "0"}, {"--clients", "0"}, {"--for", "0s"}, {"--batch", "2"}, {"--url", "http://127.0.0.1:1"},
		{"renewals", "--url", "http://127.0.0.1:1", "--database", "x.db"}, {"--baseline", "--for", "500ms"},
		{"--database", "postgres://somebody:secret@127.0.0.1:1/none?connect_timeout=1"}} {
		got := call(t.Context(), "", []string{testKey}, append([]string{"bench"}, args...)...)
		if got.status != exitFailed || got.stdout != "" || strings.Contains(got.stderr, "secret") {
			t.Errorf("scrip bench %s = %+v", strings.Join(args, " "), got)
		}
	}
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkStart measures the built program from its start to its first answer, and the memory that it
// holds once it has been idle for a second.
func BenchmarkStart(b *testing.B) {
	folder := b.TempDir()
	program := filepath.Join(folder, "scrip")
	build := exec.CommandContext(b.Context(), "go", "build", "-o", program, ".")
	if output, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, output)
	}
	var memory float64
	for b.Loop() {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		check(b, err)
		address := listener.Addr().String()
		check(b, listener.Close())
		command := exec.CommandContext(b.Context(), program, "demo", "--address", address, "--database", filepath.Join(folder, "start.db"))
		check(b, command.Start())
		for {
			response, err := http.Get("http://" + address + "/readyz")
			if err == nil {
				check(b, response.Body.Close())
				break
			}
			time.Sleep(time.Millisecond)
		}
		b.StopTimer()
		time.Sleep(time.Second)
		memory = max(memory, residentMB(b, command.Process.Pid))
		check(b, command.Process.Signal(syscall.SIGTERM))
		check(b, command.Wait())
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/start")
	b.ReportMetric(memory, "MB-idle")
}

// residentMB is the memory that a process holds, as Linux tells it.
func residentMB(b *testing.B, process int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	check(b, err)
	_, after, found := strings.Cut(string(text), "VmRSS:")
	if !found {
		b.Fatal("no VmRSS")
	}
	kilobytes, err := strconv.Atoi(strings.Fields(after)[0])
	check(b, err)
	return float64(kilobytes) / 1024
}
