package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// patience bounds what should be done at once, on a machine that has other things to do.
const patience = 30 * time.Second

// file opens a database in the test's own folder.
func file(t *testing.T) (*DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scrip.db")
	return reopen(t, path, Options{Alone: true, Migrate: true}), path
}

func reopen(t *testing.T, path string, options Options) *DB {
	t.Helper()
	options.Clock = func() time.Time { return noon }
	db, err := Open(t.Context(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// raw opens the file beside the store, to look at it and change it without the store's help.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, pool.Close()) })
	return pool
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put writes a row that anything may be called, and has reports whether it is there.
func put(ctx context.Context, name string) func(*Tx) error {
	return func(tx *Tx) error { return tx.PutTries(ctx, name, Tries{Since: tx.Now, Count: 1}) }
}

func has(t *testing.T, db *DB, name string) bool {
	t.Helper()
	var tries Tries
	must(t, db.Read(context.Background(), func(tx *Tx) (err error) {
		tries, err = tx.Tries(context.Background(), name)
		return err
	}))
	return tries.Count > 0
}

// eventually waits for what must come about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about in %v", what, patience)
		}
	}
}

// lite is SQLite's side of a database.
func lite(db *DB) *sqlite { return db.backend.(*sqlite) }
