package storetest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// kind is the kind of database that the tests run on now: SQLite, unless Both has come to PostgreSQL. It is a
// variable because a test's package is run by testing.M, which takes no arguments.
var kind = onSQLite

const (
	onSQLite   = "SQLite"
	onPostgres = "PostgreSQL"
)

// Both runs a package's tests on SQLite, and then all of them again on PostgreSQL. TestMain calls it, as
// os.Exit(storetest.Both(m)).
func Both(m *testing.M) int {
	defer stop()
	worst := 0
	for _, kind = range []string{onSQLite, onPostgres} {
		fmt.Fprintln(os.Stderr, "on", kind)
		worst = max(worst, m.Run())
	}
	return worst
}

// Address is where a fresh, empty database of the kind that the tests run on now is opened.
func Address(t testing.TB) string {
	t.Helper()
	if kind == onPostgres {
		return Postgres(t)
	}
	return filepath.Join(t.TempDir(), "scrip.db")
}

// Each runs a test on either kind of database, each time with the address of a fresh, empty one. It is for a package
// that also has tests of one kind alone; its TestMain calls Main.
func Each(t *testing.T, test func(t *testing.T, address string)) {
	t.Run(onSQLite, func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "scrip.db")) })
	t.Run(onPostgres, func(t *testing.T) { test(t, Postgres(t)) })
}

// OnPostgres reports whether the tests run on PostgreSQL now.
func OnPostgres() bool { return kind == onPostgres }
