package storetest

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// SQL opens a database beside the store, to look at it, or change it, without the store's help. Arguments are
// $1, $2 and so on.
func SQL(t testing.TB, address string) *sql.DB {
	t.Helper()
	driver, source := "sqlite", "file:"+plain.Replace(address)+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)"
	if isPostgres(address) {
		driver, source = "pgx", address
	}
	pool, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	})
	return pool
}

// plain keeps what means something in an address of SQLite from doing so in the name of a file: a test that runs a
// second time has a # in its folder's name.
var plain = strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23")

func isPostgres(address string) bool { return strings.HasPrefix(address, "postgres") }

// Everything is all that a database keeps, to be searched for what should not be in it: SQLite's files, or the
// rows of PostgreSQL's tables.
func Everything(t testing.TB, address string) map[string][]byte {
	t.Helper()
	if isPostgres(address) {
		return tables(t, SQL(t, address))
	}
	files, err := filepath.Glob(address + "*")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		if all[filepath.Base(file)], err = os.ReadFile(filepath.Clean(file)); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func tables(t testing.TB, pool *sql.DB) map[string][]byte {
	t.Helper()
	var names string
	if err := pool.QueryRow("SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'").Scan(&names); err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for name := range strings.FieldsSeq(names) {
		var text sql.NullString
		if err := pool.QueryRow(fmt.Sprintf("SELECT string_agg(CAST(t AS text), chr(10)) FROM %s AS t", name)).Scan(&text); err != nil {
			t.Fatal(err)
		}
		all[name] = []byte(text.String)
	}
	return all
}
