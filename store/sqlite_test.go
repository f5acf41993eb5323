package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"scrip/store/storetest"
)

// TestTheSettingsHoldOnEachConnection: a pragma is a connection's own, and durability hangs on them.
func TestTheSettingsHoldOnEachConnection(t *testing.T) {
	db, _ := file(t)
	defer func() { must(t, db.Close()) }()
	ask := func(c *connection, pragma string) (value string) {
		must(t, c.QueryRow(t.Context(), "PRAGMA "+pragma).Scan(&value))
		return value
	}
	check := func(who string, c *connection, writes string) {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
			"wal_autocheckpoint": "0", "busy_timeout": "10000", "query_only": writes} {
			if got := ask(c, pragma); got != want {
				t.Errorf("%s: PRAGMA %s = %s, want %s", who, pragma, got, want)
			}
		}
	}
	check("the writer", lite(db).writer, "0")
	readers := make([]*connection, cap(lite(db).readers))
	for at := range readers {
		readers[at] = <-lite(db).readers
		check(fmt.Sprint("reader ", at), readers[at], "1")
	}
	var version string
	must(t, lite(db).writer.QueryRow(t.Context(), "SELECT sqlite_version()").Scan(&version))
	if !atLeast(t, version, 3, 51, 3) {
		t.Errorf("SQLite is %s, want 3.51.3 or later", version)
	}
	for _, reader := range readers {
		lite(db).readers <- reader
	}
}

func atLeast(t *testing.T, version string, wanted ...int) bool {
	t.Helper()
	got := make([]int, len(wanted))
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &got[0], &got[1], &got[2]); err != nil {
		t.Fatalf("version %q: %v", version, err)
	}
	for at := range wanted {
		if got[at] != wanted[at] {
			return got[at] > wanted[at]
		}
	}
	return true
}

// TestOneServerAtATime: a file that is served is not served a second time, in this process or another,
// and commands that ask for no more than a moment go beside it.
func TestOneServerAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scrip.db")
	serving := reopen(t, path, Options{Alone: true, Migrate: true})
	if _, err := Open(t.Context(), path, Options{Alone: true, Migrate: true}); !errors.Is(err, ErrLocked) {
		t.Errorf("Open, Alone = %v, want %v", err, ErrLocked)
	}
	beside := reopen(t, path, Options{})
	var both sync.WaitGroup
	for name, db := range map[string]*DB{"server": serving, "command": beside} {
		both.Go(func() {
			for at := range 100 {
				if err := db.Write(t.Context(), put(t.Context(), fmt.Sprint(name, at))); err != nil {
					t.Errorf("Write of the %s = %v", name, err)
				}
			}
		})
	}
	both.Wait()
	for at := range 100 {
		if !has(t, serving, fmt.Sprint("command", at)) || !has(t, beside, fmt.Sprint("server", at)) {
			t.Fatalf("the two do not see each other's write %d", at)
		}
	}
	must(t, beside.Close())
	must(t, serving.Close())
	again := reopen(t, path, Options{Alone: true, Migrate: true})
	must(t, again.Close())
}

// TestTheLockEndsWithItsProcess, however that ends.
func TestTheLockEndsWithItsProcess(t *testing.T) {
	if path := os.Getenv("SCRIP_TEST_SERVED"); path != "" {
		reopen(t, path, Options{Alone: true, Migrate: true})
		fmt.Println("served")
		time.Sleep(patience) // until it is killed
		return
	}
	path := filepath.Join(t.TempDir(), "scrip.db")
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTheLockEndsWithItsProcess$")
	child.Env = append(os.Environ(), "SCRIP_TEST_SERVED="+path)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	said := make([]byte, len("served"))
	if _, err := out.Read(said); err != nil || string(said) != "served" {
		t.Fatalf("the other process says %q, %v", said, err)
	}
	if _, err := Open(t.Context(), path, Options{Alone: true, Migrate: true}); !errors.Is(err, ErrLocked) {
		t.Errorf("Open beside another process = %v, want %v", err, ErrLocked)
	}
	must(t, child.Process.Kill())
	if child.Wait() == nil {
		t.Error("the other process ended by itself")
	}
	must(t, reopen(t, path, Options{Alone: true, Migrate: true}).Close())
}

// TestANewerDatabaseIsLeftAlone: a program that does not know a migration must not write.
func TestANewerDatabaseIsLeftAlone(t *testing.T) {
	db, path := file(t)
	must(t, db.Write(t.Context(), put(t.Context(), "kept")))
	must(t, db.Close())
	beside := storetest.SQL(t, path)
	_, err := beside.Exec("INSERT INTO goose_db_version (version_id, is_applied) SELECT MAX(version_id) + 1, 1 FROM goose_db_version")
	must(t, err)
	if _, err := Open(t.Context(), path, Options{Alone: true, Migrate: true}); !errors.Is(err, ErrNewer) {
		t.Errorf("Open = %v, want %v", err, ErrNewer)
	}
	_, err = beside.Exec("DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)")
	must(t, err)
	db = reopen(t, path, Options{Alone: true, Migrate: true}) // the refusal has left no lock
	if !has(t, db, "kept") {
		t.Error("a row is gone")
	}
	must(t, db.Close())
}

// TestAFileOfAnyName: what means something in an address is no part of one.
func TestAFileOfAnyName(t *testing.T) {
	for _, name := range []string{"with space.db", "question?mode=ro.db", "percent%41.db", "hash#.db", "é&_pragma=synchronous(0).db"} {
		path := filepath.Join(t.TempDir(), name)
		db := reopen(t, path, Options{Alone: true, Migrate: true})
		must(t, db.Write(t.Context(), put(t.Context(), "kept")))
		must(t, db.Close())
		if _, err := os.Stat(path); err != nil {
			t.Errorf("Open(%q): %v", name, err)
		}
	}
}

// TestWhatIsNoDatabaseIsRefused, and left as it is.
func TestWhatIsNoDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	text := []byte(strings.Repeat("This is no database. ", 100))
	must(t, os.WriteFile(path, text, 0o600))
	if _, err := Open(t.Context(), path, Options{Alone: true, Migrate: true}); err == nil {
		t.Error("Open took a text for a database")
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(text) {
		t.Errorf("the file is changed: %d bytes, %v", len(now), err)
	}
}

// TestTheLogBeginsAnew while writes and reads never pause, so that it does not grow for ever.
func TestTheLogBeginsAnew(t *testing.T) {
	const small = 1 << 20
	path := filepath.Join(t.TempDir(), "scrip.db")
	db := reopen(t, path, Options{Alone: true, Migrate: true, mostLog: small})
	ctx, stop := context.WithCancel(context.Background())
	var busy sync.WaitGroup
	for writer := range 4 {
		busy.Go(func() {
			for at := 0; ctx.Err() == nil; at++ {
				name := fmt.Sprint(writer, at%10, strings.Repeat("x", 1<<16))
				wrote := db.Write(context.Background(), func(tx *Tx) error {
					return tx.PutTries(context.Background(), name, Tries{tx.Now, at}) // a change: what is the same is not written
				})
				read := db.Read(context.Background(), func(tx *Tx) error { return scan(context.Background(), tx) })
				if err := errors.Join(wrote, read); err != nil {
					t.Error(err)
				}
			}
		})
	}
	defer func() {
		stop()
		busy.Wait()
		must(t, db.Close())
	}()
	begun, last := 0, uint32(0)
	eventually(t, "a log that begins anew, twice, and stays small", func() bool {
		log, err := os.ReadFile(path + "-wal")
		must(t, err)
		if len(log) > 20*small {
			t.Errorf("the log has grown to %d bytes", len(log))
		}
		if len(log) < 16 {
			return false
		}
		// Its header counts how often it was begun anew (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
		count := binary.BigEndian.Uint32(log[12:16])
		if count != last {
			begun++
		}
		last = count
		return begun == 3
	})
}
