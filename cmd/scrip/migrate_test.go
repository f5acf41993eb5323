package main

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scrip/store"
	"scrip/store/storetest"
)

func TestMigrate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		first := call(t.Context(), "", nil, "migrate", "--database", database)
		if first.status != exitDone || first.stderr != "" || !strings.HasPrefix(first.stdout, "the schema was brought from version 0 to ") {
			t.Errorf("migrate = %+v", first)
		}
		again := call(t.Context(), "", []string{"SCRIP_DATABASE=" + database}, "migrate")
		if again.status != exitDone || again.stderr != "" || !strings.HasSuffix(again.stdout, ": there is nothing to do\n") {
			t.Errorf("migrate once more = %+v", again)
		}
		if proof := call(t.Context(), "", nil, "verify", "--database", database); proof.status != exitDone {
			t.Errorf("verify = %+v", proof)
		}
		refused := call(t.Context(), "", nil, "migrate", "--distribute", "--database", database)
		want := "no extension citus"
		if !store.IsPostgres(database) {
			want = "a SQLite file cannot be spread"
		}
		if refused.status != exitFailed || refused.stdout != "" || !strings.Contains(refused.stderr, want) || strings.Count(refused.stderr, "\n") != 1 {
			t.Errorf("migrate --distribute = %+v, want %q", refused, want)
		}
	})
}

func TestMigrateRefusesANewerDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		if got := call(t.Context(), "", nil, "migrate", "--database", database); got.status != exitDone {
			t.Fatalf("migrate = %+v", got)
		}
		_, err := storetest.SQL(t, database).Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)")
		check(t, err)
		if got := call(t.Context(), "", nil, "migrate", "--database", database); got.status != exitFailed || !strings.Contains(got.stderr, "newer than this program") {
			t.Errorf("migrate = %+v", got)
		}
	})
}

// TestServeWithoutMigrating: an older schema is refused until scrip migrate has brought it forward.
func TestServeWithoutMigrating(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		config, _ := setUp(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		environment := []string{testKey, "SCRIP_DATABASE=" + database}
		for _, got := range []told{
			call(ctx, "", environment, "serve", "--config", config, "--no-migrate"),
			call(ctx, "", append(environment, "SCRIP_MIGRATE=false"), "serve", "--config", config),
		} {
			if got.status != exitFailed || !strings.Contains(got.stderr, "scrip migrate") || got.stdout != "" {
				t.Errorf("serve on an empty database = %+v", got)
			}
		}
		if got := call(ctx, "", nil, "migrate", "--database", database); got.status != exitDone || !strings.Contains(got.stdout, "from version 0") {
			t.Errorf("migrate = %+v: the refusal changed something", got)
		}
		serving, stop := context.WithTimeout(ctx, time.Second)
		defer stop()
		if got := call(serving, "", environment, "serve", "--config", config, "--no-migrate"); got.status != exitDone {
			t.Errorf("serve on a database that was brought forward = %+v", got)
		}
	})
}

// TestNoToolShowsAPassword that stands in the database's address.
func TestNoToolShowsAPassword(t *testing.T) {
	const secret = "swordfish"
	here, err := url.Parse(storetest.Postgres(t))
	check(t, err)
	here.User = url.UserPassword(here.User.Username(), secret)
	config, _ := setUp(t)
	for _, address := range []string{here.String(), "postgres://teller:" + secret + "@127.0.0.1:1/db", "postgres://teller:" + secret + "@host:port/db",
		"Postgres://teller:" + secret + "@host/db", "mysql://teller:" + secret + "@host/db", "host=h password=" + secret} {
		for _, args := range [][]string{{"migrate"}, {"migrate", "--distribute"}, {"verify"}, {"cards", "activate", "--batch", "b"}, {"serve", "--no-migrate"}, {"serve"}} {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			got := call(ctx, "", []string{testKey, "SCRIP_DATABASE=" + address, "SCRIP_LOG_LEVEL=debug"}, append(args, "--config", config)...)
			cancel()
			if strings.Contains(got.stdout+got.stderr, secret) || got.stdout+got.stderr == "" {
				t.Errorf("scrip %s = %+v", strings.Join(args, " "), got)
			}
		}
	}
	if left, err := filepath.Glob("*:*"); err != nil || len(left) > 0 {
		t.Errorf("an address was taken for a path: %v, %v", left, err)
	}
}
