package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestAFreshDatabaseIsEmptyAndApart(t *testing.T) {
	one, other := Postgres(t), Postgres(t)
	const tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
	for _, address := range []string{one, other} {
		if got := ask[int](t, address, tables); got != 0 {
			t.Fatalf("%d tables in a fresh database", got)
		}
	}
	do(t, one, "CREATE TABLE card (serial text)")
	if got := ask[int](t, one, tables); got != 1 {
		t.Errorf("%d tables after one was made", got)
	}
	if got := ask[int](t, other, tables); got != 0 {
		t.Errorf("%d tables in a database that nobody has written to", got)
	}
}

func TestADatabaseGoesWithItsTest(t *testing.T) {
	var address string
	t.Run("a test", func(t *testing.T) {
		address = Postgres(t)
		do(t, address, "SELECT 1")
		connect(t, address) // A connection that the test leaves open does not keep it.
	})
	if conn, err := pgx.Connect(t.Context(), address); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the database is there after its test has ended")
	}
}

func TestTextSortsByItsBytes(t *testing.T) {
	const sorted = `SELECT string_agg(word, ' ' ORDER BY word) FROM unnest(ARRAY['é', 'b', 'a', 'Z', '_']) AS word`
	if got, want := ask[string](t, Postgres(t), sorted), "Z _ a b é"; got != want {
		t.Errorf("sorted: %s, want %s", got, want)
	}
	if got, want := ask[string](t, Postgres(t), "SELECT upper('é')"), "É"; got != want {
		t.Errorf("upper: %s, want %s", got, want)
	}
}

func TestAGivenServerIsUsed(t *testing.T) {
	server := NewServer(t)
	t.Setenv(addressVariable, server.Address("postgres"))
	address := Postgres(t)
	if got := ask[string](t, address, "SHOW unix_socket_directories"); got != server.cluster.folder {
		t.Errorf("the database is on the server in %s, want %s", got, server.cluster.folder)
	}
	if got, unwanted := ask[string](t, address, "SELECT current_database()"), "postgres"; got == unwanted {
		t.Error("the given database itself is used")
	}
}

func TestAServerOfOnesOwnIsDurable(t *testing.T) {
	server := NewServer(t, "shared_buffers=32MB")
	for setting, want := range map[string]string{"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
		"listen_addresses": "", "shared_buffers": "32MB"} {
		if got := ask[string](t, server.Address("postgres"), "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
}

func TestAKilledServerRecoversWhatWasCommitted(t *testing.T) {
	server := NewServer(t)
	address := server.Fresh(t)
	do(t, address, "CREATE TABLE card (serial int)")
	uncommitted, err := connect(t, address).Begin(t.Context())
	must(t, err)
	_, err = uncommitted.Exec(t.Context(), "INSERT INTO card VALUES (-1)")
	must(t, err)
	for serial := range 3 {
		do(t, address, fmt.Sprintf("INSERT INTO card VALUES (%d)", serial))
		pids := server.Pids()
		if len(pids) < 3 {
			t.Errorf("pids %v, want a postmaster and its children", pids)
		}
		server.Kill()
		for _, pid := range pids {
			if !gone(t, pid) {
				t.Errorf("process %d runs after the server was killed", pid)
			}
		}
		if got := server.Pids(); got != nil {
			t.Errorf("pids %v of a killed server", got)
		}
		server.Start()
		if got, want := ask[int](t, address, "SELECT count(*) FROM card"), serial+1; got != want {
			t.Errorf("%d rows after a crash, want %d", got, want)
		}
	}
	server.Stop()
	server.Stop()
	server.Kill()
	server.Start()
	if got := ask[string](t, address, "SELECT string_agg(serial::text, ' ' ORDER BY serial) FROM card"); got != "0 1 2" {
		t.Errorf("rows %s, want 0 1 2", got)
	}
}

func TestAServerGoesWithItsTest(t *testing.T) {
	for name, end := range map[string]func(*Server){
		"running": func(*Server) {}, "stopped": (*Server).Stop, "killed": (*Server).Kill,
	} {
		var pids []int
		var folder, segment string
		t.Run(name, func(t *testing.T) {
			server := NewServer(t)
			pids, folder = server.Pids(), server.cluster.folder
			if segment = segmentOf(folder); !sharedMemory(t, segment) {
				t.Errorf("no segment %q of shared memory while the server runs", segment)
			}
			end(server)
		})
		for _, pid := range pids {
			if !gone(t, pid) {
				t.Errorf("%s: process %d runs after its test has ended", name, pid)
			}
		}
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the folder is there after its test has ended: %v", name, err)
		}
		if sharedMemory(t, segment) {
			t.Errorf("%s: segment %s of shared memory is there after its test has ended", name, segment)
		}
	}
}

// TestNothingOutlivesTheProcess runs itself in another process, which it kills.
func TestNothingOutlivesTheProcess(t *testing.T) {
	const variable = "SCRIP_TEST_OUTLIVES"
	if os.Getenv(variable) != "" {
		Postgres(t)
		server := NewServer(t)
		fmt.Println(shared.cluster.folder, shared.cluster.running().process.Pid, server.cluster.folder, server.Pids()[0])
		runtime.GC() // The threads that started the servers live on, whatever the runtime does with others.
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), variable+"=yes", addressVariable+"=")
	cmd.Stderr = os.Stderr
	_, err := cmd.StdinPipe()
	must(t, err)
	output, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var folders [2]string
	var pids [2]int
	_, err = fmt.Fscan(output, &folders[0], &pids[0], &folders[1], &pids[1])
	must(t, err)
	every := slices.Clone(pids[:])
	for _, pid := range pids {
		below, err := children(pid)
		must(t, err)
		every = append(every, below...)
	}
	if len(every) < 6 {
		t.Errorf("pids %v, want two servers and their children", every)
	}
	sweep(filepath.Dir(folders[0]))
	if _, err := os.Stat(folders[0]); err != nil {
		t.Errorf("a sweep took the folder of a process that runs: %v", err)
	}

	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	killed := time.Now()
	for _, pid := range every {
		for !gone(t, pid) {
			if time.Since(killed) > 10*time.Second {
				t.Fatalf("process %d of PostgreSQL outlives the test process", pid)
			}
			time.Sleep(beat)
		}
	}
	t.Logf("%d processes of PostgreSQL were gone after %v", len(every), time.Since(killed))
	sweep(filepath.Dir(folders[0]))
	for _, folder := range folders {
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a sweep left the folder of a process that was killed: %v", err)
		}
	}
}

func TestTheNewestIsFound(t *testing.T) {
	versions := t.TempDir()
	var folders []string
	for _, version := range []string{"9.6", "14", "15", "16", "17", "x"} {
		bin := filepath.Join(versions, version, "bin")
		must(t, os.MkdirAll(bin, 0o755))
		folders = append(folders, bin)
		for _, program := range []string{"initdb", "postgres"} {
			if version != "17" { // of which there are only the clients
				must(t, os.WriteFile(filepath.Join(bin, program), nil, 0o755))
			}
		}
	}
	if got, want := newest(folders), filepath.Join(versions, "16", "bin"); got != want {
		t.Errorf("newest %q, want %q", got, want)
	}
	if got := newest(folders[:2]); got != "" {
		t.Errorf("newest %q of those that are too old", got)
	}
}

func TestVersionsAreRead(t *testing.T) {
	for version, want := range map[string]int{"PostgreSQL 15.18 (Debian 15.18-0+deb12u1)": 15, "PostgreSQL 19devel": 19,
		"PostgreSQL 9.6.2": 9, "": 0, "MySQL 8": 0} {
		if got := majorVersion(version); got != want {
			t.Errorf("majorVersion(%q) = %d, want %d", version, got, want)
		}
	}
}

func BenchmarkServer(b *testing.B) {
	for b.Loop() {
		c, err := newCluster()
		must(b, err)
		must(b, c.start())
		c.remove()
	}
}

func BenchmarkFresh(b *testing.B) {
	Postgres(b)
	address := shared.cluster.address("postgres")
	for b.Loop() {
		database, err := create(address)
		must(b, err)
		must(b, drop(address, database))
	}
}

func connect(t testing.TB, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func do(t testing.TB, address, statement string) {
	t.Helper()
	must(t, execute(address, statement))
}

func ask[T any](t testing.TB, address, question string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	must(t, err)
	var answer T
	must(t, conn.QueryRow(t.Context(), question).Scan(&answer))
	must(t, conn.Close(t.Context()))
	return answer
}

// gone tells whether a process has ended, though nobody may have noticed it.
func gone(t testing.TB, pid int) bool {
	t.Helper()
	parents, err := living()
	must(t, err)
	_, lives := parents[pid]
	return !lives
}

// sharedMemory tells whether there is a segment with this id.
func sharedMemory(t testing.TB, id string) bool {
	t.Helper()
	list, err := exec.Command("ipcs", "-m").Output()
	must(t, err)
	for line := range strings.Lines(string(list)) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[1] == id {
			return true
		}
	}
	return false
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
