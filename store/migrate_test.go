package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"scrip/store/storetest"
)

// release1 fills an empty database with what release 1 left: its schema, and a little history.
func release1(t *testing.T, address string) {
	t.Helper()
	file := "release1.sqlite.sql"
	if IsPostgres(address) {
		file = "release1.postgres.sql"
	}
	text, err := os.ReadFile(filepath.Join("testdata", file))
	must(t, err)
	_, err = storetest.SQL(t, address).Exec(string(text))
	must(t, err)
}

// everyRow is all rows of all tables with some of their columns.
func everyRow(t *testing.T, address string, columns map[string]string) (all []string) {
	t.Helper()
	for table, some := range columns {
		all = append(all, rowsAsText(t, address, "SELECT "+some+" FROM "+table, table)...)
	}
	slices.Sort(all)
	return all
}

// everyColumn is the columns of all tables, but for the migrations' own.
func everyColumn(t *testing.T, address string) map[string]string {
	t.Helper()
	columns := map[string]string{}
	for _, table := range tablesOf(t, address) {
		rows, err := storetest.SQL(t, address).Query("SELECT * FROM " + table)
		must(t, err)
		names, err := rows.Columns()
		must(t, errors.Join(err, rows.Close()))
		columns[table] = strings.Join(names, ", ")
	}
	return columns
}

func rowsAsText(t *testing.T, address, ask, name string) (all []string) {
	t.Helper()
	rows, err := storetest.SQL(t, address).Query(ask)
	must(t, err)
	columns, err := rows.Columns()
	must(t, err)
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for at := range values {
			into[at] = &values[at]
		}
		must(t, rows.Scan(into...))
		all = append(all, fmt.Sprint(name, values))
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	return all
}

// schemaOf is all of a schema, in words that do not depend on how it came to be.
func schemaOf(t *testing.T, address string) string {
	t.Helper()
	asks := []string{"SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY name"}
	if IsPostgres(address) {
		asks = []string{
			"SELECT table_name::text, column_name::text, data_type::text, is_nullable::text, collation_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%' ORDER BY 1, 2",
			"SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%' ORDER BY 1",
			"SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'goose%' ORDER BY 1, 2",
		}
	}
	var all []string
	for _, ask := range asks {
		all = append(all, rowsAsText(t, address, ask, "")...)
	}
	return strings.Join(all, "\n")
}

func versions(t *testing.T, address string) []string {
	t.Helper()
	return rowsAsText(t, address, "SELECT version_id FROM goose_db_version ORDER BY id", "")
}

// TestRelease1IsBroughtForward: with its rows as they were, and its books in order; and then it is as if it had been
// made by this release.
func TestRelease1IsBroughtForward(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		release1(t, address)
		columns := everyColumn(t, address)
		before := everyRow(t, address, columns)
		if _, err := Open(t.Context(), address, Options{}); !errors.Is(err, ErrOlder) {
			t.Errorf("Open without migrating = %v, want %v", err, ErrOlder)
		}
		db := open(t, address)
		if after := everyRow(t, address, columns); !slices.Equal(after, before) || len(before) < 100 {
			t.Errorf("%d rows after it was migrated, %d before, and they are not the same", len(after), len(before))
		}
		proof, err := db.Proof(t.Context())
		if must(t, err); !proof.OK() {
			t.Errorf("the books do not agree:\n%s", proof)
		}
		var due []string
		must(t, db.Look(t.Context(), func(tx *Tx) (err error) {
			due, err = tx.DueAccounts(t.Context(), noon.AddDate(1, 0, 0), 10)
			return err
		}))
		if len(due) == 0 {
			t.Error("nothing is due on any account")
		}
		for _, id := range due {
			events := len(told(t, db, id))
			must(t, db.Write(t.Context(), tell(t.Context(), id, "migrated")))
			if got := told(t, db, id); len(got) != events+1 || got[events] != "migrated" {
				t.Errorf("told of %s: %v", id, got)
			}
			must(t, db.Read(t.Context(), func(tx *Tx) error {
				a, err := tx.Account(t.Context(), id)
				if err != nil {
					return err
				}
				_, charges := tx.Charges(t.Context(), id, a.State.Currency, 100)
				_, lots := tx.Lots(t.Context(), id, a.State.Currency)
				_, waiting := tx.Waiting(t.Context(), id)
				if a.Question != "" {
					_, err = tx.Question(t.Context(), id, a.Question)
				}
				return errors.Join(charges, lots, waiting, err)
			}))
		}
		if data, err := db.Session(t.Context(), "fixture-session"); err != nil || !slices.Equal(data, []byte{0, 1, 2, 254, 255}) {
			t.Errorf("the session is %v, %v", data, err)
		}
	})
}

// TestHoweverASchemaCameToBeItIsTheSame: brought forward from release 1, or made anew.
func TestHoweverASchemaCameToBeItIsTheSame(t *testing.T) {
	var fresh, forward []string
	storetest.Each(t, func(t *testing.T, address string) { open(t, address); fresh = append(fresh, schemaOf(t, address)) })
	storetest.Each(t, func(t *testing.T, address string) {
		release1(t, address)
		open(t, address)
		forward = append(forward, schemaOf(t, address))
	})
	for at := range fresh {
		if fresh[at] != forward[at] || len(fresh[at]) < 1000 {
			t.Errorf("a new database has\n%s\nand one of release 1\n%s", fresh[at], forward[at])
		}
	}
}

// TestWhoMayNotMigrate is told of an older database, and an empty one; everybody of a newer one.
func TestWhoMayNotMigrate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		if _, err := Open(t.Context(), address, Options{}); !errors.Is(err, ErrOlder) {
			t.Errorf("Open of an empty database = %v, want %v", err, ErrOlder)
		}
		must(t, reopen(t, address, Options{Migrate: true}).Close())
		before := schemaOf(t, address)
		must(t, reopen(t, address, Options{}).Close())
		must(t, reopen(t, address, Options{Migrate: true}).Close())
		if after := schemaOf(t, address); after != before {
			t.Errorf("the schema after opening again:\n%s\nbefore:\n%s", after, before)
		}
		beside := storetest.SQL(t, address)
		_, err := beside.Exec("INSERT INTO goose_db_version (version_id, is_applied) SELECT MAX(version_id) + 1, TRUE FROM goose_db_version")
		must(t, err)
		for _, migrate := range []bool{false, true} {
			if _, err := Open(t.Context(), address, Options{Migrate: migrate}); !errors.Is(err, ErrNewer) {
				t.Errorf("Open of a newer database, Migrate: %t = %v, want %v", migrate, err, ErrNewer)
			}
		}
		_, err = beside.Exec("DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)")
		must(t, err)
		must(t, reopen(t, address, Options{}).Close())
	})
}

// TestServersThatMigrateAtOnce: of three that start at the same moment one migrates, once, and all of them serve.
func TestServersThatMigrateAtOnce(t *testing.T) {
	for name, begin := range map[string]func(t *testing.T, address string){
		"an empty database": func(*testing.T, string) {}, "release 1": release1,
	} {
		t.Run(name, func(t *testing.T) {
			address := storetest.Postgres(t)
			begin(t, address)
			dbs := make([]*DB, 3)
			for _, err := range atOnce(len(dbs), func(at int) (err error) {
				dbs[at], err = Open(t.Context(), address, Options{Clock: func() time.Time { return noon }, Migrate: true})
				return err
			}) {
				must(t, err)
			}
			for at, db := range dbs {
				must(t, db.Write(t.Context(), put(t.Context(), fmt.Sprint(at))))
			}
			for _, db := range dbs {
				if !has(t, db, "0") || !has(t, db, "1") || !has(t, db, "2") {
					t.Error("they do not see each other's writes")
				}
				must(t, db.Close())
			}
			files, err := migrations.ReadDir("migrations/postgres")
			must(t, err)
			want := []string{"[0]"}
			for _, file := range files {
				number, _, _ := strings.Cut(file.Name(), "_")
				want = append(want, "["+strings.TrimLeft(number, "0")+"]")
			}
			if got := versions(t, address); !slices.Equal(got, want) {
				t.Errorf("the migrations that were made: %v, want %v", got, want)
			}
		})
	}
}
